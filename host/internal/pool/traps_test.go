package pool

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/weir-run/weir/host/internal/breaker"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// sendMeta sends a block meta that says which block it follows.
func sendMeta(s subscription, slot, parent uint64) error {
	return s.Send(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_BlockMeta{BlockMeta: &geyserpb.SubscribeUpdateBlockMeta{Slot: slot, ParentSlot: parent}}})
}

// Replays for some filters brought nothing, without an error, for months: the stream just began with the present.
func TestReplayThatBringsNothingIsAGap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(_ int, from uint64, s subscription) error {
			if from == 0 {
				t.Error("nothing was to be replayed")
			}
			for slot := from + 400; slot < from+410; slot++ {
				if err := sendMeta(s, slot, slot-1); err != nil {
					return err
				}
			}
			return stay(s)
		}}
		p, _ := start(t, n, func(c *Config) { c.Resume = func() uint64 { return 1_000 } })
		came := drain(t, p)
		time.Sleep(3 * time.Minute)
		metas, gaps := came()
		if len(metas) != 10 || len(gaps) != 1 || gaps[0].From != 1_001 || gaps[0].To < metas[0]-1 || gaps[0].To > metas[0] {
			t.Errorf("metas %v, gaps %+v", metas, gaps)
		}
	})
}

// A provider's node restarts: thousands of equal replay requests a minute were one client's answer. Ours are few, and none is lost that
// the node serves later.
func TestRestartedNodeIsNotStormed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up atomic.Bool
		n := &node{answer: func(_ int, from uint64, s subscription) error {
			if !up.Load() {
				return status.Error(codes.Internal, "failed to get replay response")
			}
			if err := sendMeta(s, from, from-1); err != nil {
				return err
			}
			return stay(s)
		}}
		p, _ := start(t, n, func(c *Config) { c.Resume = func() uint64 { return 1_000 } })
		came := drain(t, p)
		time.Sleep(10 * time.Second)
		if opens, _ := n.seen(); len(opens) < 2 || len(opens) > 6 {
			t.Errorf("%d opens in 10 s", len(opens))
		}
		up.Store(true)
		time.Sleep(time.Minute)
		metas, gaps := came()
		if len(metas) != 1 || metas[0] > 1_001 || len(gaps) != 0 {
			t.Errorf("metas %v, gaps %+v", metas, gaps)
		}
	})
}

// A proxy in front of a node that is down may use the words of a refused replay, also where none was asked for: that is an outage and no
// slot to move on from.
func TestOutageInTheWordsOfAReplayIsNotStormed(t *testing.T) {
	for name, refusal := range map[string]error{
		"internal":     status.Error(codes.Internal, "the upstream node is not available"),
		"out of range": status.Error(codes.OutOfRange, "no node"),
		"no replay":    status.Error(codes.Internal, "from_slot is not supported"),
	} {
		synctest.Test(t, func(t *testing.T) {
			n := &node{answer: func(int, uint64, subscription) error { return refusal }}
			p, _ := start(t, n, func(c *Config) { c.Resume = func() uint64 { return 1_000 } })
			drain(t, p)
			time.Sleep(2 * time.Minute)
			opens, _ := n.seen()
			if len(opens) < 5 || len(opens) > 30 {
				t.Errorf("%s: %d opens in 2 min", name, len(opens))
			}
			if state := p.Status().Connections[0].Breaker; state == breaker.Closed {
				t.Errorf("%s: the breaker is %s", name, state)
			}
		})
	}
}

// strict is a server that allows one filter of a kind.
type strict struct {
	geyserpb.UnimplementedGeyserServer
	asked chan int // filters of each open
}

func (n *strict) Subscribe(s subscription) error {
	r, err := s.Recv()
	if err != nil {
		return err
	}
	n.asked <- len(r.Transactions)
	if len(r.Transactions) > 1 {
		return status.Error(codes.InvalidArgument, "failed to create filter: Max amount of filters/data_slices reached, only 1 allowed")
	}
	if err := sendSlot(s, 1_000); err != nil {
		return err
	}
	return stay(s)
}

// A limit that the server names is kept from then on: the endpoint is not given up for it.
func TestRefusedLimitIsLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &strict{asked: make(chan int, 100)}
		wire := bufconn.Listen(1 << 20)
		g := grpc.NewServer(grpc.WaitForHandlers(true))
		geyserpb.RegisterGeyserServer(g, n)
		var serving sync.WaitGroup
		serving.Go(func() {
			if err := g.Serve(wire); err != nil {
				t.Error(err)
			}
		})
		p, _, stop := startStop(t, &node{}, func(c *Config) {
			c.Sources[0].Endpoint.Dial = func(ctx context.Context, _ string) (net.Conn, error) { return wire.DialContext(ctx) }
			c.Connections = 1
			c.Groups = []Group{{Name: "a", Programs: []string{"p"}}, {Name: "b", Programs: []string{"q"}}}
		})
		came := drain(t, p)
		time.Sleep(time.Minute)
		if metas, _ := came(); len(metas) != 1 || len(n.asked) != 2 || <-n.asked != 2 || <-n.asked != 1 {
			t.Errorf("metas %v, %d requests", metas, len(n.asked))
		}
		stop()
		g.Stop()
		serving.Wait()
	})
}

// A plugin that restarts sets the groups that were there: nothing is sent for that.
func TestTheSameGroupsAreNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(_ int, _ uint64, s subscription) error {
			if err := sendSlot(s, 1_000); err != nil {
				return err
			}
			return stay(s)
		}}
		p, _ := start(t, n, nil)
		drain(t, p)
		time.Sleep(5 * time.Second)
		for _, c := range []struct {
			programs []string
			changes  uint64
		}{{[]string{"p"}, 0}, {[]string{"p", "q"}, 1}, {[]string{"p", "q"}, 1}} {
			if err := p.SetGroups([]Group{{Name: "g", Programs: c.programs}}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
			if got := p.connections[0].count.changes.Load(); got != c.changes {
				t.Errorf("programs %v: %d requests in the open stream, want %d", c.programs, got, c.changes)
			}
		}
	})
}
