package lifecycle

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/pack"
)

// newestMade is how many of a creator's tokens are remembered by name.
const newestMade = 4

// creators remember who made what, in the order of their last creations.
type creators struct {
	made bounded.Map[sdk.Key, track]
}

// track is what a creator made.
type track struct {
	created, completed, migrated uint64
	newest                       []sdk.Key // newest first
}

// note adds a creation, and returns what there was before it.
func (c *creators) note(creator, mint sdk.Key, most int) *sdk.TokenCreator {
	if creator.IsZero() {
		return nil
	}
	t := c.made.Get(creator)
	if t == nil {
		for c.made.Len() >= most {
			c.made.DeleteOldest()
		}
		t = c.made.Put(creator)
	} else {
		c.made.Touch(creator)
	}
	before := &sdk.TokenCreator{Created: t.created, Completed: t.completed, Migrated: t.migrated}
	for _, k := range t.newest {
		before.Newest = append(before.Newest, k.Bytes())
	}
	t.created++
	t.newest = slices.Insert(t.newest, 0, mint)
	t.newest = slices.Clip(t.newest[:min(len(t.newest), newestMade)])
	return before
}

func (c *creators) append(b []byte) []byte {
	b = pack.AppendUvarint(b, uint64(c.made.Len()))
	for creator, t := range c.made.All() {
		b = pack.AppendKey(b, creator)
		for _, n := range []uint64{t.created, t.completed, t.migrated, uint64(len(t.newest))} {
			b = pack.AppendUvarint(b, n)
		}
		for _, k := range t.newest {
			b = pack.AppendKey(b, k)
		}
	}
	return b
}

func readCreators(r *pack.Reader) (c creators) {
	n := r.Count(32 + 4)
	c.made.Grow(n)
	for range n {
		t := c.made.Put(r.Key())
		*t = track{created: r.Uvarint(), completed: r.Uvarint(), migrated: r.Uvarint()}
		for range r.Count(32) {
			t.newest = append(t.newest, r.Key())
		}
	}
	return c
}
