package idl

import (
	"fmt"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
)

// Set is programs by their address. It does not change; nil is an empty one.
type Set struct {
	byKey  map[dex.Key]*Program
	byName map[string]*Program // base58, as logs name them
	first  [256]bool           // first bytes of the addresses
}

// NewSet makes a set. Of two IDLs of one program the first counts, and the error, an *Error, is about the second.
func NewSet(programs ...*Program) (*Set, []error) {
	s := &Set{byKey: map[dex.Key]*Program{}, byName: map[string]*Program{}}
	var refused []error
	for _, p := range programs {
		if other, twice := s.byKey[p.Key]; twice {
			refused = append(refused, &Error{
				File: p.File, Path: "address", Reason: fmt.Sprintf("%s has the same program, %s: keep one of them", other.File, p.address),
			})
			continue
		}
		s.byKey[p.Key], s.byName[p.address] = p, p
		s.first[p.Key[0]] = true
	}
	return s, refused
}

// Len is how many programs there are.
func (s *Set) Len() int {
	if s == nil {
		return 0
	}
	return len(s.byKey)
}

// Program returns the program with an address, nil when there is none. Addresses that are not in the set cost a few nanoseconds.
func (s *Set) Program(key []byte) *Program {
	if s == nil || len(key) != 32 || !s.first[key[0]] {
		return nil
	}
	return s.byKey[dex.Key(key)]
}

// Named is Program by the base58 text of the address.
func (s *Set) Named(address []byte) *Program {
	if s == nil {
		return nil
	}
	return s.byName[string(address)]
}

// Programs lists the programs in the order of their files.
func (s *Set) Programs() []*Program {
	if s == nil {
		return nil
	}
	out := make([]*Program, 0, len(s.byKey))
	for _, p := range s.byKey {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *Program) int {
		if a.File < b.File {
			return -1
		}
		return 1
	})
	return out
}
