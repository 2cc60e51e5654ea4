package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		os.Exit(appendUntilKilled(dir))
	}
	goleak.VerifyTestMain(m)
}

// signature of a test transaction: its slot and index, spread over 64 bytes.
func signature(slot, index uint64) []byte {
	s := make([]byte, 64)
	binary.LittleEndian.PutUint64(s, slot)
	binary.LittleEndian.PutUint64(s[8:], index)
	s[63] = 1
	return s
}

// trades makes the records of one transaction.
func trades(slot, index uint64, count int) []*eventv1.Record {
	records := make([]*eventv1.Record, count)
	for i := range records {
		records[i] = &eventv1.Record{
			Signature: signature(slot, index), Slot: slot, TxIndex: new(index),
			Instruction: &eventv1.InstructionPath{Outer: uint32(i)}, Program: make([]byte, 32), Strategy: eventv1.Strategy_STRATEGY_EVENT_CPI,
			Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{
				Venue: eventv1.Venue_VENUE_PUMP, Pool: make([]byte, 32), Trader: make([]byte, 32), FeePayer: make([]byte, 32),
				Mint: make([]byte, 32), QuoteMint: make([]byte, 32), Side: eventv1.Side_SIDE_BUY, BaseAmount: slot * 1000, QuoteAmount: index,
				Fees:           []*eventv1.Fee{{Kind: eventv1.FeeKind_FEE_KIND_PROTOCOL, Amount: 95, BasisPoints: proto.Uint32(95)}},
				ReservesBefore: &eventv1.Reserves{Base: proto.Uint64(1 << 50), Quote: proto.Uint64(1 << 40)},
				ReservesAfter:  &eventv1.Reserves{Base: proto.Uint64(1 << 50), Quote: proto.Uint64(1 << 40)},
				PoolBaseMint:   make([]byte, 32), PoolQuoteMint: make([]byte, 32), BaseDecimals: proto.Uint32(6), QuoteDecimals: proto.Uint32(9),
				Symbol: "WEIR",
			}},
		}
	}
	return records
}

// logged collects log lines of warnings and errors.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler               { return l }
func (l *logged) WithGroup(string) slog.Handler                    { return l }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool { line += fmt.Sprintf(" %s=%v", a.Key, a.Value); return true })
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	return nil
}

func (l *logged) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lines)
}

// store is a place for a journal that outlives its Journal.
type store struct {
	cfg Config
	log *logged
}

func (s *store) open(t *testing.T) *Journal {
	t.Helper()
	j, err := Open(t.Context(), s.cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func embeddedStore(t *testing.T) *store {
	t.Helper()
	lines := &logged{}
	t.Cleanup(func() {
		if t.Failed() {
			for _, line := range lines.all() {
				t.Log(line)
			}
		}
	})
	return &store{cfg: Config{Dir: t.TempDir(), ReserveBytes: 1 << 20, StateBytes: -1, Log: slog.New(lines)}, log: lines}
}

// externalStore is a NATS server of its own with a listener, as a cluster would be used.
func externalStore(t *testing.T) *store {
	t.Helper()
	srv := startExternal(t, t.TempDir(), -1)
	t.Cleanup(func() { stopServer(srv) })
	s := embeddedStore(t)
	s.cfg.Dir, s.cfg.URL = "", srv.ClientURL()
	return s
}

func startExternal(t *testing.T, dir string, port int) *server.Server {
	t.Helper()
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: port, JetStream: true, StoreDir: dir, NoSigs: true, NoLog: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("external server does not start")
	}
	return srv
}

// onBoth runs a test on an embedded server and on an external one.
func onBoth(t *testing.T, test func(t *testing.T, s *store)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) { test(t, embeddedStore(t)) })
	t.Run("external", func(t *testing.T) { test(t, externalStore(t)) })
}

func appendAll(t *testing.T, j *Journal, slot, from, to uint64, each int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := j.Append(trades(slot, i, each), int64(i)); err != nil {
			t.Fatal(err)
		}
	}
}

func flush(t *testing.T, j *Journal) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := j.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// read reads from after a number to the last durable one and returns the envelopes and gaps.
func read(t *testing.T, j *Journal, after uint64) ([]Envelope, []GapError) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out []Envelope
	var gaps []GapError
	r := j.NewReader(after)
	for last := j.Status().Last; after < last; {
		f, err := r.Next(ctx)
		if gap, ok := errors.AsType[*GapError](err); ok {
			if gap.From != after+1 || gap.To < gap.From {
				t.Fatalf("gap %d-%d after %d", gap.From, gap.To, after)
			}
			gaps, after = append(gaps, *gap), gap.To
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if f.First != after+1 {
			t.Fatalf("frame %d-%d after %d", f.First, f.Last, after)
		}
		for e, err := range Envelopes(f.Payload) {
			if after++; err != nil || e.Number != after {
				t.Fatalf("envelope %d instead of %d: %v", e.Number, after, err)
			}
			out = append(out, e)
		}
		if after != f.Last {
			t.Fatalf("frame %d-%d ends at %d", f.First, f.Last, after)
		}
	}
	return out, gaps
}

func TestRecordsComeBackAsAppended(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		appendAll(t, j, 7, 0, 500, 3)
		j.Complete(7)
		appendAll(t, j, 8, 0, 1, 1)
		flush(t, j)
		check := func(j *Journal) {
			t.Helper()
			got, gaps := read(t, j, 0)
			if len(got) != 1501 || len(gaps) != 0 {
				t.Fatalf("%d records and gaps %v, want 1501 and none", len(got), gaps)
			}
			for i, e := range got[:1500] {
				want := trades(7, uint64(i/3), 3)[i%3]
				var r eventv1.Record
				if err := proto.Unmarshal(e.Record, &r); err != nil || !proto.Equal(&r, want) {
					t.Fatalf("record %d is %v (%v), want %v", e.Number, &r, err, want)
				}
				if e.Slot != 7 || e.ReceivedUnixNanos != int64(i/3) || e.Kind != eventv1.Kind_KIND_TRADE || e.Venue != eventv1.Venue_VENUE_PUMP {
					t.Fatalf("envelope %+v", e)
				}
			}
			if st := j.Status(); st.First != 1 || st.Last != 1501 || st.CompleteSlot != 7 || st.Bytes == 0 {
				t.Fatalf("status %+v", st)
			}
			if got, _ := read(t, j, 700); len(got) != 801 || got[0].Number != 701 {
				t.Fatalf("%d records after 700", len(got))
			}
		}
		check(j)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if err := j.Append(trades(9, 0, 1), 0); !errors.Is(err, ErrClosed) {
			t.Errorf("append after close: %v", err)
		}
		again := s.open(t)
		check(again)
		appendAll(t, again, 9, 0, 10, 1)
		flush(t, again)
		if got, gaps := read(t, again, 1500); len(got) != 11 || len(gaps) != 0 || got[10].Number != 1511 {
			t.Fatalf("%d records after reopen, gaps %v", len(got), gaps)
		}
	})
}
