package ask

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

func TestMain(m *testing.M) {
	// ristretto's glog start-up goroutine is not ours.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/golang/glog.(*fileSink).flushDaemon"))
}

// tape is a journal in memory whose first records may have been dropped.
type tape struct {
	records []*pluginv1.Envelope // number i+1 at i
	first   uint64               // number of the oldest record kept
	frame   int                  // records in a frame
}

// tapeFrames reads it.
type tapeFrames struct {
	tape  *tape
	after uint64
}

var errEnd = errors.New("the tape ends")

func (f *tapeFrames) Next(context.Context) (journal.Frame, error) {
	if f.after+1 < f.tape.first {
		gap := &journal.GapError{From: f.after + 1, To: f.tape.first - 1, Reason: "dropped"}
		f.after = gap.To
		return journal.Frame{}, gap
	}
	if f.after >= uint64(len(f.tape.records)) {
		return journal.Frame{}, errEnd
	}
	last := min(f.after+uint64(f.tape.frame), uint64(len(f.tape.records)))
	out := journal.Frame{First: f.after + 1, Last: last}
	for _, e := range f.tape.records[f.after:last] {
		body, err := proto.Marshal(e)
		if err != nil {
			return out, err
		}
		out.Payload = protowire.AppendBytes(protowire.AppendTag(out.Payload, 1, protowire.BytesType), body)
	}
	f.after = last
	return out, nil
}

func (t *tape) open(after uint64) Frames { return &tapeFrames{tape: t, after: after} }

// add appends a record.
func (t *tape) add(r *eventv1.Record) {
	body, err := proto.Marshal(r)
	if err != nil {
		panic(err)
	}
	kind := eventv1.Kind_KIND_TRADE
	switch r.Body.(type) {
	case *eventv1.Record_LiquidityChanged:
		kind = eventv1.Kind_KIND_LIQUIDITY_CHANGED
	case *eventv1.Record_PoolCreated:
		kind = eventv1.Kind_KIND_POOL_CREATED
	case *eventv1.Record_Gap:
		kind = eventv1.Kind_KIND_GAP
	}
	n := uint64(len(t.records) + 1)
	t.records = append(t.records, &pluginv1.Envelope{Number: n, Slot: 1000 + n/4, ReceivedUnixNanos: 1, Kind: kind, Venue: eventv1.Venue_VENUE_PUMPSWAP, Record: body})
}

func key(name byte, i int) dex.Key { return dex.Key{name, byte(i), byte(i >> 8), 1} }

func trade(coin int, quote dex.Key, base, amount uint64) *eventv1.Record {
	mint, pool := key('m', coin), key('p', coin)
	t := &eventv1.Trade{Mint: mint[:], Pool: pool[:], QuoteMint: quote[:], BaseAmount: base, PoolQuoteAmount: amount, ReservesAfter: &eventv1.Reserves{Base: new(base * 10), Quote: new(amount * 10)}}
	if quote == dex.WSOL && amount%2 == 0 {
		t.QuoteUsd = &eventv1.DollarPrice{UsdMicros: amount, Units: 1e9}
	}
	return &eventv1.Record{Body: &eventv1.Record_Trade{Trade: t}}
}

// random makes a tape.
func random(rng *rand.Rand, n int) *tape {
	t := &tape{first: 1, frame: 1 + rng.IntN(9)}
	for range n {
		coin := rng.IntN(40)
		pool, mint := key('p', coin), key('m', coin)
		switch rng.IntN(10) {
		case 0:
			t.add(&eventv1.Record{Body: &eventv1.Record_LiquidityChanged{LiquidityChanged: &eventv1.LiquidityChanged{Pool: pool[:], BaseMint: mint[:], QuoteMint: dex.WSOL[:], ReservesAfter: &eventv1.Reserves{Base: new(rng.Uint64N(1e9))}}}})
		case 1:
			t.add(&eventv1.Record{Body: &eventv1.Record_PoolCreated{PoolCreated: &eventv1.PoolCreated{Pool: pool[:], BaseMint: mint[:], QuoteMint: dex.WSOL[:], BaseAmount: 5}}})
		case 2:
			t.add(&eventv1.Record{Body: &eventv1.Record_Gap{Gap: &eventv1.Gap{}}})
		case 3:
			t.add(trade(coin, dex.USDC, 1+rng.Uint64N(1e9), 1+rng.Uint64N(1e9)))
		default:
			t.add(trade(coin, dex.WSOL, 1+rng.Uint64N(1e9), 1+rng.Uint64N(1e9)))
		}
	}
	return t
}

// say tells all that a view answers, as text.
func say(v *view) string {
	var out []string
	for coin := range 40 {
		if p := v.poolAt(key('p', coin)); p != nil {
			out = append(out, fmt.Sprintf("pool %d %d %x", coin, p.GetNumber(), p.GetMint()[:2])+p.GetReserves().String())
		}
		if p := v.priceAt(key('m', coin)); p != nil {
			out = append(out, fmt.Sprintf("price %d %d %d/%d", coin, p.GetNumber(), p.GetPrice().GetQuote(), p.GetPrice().GetBase()))
		}
	}
	if p := v.solUSDAt(); p != nil {
		out = append(out, fmt.Sprint("sol ", p.GetUsdMicros()))
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}
