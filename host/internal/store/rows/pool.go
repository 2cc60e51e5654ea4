package rows

import (
	"strings"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var (
	pools = made(table{
		name: "pools", key: []string{"pool"}, first: []string{"first_event"},
		rest: strings.Fields(`venue base_mint quote_mint created_event created_slot created_at created_signature creator lp_supply`),
		state: strings.Fields(`last_event last_slot last_at last_change base_reserve quote_reserve price_base_reserve price_quote_reserve
			value_mint value_amount value_usd_micros`),
	})
	liquidityEvents = made(table{name: "liquidity_events", rest: strings.Fields(`event instance cause idx slot block_time signature venue pool change owner
		base_mint quote_mint base_amount quote_amount lp_amount base_reserve quote_reserve lp_supply share_ppm value_mint value_amount value_usd_micros`)})
	poolChanges = labelsOf(eventv1.PoolChange_name, "POOL_CHANGE_")
)

// addPool takes a pool after a change. Trades have rows of their own, so of a traded pool only the state is kept.
func addPool(b *Batch, h head) {
	p := turned(h.GetPoolReported())
	venue, pool, change := venues.of(int32(p.GetVenue())), named(p.GetPool()), poolChanges.of(int32(p.GetChange()))
	r := p.GetReserves()
	if r == nil {
		r = &eventv1.Reserves{}
	}
	opened := []any{nil, nil, nil, nil, nil}
	if p.GetChange() == eventv1.PoolChange_POOL_CHANGE_CREATED {
		opened = []any{h.event, count(h.GetSlot()), signedOr(h.BlockTime), key(h.GetSignature()), key(p.GetOwner())}
	}
	valueMint, value, dollars := worth(p.GetValue())
	values := append([]any{pool, h.event, venue, key(p.GetBaseMint()), key(p.GetQuoteMint())}, opened...)
	b.put(pools, append(values, amountOr(p.LpSupply), h.event, count(h.GetSlot()), signedOr(h.BlockTime), change,
		amountOr(r.Base), amountOr(r.Quote), amountOr(r.PriceBase), amountOr(r.PriceQuote), valueMint, value, dollars)...)
	if p.GetChange() == eventv1.PoolChange_POOL_CHANGE_TRADED {
		return
	}
	b.put(liquidityEvents, h.event, h.instance, count(h.GetCause()), int64(h.GetIndex()), count(h.GetSlot()), signedOr(h.BlockTime), named(h.GetSignature()),
		venue, pool, change, key(p.GetOwner()), key(p.GetBaseMint()), key(p.GetQuoteMint()), amount(p.GetBaseAmount()), amount(p.GetQuoteAmount()),
		amountOr(p.LpAmount), amountOr(r.Base), amountOr(r.Quote), amountOr(p.LpSupply), countOr(p.SharePpm), valueMint, value, dollars)
}

// worth returns the columns of a value.
func worth(v *eventv1.PoolValue) (mint, amount, dollars any) {
	if v == nil || v.Amount == nil {
		return nil, nil, nil
	}
	return key(v.GetMint()), amountOr(v.Amount), amountOr(v.UsdMicros)
}

// turned returns the report with the currency as quote: a trade is reported so, liquidity as the venue names its sides.
func turned(p *eventv1.PoolReported) *eventv1.PoolReported {
	base, quote := p.GetBaseMint(), p.GetQuoteMint()
	if len(base) != len(dex.Key{}) || len(quote) != len(dex.Key{}) {
		return p
	}
	if _, first := dex.Quote(dex.Key(base), dex.Key(quote)); !first {
		return p
	}
	out := &eventv1.PoolReported{
		Venue: p.Venue, Pool: p.Pool, Change: p.Change, BaseMint: quote, QuoteMint: base, BaseAmount: p.QuoteAmount, QuoteAmount: p.BaseAmount,
		Owner: p.Owner, LpAmount: p.LpAmount, Value: p.Value, SharePpm: p.SharePpm, LpSupply: p.LpSupply,
	}
	if r := p.GetReserves(); r != nil {
		out.Reserves = &eventv1.Reserves{Base: r.Quote, Quote: r.Base, PriceBase: r.PriceQuote, PriceQuote: r.PriceBase}
	}
	return out
}
