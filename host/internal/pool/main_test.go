package pool

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type subscription = grpc.BidiStreamingServer[geyserpb.SubscribeRequest, geyserpb.SubscribeUpdate]

// node is the other side: a real server whose answer to each open is a function of its number, from 0.
type node struct {
	geyserpb.UnimplementedGeyserServer
	answer func(open int, from uint64, s subscription) error

	mu    sync.Mutex
	opens []time.Time
	froms []uint64
	ends  []time.Time
}

func (n *node) Subscribe(s subscription) error {
	request, err := s.Recv()
	if err != nil {
		return err
	}
	n.mu.Lock()
	open := len(n.opens)
	n.opens = append(n.opens, time.Now())
	n.froms = append(n.froms, request.GetFromSlot())
	n.mu.Unlock()
	err = n.answer(open, request.GetFromSlot(), s)
	n.mu.Lock()
	n.ends = append(n.ends, time.Now())
	n.mu.Unlock()
	return err
}

// seen returns when streams were opened and from which slots.
func (n *node) seen() (opens []time.Time, froms []uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]time.Time{}, n.opens...), append([]uint64{}, n.froms...)
}

// waits returns the times from each end to the next open.
func (n *node) waits() (out []time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := 1; i < len(n.opens); i++ {
		out = append(out, n.opens[i].Sub(n.ends[i-1]))
	}
	return out
}

// start serves n within a synctest bubble and runs a pool on it. change may be nil. The returned channel gives what Run returned.
func start(t *testing.T, n *node, change func(*Config)) (*Pool, <-chan error) {
	t.Helper()
	p, ran, _ := startStop(t, n, change)
	return p, ran
}

// startStop is start with the function that ends the context of Run.
func startStop(t *testing.T, n *node, change func(*Config)) (*Pool, <-chan error, context.CancelFunc) {
	t.Helper()
	wire := bufconn.Listen(1 << 20)
	g := grpc.NewServer(grpc.WaitForHandlers(true))
	geyserpb.RegisterGeyserServer(g, n)
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := g.Serve(wire); err != nil {
			t.Error(err)
		}
	}()
	opens, err := budget.Open(budget.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Sources: []Source{{
			Endpoint: geyser.Endpoint{
				URL:  "http://node.test",
				Dial: func(ctx context.Context, _ string) (net.Conn, error) { return wire.DialContext(ctx) },
			},
			Budget: opens,
		}},
		Groups:     []Group{{Name: "g", Programs: []string{"p"}}},
		Commitment: geyserpb.CommitmentLevel_CONFIRMED,
		Resume:     func() uint64 { return 0 },
		Log:        slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ran <- p.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		g.Stop()
		<-served
	})
	return p, ran, cancel
}

// drain reads everything in the background and returns a function that gives the slots of what came so far, gaps apart.
func drain(t *testing.T, p *Pool) func() (metas []uint64, gaps []Gap) {
	t.Helper()
	var mu sync.Mutex
	var metas []uint64
	var gaps []Gap
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			item, err := p.Next(ctx)
			if err != nil {
				return
			}
			mu.Lock()
			if item.Gap != nil {
				gaps = append(gaps, *item.Gap)
			} else {
				if item.Update.Kind() == geyser.KindBlockMeta {
					metas = append(metas, item.Update.Slot())
				}
				item.Update.Release()
			}
			mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return func() ([]uint64, []Gap) {
		mu.Lock()
		defer mu.Unlock()
		return append([]uint64{}, metas...), append([]Gap{}, gaps...)
	}
}

// sendSlot sends a transaction of a slot and the meta that completes it.
func sendSlot(s subscription, slot uint64) error {
	tx := &geyserpb.SubscribeUpdateTransaction{Slot: slot, Transaction: &geyserpb.SubscribeUpdateTransactionInfo{Signature: make([]byte, 64)}}
	if err := s.Send(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{Transaction: tx}}); err != nil {
		return err
	}
	return s.Send(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_BlockMeta{BlockMeta: &geyserpb.SubscribeUpdateBlockMeta{Slot: slot}}})
}

func sendPing(s subscription) error {
	return s.Send(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Ping{Ping: &geyserpb.SubscribeUpdatePing{}}})
}

// stay keeps a stream open with pings until the client goes.
func stay(s subscription) error {
	for {
		if err := sendPing(s); err != nil {
			return err
		}
		select {
		case <-s.Context().Done():
			return s.Context().Err()
		case <-time.After(10 * time.Second):
		}
	}
}
