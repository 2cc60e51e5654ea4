package ask

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Horizon is how many records an answer looks back on.
const Horizon = 250_000

// sweepEvery is how many records pass between two times that what is too old is thrown out.
const sweepEvery = 50_000

// Frames is a position in the journal. A *journal.Reader is one.
type Frames interface {
	// Next waits for the next frame. A *journal.GapError says that records are gone; the Next after it goes on behind them.
	Next(ctx context.Context) (journal.Frame, error)
}

var (
	// errPast is a question about a record before one that was asked about.
	errPast = errors.New("the number is below an earlier one of this epoch")
	// errGone is a question about records that the journal does not hold any more.
	errGone = errors.New("records that the answer depends on are no longer in the journal: it keeps too little for an instance that is this far behind")
)

// view is the state of pools and prices as of a record: a fold over the records (at-horizon, at], and never from before birth. It is for
// one goroutine at a time, and moves forward only.
type view struct {
	open    func(after uint64) Frames
	birth   uint64 // first record that the instance was ever given
	horizon uint64

	frames  Frames
	rest    []byte // envelopes of the frame at hand that are after at
	at      uint64
	gone    uint64 // records up to here were dropped by retention before they were read
	sweeps  uint64 // number of the last sweep
	scratch eventv1.Record

	pools  map[dex.Key]*pluginv1.PoolState
	prices map[dex.Key]*pluginv1.MintPrice
	solUSD *eventv1.DollarPrice
	solAt  uint64 // number of the record that told it
}

func newView(open func(after uint64) Frames, birth, horizon uint64) *view {
	return &view{
		open: open, birth: max(birth, 1), horizon: horizon,
		pools: map[dex.Key]*pluginv1.PoolState{}, prices: map[dex.Key]*pluginv1.MintPrice{},
	}
}

// before is the number after which the records stand that an answer as of n depends on.
func (v *view) before(n uint64) uint64 { return max(n-min(n, v.horizon), v.birth-1) }

// advance moves the view to a record.
func (v *view) advance(ctx context.Context, n uint64) error {
	if n < v.at {
		return errPast
	}
	if v.frames == nil || v.before(n) > v.at { // nothing that was read counts any more
		v.frames, v.rest, v.at = v.open(v.before(n)), nil, v.before(n)
		clear(v.pools)
		clear(v.prices)
		v.solUSD = nil
	}
	for v.at < n {
		if err := v.step(ctx, n); err != nil {
			return err
		}
	}
	if v.gone > v.before(n) {
		return errGone
	}
	if v.at-v.sweeps > sweepEvery {
		v.sweep()
	}
	return nil
}

// step takes the rest of a frame up to n, or gets the next frame.
func (v *view) step(ctx context.Context, n uint64) error {
	if len(v.rest) == 0 {
		frame, err := v.frames.Next(ctx)
		if gap, ok := errors.AsType[*journal.GapError](err); ok {
			if gap.From == v.before(n)+1 { // the journal begins later: what was there was seen once
				v.gone = gap.To
			}
			v.at = gap.To
			return nil
		}
		if err != nil {
			return fmt.Errorf("read journal after record %d: %w", v.at, err)
		}
		if v.rest = frame.Payload; len(v.rest) == 0 {
			v.at = frame.Last
		}
		return nil
	}
	for e, err := range journal.Envelopes(v.rest) {
		if err != nil {
			return fmt.Errorf("read record after %d: %w", v.at, err)
		}
		if e.Number > n {
			return nil
		}
		if err := v.take(e); err != nil {
			return fmt.Errorf("read record %d: %w", e.Number, err)
		}
		v.rest, v.at = v.rest[len(e.Encoded):], e.Number
	}
	return nil
}

func (v *view) take(e journal.Envelope) error {
	switch e.Kind {
	case eventv1.Kind_KIND_TRADE, eventv1.Kind_KIND_POOL_CREATED, eventv1.Kind_KIND_LIQUIDITY_CHANGED, eventv1.Kind_KIND_RESERVES_CHANGED, eventv1.Kind_KIND_TOKEN_CREATED:
	default:
		return nil
	}
	if err := proto.Unmarshal(e.Record, &v.scratch); err != nil {
		return err
	}
	switch b := v.scratch.Body.(type) {
	case *eventv1.Record_Trade:
		v.trade(e, b.Trade)
	case *eventv1.Record_TokenCreated:
		v.pool(e, b.TokenCreated.Curve, b.TokenCreated.Mint, b.TokenCreated.QuoteMint, b.TokenCreated.Reserves)
	case *eventv1.Record_PoolCreated:
		c := b.PoolCreated
		var reserves *eventv1.Reserves
		if c.Concentrated == nil { // those open without liquidity
			reserves = &eventv1.Reserves{Base: &c.BaseAmount, Quote: &c.QuoteAmount}
		}
		v.pool(e, c.Pool, c.BaseMint, c.QuoteMint, reserves)
	case *eventv1.Record_LiquidityChanged:
		c := b.LiquidityChanged
		v.pool(e, c.Pool, c.BaseMint, c.QuoteMint, c.ReservesAfter)
	case *eventv1.Record_ReservesChanged:
		c := b.ReservesChanged
		v.pool(e, c.Pool, c.Mint, nil, c.ReservesAfter) // what it says alone: an earlier record may be outside of another window
	}
	return nil
}

func (v *view) pool(e journal.Envelope, pool, mint, quote []byte, reserves *eventv1.Reserves) {
	if len(pool) != len(dex.Key{}) {
		return
	}
	v.pools[dex.Key(pool)] = &pluginv1.PoolState{Pool: pool, Venue: e.Venue, Mint: mint, QuoteMint: quote, Reserves: reserves, Number: e.Number, Slot: e.Slot}
}

func (v *view) trade(e journal.Envelope, t *eventv1.Trade) {
	v.pool(e, t.Pool, t.Mint, t.QuoteMint, t.ReservesAfter)
	if t.QuoteUsd != nil && string(t.QuoteMint) == string(dex.WSOL[:]) {
		v.solUSD, v.solAt = t.QuoteUsd, e.Number
	}
	price := priceOf(t)
	if len(t.Mint) != len(dex.Key{}) || price == nil {
		return
	}
	v.prices[dex.Key(t.Mint)] = &pluginv1.MintPrice{
		Mint: t.Mint, QuoteMint: t.QuoteMint, Price: price, QuoteUsd: t.QuoteUsd, Pool: t.Pool, Number: e.Number, Slot: e.Slot,
	}
}

// priceOf is that of the reserves after a trade, where they are known, else of its amounts; nil where neither says one.
func priceOf(t *eventv1.Trade) *eventv1.Price {
	if r := t.GetReservesAfter(); r.GetPriceBase() > 0 && r.GetPriceQuote() > 0 {
		return &eventv1.Price{Quote: r.GetPriceQuote(), Base: r.GetPriceBase()}
	}
	if t.GetPoolQuoteAmount() > 0 && t.GetBaseAmount() > 0 {
		return &eventv1.Price{Quote: t.GetPoolQuoteAmount(), Base: t.GetBaseAmount()}
	}
	return nil
}

// sweep throws out what no answer may use any more.
func (v *view) sweep() {
	v.sweeps = v.at
	oldest := v.before(v.at)
	for key, p := range v.pools {
		if p.GetNumber() <= oldest {
			delete(v.pools, key)
		}
	}
	for key, p := range v.prices {
		if p.GetNumber() <= oldest {
			delete(v.prices, key)
		}
	}
}

// poolAt returns a pool as of the record that the view is at; nil when nothing of late tells of it.
func (v *view) poolAt(key dex.Key) *pluginv1.PoolState {
	if p := v.pools[key]; p.GetNumber() > v.before(v.at) {
		return p
	}
	return nil
}

func (v *view) priceAt(key dex.Key) *pluginv1.MintPrice {
	if p := v.prices[key]; p.GetNumber() > v.before(v.at) {
		return p
	}
	return nil
}

func (v *view) solUSDAt() *eventv1.DollarPrice {
	if v.solAt > v.before(v.at) {
		return v.solUSD
	}
	return nil
}
