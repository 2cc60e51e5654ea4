// Package span keeps sets of slots as ranges: what is dense costs nothing, whatever its length.
package span

import (
	"slices"
	"sort"
)

// Range is the slots From to To, both inclusive.
type Range struct{ From, To uint64 }

// Len is how many slots a range has.
func (r Range) Len() uint64 { return r.To - r.From + 1 }

// Set is a set of slots. The zero value is empty. It is for one goroutine.
type Set struct {
	ranges []Range // ascending, with at least one slot between two of them
}

// Add puts a range into the set. A range whose end lies before its start is empty.
func (s *Set) Add(from, to uint64) {
	if to < from {
		return
	}
	// i is the first range that touches or follows [from, to], j the first that lies wholly after it.
	i := sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].To >= from || s.ranges[i].To == from-1 })
	j := i
	for ; j < len(s.ranges) && (s.ranges[j].From <= to || s.ranges[j].From == to+1); j++ {
		from, to = min(from, s.ranges[j].From), max(to, s.ranges[j].To)
	}
	s.ranges = slices.Replace(s.ranges, i, j, Range{from, to})
}

// Remove takes a range out of the set.
func (s *Set) Remove(from, to uint64) {
	if to < from {
		return
	}
	i := sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].To >= from })
	j, rest := i, make([]Range, 0, 2)
	for ; j < len(s.ranges) && s.ranges[j].From <= to; j++ {
		if r := s.ranges[j]; r.From < from {
			rest = append(rest, Range{r.From, from - 1})
		}
		if r := s.ranges[j]; r.To > to {
			rest = append(rest, Range{to + 1, r.To})
		}
	}
	s.ranges = slices.Replace(s.ranges, i, j, rest...)
}

// Has tells whether a slot is in the set.
func (s *Set) Has(slot uint64) bool {
	_, ok := s.At(slot)
	return ok
}

// At returns the range that holds a slot.
func (s *Set) At(slot uint64) (Range, bool) {
	i := sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].To >= slot })
	if i == len(s.ranges) || s.ranges[i].From > slot {
		return Range{}, false
	}
	return s.ranges[i], true
}

// Ranges returns the set's ranges in order. The slice is valid until the set changes and must not be changed.
func (s *Set) Ranges() []Range { return s.ranges }

// Within returns the parts of the set that lie in a range.
func (s *Set) Within(from, to uint64) []Range {
	var out []Range
	i := sort.Search(len(s.ranges), func(i int) bool { return s.ranges[i].To >= from })
	for ; i < len(s.ranges) && s.ranges[i].From <= to; i++ {
		out = append(out, Range{max(from, s.ranges[i].From), min(to, s.ranges[i].To)})
	}
	return out
}

// Without returns the parts of a range that are not in the set.
func (s *Set) Without(from, to uint64) []Range {
	var out []Range
	for _, in := range s.Within(from, to) {
		if in.From > from {
			out = append(out, Range{from, in.From - 1})
		}
		if in.To == to {
			return out
		}
		from = in.To + 1
	}
	if from <= to {
		out = append(out, Range{from, to})
	}
	return out
}

// Len is how many slots are in the set.
func (s *Set) Len() (n uint64) {
	for _, r := range s.ranges {
		n += r.Len()
	}
	return n
}
