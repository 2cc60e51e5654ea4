package lifecycle

import (
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// newestMade is how many of a creator's tokens are remembered by name.
const newestMade = 4

// creator is what somebody made.
type creator struct {
	created, completed, migrated uint64
	newest                       []sdk.Key // newest first
}

// creation adds a token to its creator's, and returns what there was before it.
func (s *state) creation(by, mint sdk.Key, most int) *sdk.TokenCreator {
	if by.IsZero() {
		return nil
	}
	c := s.creators.Touch(by)
	if c == nil {
		for s.creators.Len() >= most {
			s.creators.DeleteOldest()
		}
		c = s.creators.Put(by)
	}
	before := &sdk.TokenCreator{Created: c.created, Completed: c.completed, Migrated: c.migrated}
	for _, k := range c.newest {
		before.Newest = append(before.Newest, k.Bytes())
	}
	c.created++
	c.newest = slices.Insert(c.newest, 0, mint)
	c.newest = slices.Clip(c.newest[:min(len(c.newest), newestMade)])
	return before
}

// credit adds a token whose creation was seen to its creator's, and returns what there was before it.
func (m *monitor) credit(mint sdk.Key, t *token) *sdk.TokenCreator {
	t.flags |= credited
	return m.state.creation(t.creator, mint, m.config.MaxCreators)
}

// creatorOf is who made a token, as far as its creation was seen; nil where it was not. Accounts name creators too.
func (m *monitor) creatorOf(t *token) *creator {
	if !t.is(credited) {
		return nil
	}
	return m.state.creators.Change(t.creator)
}

func (c *creator) append(b []byte) []byte {
	for _, n := range [...]uint64{c.created, c.completed, c.migrated, uint64(len(c.newest))} {
		b = pack.AppendUvarint(b, n)
	}
	for _, k := range c.newest {
		b = pack.AppendKey(b, k)
	}
	return b
}

func (c *creator) read(r *pack.Reader) {
	c.created, c.completed, c.migrated = r.Uvarint(), r.Uvarint(), r.Uvarint()
	for range r.Count(len(sdk.Key{})) {
		c.newest = append(c.newest, r.Key())
	}
}

// uncredit takes a token from its creator's again.
func (s *state) uncredit(mint sdk.Key, t token) {
	c := s.creators.Change(t.creator)
	if c == nil {
		return
	}
	c.created -= min(c.created, 1)
	if t.phase >= phase(sdk.PhaseCompleted) {
		c.completed -= min(c.completed, 1)
	}
	if t.phase >= phase(sdk.PhaseMigrated) {
		c.migrated -= min(c.migrated, 1)
	}
	c.newest = slices.DeleteFunc(slices.Clone(c.newest), func(k sdk.Key) bool { return k == mint })
}
