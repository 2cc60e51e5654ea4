package ingest

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Uint64Range(1, 20).Draw(t, "most")
		r := newRecent(most)
		var all []uint64
		for range rapid.IntRange(0, 60).Draw(t, "slots") {
			next := rapid.Uint64Range(1, 1<<40).Draw(t, "step")
			if n := len(all); n > 0 {
				next += all[n-1]
			}
			all = append(all, next)
			r.add(next)
		}
		back := rapid.Uint64Range(0, most).Draw(t, "back")
		want := uint64(0)
		if n := uint64(len(all)); back < n {
			want = all[n-1-back]
		}
		if got := r.back(back); got != want {
			t.Fatalf("%d back of %d: %d, want %d", back, len(all), got, want)
		}
	})
}

// A group that brings nothing more while others go on must not lose slots in silence when they leave the window.
func TestGroupThatBringsNothingBecomesAHole(t *testing.T) {
	in := New(Config{Window: 10})
	in.SetGroups(2)
	in.Restore(100, 70)
	for slot := uint64(101); slot <= 130; slot++ {
		sealed(in, slot, slot-1, 0b01)
	}
	if h, ok := in.Hole(20); ok {
		t.Fatalf("hole %+v within three windows", h)
	}
	sealed(in, 131, 130, 0b01)
	if h, ok := in.Hole(20); !ok || h != (Hole{101, 111, 0b10}) {
		t.Fatalf("hole %+v, %v, want slots 101 to 111 of the second group", h, ok)
	}
	in.Told(101, 111, 0b10)
	if _, ok := in.Hole(20); ok || in.Frontier(1) != 111 {
		t.Fatalf("frontier %d after it was told", in.Frontier(1))
	}
}

// A group that comes late has no hole, though other connections tell that slots after it were skipped; nor when it catches up.
func TestALateGroupHasNoHole(t *testing.T) {
	in := grouped(2)
	in.Restore(100, 70)
	for slot := uint64(101); slot < 150; slot += 2 {
		sealed(in, slot, slot-min(2, slot-100), 0b01)
		if h, ok := in.Hole(0); ok {
			t.Fatalf("hole %+v at slot %d of a group that is late", h, slot)
		}
	}
	for slot := uint64(101); slot < 150; slot += 2 {
		sealed(in, slot, slot-min(2, slot-100), 0b10)
	}
	if h, ok := in.Hole(0); ok || in.Complete() != 149 {
		t.Errorf("hole %+v, %v, complete %d once it came", h, ok, in.Complete())
	}
}
