package pool

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/geyser"
)

func TestResumesBehindTheFrontier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var durable atomic.Uint64
		durable.Store(500)
		n := &node{answer: func(open int, from uint64, s subscription) error {
			if err := sendSlot(s, from+uint64(open)); err != nil {
				return err
			}
			if open < 2 {
				durable.Add(100)
				return nil // a clean end
			}
			return stay(s)
		}}
		p, _ := start(t, n, func(c *Config) { c.Resume, c.Sources[0].Margin = durable.Load, 10 })
		got := drain(t, p)
		time.Sleep(10 * time.Second)
		if _, froms := n.seen(); !slices.Equal(froms, []uint64{490, 590, 690}) {
			t.Errorf("from_slot %v, want 490, 590, 690", froms)
		}
		if metas, gaps := got(); !slices.Equal(metas, []uint64{490, 591, 692}) || len(gaps) > 0 {
			t.Errorf("metas %v, gaps %v", metas, gaps)
		}
		s := p.Status().Connections[0]
		if s.State != Streaming || s.Opens != 3 || s.Updates != 6 || s.Slot != 692 || !errors.Is(s.LastError, geyser.ErrEnded) || s.Endpoint != "node.test" {
			t.Errorf("status %+v", s)
		}
	})
}

// Nothing is durable when the first stream breaks: the next one must begin where the first did, not with the present.
func TestFirstStreamBreaksBeforeAnythingIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			if open > 0 {
				return stay(s)
			}
			if err := sendSlot(s, 1000); err != nil {
				return err
			}
			if err := sendSlot(s, 1001); err != nil {
				return err
			}
			return status.Error(codes.Unavailable, "server is shutting down try again later")
		}}
		p, _ := start(t, n, nil)
		drain(t, p)
		time.Sleep(5 * time.Second)
		if _, froms := n.seen(); !slices.Equal(froms, []uint64{0, 1000}) {
			t.Errorf("from_slot %v, want 0 and then 1000", froms)
		}
	})
}

func TestSilentStreamIsReopened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			if open > 0 {
				return stay(s)
			}
			<-s.Context().Done()
			return nil
		}}
		p, _ := start(t, n, nil)
		drain(t, p)
		time.Sleep(39 * time.Second)
		if opens, _ := n.seen(); len(opens) != 1 {
			t.Errorf("%d opens after 39 s of silence, want 1", len(opens))
		}
		time.Sleep(3 * time.Second)
		if opens, _ := n.seen(); len(opens) != 2 {
			t.Errorf("%d opens after 42 s of silence, want 2", len(opens))
		}
		if err := p.Status().Connections[0].LastError; !errors.Is(err, geyser.ErrSilent) {
			t.Errorf("last error %v, want ErrSilent", err)
		}
	})
}

// However the server drops streams, no window of 60 s sees more opens than the budget has.
func TestBudgetHoldsWhileEveryStreamIsDropped(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(open int, from uint64, s subscription) error
		least  int // opens in ten minutes
	}{
		{"refused at once", func(int, uint64, subscription) error { return status.Error(codes.Unavailable, "no") }, 30},
		{"dropped after a slot", func(open int, _ uint64, s subscription) error { return sendSlot(s, uint64(1000+open)) }, 190},
		{"nothing to replay", func(int, uint64, subscription) error {
			return status.Error(codes.Internal, "failed to get replay response")
		}, 30},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := &node{answer: c.answer}
			p, _ := start(t, n, func(c *Config) {
				c.Resume = func() uint64 { return 900 }
				b, err := budget.Open(budget.Config{Opens: 20})
				if err != nil {
					t.Fatal(err)
				}
				c.Sources[0].Budget = b
			})
			drain(t, p)
			time.Sleep(10 * time.Minute)
			opens, _ := n.seen()
			for i := 20; i < len(opens); i++ {
				if span := opens[i].Sub(opens[i-20]); span < time.Minute {
					t.Errorf("%s: 21 opens within %v", c.name, span)
				}
			}
			if len(opens) < c.least || len(opens) > 201 {
				t.Errorf("%s: %d opens in 10 minutes, want %d to 200", c.name, len(opens), c.least)
			}
		})
	}
}

// The backoff is reset by a slot that no stream brought before, and not by a stream that opens and repeats what is known.
func TestBackoffIsResetByProgressOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			slot := uint64(1000)
			if open >= 12 {
				slot += uint64(open)
			}
			return sendSlot(s, slot)
		}}
		p, _ := start(t, n, nil)
		drain(t, p)
		time.Sleep(10 * time.Minute)
		waits := n.waits()
		if len(waits) < 30 {
			t.Fatalf("only %d opens", len(waits)+1)
		}
		for i, wait := range waits[8:12] {
			if wait < 7*time.Second {
				t.Errorf("wait %d is %v although only known slots came", i+9, wait)
			}
		}
		for i, wait := range waits[14:30] {
			if wait > firstWait {
				t.Errorf("wait %d is %v although each stream brings a new slot", i+15, wait)
			}
		}
	})
}

func TestThirtySecondsOfDataAreUseful(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			if open < 6 {
				return status.Error(codes.Unavailable, "no")
			}
			for range 4 {
				if err := sendSlot(s, 7); err != nil {
					return err
				}
				time.Sleep(11 * time.Second)
			}
			return nil
		}}
		p, _ := start(t, n, nil)
		drain(t, p)
		time.Sleep(5 * time.Minute)
		if waits := n.waits(); len(waits) < 9 || waits[4] < 4*time.Second || waits[7] > firstWait || waits[8] > firstWait {
			t.Errorf("waits %v: want long ones up to the first good stream, short ones after", n.waits())
		}
	})
}

func TestTooManyOpensWaitsAWholeWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			if open == 0 {
				return status.Error(codes.ResourceExhausted, "Max subscriptions reached")
			}
			return stay(s)
		}}
		p, _ := start(t, n, nil)
		drain(t, p)
		time.Sleep(3 * time.Minute)
		if waits := n.waits(); len(waits) != 1 || waits[0] < time.Minute || waits[0] > 70*time.Second {
			t.Errorf("waits %v, want one of a minute and a little", waits)
		}
		if s := p.Status().Connections[0]; s.Breaker != "closed" {
			t.Errorf("breaker %s: a refusal is not a failure of the endpoint", s.Breaker)
		}
	})
}

func TestRefusedTokenEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(int, uint64, subscription) error {
			return status.Error(codes.Unauthenticated, "No valid auth token")
		}}
		p, ran := start(t, n, func(c *Config) { c.Sources[0].Endpoint.Token = "s3cret" })
		err := <-ran
		if err == nil || !strings.Contains(err.Error(), "the token of endpoint node.test was refused") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Run returned %v", err)
		}
		if _, err := p.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("Next returned %v, want io.EOF", err)
		}
		if s := p.Status().Connections[0]; s.State != Stopped || s.Opens != 1 {
			t.Errorf("status %+v", s)
		}
	})
}

// A token that worked may be refused for a while, or be renewed: the daemon stays, and asks seldom.
func TestTokenThatWorkedIsTriedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			switch open {
			case 0:
				return sendSlot(s, 5)
			case 1, 2:
				return status.Error(codes.Unauthenticated, "No valid auth token")
			}
			return stay(s)
		}}
		p, _ := start(t, n, nil)
		drain(t, p)
		time.Sleep(11 * time.Minute)
		waits := n.waits()
		if len(waits) != 3 || waits[1] != 5*time.Minute || waits[2] != 5*time.Minute {
			t.Errorf("waits %v, want 5 minutes after each refusal", waits)
		}
	})
}

// Nobody reads: the stream is dropped on purpose, and comes back when half of the queue is free, without a gap.
func TestOverflowDropsAndResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, from uint64, s subscription) error {
			slot := max(from, 1000)
			for range 300 {
				if err := sendSlot(s, slot); err != nil {
					return err
				}
				slot++
			}
			return stay(s)
		}}
		var durable atomic.Uint64
		p, _ := start(t, n, func(c *Config) { c.QueueUpdates, c.Resume, c.Sources[0].Margin = 100, durable.Load, 4 })
		time.Sleep(time.Minute)
		s := p.Status().Connections[0]
		if s.Overflows != 1 || s.Opens != 1 || s.State != Waiting || p.Status().QueuedUpdates != 100 || !errors.Is(s.LastError, errOverflow) {
			t.Errorf("status %+v: want one overflow, and no new stream while the queue is full", s)
		}
		var metas []uint64
		for len(metas) == 0 || metas[len(metas)-1] < 1299 {
			item, err := p.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if item.Gap != nil {
				t.Fatalf("gap %+v", item.Gap)
			}
			if item.Update.Kind() == geyser.KindBlockMeta && item.Update.Slot() > durable.Load() {
				metas = append(metas, item.Update.Slot())
				durable.Store(item.Update.Slot())
			}
			item.Update.Release()
			time.Sleep(time.Millisecond)
		}
		for i, slot := range metas {
			if slot != uint64(1000+i) {
				t.Fatalf("slot %d came after %d", slot, 1000+i-1)
			}
		}
		if s := p.Status().Connections[0]; s.Opens < 2 || p.Status().Gaps != 0 {
			t.Errorf("status %+v: want more than one open and no gap", s)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(_ int, _ uint64, s subscription) error {
			if err := sendSlot(s, 5); err != nil {
				return err
			}
			return stay(s)
		}}
		p, ran, stop := startStop(t, n, nil)
		time.Sleep(time.Second)
		stop()
		if err := <-ran; err != nil {
			t.Errorf("Run returned %v", err)
		}
		batch, err := p.NextBatch(t.Context(), make([]Item, 0, 8))
		if err != nil || len(batch) != 2 {
			t.Errorf("%d items, error %v; want what was received before", len(batch), err)
		}
		if _, err := p.NextBatch(t.Context(), nil); !errors.Is(err, io.EOF) {
			t.Errorf("error %v, want io.EOF", err)
		}
	})
}

func TestNewChecks(t *testing.T) {
	b, err := budget.Open(budget.Config{})
	if err != nil {
		t.Fatal(err)
	}
	good := Config{Sources: []Source{{Endpoint: geyser.Endpoint{URL: "https://x"}, Budget: b}}, Resume: func() uint64 { return 0 }}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
	for _, spoil := range []func(*Config){
		func(c *Config) { c.Sources[0].Budget = nil },
		func(c *Config) { c.Resume = nil },
		func(c *Config) { c.Sources[0].Endpoint.URL = "x:1" },
		func(c *Config) { c.Sources = nil },
		func(c *Config) { c.Groups = []Group{{Name: "a"}, {Name: "a"}} },
	} {
		bad := good
		bad.Sources = slices.Clone(good.Sources)
		spoil(&bad)
		if _, err := New(bad); err == nil {
			t.Errorf("no error for %+v", bad)
		}
	}
}
