package keyed

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk"
)

// newTiers has values that count, and summaries that keep half of the count.
func newTiers(values, all int) (*Tiers[uint16, uint64, uint64], *State) {
	full, idle := NewMap(numbers), NewMap(numbers)
	return NewTiers(full, idle, Rule[uint16, uint64, uint64]{
		Values: values, All: all,
		Summarise: func(_ uint16, v *uint64) uint64 { return *v / 2 },
		Revive:    func(_ uint16, s uint64) uint64 { return s * 10 },
	}), NewState(nil, full, idle)
}

// The plain way: keys in order of use, the last so many with a value, and some before them with a summary.
type tiersModel struct {
	order       []uint16 // oldest first
	value       map[uint16]uint64
	summary     map[uint16]uint64
	values, all int
}

func (m *tiersModel) touch(key uint16, add bool) bool {
	if s, ok := m.summary[key]; ok {
		delete(m.summary, key)
		m.value[key] = s * 10
	} else if _, ok := m.value[key]; !ok && !add {
		return false
	} else if !ok {
		m.value[key] = 0
	}
	m.order = append(slices.DeleteFunc(m.order, func(k uint16) bool { return k == key }), key)
	for _, k := range m.order {
		if len(m.value) <= m.values {
			break
		}
		if v, ok := m.value[k]; ok {
			delete(m.value, k)
			m.summary[k] = v / 2
		}
	}
	for len(m.order) > m.all || len(m.summary) > m.all-m.values {
		delete(m.summary, m.order[0])
		m.order = m.order[1:]
	}
	return true
}

func TestTiersAreTheModel(t *testing.T) {
	small(t)
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.IntRange(1, 6).Draw(t, "values")
		all := values + rapid.IntRange(0, 8).Draw(t, "summaries")
		tiers, state := newTiers(values, all)
		model := tiersModel{value: map[uint16]uint64{}, summary: map[uint16]uint64{}, values: values, all: all}
		var parts [][]byte
		for range rapid.IntRange(0, 200).Draw(t, "steps") {
			key := rapid.Uint16Range(0, 20).Draw(t, "key")
			switch rapid.IntRange(0, 5).Draw(t, "call") {
			case 0:
				v, known := tiers.Touch(key), model.touch(key, false)
				if (v != nil) != known {
					t.Fatalf("touch %d: %v, known %t", key, v, known)
				}
				if known {
					*v += 3
					model.value[key] += 3
				}
			case 1, 2, 3:
				*tiers.Put(key) += 7
				model.touch(key, true)
				model.value[key] += 7
			case 4:
				tiers.Delete(key)
				delete(model.value, key)
				delete(model.summary, key)
				model.order = slices.DeleteFunc(model.order, func(k uint16) bool { return k == key })
			case 5: // saved and restored
				data, n, err := state.AppendPart(nil, parts == nil)
				if err != nil {
					t.Fatal(err)
				}
				parts = append(parts[max(0, len(parts)-n+1):], data)
				tiers, state = newTiers(values, all)
				if err := state.LoadParts(sdk.PartsOf(parts...)); err != nil {
					t.Fatal(err)
				}
			}
			if tiers.Values() != len(model.value) || tiers.Len() != len(model.order) || tiers.Values() > values || tiers.Len() > all {
				t.Fatalf("%d values of %d keys, want %d of %d; at most %d of %d", tiers.Values(), tiers.Len(), len(model.value), len(model.order), values, all)
			}
			for k := range uint16(21) {
				want, ok := model.value[k]
				if s, idle := model.summary[k]; idle {
					want, ok = s*10, true
				}
				if got, known := tiers.Get(k); known != ok || got != want {
					t.Fatalf("key %d is %d (%t), want %d (%t)", k, got, known, want, ok)
				}
			}
		}
	})
}
