package figures

import (
	"math/big"
	"strconv"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// total is what was traded of a coin so far.
type total struct {
	trades, buys, sells uint64
	base                big.Int
	quote               map[string]*big.Int // by quote mint
}

// trade is the report of a trade.
func (b *Book) trade(f *geysersim.Truth) *eventv1.TradeReported {
	t := b.count(f)
	r := &eventv1.TradeReported{
		Venue: venues[f.Venue], Pool: key(f.Pool), Trader: key(f.Trader), Mint: key(f.Mint), QuoteMint: key(f.QuoteMint), Side: side(f),
		BaseAmount: f.BaseAmount, QuoteAmount: f.QuoteAmount, PoolQuoteAmount: f.PoolQuoteAmount, Symbol: b.symbols[f.Mint],
		Trades: t.trades, Buys: t.buys, Sells: t.sells, BaseVolume: t.base.String(), QuoteVolume: t.quote[f.QuoteMint].String(),
		BaseDecimals: &f.BaseDecimals, QuoteDecimals: &f.QuoteDecimals, PriorityFee: &f.PriorityFee, Tip: &f.Tip, Router: key(f.Router),
	}
	price(r, f)
	room(r, f)
	fees(r, f)
	if price, slot := b.dollars.worth(f); price != nil {
		r.UsdMicros, r.UsdSlot = new(micros(f.PoolQuoteAmount, price)), &slot
		b.usd[place(f)] = r.GetUsdMicros() / 1_000_000
	}
	b.dollars.learn(f)
	return r
}

// place names a fact.
func place(f *geysersim.Truth) string { return f.Signature + "/" + strconv.Itoa(f.Ordinal) }

func (b *Book) count(f *geysersim.Truth) *total {
	t := b.totals[f.Mint]
	if t == nil {
		t = &total{quote: map[string]*big.Int{}}
		b.totals[f.Mint] = t
	}
	if t.quote[f.QuoteMint] == nil {
		t.quote[f.QuoteMint] = new(big.Int)
	}
	t.trades++
	if f.Side == "buy" {
		t.buys++
	} else {
		t.sells++
	}
	t.base.Add(&t.base, n(f.BaseAmount))
	t.quote[f.QuoteMint].Add(t.quote[f.QuoteMint], n(f.PoolQuoteAmount))
	return t
}

// spot is the price that reserves make.
func spot(r *geysersim.TruthReserves) *big.Rat {
	if r == nil {
		return nil
	}
	return ratio(r.PriceQuote, r.PriceBase)
}

func price(r *eventv1.TradeReported, f *geysersim.Truth) {
	before, after, paid := spot(f.Before), spot(f.After), ratio(f.PoolQuoteAmount, f.BaseAmount)
	switch {
	case after != nil:
		r.Price, r.PriceSource = &eventv1.Price{Quote: f.After.PriceQuote, Base: f.After.PriceBase}, eventv1.PriceSource_PRICE_SOURCE_RESERVES
		if before != nil {
			r.PriceImpactPpm = new(beyond(after.Quo(after, before)))
		}
	case paid != nil:
		r.Price, r.PriceSource = &eventv1.Price{Quote: f.PoolQuoteAmount, Base: f.BaseAmount}, eventv1.PriceSource_PRICE_SOURCE_AMOUNTS
	}
	_, coinFees := taken(f) // the curve did not see them
	if f.Side == "sell" {
		paid = ratio(f.PoolQuoteAmount, f.BaseAmount-coinFees)
	} else {
		paid = ratio(f.PoolQuoteAmount, f.BaseAmount+coinFees)
	}
	if before == nil || paid == nil {
		return
	}
	worse := beyond(paid.Quo(paid, before))
	if f.Side == "sell" {
		worse = -worse
	}
	r.SlippagePpm = &worse
}

// room is how far inside the limit the outcome stayed.
func room(r *eventv1.TradeReported, f *geysersim.Truth) {
	given, got := f.QuoteAmount, f.BaseAmount
	if f.Side == "sell" {
		given, got = got, given
	}
	inner, outer := given, f.Limit // the most to give
	if f.ExactIn {
		inner, outer = f.Limit, got // the least to get
	}
	if outer == 0 {
		return
	}
	r.LimitRoomPpm = new(ppm(new(big.Rat).Sub(big.NewRat(1, 1), new(big.Rat).SetFrac(n(inner), n(outer)))))
}

// taken sums the fees in the quote mint and in the coin. The buyback is inside the protocol fee.
func taken(f *geysersim.Truth) (quote, base uint64) {
	for _, fee := range f.Fees {
		switch {
		case fee.Kind == "buyback":
		case fee.InBase:
			base += fee.Amount
		default:
			quote += fee.Amount
		}
	}
	return quote, base
}

func fees(r *eventv1.TradeReported, f *geysersim.Truth) {
	quote, base := taken(f)
	r.QuoteFees = quote
	if len(f.Fees) == 0 || f.PoolQuoteAmount == 0 || f.BaseAmount == 0 {
		return
	}
	rate := ppm(new(big.Rat).SetFrac(n(quote), n(f.PoolQuoteAmount))) + ppm(new(big.Rat).SetFrac(n(base), n(f.BaseAmount)))
	r.FeePpm = new(uint64(rate))
}
