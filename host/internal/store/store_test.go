package store_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/store"
	"github.com/weir-run/weir/host/internal/store/query"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	"github.com/weir-run/weir/host/internal/store/storetest"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func TestMain(m *testing.M) {
	code := storetest.Run(m)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// bench is a journal with writers of outputs, and a database.
type bench struct {
	t       *testing.T
	journal *journal.Journal
	logs    map[string]*journal.OutputLog
	causes  map[string]uint64
	cfg     store.Config
}

func newBench(t *testing.T, place sqldb.Place) *bench {
	t.Helper()
	b := &bench{t: t, logs: map[string]*journal.OutputLog{}, causes: map[string]uint64{}}
	b.open(t.TempDir(), 0)
	b.cfg = store.Config{Place: place, Events: store.Events(b.journal), Interval: time.Millisecond, Drain: 2 * time.Second}
	return b
}

func (b *bench) open(dir string, maxBytes int64) {
	b.t.Helper()
	j, err := journal.Open(b.t.Context(), journal.Config{Dir: dir, EventsMaxBytes: maxBytes})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { j.Close() })
	b.journal = j
}

// say gives outputs of an instance, numbered on, and waits until they are in the journal.
func (b *bench) say(instance string, outputs ...*eventv1.Output) {
	b.t.Helper()
	out, ok := b.logs[instance]
	if !ok {
		epoch, err := b.journal.Acquire(b.t.Context(), instance)
		if err != nil {
			b.t.Fatal(err)
		}
		if out, err = b.journal.Outputs(b.t.Context(), instance, instance, epoch, nil); err != nil {
			b.t.Fatal(err)
		}
		b.logs[instance] = out
	}
	var encoded [][]byte
	for _, o := range outputs {
		b.causes[instance]++
		o.Cause = b.causes[instance]
		o.Slot = 100 + o.Cause
		raw, err := proto.Marshal(o)
		if err != nil {
			b.t.Fatal(err)
		}
		encoded = append(encoded, raw)
	}
	if err := out.Append(encoded, journal.Cursor{Cause: b.causes[instance], Any: true}); err != nil {
		b.t.Fatal(err)
	}
	if err := out.Flush(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// running is a store that runs.
type running struct {
	*store.Store
	t    *testing.T
	stop func()
}

func (b *bench) run() *running {
	b.t.Helper()
	s, err := store.New(b.cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	r := &running{Store: s, t: b.t}
	ctx, cancel := withCancel(b.t)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			b.t.Errorf("Run: %v", err)
		}
		if err := s.Close(); err != nil {
			b.t.Error(err)
		}
	}
	b.t.Cleanup(r.stop)
	return r
}

func (r *running) until(what string, ok func(store.Status) bool) {
	r.t.Helper()
	var s store.Status
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if s = r.Status(); ok(s) {
			return
		}
	}
	r.t.Fatalf("not in time: %s; status %+v", what, s)
}

// stored waits until all that the journal holds is stored.
func (b *bench) stored(r *running) {
	b.t.Helper()
	bounds, err := b.journal.EventsBounds(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	r.until("all is stored", func(s store.Status) bool { return s.Position >= bounds.Last })
}

func key(n int) []byte {
	k := make([]byte, 32)
	copy(k, fmt.Sprintf("key %d", n))
	return k
}

func trade(mint int, base uint64) *eventv1.Output {
	return &eventv1.Output{Kind: "trade", Signature: make([]byte, 64), BlockTime: proto.Int64(1_700_000_000), Body: &eventv1.Output_TradeReported{TradeReported: &eventv1.TradeReported{
		Venue: eventv1.Venue_VENUE_PUMP, Pool: key(1), Trader: key(2), Mint: key(mint), QuoteMint: key(3), Side: eventv1.Side_SIDE_BUY,
		BaseAmount: base, QuoteAmount: 1000, PoolQuoteAmount: 990, QuoteFees: 10, Trades: 1, Buys: 1, BaseVolume: strconv.FormatUint(base, 10), QuoteVolume: "990",
		Price: &eventv1.Price{Quote: 3, Base: 7}, PriceSource: eventv1.PriceSource_PRICE_SOURCE_RESERVES, Tip: proto.Uint64(5),
	}}}
}

func (r *running) trades(q query.TradesQuery) []query.Trade {
	r.t.Helper()
	var out []query.Trade
	for {
		list, err := r.Reader().Trades(r.t.Context(), q)
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, list.Items...)
		if q.After = list.Next; q.After == "" {
			return out
		}
	}
}

// A store that is stopped and started goes on where it was: every output once, in order.
func TestGoesOn(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			b := newBench(t, place)
			want := 0
			for range 5 {
				r := b.run()
				for range 20 {
					b.say("trading", trade(want%3, uint64(want)), trade((want+1)%3, uint64(want+1)))
					want += 2
				}
				if want%3 == 0 {
					b.stored(r)
				}
				r.stop() // in the midst of it
			}
			r := b.run()
			b.stored(r)
			got := r.trades(query.TradesQuery{Page: query.Page{Limit: 7}})
			if len(got) != want {
				t.Fatalf("%d trades are stored, want %d", len(got), want)
			}
			for i, trade := range got {
				n := want - 1 - i
				if trade.BaseAmount != uint64(n) || trade.Event != int64(n+1) || trade.Cause != int64(n+1) {
					t.Fatalf("trade %d from the newest is %+v", i, trade)
				}
			}
		})
	}
}

func TestAnotherJournalIsRefused(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			first := newBench(t, place)
			first.say("trading", trade(1, 1))
			r := first.run()
			first.stored(r)
			r.stop()

			second := newBench(t, place)
			second.say("trading", trade(1, 2))
			r = second.run()
			r.until("trouble", func(s store.Status) bool { return strings.Contains(s.Trouble, "another journal") })
			r.stop()
			second.cfg.Adopt = true
			r = second.run()
			second.stored(r)
			if got := r.trades(query.TradesQuery{}); len(got) != 2 || got[0].BaseAmount != 2 || got[0].Event != 2 {
				t.Errorf("after it was adopted there are %+v", got)
			}
		})
	}
}
