package backfill

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/ledger"
	"github.com/weir-run/weir/host/internal/rpc"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a ledger's table.
type memory map[string][]byte

func (m memory) Put(_ context.Context, key string, value []byte) error {
	m[key] = slices.Clone(value)
	return nil
}

func (m memory) All(_ context.Context, visit func(string, []byte) error) error {
	for key, value := range m {
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return nil
}

// host is the part of a daemon that takes what was fetched.
type host struct {
	mu      sync.Mutex
	store   memory
	ledger  *ledger.Ledger
	ingest  *ingest.Ingest
	intake  *Intake
	decoder *decode.Decoder
	records []*eventv1.Record
	dies    int // after so many transactions taking fails; negative never
}

func newHost(t *testing.T, store memory) *host {
	t.Helper()
	h := &host{store: store, decoder: decode.New(decode.Options{}), ingest: ingest.New(ingest.Config{Window: 8}), dies: -1}
	var err error
	if h.ledger, err = ledger.Open(t.Context(), ledger.Config{Table: store, Groups: []string{"all"}}); err != nil {
		t.Fatal(err)
	}
	h.intake = &Intake{
		Lock: &h.mu, Ingest: h.ingest, Transaction: h.transaction, Flush: func(context.Context) error { return nil }, Tail: h.tail,
		Mender: ledger.NewMender(ledger.MenderConfig{Ledger: h.ledger, Ingest: h.ingest}),
	}
	return h
}

var errDies = errors.New("killed")

func (h *host) transaction(_ context.Context, tx *geyser.Transaction, _ int64) error {
	if h.dies == 0 {
		return errDies
	}
	h.dies--
	if h.ingest.Transaction(tx.Slot, tx.Signature) {
		h.records = append(h.records, clone(h.decoder.Decode(tx))...)
	}
	return nil
}

func clone(records []*eventv1.Record) (out []*eventv1.Record) {
	for _, r := range records {
		out = append(out, proto.CloneOf(r))
	}
	return out
}

func (h *host) tail(_ context.Context, from uint64, visit func(uint64, []byte)) error {
	h.mu.Lock()
	records := slices.Clone(h.records)
	h.mu.Unlock()
	for _, r := range records {
		if r.GetSlot() >= from {
			visit(r.GetSlot(), r.GetSignature())
		}
	}
	return nil
}

// live passes a block as the stream would.
func (h *host) live(t *testing.T, b *geysersim.Block) {
	t.Helper()
	fresh := func(tx *geyser.Transaction) bool { return h.ingest.Transaction(tx.Slot, tx.Signature) }
	h.records = append(h.records, stream(t, h.decoder, b, fresh)...)
	h.ingest.BlockMeta(&geyser.BlockMeta{Slot: b.Slot, Parent: b.Parent}, 1)
}

// stream decodes what a stream sends of a block: transactions that did not fail.
func stream(t *testing.T, d *decode.Decoder, b *geysersim.Block, wanted func(*geyser.Transaction) bool) (out []*eventv1.Record) {
	t.Helper()
	var view geyser.View
	for _, tx := range b.Transactions {
		if tx.Info.GetMeta().GetErr() != nil {
			continue
		}
		raw, err := proto.Marshal(&geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Transaction{
			Transaction: &geyserpb.SubscribeUpdateTransaction{Slot: b.Slot, Transaction: tx.Info},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := view.Read(raw); err != nil {
			t.Fatal(err)
		}
		if wanted(&view.Tx) {
			out = append(out, clone(d.Decode(&view.Tx))...)
		}
	}
	return out
}

var programs = []string{dex.Pump.String(), dex.PumpSwap.String(), dex.RaydiumV4.String()}

func (h *host) config(n *rpcNode) Config {
	return Config{
		URL: "http://node.example/secret-key", RequestsPerSecond: 1000, Groups: []Group{{Name: "all", Programs: programs}}, Open: h.ledger.Open,
		Pipeline: h.intake, After: time.Second, Transport: n, StepSlots: 4, PageLimit: 7,
	}
}

// fill runs until nothing is missing, or for so long.
func fill(t *testing.T, c Config, h *host, most time.Duration) *Backfill {
	t.Helper()
	b, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	for ctx.Err() == nil && len(h.ledger.Open()) > 0 {
		time.Sleep(100 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
	return b
}

func (h *host) miss(t *testing.T, from, to uint64) {
	t.Helper()
	if err := h.ledger.Missing(t.Context(), from, to, 1, "not replayed", "one"); err != nil {
		t.Fatal(err)
	}
}

// same compares what was journaled of the slots with what a stream without a hole gives, whatever the order of slots.
func same(t *testing.T, n *rpcNode, got []*eventv1.Record, from, to uint64) {
	t.Helper()
	var want []*eventv1.Record
	d := decode.New(decode.Options{})
	for _, slot := range n.Slots {
		if from <= slot && slot <= to {
			want = append(want, stream(t, d, n.Blocks[slot], func(*geyser.Transaction) bool { return true })...)
		}
	}
	var within []*eventv1.Record
	for _, r := range got {
		if from <= r.GetSlot() && r.GetSlot() <= to {
			within = append(within, r)
		}
	}
	slices.SortStableFunc(within, func(a, b *eventv1.Record) int {
		return cmp.Or(cmp.Compare(a.GetSlot(), b.GetSlot()), cmp.Compare(a.GetTxIndex(), b.GetTxIndex()))
	})
	if len(within) != len(want) || len(want) < 20 {
		t.Fatalf("%d records of slots %d to %d, want %d", len(within), from, to, len(want))
	}
	for i := range want {
		if !proto.Equal(within[i], want[i]) {
			t.Fatalf("record %d:\n%v\nwant\n%v", i, within[i], want[i])
		}
	}
}

// Over real HTTP: what was missing gives the same records as a stream that had no hole, in order, and each once.
func TestFetchedSlotsGiveTheSameRecords(t *testing.T) {
	for name, index := range map[string]bool{"a node that tells the place in the block": true, "one that does not": false} {
		t.Run(name, func(t *testing.T) {
			n := newRPCNode(t, 40, 20)
			n.NoIndex = !index
			server := httptest.NewServer(n)
			defer server.Close()
			h := newHost(t, memory{})
			for i, slot := range n.Slots[:30] {
				if i < 5 || i > 14 {
					h.live(t, n.Blocks[slot])
				}
			}
			from, to := n.Slots[4]+1, n.Slots[14]
			half := *n.Blocks[to] // the last slot came in part
			half.Transactions = half.Transactions[len(half.Transactions)/2:]
			h.ingest.Reopen(to, to)
			h.ingest.Seeded()
			h.live(t, &half)
			h.ingest.Shut()
			h.miss(t, from, to)
			c := h.config(n)
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			c.URL, c.Transport, c.After = server.URL, transport, time.Nanosecond
			b := fill(t, c, h, 20*time.Second)
			same(t, n, h.records, n.Slots[0], n.Slots[29])
			if s := b.Stats(); s.Slots != to-from+1 || s.Failures != 0 {
				t.Errorf("stats %+v", s)
			}
			if got := h.ledger.State(from, 0); got != ledger.Backfilled {
				t.Errorf("state %v", got)
			}
		})
	}
}

// Each of these heals: the node has a bad minute. Virtual time, no sockets.
func TestTroubleThatPasses(t *testing.T) {
	for name, bend := range map[string]func(n *rpcNode){
		"429 with Retry-After": func(n *rpcNode) {
			n.Fault = every(5, http.StatusTooManyRequests, http.Header{"Retry-After": {"7"}}, "slow down")
		},
		"429 as JSON": func(n *rpcNode) {
			n.Fault = every(5, http.StatusTooManyRequests, nil, jsonError(429, "Too many requests"))
		},
		"a proxy's error page":  func(n *rpcNode) { n.Fault = every(7, http.StatusBadGateway, nil, "<html>bad gateway</html>") },
		"an answer that is cut": func(n *rpcNode) { n.Fault = every(7, http.StatusOK, nil, `{"jsonrpc":"2.0","resu`) },
		"a node that is unhealthy": func(n *rpcNode) {
			n.Fault = every(6, http.StatusOK, nil, jsonError(rpc.CodeUnhealthy, "Node is behind by 42 slots"))
		},
		"short pages": func(n *rpcNode) { n.Page = 3 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := newRPCNode(t, 20, 10)
				bend(n)
				h := newHost(t, memory{})
				from, to := n.Slots[3], n.Slots[12]
				h.miss(t, from, to)
				fill(t, h.config(n), h, time.Hour)
				same(t, n, h.records, from, to)
			})
		})
	}
}

func every(nth int, status int, header http.Header, body string) func(string, int) (int, http.Header, string) {
	return func(_ string, call int) (int, http.Header, string) {
		if call%nth == 0 {
			return status, header, body
		}
		return 0, nil, ""
	}
}

func jsonError(code int, message string) string {
	return `{"jsonrpc":"2.0","id":1,"error":{"code":` + strconv.Itoa(code) + `,"message":"` + message + `"}}`
}

// Trap g: a node that is behind the missing slots lists nothing of them, which must not count as "nothing was there".
func TestNodeBehindTheCheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newRPCNode(t, 20, 10)
		h := newHost(t, memory{})
		from, to := n.Slots[3], n.Slots[12]
		h.miss(t, from, to)
		n.Tip = n.Slots[5]
		c := h.config(n)
		b := fill(t, c, h, 10*time.Minute)
		if len(h.ledger.Open()) == 0 || h.ledger.State(to, 0) != ledger.Missing || b.Stats().Failures == 0 {
			t.Fatalf("state %v, stats %+v", h.ledger.State(to, 0), b.Stats())
		}
		n.Bend(func() { n.Tip = 0 })
		fill(t, c, h, time.Hour)
		same(t, n, h.records, from, to)
	})
}

// Nor must a node that has dropped the old blocks.
func TestNodeWithoutTheHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newRPCNode(t, 20, 10)
		n.First = n.Slots[6]
		h := newHost(t, memory{})
		h.miss(t, n.Slots[3], n.Slots[5])
		b := fill(t, h.config(n), h, 5*time.Minute)
		if h.ledger.State(n.Slots[4], 0) != ledger.Missing || b.Stats().Failures == 0 || len(h.records) != 0 {
			t.Errorf("state %v, stats %+v", h.ledger.State(n.Slots[4], 0), b.Stats())
		}
	})
}

// A process that dies in between goes on where it was: done steps are not fetched again, and nothing is journaled twice.
func TestGoesOnAfterAKill(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newRPCNode(t, 30, 10)
		from, to := n.Slots[3], n.Slots[22]
		store := memory{}
		h := newHost(t, store)
		h.miss(t, from, to)
		h.dies = 60
		fill(t, h.config(n), h, 5*time.Second)
		open := h.ledger.Open()
		if len(open) != 1 || open[0].From == from || open[0].To != to || len(h.records) == 0 {
			t.Fatalf("after the kill: %+v, %d records", open, len(h.records))
		}
		n.Calls = nil
		again := newHost(t, store)
		again.records = h.records // the journal
		fill(t, again.config(n), again, time.Hour)
		same(t, n, again.records, from, to)
		wanted := 0
		for _, slot := range n.Slots {
			if slot >= open[0].From && slot <= to {
				wanted += len(n.Blocks[slot].Transactions)
			}
		}
		fetched := 0
		for _, method := range n.Calls {
			if method == "getTransaction" {
				fetched++
			}
		}
		if fetched > wanted {
			t.Errorf("%d transactions fetched, at most %d were missing", fetched, wanted)
		}
	})
}

func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newRPCNode(t, 10, 10)
		h := newHost(t, memory{})
		h.miss(t, n.Slots[2], n.Slots[6])
		c := h.config(n)
		c.RequestsPerSecond = 2
		start := time.Now()
		fill(t, c, h, time.Hour)
		if took, least := time.Since(start), time.Duration(len(n.Calls)-1)*500*time.Millisecond; took < least || took > least+5*time.Second {
			t.Errorf("%d calls took %v, want %v at 2 a second", len(n.Calls), took, least)
		}
	})
}

// A node that is far away is asked at the pace all the same: requests do not wait for each other's answers.
func TestPaceOfADistantNode(t *testing.T) {
	const away = 150 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		n := newRPCNode(t, 30, 40)
		h := newHost(t, memory{})
		from, to := n.Slots[2], n.Slots[25]
		h.miss(t, from, to)
		c := h.config(n)
		c.RequestsPerSecond = 50
		c.Transport = distant{away, c.Transport}
		start := time.Now()
		fill(t, c, h, time.Hour)
		same(t, n, h.records, from, to)
		took, calls := time.Since(start), len(n.Calls)
		t.Logf("%d calls to a node %v away in %v", calls, away, took)
		if most := time.Duration(calls) * away / 2; took > most {
			t.Errorf("%d calls took %v, want %v at most", calls, took, most)
		}
		if least := time.Duration(calls-1) * 20 * time.Millisecond; took < least {
			t.Errorf("%d calls took %v, want no less than %v at 50 a second", calls, took, least)
		}
	})
}

// distant answers after a time.
type distant struct {
	away time.Duration
	next http.RoundTripper
}

func (d distant) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(d.away)
	return d.next.RoundTrip(r)
}

func TestYoungGapsWaitAndOldOnesStay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newRPCNode(t, 20, 5)
		h := newHost(t, memory{})
		from, to := n.Slots[2], n.Slots[15]
		h.miss(t, from, to)
		c := h.config(n)
		c.After, c.MostSlots, c.Newest = 30*time.Second, 6, func() uint64 { return to }
		if fill(t, c, h, 20*time.Second); len(n.Calls) != 0 {
			t.Errorf("%d calls before a second replay had its time", len(n.Calls))
		}
		fill(t, c, h, 10*time.Minute)
		if a, b := h.ledger.State(to-6, 0), h.ledger.State(to-7, 0); a != ledger.Backfilled || b != ledger.Missing {
			t.Errorf("states %v and %v, want no more fetched than lies 6 slots behind", a, b)
		}
	})
}

// A gap that was found before the clock was set back is no younger for it: before the clock is there again, it would be too long ago.
func TestGapOfTheFutureIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newRPCNode(t, 20, 5)
		h := newHost(t, memory{})
		from, to := n.Slots[2], n.Slots[5]
		h.miss(t, from, to)
		c := h.config(n)
		c.After, c.Open = 30*time.Second, func() []ledger.Row {
			rows := h.ledger.Open()
			for i := range rows {
				rows[i].Found = rows[i].Found.Add(time.Hour)
			}
			return rows
		}
		fill(t, c, h, 5*time.Minute)
		if got := h.ledger.State(from, 0); got != ledger.Backfilled {
			t.Errorf("state %v after five minutes", got)
		}
	})
}

// The URL of an RPC node holds the customer's key.
func TestURLIsNotShown(t *testing.T) {
	n := newRPCNode(t, 5, 5)
	for name, fault := range map[string]string{"no JSON": "nonsense", "an error": jsonError(-32602, "invalid")} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n.Fault = every(1, http.StatusOK, nil, fault)
				b, err := New(newHost(t, memory{}).config(n))
				if err != nil {
					t.Fatal(err)
				}
				_, err = b.node.first(t.Context())
				if err == nil || strings.Contains(err.Error(), "secret-key") || !strings.Contains(err.Error(), "node.example") {
					t.Errorf("%v", err)
				}
			})
		})
	}
	n.Fault = nil
	c := newHost(t, memory{}).config(n)
	c.URL = "wss://node.example/secret-key"
	if _, err := New(c); err == nil || strings.Contains(err.Error(), "secret-key") {
		t.Errorf("%v", err)
	}
	c.URL, c.Groups[0].Programs = "http://node.example", []string{"pump"}
	if _, err := New(c); err == nil || !strings.Contains(err.Error(), `"pump"`) {
		t.Errorf("%v", err)
	}
}
