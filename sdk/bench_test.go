package sdk

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// sink is a stream that takes what the work loop sends.
type sink struct {
	grpc.ServerStream
	sent int
}

func (s *sink) SendMsg(any) error {
	s.sent++
	return nil
}

func (s *sink) RecvMsg(any) error        { return errors.New("nothing to receive") }
func (s *sink) Context() context.Context { return context.Background() }

// BenchmarkBatch is the cost of 64 trades with one output each, without gRPC and socket.
func BenchmarkBatch(b *testing.B) {
	monitor := func(h *Host) Monitor {
		var body TradeReportedBody
		var report TradeReported
		body.TradeReported = &report
		return Monitor{Name: "bench", OnTrade: func(_ *Record, t *Trade) error {
			report = TradeReported{
				Venue: t.GetVenue(), Pool: t.GetPool(), Trader: t.GetTrader(), Mint: t.GetMint(), QuoteMint: t.GetQuoteMint(),
				Side: t.GetSide(), BaseAmount: t.GetBaseAmount(), QuoteAmount: t.GetQuoteAmount(), Trades: 1,
				BaseVolume: "12345678901", QuoteVolume: "12345678901",
			}
			h.Emit(&Output{Kind: "trade", Key: Base58(t.GetMint()), Body: &body})
			return nil
		}}
	}
	c := &control{newMonitor: monitor}
	w, err := c.create(nil)
	if err != nil {
		b.Fatal(err)
	}
	w.stream = &sink{}
	body := exampleBatch(b, 64)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		w.through.Store(0)
		if err := w.batch(body); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/64, "ns/record")
}

// exampleTrade is a record as it comes from a pump curve.
func exampleTrade(index uint64) *Record {
	key := make([]byte, 32)
	reserves := func() *eventv1.Reserves {
		return &eventv1.Reserves{
			Base: proto.Uint64(1 << 40), Quote: proto.Uint64(1 << 35), PriceBase: proto.Uint64(1 << 41), PriceQuote: proto.Uint64(1 << 36),
		}
	}
	return &Record{
		Signature: make([]byte, 64), Slot: 300_000_000, BlockTime: proto.Int64(1_700_000_000), TxIndex: &index,
		Instruction: &InstructionPath{Outer: 3, Inner: proto.Uint32(1)}, Program: key, Strategy: 1,
		Body: &eventv1.Record_Trade{Trade: &Trade{
			Venue: Pump, Pool: key, Trader: key, FeePayer: key, Mint: key, QuoteMint: key, Side: Buy, BaseAmount: 1 << 33,
			QuoteAmount: 1 << 30, PoolQuoteAmount: 1 << 30, ReservesBefore: reserves(), ReservesAfter: reserves(),
			Fees: []*Fee{
				{Kind: FeeProtocol, Amount: 9_500_000, BasisPoints: proto.Uint32(95)},
				{Kind: FeeCreator, Amount: 3_000_000, BasisPoints: proto.Uint32(30)},
			},
			PoolBaseMint: key, PoolQuoteMint: key, BaseDecimals: proto.Uint32(6), QuoteDecimals: proto.Uint32(9), Symbol: "TEST",
			Router: key, InstructionName: "buy", CurveProgressBps: proto.Uint32(4000), VenueUser: key,
		}},
	}
}

// exampleBatch is an encoded batch of such records.
func exampleBatch(tb testing.TB, records int) []byte {
	tb.Helper()
	batch := &pluginv1.Batch{FirstNumber: 1, LastNumber: uint64(records)}
	for n := range uint64(records) {
		r := exampleTrade(n)
		b, err := proto.Marshal(r)
		if err != nil {
			tb.Fatal(err)
		}
		batch.Records = append(batch.Records, &pluginv1.Envelope{Number: n + 1, Slot: r.GetSlot(), Kind: KindTrade, Venue: Pump, Record: b})
	}
	encoded, err := proto.Marshal(batch)
	if err != nil {
		tb.Fatal(err)
	}
	return encoded
}

// BenchmarkDecode makes a Record of a trade: by hand into memory that is used again, by hand into fresh memory, by protobuf.
func BenchmarkDecode(b *testing.B) {
	run, err := readBatch(exampleBatch(b, 1))
	if err != nil {
		b.Fatal(err)
	}
	e, _, err := run.next()
	if err != nil {
		b.Fatal(err)
	}
	for name, decode := range map[string]func() error{
		"reused":   func() error { _, err := e.decode(exampleMemory); return err },
		"kept":     func() error { _, err := e.decode(nil); return err },
		"protobuf": func() error { return proto.Unmarshal(e.record, &Record{}) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

var exampleMemory = &tradeRecord{}
