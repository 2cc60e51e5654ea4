package pool

import (
	"context"
	"slices"
	"time"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// startPatience is how long further connections of a first start wait for the first one to complete a slot.
const startPatience = 3 * time.Second

// begins waits for the turn of a connection at the start. In a run that has nothing yet, the first connection says where it begins:
// until it has completed a slot nobody can ask for the slots since then, and the groups of the others would begin a little later than
// its own. At processed it does not wait: a replay of the first slots, which are hardly over, would leave a hole where it ends.
func (k *connection) begins(ctx context.Context) error {
	if err := sleep(ctx, time.Duration(k.index)*k.pool.config.Stagger); err != nil || k.index == 0 {
		return err
	}
	if k.pool.config.Commitment == geyserpb.CommitmentLevel_PROCESSED {
		return nil
	}
	patience := time.NewTimer(startPatience)
	defer patience.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-k.pool.started:
	case <-patience.C:
	}
	return nil
}

// start lets the further connections begin, once. It is called under mu.
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
