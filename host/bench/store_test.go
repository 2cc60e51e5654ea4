package bench_test

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/store"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	"github.com/weir-run/weir/host/internal/store/storetest"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// BenchmarkStore is how fast outputs get from the journal into tables when a store catches up. An operation is a trade: its report and
// that of its pool, as trading and liquidity monitor give them.
func BenchmarkStore(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { catchUp(b, storetest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { catchUp(b, storetest.StartPostgres(b).Place()) })
}

func catchUp(b *testing.B, place sqldb.Place) {
	b.Helper()
	s, traders := newTraded(b, place)
	traders.say(b, b.N)
	b.ReportAllocs()
	before := cpu()
	b.ResetTimer()
	s.run(b)
	s.wait(b, uint64(2*b.N))
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trades/s")
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-us/trade")
	if info, err := os.Stat(place.Path); err == nil {
		b.ReportMetric(float64(info.Size())/float64(b.N), "file-bytes/trade")
	}
}

const (
	// storeRate is what the store must sustain, trades a second.
	storeRate = 5000
	storeTime = 10 * time.Second
)

// BenchmarkStoreLatency gives storeRate trades a second for storeTime and measures how far behind the store is.
func BenchmarkStoreLatency(b *testing.B) {
	for b.Loop() {
		s, traders := newTraded(b, storetest.SQLite(b))
		s.run(b)
		const step = 20 * time.Millisecond
		worst, before, began := time.Duration(0), cpu(), time.Now()
		given := 0
		for tick := began; tick.Sub(began) < storeTime; tick = tick.Add(step) {
			time.Sleep(time.Until(tick))
			n := storeRate / int(time.Second/step)
			traders.say(b, n)
			given += n
			worst = max(worst, s.store.Status().Lag)
		}
		s.wait(b, uint64(2*given))
		took := time.Since(began)
		b.ReportMetric(float64(given)/took.Seconds(), "trades/s")
		b.ReportMetric(float64((cpu()-before).Microseconds())/float64(given), "cpu-us/trade")
		b.ReportMetric(float64(worst.Milliseconds()), "worst-lag-ms")
		st := s.store.Status()
		b.ReportMetric(float64(st.Recent.P99.Microseconds())/1000, "p99-transaction-ms")
		if took > storeTime+2*time.Second {
			b.Errorf("%d trades a second took %s to store, given in %s", storeRate, took, storeTime)
		}
		s.stop()
	}
}

// storing is a store on a journal of its own.
type storing struct {
	store  *store.Store
	cancel context.CancelFunc
	done   chan error
}

func newTraded(b *testing.B, place sqldb.Place) (*storing, *traders) {
	b.Helper()
	j, err := journal.Open(b.Context(), journal.Config{Dir: b.TempDir(), EventsMaxBytes: 8 << 30})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { j.Close() })
	t := &traders{random: rand.New(rand.NewPCG(1, 2))}
	for i, instance := range []string{"trading", "liquidity"} {
		epoch, err := j.Acquire(b.Context(), instance)
		if err != nil {
			b.Fatal(err)
		}
		if t.out[i], err = j.Outputs(b.Context(), instance, instance, epoch, nil); err != nil {
			b.Fatal(err)
		}
	}
	s, err := store.New(store.Config{Place: place, Events: store.Events(j)})
	if err != nil {
		b.Fatal(err)
	}
	return &storing{store: s}, t
}

func (s *storing) run(b *testing.B) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	s.cancel, s.done = cancel, make(chan error, 1)
	go func() { s.done <- s.store.Run(ctx) }()
	b.Cleanup(s.stop)
}

func (s *storing) stop() {
	if s.cancel == nil {
		return
	}
	s.cancel()
	<-s.done
	s.store.Close()
	s.cancel = nil
}

func (s *storing) wait(b *testing.B, outputs uint64) {
	b.Helper()
	for s.store.Status().Outputs < outputs {
		if trouble := s.store.Status().Trouble; trouble != "" {
			b.Fatal(trouble)
		}
		time.Sleep(time.Millisecond)
	}
}

// traders give reports of trades: 2,000 coins, 20,000 wallets.
type traders struct {
	out    [2]*journal.OutputLog
	random *rand.Rand
	count  uint64
}

func address(kind byte, n int) []byte {
	k := make([]byte, 32)
	for i := 0; i < len(k); i += 8 {
		binary.LittleEndian.PutUint64(k[i:], (uint64(n)+uint64(kind)<<32+uint64(i)<<40)*0x9E3779B97F4A7C15)
	}
	return k
}

// say appends n trades to the journal and waits until they are durable.
func (t *traders) say(b *testing.B, n int) {
	b.Helper()
	for n > 0 {
		var outputs [2][][]byte
		for range min(n, 500) {
			n--
			t.count++
			for i, o := range t.trade() {
				raw, err := proto.Marshal(o)
				if err != nil {
					b.Fatal(err)
				}
				outputs[i] = append(outputs[i], raw)
			}
		}
		for i := range outputs {
			if err := t.out[i].Append(outputs[i], journal.Cursor{Cause: t.count, Any: true}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, out := range t.out {
		if err := out.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func (t *traders) trade() [2]*eventv1.Output {
	coin := t.random.IntN(2000)
	mint, pool, quote, trader := address('m', coin), address('p', coin), address('q', 0), address('t', t.random.IntN(20_000))
	signature := make([]byte, 64)
	for i := 0; i < 64; i += 8 {
		binary.LittleEndian.PutUint64(signature[i:], t.random.Uint64())
	}
	base, paid := 1+t.random.Uint64N(1e13), 1+t.random.Uint64N(1e11)
	head := func(kind string) *eventv1.Output {
		return &eventv1.Output{Cause: t.count, Kind: kind, Slot: 300_000_000 + t.count/2000, BlockTime: new(int64(1_700_000_000 + t.count/5000)), Signature: signature}
	}
	report, change := head("trade"), head("pool_traded")
	report.Body = &eventv1.Output_TradeReported{TradeReported: &eventv1.TradeReported{
		Venue: eventv1.Venue_VENUE_PUMPSWAP, Pool: pool, Trader: trader, Mint: mint, QuoteMint: quote, Side: eventv1.Side(1 + t.random.IntN(2)),
		BaseAmount: base, QuoteAmount: paid, PoolQuoteAmount: paid - paid/100, QuoteFees: paid / 100, Symbol: "COIN", Trades: t.count, Buys: t.count / 2, Sells: t.count / 2,
		BaseVolume: strconv.FormatUint(base*7, 10), QuoteVolume: strconv.FormatUint(paid*7, 10), BaseDecimals: proto.Uint32(6), QuoteDecimals: proto.Uint32(9),
		Price: &eventv1.Price{Quote: paid, Base: base}, PriceSource: eventv1.PriceSource_PRICE_SOURCE_RESERVES, PriceImpactPpm: proto.Int64(120), SlippagePpm: proto.Int64(80),
		LimitRoomPpm: proto.Int64(9000), FeePpm: proto.Uint64(10_000), PriorityFee: proto.Uint64(50_000), Tip: proto.Uint64(1000), UsdMicros: new(paid / 5), UsdSlot: proto.Uint64(300_000_000),
	}}
	change.Body = &eventv1.Output_PoolReported{PoolReported: &eventv1.PoolReported{
		Venue: eventv1.Venue_VENUE_PUMPSWAP, Pool: pool, Change: eventv1.PoolChange_POOL_CHANGE_TRADED, BaseMint: mint, QuoteMint: quote, BaseAmount: base, QuoteAmount: paid, Owner: trader,
		Reserves: &eventv1.Reserves{Base: new(base * 100), Quote: new(paid * 100), PriceBase: new(base * 100), PriceQuote: new(paid * 100)},
	}}
	return [2]*eventv1.Output{report, change}
}
