package pool

import (
	"context"
	"slices"
	"time"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// startPatience is how long a connection waits at a first start for another one to complete a slot.
const startPatience = 3 * time.Second

// stagger keeps the connections from opening all at once.
func (k *connection) stagger(ctx context.Context) error {
	return sleep(ctx, time.Duration(k.index)*k.pool.config.Stagger)
}

// begins waits for the turn of a connection to open a stream. In a run that has nothing yet it is one connection's turn, until it has
// completed a slot or its stream ends: before that nobody can ask for the slots since then, and the groups of another one would begin a
// little later than its own. At processed nobody waits: a replay of the first slots, which are hardly over, would leave a hole where it
// ends. The returned function ends the turn.
func (k *connection) begins(ctx context.Context) (end func(), err error) {
	p := k.pool
	nothing := func() {}
	if p.config.Commitment == geyserpb.CommitmentLevel_PROCESSED {
		return nothing, nil
	}
	patience := time.NewTimer(startPatience)
	defer patience.Stop()
	select {
	case <-ctx.Done():
		return nothing, ctx.Err()
	case <-p.started:
	case p.first <- struct{}{}:
		return func() { <-p.first }, nil
	case <-patience.C: // a server without block metas completes none
		p.mu.Lock()
		defer p.mu.Unlock()
		p.start()
	}
	return nothing, nil
}

// start lets all connections open, once. It is called under mu.
func (p *Pool) start() {
	select {
	case <-p.started:
	default:
		close(p.started)
	}
}

// mayStart calls start when a connection has completed a slot from the first one on.
func (p *Pool) mayStart() {
	if p.cover.start > 0 && slices.Max(p.cover.at[:]) >= p.cover.start {
		p.start()
	}
}
