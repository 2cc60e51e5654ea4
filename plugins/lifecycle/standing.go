package lifecycle

import (
	"math"
	"math/bits"

	"github.com/weir-run/weir/sdk"
)

// What every pump curve that is not mayhem starts with, raw units (program pump, account Global: initial_real_token_reserves and
// initial_virtual_token_reserves). The two keep their distance for as long as the curve lives.
const (
	pumpInitialReal = 793_100_000_000_000
	pumpVirtualGap  = 1_073_000_000_000_000 - pumpInitialReal
)

// learn takes what a trade in the token's own place says.
func (t *token) learn(trade *sdk.Trade, curve bool) {
	t.now.take(trade.GetReservesAfter())
	t.weigh(trade.MarketCap, trade.GetQuoteUsd())
	if curve && t.phase < phase(sdk.PhaseCompleted) {
		t.measureCurve(trade)
	}
}

// take remembers reserves.
func (s *standing) take(r *sdk.Reserves) {
	s.has = 0
	if r == nil {
		return
	}
	note := func(bit uint8, to, from *uint64) {
		if from != nil {
			*to = *from
			s.has |= bit
		}
	}
	note(hasBase, &s.base, r.Base)
	note(hasQuote, &s.quote, r.Quote)
	note(hasPriceBase, &s.priceBase, r.PriceBase)
	note(hasPriceQuote, &s.priceQuote, r.PriceQuote)
}

// priced says whether the reserves make a price.
func (s *standing) priced() bool {
	const both = hasPriceBase | hasPriceQuote
	return s.has&both == both && s.priceBase > 0 && s.priceQuote > 0
}

// weigh works out the market cap: what the record says, which knows the supply of the moment, else the supply at creation at the price of
// the reserves. dollars is what the quote mint is worth, nil where that is not known.
func (t *token) weigh(said *uint64, dollars *sdk.DollarPrice) {
	s := &t.now
	s.cap, s.capOut = 0, 0
	switch {
	case said != nil:
		s.cap = *said
	case t.supply == 0 || t.is(mayhem):
		s.capOut = absence(sdk.AbsentSupply)
	case !s.priced():
		s.capOut = absence(sdk.AbsentPrice)
	default:
		var fits bool
		if s.cap, fits = mulDiv(t.supply, s.priceQuote, s.priceBase); !fits {
			s.capOut = absence(sdk.AbsentPrice)
		}
	}
	s.usd, s.usdSlot, s.usdOut = 0, 0, s.capOut
	if s.capOut != 0 {
		return
	}
	if dollars.GetUnits() == 0 {
		s.usdOut = absence(sdk.AbsentDollars)
		return
	}
	var fits bool
	if s.usd, fits = mulDiv(s.cap, dollars.GetUsdMicros(), dollars.GetUnits()); !fits {
		s.usdOut = absence(sdk.AbsentPrice)
		return
	}
	s.usdSlot = dollars.GetSlot()
}

// measureCurve works out how much of the curve is sold.
func (t *token) measureCurve(trade *sdk.Trade) {
	s := &t.now
	known := s.has&hasBase != 0
	if t.initial == 0 && known && trade.GetVenue() == sdk.Pump && s.has&hasPriceBase != 0 && s.priceBase-s.base == pumpVirtualGap {
		t.initial = pumpInitialReal
	}
	s.progress, s.progressOut = 0, 0
	switch {
	case t.initial > 0 && known && s.base <= t.initial:
		sold, _ := mulDiv(t.initial-s.base, million, t.initial) // at most a million
		s.progress = uint32(sold)
	case trade.CurveProgressBps != nil && trade.GetCurveProgressBps() <= 10_000:
		s.progress = trade.GetCurveProgressBps() * (million / 10_000)
	case t.initial == 0 && !t.is(sawCreation):
		s.progressOut = absence(sdk.AbsentCreationNotSeen)
	case t.initial == 0:
		s.progressOut = absence(sdk.AbsentNotYet)
	default:
		s.progressOut = absence(sdk.AbsentPrice)
	}
}

// soldOut says that a trade left the curve nothing to sell. Curves of Meteora end by price, not by what is left.
func soldOut(trade *sdk.Trade) bool {
	after := trade.GetReservesAfter()
	return trade.GetVenue() != sdk.MeteoraDBC && trade.GetSide() == sdk.Buy && after != nil && after.Base != nil && after.GetBase() == 0
}

// beyond is the part of a completing buy that the curve did not fill.
func beyond(trade *sdk.Trade) *sdk.SyntheticMigration {
	before, after := trade.GetReservesBefore(), trade.GetReservesAfter()
	if before == nil || after == nil || before.Base == nil || before.Quote == nil || after.Quote == nil {
		return nil
	}
	base, quote := before.GetBase()-after.GetBase(), after.GetQuote()-before.GetQuote()
	if after.GetBase() > before.GetBase() || after.GetQuote() < before.GetQuote() ||
		trade.GetBaseAmount() <= base || trade.GetPoolQuoteAmount() < quote {
		return nil
	}
	return &sdk.SyntheticMigration{BaseAmount: trade.GetBaseAmount() - base, QuoteAmount: trade.GetPoolQuoteAmount() - quote}
}

// mulDiv is a * b / c rounded down, for c above 0. It is false where that passes 64 bits.
func mulDiv(a, b, c uint64) (uint64, bool) {
	high, low := bits.Mul64(a, b)
	if high >= c {
		return math.MaxUint64, false
	}
	quotient, _ := bits.Div64(high, low, c)
	return quotient, true
}
