package liquidity

import "github.com/weir-run/weir/sdk"

// report is the memory of a PoolReported, used again for every report.
type report struct {
	message       sdk.PoolReported
	value         worth
	share, supply uint64
}

func (r *report) created(c *sdk.PoolCreated) {
	base, quote := c.GetBaseAmount(), c.GetQuoteAmount()
	r.message = sdk.PoolReported{
		Venue: c.GetVenue(), Pool: c.GetPool(), Change: sdk.PoolOpened, BaseMint: c.GetBaseMint(), QuoteMint: c.GetQuoteMint(),
		BaseAmount: base, QuoteAmount: quote, Owner: c.GetCreator(), LpAmount: c.LpAmount, LpSupply: c.LpSupply,
		// A pool begins with what its creator put in. The prices that it starts from, the record does not say.
		Reserves: &sdk.Reserves{Base: &base, Quote: &quote},
	}
}

func (r *report) changed(p *pool, l *sdk.LiquidityChanged, was before) {
	r.message = sdk.PoolReported{
		Venue: l.GetVenue(), Pool: l.GetPool(), Change: sdk.PoolRemoved, BaseMint: l.GetBaseMint(), QuoteMint: l.GetQuoteMint(),
		BaseAmount: l.GetBaseAmount(), QuoteAmount: l.GetQuoteAmount(), Reserves: l.GetReservesAfter(),
		Owner: l.GetOwner(), LpAmount: l.LpAmount,
	}
	whole := was.supply
	if l.GetDirection() == sdk.LiquidityAdded {
		r.message.Change, whole = sdk.PoolAdded, p.supply
	}
	if !p.supplied {
		return
	}
	r.supply = p.supply
	r.message.LpSupply = &r.supply
	var ok bool
	if r.share, ok = mulDiv(l.GetLpAmount(), million, whole); ok {
		r.message.SharePpm = &r.share
	}
}

func (r *report) traded(p *pool, t *sdk.Trade) {
	r.message = sdk.PoolReported{
		Venue: t.GetVenue(), Pool: t.GetPool(), Change: sdk.PoolTraded, BaseMint: t.GetMint(), QuoteMint: t.GetQuoteMint(),
		// The report is about the pool, so the quote is what its curve saw, not what the trader gave with all fees.
		BaseAmount: t.GetBaseAmount(), QuoteAmount: t.GetPoolQuoteAmount(), Reserves: t.GetReservesAfter(), Owner: t.GetTrader(),
	}
	if p.supplied {
		r.supply = p.supply
		r.message.LpSupply = &r.supply
	}
}

func (r *report) worth(m *monitor, p *pool, slot uint64) {
	r.message.Value = r.value.fill(m, &p.reserves, p, slot)
}
