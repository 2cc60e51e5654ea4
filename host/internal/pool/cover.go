package pool

import (
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// maxConnections bounds the connections of a pool.
const maxConnections = 3

// cover is the pool's book of which connection delivers which group without a hole, and how far each group came on any. It is guarded by
// Pool.mu. Slots that a connection delivers come in ascending order as far as this book is concerned; what comes out of order is the
// business of the margin with which streams are resumed.
type cover struct {
	begun  GroupSet                // groups that are watched since a known slot
	start  uint64                  // the first slot of all, when nothing was durable before it; nothing older is wanted
	level  GroupSet                // groups of a first start: they begin with start, all of them
	short  GroupSet                // those of them that came up later, as long as what came since start may be replayed
	floor  [fold.MostGroups]uint64 // what this process saw first or gave up: only what comes after it is needed
	solid  [fold.MostGroups]uint64 // highest slot up to which everything was handed on or given up
	owed   [fold.MostGroups]time.Time
	healed [fold.MostGroups]uint64 // solid at which a heal was tried

	since [maxConnections][fold.MostGroups]uint64 // first slot that is whole on the open stream; 0 = not known, or none
	at    [maxConnections]uint64                  // highest slot whose meta came on the open stream
}

// restore begins all groups behind the durable slot.
func (c *cover) restore(groups GroupSet, durable uint64) {
	if durable == 0 {
		c.level = groups
		return
	}
	for g := range groups.All() {
		c.begun = c.begun.With(g)
		c.solid[g] = durable
	}
}

// durable notes that everything up to a slot is durable, for every group that is not short: those have not begun yet for who says so.
func (c *cover) durable(slot uint64) {
	for g := range (c.begun &^ c.short).All() {
		c.solid[g] = max(c.solid[g], slot)
	}
}

// base returns the highest slot that none of the groups needs any more, 0 when none of them has begun. A group of a first start that has
// not begun does so with the first slot of the others, once one of them has completed a slot, so that a run tells of the same slots for all
// groups.
func (c *cover) base(groups GroupSet, durable uint64) (base uint64) {
	if groups&c.level&^c.begun != 0 && c.start > 0 && slices.Max(c.at[:]) >= c.start {
		base = c.start - 1
	}
	for g := range (groups & c.begun).All() {
		b := c.floor[g]
		if !c.short.Has(g) {
			b = max(b, durable)
		}
		if base == 0 || b < base {
			base = b
		}
	}
	return base
}

// begin covers a group on a connection from a slot on. lowest is the first slot of which anything came or may come.
func (c *cover) begin(k, g int, since, lowest uint64) {
	c.since[k][g] = since
	if c.begun.Has(g) {
		return
	}
	c.begun = c.begun.With(g)
	if c.level.Has(g) && 0 < c.start && c.start < lowest {
		c.floor[g], c.solid[g] = c.start-1, c.start-1
		c.short = c.short.With(g)
		return
	}
	c.floor[g] = max(lowest, 1) - 1
	c.solid[g] = since - 1
	if c.start == 0 || lowest < c.start {
		c.start = lowest
	}
}

// end takes all cover of a connection away.
func (c *cover) end(k int) {
	clear(c.since[k][:])
	c.at[k] = 0
}

// drop takes the cover of some groups of a connection away.
func (c *cover) drop(k int, groups GroupSet) {
	for g := range groups.All() {
		c.since[k][g] = 0
	}
}

// claims returns the groups that a connection has covered for a slot whose meta comes now. One that is short claims nothing: with its first
// claim a group begins.
func (c *cover) claims(k int, groups GroupSet, slot uint64) (out GroupSet) {
	for g := range groups.All() {
		if s := c.since[k][g]; s != 0 && slot >= s && (!c.short.Has(g) || c.joined(k, g)) {
			out = out.With(g)
		}
	}
	return out
}

// advance notes that a slot was handed on with these groups covered. parent is its parent's slot, 0 when that is not known.
func (c *cover) advance(k int, covered GroupSet, slot, parent uint64) {
	c.at[k] = max(c.at[k], slot)
	for g := range covered.All() {
		switch {
		case c.joined(k, g):
			c.solid[g] = max(c.solid[g], slot)
			c.short = c.short.Without(g)
		case parent > 0 && parent <= c.solid[g] && c.since[k][g] <= slot:
			c.since[k][g] = c.solid[g] + 1 // the slots in between were skipped by the chain
			c.solid[g] = max(c.solid[g], slot)
		}
	}
}

// joined tells whether what a connection covers follows what was handed on without a hole.
func (c *cover) joined(k, g int) bool {
	s := c.since[k][g]
	return s != 0 && s <= c.solid[g]+1
}

// nearly is how far behind a connection may be that takes a group over.
const nearly = 4

// proven tells whether a connection has delivered a slot of a group in full, without a hole before it, and is not behind.
func (c *cover) proven(k, g int) bool {
	return c.joined(k, g) && c.at[k] >= c.since[k][g] && c.at[k]+nearly >= c.solid[g]
}

// hole returns the slots that are missing of a group before a connection's cover begins: from..to. ok is false when there are none.
func (c *cover) hole(k, g int) (from, to uint64, ok bool) {
	s := c.since[k][g]
	if s == 0 || !c.begun.Has(g) || s <= c.solid[g]+1 {
		return 0, 0, false
	}
	return c.solid[g] + 1, s - 1, true
}

// giveUp notes that what lies before a connection's cover is lost, and goes on with what it delivered since.
func (c *cover) giveUp(k, g int) {
	c.solid[g] = max(c.since[k][g]-1, c.at[k])
	c.owed[g] = time.Time{}
	c.short = c.short.Without(g)
}

// forget lets groups that nobody watches any more begin anew when they come back.
func (c *cover) forget(groups GroupSet) {
	c.begun &^= groups
	c.level &^= groups
	c.short &^= groups
	for g := range groups.All() {
		c.solid[g], c.floor[g], c.healed[g], c.owed[g] = 0, 0, 0, time.Time{}
	}
}
