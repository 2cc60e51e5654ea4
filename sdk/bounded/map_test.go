package bounded_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk/bounded"
)

// model is the same thing, slow and plain: keys in order, values beside them.
type model struct {
	keys   []uint8
	values map[uint8]int
}

func (m *model) remove(key uint8) {
	m.keys = slices.DeleteFunc(m.keys, func(k uint8) bool { return k == key })
	delete(m.values, key)
}

func TestMapIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m bounded.Map[uint8, int]
		want := model{values: map[uint8]int{}}
		if rapid.Bool().Draw(t, "grow") {
			m.Grow(10)
		}
		for step := range rapid.IntRange(0, 200).Draw(t, "steps") {
			key := rapid.Uint8Range(0, 20).Draw(t, "key")
			switch rapid.IntRange(0, 4).Draw(t, "call") {
			case 0, 1:
				v := m.Put(key)
				if *v != want.values[key] {
					t.Fatalf("put %d found %d, want %d", key, *v, want.values[key])
				}
				if _, ok := want.values[key]; !ok {
					want.keys = append(want.keys, key)
				}
				*v, want.values[key] = step, step
			case 2:
				m.Touch(key)
				if value, ok := want.values[key]; ok {
					want.remove(key)
					want.keys, want.values[key] = append(want.keys, key), value
				}
			case 3:
				m.Delete(key)
				want.remove(key)
			case 4:
				if had := m.DeleteOldest(); had != (len(want.keys) > 0) {
					t.Fatalf("delete oldest says %t with %d entries", had, len(want.keys))
				}
				if len(want.keys) > 0 {
					want.remove(want.keys[0])
				}
			}
			check(t, &m, want)
		}
	})
}

func check(t *rapid.T, m *bounded.Map[uint8, int], want model) {
	t.Helper()
	var keys []uint8
	for key, value := range m.All() {
		keys = append(keys, key)
		if got := m.Get(key); got != value || *got != want.values[key] {
			t.Fatalf("value of %d is %d, want %d", key, *value, want.values[key])
		}
	}
	if !slices.Equal(keys, want.keys) || m.Len() != len(want.keys) {
		t.Fatalf("keys are %v (length %d), want %v", keys, m.Len(), want.keys)
	}
	for key := range uint8(21) {
		if _, ok := want.values[key]; ok != (m.Get(key) != nil) {
			t.Fatalf("key %d is there: %t, want %t", key, !ok, ok)
		}
	}
}

func TestMapReusesRoom(t *testing.T) {
	var m bounded.Map[int, [64]byte]
	m.Grow(100)
	next := 0
	grown := testing.AllocsPerRun(10_000, func() {
		m.Put(next)
		if next++; m.Len() > 90 {
			m.DeleteOldest()
		}
	})
	if grown != 0 {
		t.Errorf("a bounded map allocates %v times a put", grown)
	}
}

func TestSortBy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m bounded.Map[int, uint64]
		stamps := rapid.SliceOfDistinct(rapid.Uint64(), rapid.ID[uint64]).Draw(t, "stamps")
		for key, stamp := range stamps {
			*m.Add(key) = stamp
		}
		next := 0
		m.SortBy(func(key int, stamp *uint64) uint64 {
			if key != next || *stamp != stamps[key] {
				t.Fatalf("asked for the stamp of %d (%d), want that of %d", key, *stamp, next)
			}
			next++
			return *stamp
		})
		slices.Sort(stamps)
		var got []uint64
		for _, stamp := range m.All() {
			got = append(got, *stamp)
		}
		if !slices.Equal(got, stamps) {
			t.Fatalf("the order is %v, want %v", got, stamps)
		}
		if key, _ := m.Oldest(); m.Len() > 0 && m.Add(key) != nil {
			t.Fatal("a key was added twice")
		}
	})
}
