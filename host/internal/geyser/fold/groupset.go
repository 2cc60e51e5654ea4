package fold

import "math/bits"

// GroupSet is a set of subscription groups: bit i stands for the i-th group of the configuration.
type GroupSet uint64

// MostGroups is how many groups there can be.
const MostGroups = 64

// AllGroups is the set of the first n groups, n from 0 to MostGroups.
func AllGroups(n int) GroupSet { return GroupSet(1)<<uint(n) - 1 }

// Has tells whether group i is in the set.
func (s GroupSet) Has(i int) bool { return s>>uint(i)&1 == 1 }

// With returns the set with group i in it.
func (s GroupSet) With(i int) GroupSet { return s | 1<<uint(i) }

// Without returns the set without group i.
func (s GroupSet) Without(i int) GroupSet { return s &^ (1 << uint(i)) }

// Len is how many groups are in the set.
func (s GroupSet) Len() int { return bits.OnesCount64(uint64(s)) }
