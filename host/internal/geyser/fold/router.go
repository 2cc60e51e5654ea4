package fold

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
)

// Router tells to which groups a transaction belongs. It tests what the server tests, so it does not matter by which filter a
// transaction came. It is immutable: any number of goroutines may use one.
type Router struct {
	slots      []slot // open addressing, a power of two, at most a quarter full
	shift      uint
	everything GroupSet // groups that want every transaction
	failed     GroupSet // groups that want failed ones too
}

// slot holds a program. Its first word decides nearly always; the whole key is compared when that is equal.
type slot struct {
	word   uint64
	groups GroupSet // 0 in a free slot
	key    dex.Key
}

// NewRouter returns a router for all groups. It fails on an address that is none and on more than MostGroups.
func NewRouter(groups []Group) (*Router, error) {
	if len(groups) > MostGroups {
		return nil, fmt.Errorf("%d groups, %d are possible", len(groups), MostGroups)
	}
	programs := 0
	for _, g := range groups {
		programs += len(g.Programs)
	}
	size := bits.Len(uint(4*max(programs, 4) - 1))
	r := &Router{slots: make([]slot, 1<<size), shift: uint(64 - size)}
	for i, g := range groups {
		if g.Failed {
			r.failed = r.failed.With(i)
		}
		if len(g.Programs) == 0 {
			r.everything = r.everything.With(i)
		}
		for _, program := range g.Programs {
			b, err := base58.Decode(program)
			if err != nil || len(b) != len(dex.Key{}) {
				return nil, fmt.Errorf("group %s: %q is not the address of a program", g.Name, program)
			}
			s := r.find(b)
			s.word, s.key = binary.LittleEndian.Uint64(b), dex.Key(b)
			s.groups = s.groups.With(i)
		}
	}
	return r, nil
}

// Route returns the groups that want this transaction. It allocates nothing.
func (r *Router) Route(tx *geyser.Transaction) GroupSet {
	if tx.Vote {
		return 0
	}
	set := r.everything
	for _, key := range tx.Keys {
		if len(key) == len(dex.Key{}) {
			set |= r.find(key).groups
		}
	}
	if tx.Failed {
		set &= r.failed
	}
	return set
}

// find returns the slot of key, a free one when no group wants it. Addresses are often made to begin with the same letters, so the
// word is multiplied before its high bits are taken.
func (r *Router) find(key []byte) *slot {
	word := binary.LittleEndian.Uint64(key)
	for i := word * 0x9e3779b97f4a7c15 >> r.shift; ; i = (i + 1) & uint64(len(r.slots)-1) {
		s := &r.slots[i]
		if s.groups == 0 || s.word == word && s.key == dex.Key(key) {
			return s
		}
	}
}
