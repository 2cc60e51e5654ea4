// Package slab keeps very many values of one type in few pieces of memory.
package slab

import "math/bits"

// Slab holds values at places, which are numbers from 1. A value stays where it is in memory until it is given back. The zero value is
// empty. It is not safe for concurrent use.
//
// Values lie in blocks, so that a million of them cost the garbage collector little, and that no call copies all of them. The first
// blocks are small: each has twice the size of the one before, up to blockMost.
type Slab[T any] struct {
	blocks [][]T
	used   int32   // places taken at any time, those given back among them
	free   []int32 // places given back
}

const (
	blockLeast = 64
	doublings  = 6
	blockMost  = blockLeast << doublings
	// growing is how many values the first blocks hold together, up to the first of blockMost.
	growing = blockLeast * (1<<(doublings+1) - 1)
)

// Take returns a place, whose value is zero.
func (s *Slab[T]) Take() int32 {
	if last := len(s.free) - 1; last >= 0 {
		place := s.free[last]
		s.free = s.free[:last]
		return place
	}
	if block, _ := find(s.used + 1); block == len(s.blocks) {
		s.blocks = append(s.blocks, make([]T, blockLeast<<min(block, doublings)))
	}
	s.used++
	return s.used
}

// At is the value at a place that was taken.
func (s *Slab[T]) At(place int32) *T {
	block, at := find(place)
	return &s.blocks[block][at]
}

// Give gives a place back. Its value becomes zero.
func (s *Slab[T]) Give(place int32) {
	*s.At(place) = *new(T)
	s.free = append(s.free, place)
}

// find is where a place lies.
func find(place int32) (block, at int) {
	n := uint32(place - 1)
	if n >= growing {
		n -= growing
		return doublings + 1 + int(n/blockMost), int(n % blockMost)
	}
	block = bits.Len32(n/blockLeast+1) - 1
	return block, int(n - blockLeast*(1<<block-1))
}
