package geysersim

import (
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// alwaysKept is how many blocks the store keeps whatever they weigh, as real servers do.
const alwaysKept = 10

// keep adds a block and lets the oldest ones go. Called with the lock held.
func (c *chain) keep(b *block) {
	c.open = append(c.open, b)
	if c.o.ReplaySlots < 0 {
		return
	}
	c.store = append(c.store, b)
	c.stored += b.size
	for len(c.store) > c.o.ReplaySlots || len(c.store) > alwaysKept && c.stored > c.o.ReplayBytes {
		c.stored -= c.store[0].size
		c.store[0] = nil
		c.store = c.store[1:]
		c.dropped = true
	}
}

// replay gives the stored blocks from a slot on that reached the level, oldest first, with the level each has. The errors have the
// codes and texts of real servers. As long as the store has lost nothing, the world begins with its first block: a slot before that
// is served too.
func (c *chain) replay(from uint64, level geyserpb.CommitmentLevel, d Dialect) ([]replayed, error) {
	if c.o.ReplaySlots < 0 {
		return nil, status.Error(codes.Internal, "from_slot is not supported")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := c.reached[level]
	if exact := func(b *block) bool { return b.slot == from }; d == Richat && !slices.ContainsFunc(c.store, exact) {
		return nil, status.Errorf(codes.InvalidArgument, "failed to get replay position for slot %d", from)
	}
	if newest == nil || from > newest.slot {
		return nil, status.Error(codes.Internal, "failed to get replay response")
	}
	if first := c.store[0].slot; from < first && c.dropped {
		return nil, status.Errorf(codes.OutOfRange, "broadcast from %d is not available, last available: %d", from, first)
	}
	var out []replayed
	for _, b := range c.store {
		if b.slot >= from && b.level >= level && b.slot <= newest.slot {
			out = append(out, replayed{b, b.level})
		}
	}
	return out, nil
}

// richatReplay tells whether a request may replay at all where the server is Richat.
func richatReplay(f *filter) error {
	switch {
	case f.level != geyserpb.CommitmentLevel_PROCESSED:
		return status.Error(codes.InvalidArgument, "replay `from_slot` available only for `processed` commitment")
	case len(f.blocks) > 0:
		return status.Error(codes.InvalidArgument, "blocks are not possible to replay")
	default:
		return nil
	}
}

type replayed struct {
	*block
	reached geyserpb.CommitmentLevel
}

// newest gives the newest block of a level, nil when there is none.
func (c *chain) newest(level geyserpb.CommitmentLevel) *block {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reached[level]
}

// first gives the oldest stored slot, and whether there is a store with something in it.
func (c *chain) first() (uint64, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.store) == 0 {
		return 0, false
	}
	return c.store[0].slot, true
}

// blockByHash looks a blockhash up among the stored blocks.
func (c *chain) blockByHash(hash string) *block {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, b := range slices.Concat(c.store, c.open) {
		if b.hash == hash {
			return b
		}
	}
	return nil
}
