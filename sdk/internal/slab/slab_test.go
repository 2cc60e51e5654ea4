package slab

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Whatever is taken and given back: no two values share a place, each keeps what was written to it and where it lies, and a new one is zero.
func TestSlabKeepsValuesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Slab[[2]int]
		type kept struct {
			place int32
			at    *[2]int
			value [2]int
		}
		var all []kept
		for step := range rapid.IntRange(0, 3*growing).Draw(t, "steps") {
			if n := len(all); n > 0 && step%7 == 3 {
				i := step * 7919 % n
				s.Give(all[i].place)
				all = slices.Delete(all, i, i+1)
				continue
			}
			place := s.Take()
			at := s.At(place)
			if *at != [2]int{} {
				t.Fatalf("place %d is new and has %v", place, *at)
			}
			*at = [2]int{step, -step}
			all = append(all, kept{place, at, *at})
		}
		for _, k := range all {
			if s.At(k.place) != k.at || *k.at != k.value {
				t.Fatalf("place %d holds %v, want %v", k.place, *s.At(k.place), k.value)
			}
		}
	})
}

// Places follow each other through the blocks without a hole.
func TestPlacesFillTheBlocks(t *testing.T) {
	block, at := 0, -1
	for place := int32(1); place < growing+3*blockMost; place++ {
		if at++; at == blockLeast<<min(block, doublings) {
			block, at = block+1, 0
		}
		if b, a := find(place); b != block || a != at {
			t.Fatalf("place %d is %d of block %d, want %d of block %d", place, a, b, at, block)
		}
	}
}

func TestRoomIsReused(t *testing.T) {
	var s Slab[[64]byte]
	for range 100 {
		s.Take()
	}
	s.Give(1)
	if grown := testing.AllocsPerRun(1000, func() { s.Give(s.Take()) }); grown != 0 {
		t.Errorf("a place costs %v allocations", grown)
	}
}
