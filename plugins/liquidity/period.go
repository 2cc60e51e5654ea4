package liquidity

import (
	"math/big"

	"github.com/weir-run/weir/sdk"
)

// bucket is what happened to a pool in one period.
type bucket struct {
	pool                  pool // as it was after the last change: what names and values it
	trades, late          uint64
	untold                uint64 // trades that do not say what providers got
	base, quote           amount
	addedBase, addedQuote amount
	leftBase, leftQuote   amount
	fees                  fees
	gap                   bool
}

// see takes the pool as it is now, without what a period does not say.
func (b *bucket) see(p *pool) {
	b.pool = pool{
		venue: p.venue, base: p.base, quote: p.quote, turned: p.turned, reserves: p.reserves, supplied: p.supplied, supply: p.supply,
	}
}

func (b *bucket) opened(p *pool, c *sdk.PoolCreated) {
	base, quote := p.turn(c.GetBaseAmount(), c.GetQuoteAmount())
	b.addedBase.add(base)
	b.addedQuote.add(quote)
}

func (b *bucket) change(p *pool, l *sdk.LiquidityChanged) {
	base, quote := p.turn(l.GetBaseAmount(), l.GetQuoteAmount())
	if l.GetDirection() == sdk.LiquidityAdded {
		b.addedBase.add(base)
		b.addedQuote.add(quote)
	} else {
		b.leftBase.add(base)
		b.leftQuote.add(quote)
	}
	base, quote = p.turn(l.GetFeesBaseAmount(), l.GetFeesQuoteAmount())
	b.fees.collect(base, quote)
}

func (b *bucket) trade(t *sdk.Trade) {
	b.trades++
	b.base.add(t.GetBaseAmount())
	b.quote.add(t.GetPoolQuoteAmount())
	b.fees.accrue(t.GetFees())
	if t.GetVenue() != sdk.PumpSwap || len(t.GetFees()) == 0 {
		b.untold++
	}
}

// year is 365 days in seconds.
const year = 365 * 24 * 3600

// message is the period that is over.
func (b *bucket) message(m *monitor, key sdk.Key, start, seconds int64) *sdk.PoolPeriod {
	p := &b.pool
	value := (&worth{}).fill(m, &p.reserves, p, m.state.rest.slot)
	o := &sdk.PoolPeriod{
		Venue: p.venue, Pool: key[:], BaseMint: p.base.Bytes(), QuoteMint: p.quote.Bytes(), Start: start, Seconds: uint32(seconds),
		Trades: b.trades, BaseVolume: b.base.String(), QuoteVolume: b.quote.String(),
		AddedBase: b.addedBase.String(), AddedQuote: b.addedQuote.String(), RemovedBase: b.leftBase.String(), RemovedQuote: b.leftQuote.String(),
		Fees: b.fees.messages(), Reserves: p.reserves.message(), Value: value, Depth: p.reserves.depth(key, p), Late: b.late, Gap: b.gap,
	}
	if p.supplied {
		o.LpSupply = &p.supply
	}
	whole := new(big.Int).SetUint64(value.GetAmount())
	if turnover, ok := ratio(b.quote.big(), whole); ok {
		o.TurnoverPpm = &turnover
	}
	switch {
	case value.GetAbsent() != sdk.Present:
		o.FeeAprAbsent = value.GetAbsent()
	case p.venue != sdk.PumpSwap || b.untold > 0:
		o.FeeAprAbsent = sdk.AbsentFeesNotTold
	case value.GetAmount() == 0:
		o.FeeAprAbsent = sdk.AbsentReservesUnknown
	default:
		earned := new(big.Int).Mul(b.earned(), big.NewInt(year))
		if apr, ok := ratio(earned, whole.Mul(whole, big.NewInt(seconds))); ok {
			o.FeeAprPpm = &apr
		} else {
			o.FeeAprAbsent = sdk.AbsentTooLarge
		}
	}
	return o
}

// earned is what providers got of the trades' fees, in the currency at the pool's price.
func (b *bucket) earned() *big.Int {
	inBase := b.fees.find(sdk.FeeLP, true)
	sum := inBase.accrued.big()
	v := &b.pool.reserves
	sum.Mul(sum, new(big.Int).SetUint64(v.priceQuote)).Quo(sum, new(big.Int).SetUint64(max(v.priceBase, 1)))
	inQuote := b.fees.find(sdk.FeeLP, false)
	return sum.Add(sum, inQuote.accrued.big())
}
