package pool

import (
	"context"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Probing begins when a node that was just started has something to tell, and goes on since its store grows, or is of another node.
const (
	firstProbe = 2 * time.Second
	probeEvery = time.Minute
	probeLimit = 5 * time.Second
)

// probe asks the source now and then for its oldest slot, so that a replay is not asked for in vain in an open stream: that would end it.
// The returned function ends that.
func (k *connection) probe(ctx context.Context, stream *geyser.Stream) func() {
	p := k.pool
	if len(p.connections) == 1 && p.config.Commitment != geyserpb.CommitmentLevel_PROCESSED {
		return func() {} // nothing is ever replayed in an open stream
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		timer := time.NewTimer(firstProbe)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			case <-k.probeNow:
			}
			timer.Reset(probeEvery)
			limited, stop := context.WithTimeout(ctx, probeLimit)
			oldest, err := stream.OldestReplay(limited)
			stop()
			p.mu.Lock()
			k.source.probed = time.Now()
			if err == nil {
				k.source.oldest, k.source.head = oldest, k.count.slot.Load()
			}
			p.mu.Unlock()
			signal(p.kick)
		}
	}()
	return func() { cancel(); <-done }
}
