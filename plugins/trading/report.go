package trading

import (
	"math/bits"

	"github.com/weir-run/weir/sdk"
)

// report is the memory of a TradeReported, used again for every trade.
type report struct {
	message                  sdk.TradeReported
	price                    sdk.Price
	impact, slippage, inside int64
	fee, usd, usdSlot        uint64
}

// fill says everything of a trade, with the totals of its coin.
func (m *monitor) fill(t *sdk.Trade, total *total, quoteVolume amount) {
	fees := feesOf(t.GetFees())
	r := &m.report
	r.message = sdk.TradeReported{
		Venue:           t.GetVenue(),
		Pool:            t.GetPool(),
		Trader:          t.GetTrader(),
		Mint:            t.GetMint(),
		QuoteMint:       t.GetQuoteMint(),
		Side:            t.GetSide(),
		BaseAmount:      t.GetBaseAmount(),
		QuoteAmount:     t.GetQuoteAmount(),
		PoolQuoteAmount: t.GetPoolQuoteAmount(),
		QuoteFees:       fees.quote,
		Symbol:          t.GetSymbol(),
		Trades:          total.trades,
		Buys:            total.buys,
		Sells:           total.sells,
		BaseVolume:      total.base.String(),
		QuoteVolume:     quoteVolume.String(),
		BaseDecimals:    t.BaseDecimals,
		QuoteDecimals:   t.QuoteDecimals,
		PriorityFee:     t.PriorityFee,
		Tip:             t.Tip,
		Router:          t.GetRouter(),
		Agent:           t.GetAgent(),
	}
	r.setPrice(t, fees)
	r.setLimit(t)
	r.setFee(t, fees)
	r.setDollars(t)
}

// setPrice sets the price, how the trade moved it, and how the trade was filled against the spot price before it.
func (r *report) setPrice(t *sdk.Trade, fees feeSum) {
	after, source := priceOf(t)
	if !after.known() {
		return
	}
	r.price = sdk.Price{Quote: after.quote, Base: after.base}
	r.message.Price, r.message.PriceSource = &r.price, source
	before := spot(t.GetReservesBefore())
	if !before.known() {
		return
	}
	if source == sdk.PriceReserves {
		r.impact = change(after, before)
		r.message.PriceImpactPpm = &r.impact
	}
	paid := price{quote: t.GetPoolQuoteAmount(), base: fees.seen(t)}
	if !paid.known() {
		return
	}
	switch t.GetSide() {
	case sdk.Buy:
		r.slippage = change(paid, before)
	case sdk.Sell:
		r.slippage = -change(paid, before)
	default:
		return
	}
	r.message.SlippagePpm = &r.slippage
}

// setLimit compares what the trade came to with what the trader would have accepted.
func (r *report) setLimit(t *sdk.Trade) {
	if t.ExactIn == nil || t.LimitAmount == nil || t.GetSide() == 0 {
		return
	}
	// The limit is on the quote side when a buyer fixed the coins to get or a seller the coins to give.
	actual, limit := t.GetBaseAmount(), t.GetLimitAmount()
	if t.GetExactIn() == (t.GetSide() == sdk.Sell) {
		if actual = t.GetQuoteAmount(); actual == 0 && t.GetPoolQuoteAmount() > 0 {
			return // the oldest records do not say it
		}
	}
	outer, inner := actual, limit
	if !t.GetExactIn() {
		outer, inner = limit, actual
	}
	if outer == 0 {
		return
	}
	r.inside = -change(price{quote: inner, base: 1}, price{quote: outer, base: 1})
	r.message.LimitRoomPpm = &r.inside
}

func (r *report) setFee(t *sdk.Trade, fees feeSum) {
	if len(t.GetFees()) == 0 || t.GetPoolQuoteAmount() == 0 || t.GetBaseAmount() == 0 {
		return
	}
	r.fee = share(fees.quote, t.GetPoolQuoteAmount()) + share(fees.base, t.GetBaseAmount())
	r.message.FeePpm = &r.fee
}

// setDollars values the trade at the price that its record carries. What passes 64 bits is no price but a mistake.
func (r *report) setDollars(t *sdk.Trade) {
	worth := t.GetQuoteUsd()
	if worth.GetUnits() == 0 {
		return
	}
	high, low := bits.Mul64(t.GetPoolQuoteAmount(), worth.GetUsdMicros())
	if high >= worth.GetUnits() {
		return
	}
	r.usd, _ = bits.Div64(high, low, worth.GetUnits())
	r.usdSlot = worth.GetSlot()
	r.message.UsdMicros, r.message.UsdSlot = &r.usd, &r.usdSlot
}

// feeSum is what was taken in either mint, raw units.
type feeSum struct{ quote, base uint64 }

// seen is what the curve saw of the coin: what the trader gave or got, without the fees that were taken in it.
func (f feeSum) seen(t *sdk.Trade) uint64 {
	if t.GetSide() == sdk.Buy {
		return t.GetBaseAmount() + f.base
	}
	return t.GetBaseAmount() - min(t.GetBaseAmount(), f.base)
}

// feesOf sums fees. The buyback share is inside the protocol fee already.
func feesOf(fees []*sdk.Fee) feeSum {
	var sum feeSum
	for _, fee := range fees {
		switch {
		case fee.GetKind() == sdk.FeeBuyback:
		case fee.GetInBase():
			sum.base += fee.GetAmount()
		default:
			sum.quote += fee.GetAmount()
		}
	}
	return sum
}
