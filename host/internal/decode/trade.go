package decode

import (
	"bytes"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// state are reserves in the pool's own orientation, with what of them is known.
type state struct {
	base, quote           uint64 // really held
	priceBase, priceQuote uint64 // of the price formula
	held, priced          bool
}

// swapFacts is a trade in the pool's own orientation: nothing is turned yet.
type swapFacts struct {
	pool, user          []byte
	baseMint, quoteMint []byte
	buy                 bool   // the user got base
	base, quote         uint64 // what the user gave or got, fees included
	legBase, legQuote   uint64 // the same without fees: what the curve saw
	before, after       state
	baseDecimals        int // -1: not known
	quoteDecimals       int
	limit               uint64
	limited             bool
	timestamp           int64 // 0: not known
}

// trade makes the record of a trade: it chooses the coin and the currency of the two mints, and turns everything accordingly.
func (d *Decoder) trade(c *call, s eventv1.Strategy, f *swapFacts) *tradeBody {
	b := d.pool.newTrade()
	d.fill(&b.record, c, s, f.timestamp)
	t := &b.trade
	t.Venue = wire[c.venue]
	t.Pool = f.pool
	t.PoolBaseMint, t.PoolQuoteMint = f.baseMint, f.quoteMint
	turned := dex.QuoteRank(dex.Key(f.baseMint)) > dex.QuoteRank(dex.Key(f.quoteMint))
	d.turn(b, f, turned)
	t.Trader = f.user
	if len(d.tx.Keys) > 0 {
		t.FeePayer = d.tx.Keys[0]
	}
	t.Router = d.router(c)
	t.Agent = bytes.Equal(f.user, dex.MayhemAgent[:])
	if !t.Agent && !d.signed(f.user) {
		if owner := d.behind(f); owner != nil {
			t.Trader, t.VenueUser = owner, f.user
		}
		d.proxies = append(d.proxies, proxy{trade: t, user: f.user, outer: c.outer})
	}
	d.cost(t)
	t.ExactIn = fixed(c)
	if f.limited {
		t.LimitAmount = d.pool.u64.of(f.limit)
	}
	c.record = t
	return b
}

func (d *Decoder) turn(b *tradeBody, f *swapFacts, turned bool) {
	t := &b.trade
	baseDecimals, quoteDecimals := f.baseDecimals, f.quoteDecimals
	if turned {
		t.Mint, t.QuoteMint = f.quoteMint, f.baseMint
		t.BaseAmount, t.QuoteAmount, t.PoolQuoteAmount = f.quote, f.base, f.legBase
		baseDecimals, quoteDecimals = quoteDecimals, baseDecimals
	} else {
		t.Mint, t.QuoteMint = f.baseMint, f.quoteMint
		t.BaseAmount, t.QuoteAmount, t.PoolQuoteAmount = f.base, f.quote, f.legQuote
	}
	t.Side = eventv1.Side_SIDE_SELL
	if f.buy != turned {
		t.Side = eventv1.Side_SIDE_BUY
	}
	t.ReservesBefore = d.reserves(&b.before, &f.before, turned)
	t.ReservesAfter = d.reserves(&b.after, &f.after, turned)
	if baseDecimals >= 0 {
		t.BaseDecimals = d.pool.u32.of(uint32(baseDecimals))
	}
	if quoteDecimals >= 0 {
		t.QuoteDecimals = d.pool.u32.of(uint32(quoteDecimals))
	}
}

// reserves fills r, nil when nothing is known.
func (d *Decoder) reserves(r *eventv1.Reserves, s *state, turned bool) *eventv1.Reserves {
	if !s.held && !s.priced {
		return nil
	}
	r.Reset()
	base, quote, priceBase, priceQuote := s.base, s.quote, s.priceBase, s.priceQuote
	if turned {
		base, quote, priceBase, priceQuote = quote, base, priceQuote, priceBase
	}
	if s.held {
		r.Base, r.Quote = d.pool.u64.of(base), d.pool.u64.of(quote)
	}
	if s.priced {
		r.PriceBase, r.PriceQuote = d.pool.u64.of(priceBase), d.pool.u64.of(priceQuote)
	}
	return r
}

// fee adds a fee unless the venue takes none of that kind. inBase tells of the pool's base mint. rate is in 1/10,000, -1 when
// the venue does not state it.
func (d *Decoder) fee(b *tradeBody, kind eventv1.FeeKind, amount uint64, rate int64, inBase bool) {
	if amount == 0 && rate <= 0 || len(b.trade.Fees) == len(b.list) {
		return
	}
	n := len(b.trade.Fees)
	fee := &b.fees[n]
	fee.Reset()
	fee.Kind, fee.Amount = kind, amount
	turned := !bytes.Equal(b.trade.Mint, b.trade.PoolBaseMint)
	fee.InBase = inBase != turned
	if rate >= 0 {
		fee.BasisPoints = d.pool.u32.of(uint32(min(rate, 1<<32-1)))
	}
	b.list[n] = fee
	b.trade.Fees = b.list[:n+1]
}

// feeLine is a fee as events of the pump programs state it.
type feeLine struct{ amount, rate uint64 }

// feeKinds are the fees of the pump programs, in the order in which records list them.
var feeKinds = [...]eventv1.FeeKind{
	eventv1.FeeKind_FEE_KIND_LP, eventv1.FeeKind_FEE_KIND_PROTOCOL, eventv1.FeeKind_FEE_KIND_CREATOR,
	eventv1.FeeKind_FEE_KIND_CASHBACK, eventv1.FeeKind_FEE_KIND_HOLDER_REWARDS, eventv1.FeeKind_FEE_KIND_BUYBACK,
}

// fees adds those of feeKinds that a trade paid.
func (d *Decoder) fees(b *tradeBody, lines [len(feeKinds)]feeLine) {
	for i, line := range lines {
		d.fee(b, feeKinds[i], line.amount, int64(min(line.rate, 1<<32-1)), false)
	}
}
