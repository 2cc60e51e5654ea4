package geysersim

import (
	"context"
	"slices"
	"time"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// chainFault happens to the chain itself, so every server in front of it sees it. Exactly one of the kinds is set.
type chainFault struct {
	slot uint64 // the first slot that it may concern; 0 is the next one

	skip      uint64 // so many slots have no block
	dead      bool   // a slot's block dies half way
	fork      bool   // a slot's block is sealed and never confirmed
	bankReset bool   // the slot's block is executed again after half of it
	forget    bool   // the store loses all but the newest blocks
}

// disturb adds a fault to the chain. Faults of one slot happen in the order in which they were added.
func (c *chain) disturb(f chainFault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.IndexFunc(c.faults, func(other chainFault) bool { return other.slot > f.slot })
	if at < 0 {
		at = len(c.faults)
	}
	c.faults = slices.Insert(c.faults, at, f)
}

func (c *chain) clearFaults() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

// nextFault takes the fault that is due before a slot is played.
func (c *chain) nextFault(slot uint64) (chainFault, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) == 0 || c.faults[0].slot > slot {
		return chainFault{}, false
	}
	f := c.faults[0]
	c.faults = slices.Delete(c.faults, 0, 1)
	return f, true
}

// suffer lets faults happen that are due before b. Those that need a slot number of their own take b's and move it, and all after it,
// up. It returns b as it is to be played, and whether its bank is reset.
func (c *chain) suffer(ctx context.Context, p *pace, b *Block) (out *Block, reset bool, err error) {
	out = moved(b, c.shift)
	for {
		f, due := c.nextFault(out.Slot)
		if !due {
			return out, reset, nil
		}
		before := c.newest(geyserpb.CommitmentLevel_PROCESSED)
		switch {
		case f.skip > 0:
			c.shift += f.skip
		case f.forget:
			c.forget()
		case f.bankReset:
			reset = true
		default:
			lost := &Block{Slot: out.Slot, Transactions: out.Transactions}
			if f.dead {
				err = c.die(ctx, p, lost, before)
			} else {
				err = c.lose(ctx, p, lost, before)
			}
			if err != nil {
				return nil, false, err
			}
			c.shift++
		}
		out = moved(b, c.shift)
	}
}

// moved gives a block another slot, with its truth, and leaves the one that the source gave as it is.
func moved(b *Block, shift uint64) *Block {
	if shift == 0 {
		return b
	}
	out := *b
	out.Slot += shift
	out.Parent = 0 // the block before has moved too
	out.Transactions = slices.Clone(b.Transactions)
	for i := range out.Transactions {
		t := &out.Transactions[i]
		t.Truth = slices.Clone(t.Truth)
		for j := range t.Truth {
			t.Truth[j].Slot = out.Slot
		}
	}
	return &out
}

// lose plays a block that a fork leaves behind: at processed it is whole and sealed, but it is never confirmed and nobody is told.
func (c *chain) lose(ctx context.Context, p *pace, b *Block, before *block) error {
	lost := newBlock(b, before)
	if err := c.execute(ctx, p, lost, b.Transactions); err != nil {
		return err
	}
	c.sealed(lost)
	return nil
}

// sealed tells what is told of a block at its seal, at processed.
func (c *chain) sealed(b *block) {
	b.seal(time.Now())
	c.tell(
		c.statusOf(b, geyserpb.SlotStatus_SLOT_COMPLETED),
		event{to: processedLevel, at: time.Now(), block: b},
		c.statusOf(b, geyserpb.SlotStatus_SLOT_PROCESSED),
	)
}

// forget drops all blocks of the store but the newest, as a server does that was started again.
func (c *chain) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.store) > alwaysKept {
		c.stored -= c.store[0].size
		c.store[0] = nil
		c.store = c.store[1:]
		c.dropped = true
	}
}
