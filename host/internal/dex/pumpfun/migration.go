package pumpfun

import "github.com/weir-run/weir/host/internal/dex"

// Opening is the reserves with which the pool of a completed curve opens.
type Opening struct{ Base, Quote uint64 }

// Migrate returns the opening of a completed standard curve; fee is MigrationFeeSOL on SOL coins and 0 on others.
func (c Curve) Migrate(fee uint64) (Opening, bool) {
	return Opening{Base: MigrationTokens, Quote: c.RealQuote - fee}, c.Complete() && c.RealQuote >= fee
}

// Beyond returns the reserves against which a buy that completes the curve goes on: what the pool would open with once the
// rest of the curve is bought. balance is the curve's token balance before the buy.
func (c Curve) Beyond(balance, fee uint64) (Opening, bool) {
	leg, ok := c.Cost(c.RealToken)
	if !ok || balance < c.RealToken {
		return Opening{}, false
	}
	quote, ok := dex.Add(c.RealQuote, leg)
	return Opening{Base: balance - c.RealToken, Quote: quote - fee}, ok && quote >= fee
}

// Cost returns the leg of a buy of exactly that many tokens past the end of the curve, without fees.
func (o Opening) Cost(tokens uint64) (uint64, bool) {
	if tokens >= o.Base {
		return 0, false
	}
	return dex.MulDivCeil(o.Quote, tokens, o.Base-tokens)
}

// Spend returns the tokens that a leg of exactly that much buys past the end of the curve.
func (o Opening) Spend(leg uint64) (uint64, bool) {
	if leg == 0 {
		return 0, false
	}
	reserve, ok := dex.Add(o.Quote, leg-1)
	if !ok {
		return 0, false
	}
	return dex.MulDivFloor(leg-1, o.Base, reserve)
}

// Bought returns the opening after such a buy.
func (o Opening) Bought(tokens, leg uint64) Opening { return Opening{o.Base - tokens, o.Quote + leg} }
