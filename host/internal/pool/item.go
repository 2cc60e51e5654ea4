package pool

import (
	"context"

	"github.com/weir-run/weir/host/internal/geyser"
)

// Next waits for the next item. See NextBatch.
func (p *Pool) Next(ctx context.Context) (Item, error) {
	var one [1]Item
	batch, err := p.NextBatch(ctx, one[:0])
	if err != nil {
		return Item{}, err
	}
	return batch[0], nil
}

// NextBatch waits for at least one item and returns what there is, in batch[:0] up to its capacity, in the order of arrival. The caller
// releases the updates. It returns io.EOF after Run has ended and everything was read, and the cause of ctx when that ends.
func (p *Pool) NextBatch(ctx context.Context, batch []Item) ([]Item, error) {
	return p.queue.pop(ctx, batch)
}

// Item is one step of the flow: exactly one of Update and Gap is set.
type Item struct {
	Update *geyser.Update
	Gap    *Gap
	// Connection is the index of the connection that Update came by.
	Connection int
	// Covers, on a block meta, are the groups of which this connection has delivered the slot in full: all of the slot that belongs to them
	// came before it on this connection. Groups that nobody watches any more are covered always, until one that comes back begins
	// anew.
	Covers GroupSet
	// Whole, on a transaction, says that this connection brings all groups of its slot by itself, and has brought all of them before: what
	// comes by it is in order.
	Whole bool
}

// Gap says that transactions of the slots From to To, both inclusive, may be missing for some groups, and that no connection will bring
// them any more. It stands in the flow before all that its connection brought after the gap. To may be a slot of which a part came, and
// then may come behind the gap.
type Gap struct {
	From, To uint64
	// Groups for which they are missing.
	Groups GroupSet
	// Endpoint of the connection that goes on after the gap.
	Endpoint string
	// Reason is for people.
	Reason string
}
