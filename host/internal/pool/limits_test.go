package pool

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/budget"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// busy is a server with a short slot, that answers pings and notes the requests in its open stream.
type busy struct {
	mu   sync.Mutex
	at   []time.Time
	last int // addresses of the last request
}

func (b *busy) note(r *geyserpb.SubscribeRequest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at, b.last = append(b.at, time.Now()), 0
	for _, f := range r.GetTransactions() {
		b.last += len(f.GetAccountInclude())
	}
}

func (b *busy) serve(_ int, _ uint64, s subscription) error {
	pings := make(chan int32, 100)
	var reading sync.WaitGroup
	defer reading.Wait() // the context ends with the client
	reading.Go(func() {
		for {
			r, err := s.Recv()
			switch {
			case err != nil:
				return
			case r.GetPing() != nil:
				pings <- r.GetPing().GetId()
			default:
				b.note(r)
			}
		}
	})
	for slot := uint64(1_000); ; {
		select {
		case <-s.Context().Done():
			return s.Context().Err()
		case id := <-pings:
			pong := &geyserpb.SubscribeUpdatePong{Id: id}
			if err := s.Send(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Pong{Pong: pong}}); err != nil {
				return err
			}
		case <-time.After(20 * time.Millisecond):
			if err := sendSlot(s, slot); err != nil {
				return err
			}
			slot++
		}
	}
}

// However fast plugins come and go, requests in an open stream keep to the provider's rate, and the last one has what is wanted then.
func TestRequestsInAStreamKeepToTheProvidersRate(t *testing.T) {
	for _, rate := range []int{0, 2} {
		synctest.Test(t, func(t *testing.T) {
			b := &busy{}
			p, _ := start(t, &node{answer: b.serve}, func(c *Config) { c.Sources[0].Profile.UpdatesPerSecond = rate })
			drain(t, p)
			time.Sleep(5 * time.Second)
			programs := []string{"p"}
			for i := range 20 {
				programs = append(programs, fmt.Sprint("q", i))
				if err := p.SetGroups([]Group{{Name: "g", Programs: programs}}); err != nil {
					t.Fatal(err)
				}
				time.Sleep(200 * time.Millisecond) // longer than changes are gathered
			}
			time.Sleep(2 * time.Second)
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.last != len(programs) {
				t.Errorf("the last request has %d of %d addresses", b.last, len(programs))
			}
			if rate == 0 {
				if len(b.at) < 15 {
					t.Errorf("without a limit %d requests were made for 20 changes", len(b.at))
				}
				return
			}
			if len(b.at) < 7 || len(b.at) > 9 {
				t.Errorf("%d requests within 4 s, the provider allows 2 a second", len(b.at))
			}
			for i := 1; i < len(b.at); i++ {
				if gap := b.at[i].Sub(b.at[i-1]); gap < 500*time.Millisecond {
					t.Errorf("request %d came %s after the one before", i, gap)
				}
			}
		})
	}
}

// A provider that refuses the 13th open, of 20 that were thought to be allowed, is believed: from then on 12 less the headroom are made.
func TestRefusedOpensAreLearned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var served []time.Time
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			recent := 0
			for _, at := range served {
				if time.Since(at) < time.Minute {
					recent++
				}
			}
			if recent >= 12 {
				return status.Error(codes.ResourceExhausted, "rate limit exceeded")
			}
			served = append(served, time.Now())
			return sendSlot(s, uint64(1_000+open)) // and a clean end
		}}
		p, _ := start(t, n, func(c *Config) {
			b, err := budget.Open(budget.Config{Opens: 16})
			if err != nil {
				t.Fatal(err)
			}
			c.Sources[0].Budget, c.Sources[0].Profile.Opens, c.Sources[0].Profile.Window = b, 20, time.Minute
		})
		drain(t, p)
		time.Sleep(10 * time.Minute)
		opens, _ := n.seen()
		c := p.Status().Connections[0]
		if refused := len(opens) - len(served); refused != 1 || c.OpensLimit != 10 {
			t.Errorf("%d opens were refused, want 1; the limit is %d, want 10", refused, c.OpensLimit)
		}
	})
}
