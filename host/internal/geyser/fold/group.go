// Package fold turns groups of programs into one request of few filters that a provider accepts, tells when a request must be sent
// again, and routes what comes back to the groups, whichever filter it came by.
package fold

import (
	"iter"
	"math/bits"
)

// Covers tells whether every group of other is in s.
func (s GroupSet) Covers(other GroupSet) bool { return other&^s == 0 }

// All goes through the indexes, ascending.
func (s GroupSet) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for ; s != 0; s &= s - 1 {
			if !yield(bits.TrailingZeros64(uint64(s))) {
				return
			}
		}
	}
}

// Priority says who gives way to whom. The zero value is High.
type Priority uint8

// Priorities.
const (
	High Priority = iota
	Medium
	Low
)

var priorityNames = [...]string{"high", "medium", "low"}

func (p Priority) String() string {
	if int(p) >= len(priorityNames) {
		return "none"
	}
	return priorityNames[p]
}

// Group is what one subscriber wants to see. Its index in a slice of groups is its bit in a GroupSet.
type Group struct {
	// Name is for people, and names its filter where a filter of its own is possible.
	Name string
	// Priority of the group.
	Priority Priority
	// Programs are base58 addresses: a transaction that names one of them, also by way of an address table, belongs to the group. Empty
	// means every transaction that is no vote.
	Programs []string
	// Failed wants failed transactions too.
	Failed bool
}
