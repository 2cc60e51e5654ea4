package pool_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// In a run that has nothing yet all groups begin with the same slot, whichever connection comes up first and in what order: what a
// connection adds to its stream, or begins with the present because it did not know better, is replayed from there.
func TestFirstStartInTroubleBeginsTogether(t *testing.T) {
	n := uint64(60)
	if testing.Short() {
		n = 12
	}
	for seed := range n {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			r := rand.New(rand.NewPCG(seed, 11))
			ahead := time.Duration(seed%2) * 20 * time.Second // with nothing older than the first slot, it cannot be asked for in an open stream
			start := time.Now().Add(ahead)
			w := newWorld(t, worldOptions{
				slots: 120, servers: 1, ahead: ahead, replay: 500, commitment: geyserpb.CommitmentLevel_CONFIRMED, connections: 2, opens: 80, seed: seed,
				change: func(c *pool.Config) {
					dial := c.Sources[0].Endpoint.Dial
					c.Sources[0].Endpoint.Dial = func(ctx context.Context, address string) (net.Conn, error) {
						mu.Lock()
						refused := time.Since(start) < time.Second && r.IntN(3) > 0
						slow := time.Duration(r.IntN(2)*r.IntN(1500)) * time.Millisecond // its request is planned long before it is heard
						mu.Unlock()
						time.Sleep(slow)
						if refused {
							return nil, errors.New("connection refused")
						}
						return dial(ctx, address)
					}
				},
			})
			time.Sleep(time.Minute)
			w.stop()
			first := w.began(0)
			for g := range worldGroups {
				w.whole(g, false)
				first = min(first, w.began(g))
			}
			for g := range worldGroups {
				if began := w.began(g); began > w.follows(first) {
					t.Errorf("%s: group %d begins with slot %d, another one with %d", w.failing, g, began, first)
				}
			}
		})
	}
}

// follows returns the slot behind one: of that in which the first stream begins only a part comes.
func (w *world) follows(slot uint64) uint64 {
	for _, s := range w.chain.slots {
		if s > slot {
			return s
		}
	}
	return slot
}
