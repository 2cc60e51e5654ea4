package pool

import (
	"cmp"
	"slices"
)

// connectionSet is a set of connections; bit i is the connection with index i.
type connectionSet uint8

func (s connectionSet) has(i int) bool              { return s>>i&1 != 0 }
func (s connectionSet) with(i int) connectionSet    { return s | 1<<i }
func (s connectionSet) without(i int) connectionSet { return s &^ (1 << i) }

// place is what assign knows of a connection.
type place struct {
	source int
	usable bool
}

// assign says for each active group which connections are its homes: copies of them, on different sources. High comes first and keeps
// away from others while there is a choice, and so do others from it. A home is kept while it is as good as another.
func assign(t *groupTable, places []place, copies int, old map[int]connectionSet) map[int]connectionSet {
	a := assignment{places: places, high: make([]int, len(places)), other: make([]int, len(places))}
	order := slices.SortedFunc(t.active.All(), func(x, y int) int {
		return cmp.Or(cmp.Compare(t.groups[x].Priority, t.groups[y].Priority), cmp.Compare(x, y))
	})
	homes := map[int]connectionSet{}
	for _, bit := range order {
		high := t.groups[bit].Priority == High
		for range copies {
			best := a.best(homes[bit], old[bit], high)
			if best < 0 {
				break
			}
			homes[bit] = homes[bit].with(best)
			if high {
				a.high[best]++
			} else {
				a.other[best]++
			}
		}
	}
	return homes
}

type assignment struct {
	places      []place
	high, other []int // groups placed so far
}

// best returns the best connection for one more copy of a group that is on taken already, -1 when there is none.
func (a *assignment) best(taken, old connectionSet, high bool) int {
	best := -1
	for i, p := range a.places {
		if !p.usable || taken.has(i) || a.usesSource(taken, p.source) {
			continue
		}
		if best < 0 || slices.Compare(a.cost(i, old, high), a.cost(best, old, high)) < 0 {
			best = i
		}
	}
	return best
}

func (a *assignment) usesSource(taken connectionSet, source int) bool {
	for i, p := range a.places {
		if taken.has(i) && p.source == source {
			return true
		}
	}
	return false
}

// cost compares connections, the most important first: kept apart from the other kind, what was, the fewest groups.
func (a *assignment) cost(i int, old connectionSet, high bool) []int {
	mixed := a.high[i]
	if high {
		mixed = 0
		if a.high[i] == 0 && slices.Max(a.high) > 0 {
			mixed = 1 // high groups stay together, so that others have room
		}
	}
	moved := 1
	if old.has(i) {
		moved = 0
	}
	return []int{min(mixed, 1), moved, a.high[i] + a.other[i], i}
}
