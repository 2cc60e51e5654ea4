package span

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The model is a plain set of slots.
func TestAgreesWithAPlainSet(t *testing.T) {
	const most = 60
	rapid.Check(t, func(t *rapid.T) {
		var s Set
		model := map[uint64]bool{}
		slot := rapid.Uint64Range(0, most)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			from, to := slot.Draw(t, "from"), slot.Draw(t, "to")
			add := rapid.Bool().Draw(t, "add")
			if add {
				s.Add(from, to)
			} else {
				s.Remove(from, to)
			}
			for i := from; i <= to; i++ {
				model[i] = add
			}
		}
		count := uint64(0)
		for i := range uint64(most + 1) {
			if s.Has(i) != model[i] {
				t.Fatalf("slot %d: in the set %v, in the model %v; ranges %v", i, s.Has(i), model[i], s.Ranges())
			}
			if model[i] {
				count++
			}
		}
		if s.Len() != count {
			t.Fatalf("length %d, want %d", s.Len(), count)
		}
		for i := 1; i < len(s.ranges); i++ {
			if s.ranges[i].From <= s.ranges[i-1].To+1 {
				t.Fatalf("ranges touch: %v", s.ranges)
			}
		}
		from := slot.Draw(t, "from")
		to := rapid.Uint64Range(from, most).Draw(t, "to")
		parts := append(slices.Clone(s.Within(from, to)), s.Without(from, to)...)
		slices.SortFunc(parts, func(a, b Range) int { return int(a.From) - int(b.From) })
		at := from
		for _, p := range parts {
			if p.From != at || p.To < p.From {
				t.Fatalf("within and without of [%d %d] do not tile it: %v", from, to, parts)
			}
			for i := p.From; i <= p.To; i++ {
				if model[i] != model[p.From] {
					t.Fatalf("part %v is mixed", p)
				}
			}
			at = p.To + 1
		}
		if at != to+1 {
			t.Fatalf("within and without of [%d %d] end at %d: %v", from, to, at, parts)
		}
	})
}

// Slots next to the ends of the numbers must not wrap round.
func TestEnds(t *testing.T) {
	const top = ^uint64(0)
	var s Set
	s.Add(0, 0)
	s.Add(top, top)
	s.Add(1, 2)
	s.Add(top-2, top-1)
	want := []Range{{0, 2}, {top - 2, top}}
	if !slices.Equal(s.Ranges(), want) {
		t.Errorf("%v, want %v", s.Ranges(), want)
	}
	if w := s.Without(0, top); !slices.Equal(w, []Range{{3, top - 3}}) {
		t.Errorf("without: %v", w)
	}
	s.Remove(0, top)
	if len(s.Ranges()) != 0 {
		t.Errorf("left: %v", s.Ranges())
	}
}
