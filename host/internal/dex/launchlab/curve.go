package launchlab

import (
	"github.com/weir-run/weir/host/internal/dex"
)

// RateUnit is what fee rates are parts of.
const RateUnit = 1_000_000

// Fee returns amount·rate/RateUnit rounded up: all fees of a trade, from the sum of their rates.
func Fee(amount, rate uint64) (uint64, bool) { return dex.MulDivCeil(amount, rate, RateUnit) }

// Curve is the state of a constant-product curve. RealBase counts what is sold.
type Curve struct{ VirtualBase, VirtualQuote, RealBase, RealQuote uint64 }

// Price returns the two reserves whose ratio is the price, base and quote. It is false when they do not exist.
func (c Curve) Price() (base, quote uint64, ok bool) {
	quote, ok = dex.Add(c.VirtualQuote, c.RealQuote)
	return c.VirtualBase - c.RealBase, quote, ok && c.RealBase < c.VirtualBase
}

// Buy returns what a quote amount without fees gets.
func (c Curve) Buy(quote uint64) (base uint64, ok bool) {
	b, q, ok1 := c.Price()
	sum, ok2 := dex.Add(q, quote)
	base, ok = dex.MulDivFloor(b, quote, sum)
	return base, ok && ok1 && ok2
}

// BuyOut returns what a base amount costs, without fees.
func (c Curve) BuyOut(base uint64) (quote uint64, ok bool) {
	b, q, ok := c.Price()
	if !ok || base >= b {
		return 0, false
	}
	return dex.MulDivCeil(q, base, b-base)
}

// Sell returns what a base amount gets, before fees.
func (c Curve) Sell(base uint64) (quote uint64, ok bool) {
	b, q, ok1 := c.Price()
	sum, ok2 := dex.Add(b, base)
	quote, ok = dex.MulDivFloor(q, base, sum)
	return quote, ok && ok1 && ok2
}

// SellOut returns what a quote amount before fees costs.
func (c Curve) SellOut(quote uint64) (base uint64, ok bool) {
	b, q, ok := c.Price()
	if !ok || quote >= q {
		return 0, false
	}
	return dex.MulDivCeil(b, quote, q-quote)
}

// Before is the curve before a trade.
func (e *TradeEvent) Before() Curve {
	return Curve{VirtualBase: e.VirtualBase, VirtualQuote: e.VirtualQuote, RealBase: e.RealBaseBefore, RealQuote: e.RealQuoteBefore}
}

// After is the curve after a trade.
func (e *TradeEvent) After() Curve {
	return Curve{VirtualBase: e.VirtualBase, VirtualQuote: e.VirtualQuote, RealBase: e.RealBaseAfter, RealQuote: e.RealQuoteAfter}
}

// Legs returns what the curve gave or got of both sides. It is false when the reserves do not move the way of the trade.
func (e *TradeEvent) Legs() (base, quote uint64, ok bool) {
	if e.IsBuy() {
		return e.RealBaseAfter - e.RealBaseBefore, e.RealQuoteAfter - e.RealQuoteBefore,
			e.RealBaseAfter >= e.RealBaseBefore && e.RealQuoteAfter >= e.RealQuoteBefore
	}
	return e.RealBaseBefore - e.RealBaseAfter, e.RealQuoteBefore - e.RealQuoteAfter,
		e.RealBaseBefore >= e.RealBaseAfter && e.RealQuoteBefore >= e.RealQuoteAfter
}

// IsConstantProduct tells whether a trade followed the constant-product curve: the event does not name the curve's kind.
func (e *TradeEvent) IsConstantProduct() bool {
	base, quote, ok := e.Legs()
	if !ok {
		return false
	}
	exact := func(got uint64, ok bool, want uint64) bool { return ok && got == want }
	if e.IsBuy() {
		out, ok1 := e.Before().Buy(quote)
		in, ok2 := e.Before().BuyOut(base)
		return exact(out, ok1, base) || exact(in, ok2, quote)
	}
	out, ok1 := e.Before().Sell(base)
	in, ok2 := e.Before().SellOut(quote)
	return exact(out, ok1, quote) || exact(in, ok2, base)
}

// Progress is how much of the curve is sold, in 1/10,000 rounded down. It is false when nothing was for sale.
func (e *TradeEvent) Progress() (uint64, bool) {
	bps, ok := dex.MulDivFloor(e.RealBaseAfter, dex.BasisPoints, e.TotalBaseSell)
	return bps, ok && bps <= dex.BasisPoints
}
