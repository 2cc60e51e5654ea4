package pumpfun

import "github.com/weir-run/weir/host/internal/dex"

// What a standard coin starts with, in raw units.
const (
	Supply              = 1_000_000_000_000_000
	InitialVirtualToken = 1_073_000_000_000_000
	InitialRealToken    = 793_100_000_000_000
	InitialVirtualSOL   = 30_000_000_000
	InitialVirtualUSDC  = 4_292_000_000
	MigrationTokens     = Supply - InitialRealToken // what the pool gets
	MigrationFeeSOL     = 15_000_001                // kept from the raised SOL; nothing is kept of token quotes
	ProtocolFeeBps      = 95
	CreatorFeeBps       = 30
	BuybackShareBps     = 5_000 // of the protocol fee
	Decimals            = 6
)

// Curve is the state of a bonding curve. Its methods return false when a result does not exist: it would need more than the
// curve holds, or does not fit 64 bits.
type Curve struct {
	VirtualToken, VirtualQuote uint64
	RealToken, RealQuote       uint64
}

// Start returns the curve of a new standard coin, InitialVirtualSOL or InitialVirtualUSDC or what a listed coin starts with.
func Start(virtualQuote uint64) Curve {
	return Curve{VirtualToken: InitialVirtualToken, VirtualQuote: virtualQuote, RealToken: InitialRealToken}
}

// Rates are fees in basis points of the curve's leg. Creator is the slot that a cashback or holder reward may take instead.
type Rates struct{ Protocol, Creator uint64 }

// Fees are fees in quote units.
type Fees struct{ Protocol, Creator uint64 }

// On returns the fees on a leg; each one is rounded up by itself.
func (r Rates) On(amount uint64) (Fees, bool) {
	p, ok1 := dex.Fee(amount, r.Protocol)
	c, ok2 := dex.Fee(amount, r.Creator)
	_, ok3 := dex.Add(amount, p, c)
	return Fees{p, c}, ok1 && ok2 && ok3
}

// Total returns the sum.
func (f Fees) Total() uint64 { return f.Protocol + f.Creator }

// Cost returns the leg of a buy of exactly that many tokens, without fees.
func (c Curve) Cost(tokens uint64) (uint64, bool) {
	if tokens > c.RealToken || tokens >= c.VirtualToken {
		return 0, false
	}
	cost, ok := dex.MulDivFloor(tokens, c.VirtualQuote, c.VirtualToken-tokens)
	return cost + 1, ok && cost+1 != 0
}

// Spend returns what a buy with exactly that much, fees included, gets and which leg it pays. A budget for more than the curve
// holds buys the rest of it at its cost.
func (c Curve) Spend(budget uint64, r Rates) (tokens, leg uint64, ok bool) {
	leg, ok = dex.MulDivFloor(budget, dex.BasisPoints, dex.BasisPoints+r.Protocol+r.Creator)
	if !ok {
		return 0, 0, false
	}
	if fees, fit := r.On(leg); !fit {
		return 0, 0, false
	} else if over := leg + fees.Total(); over > budget {
		leg -= min(leg, over-budget)
	}
	if leg == 0 {
		return 0, 0, false
	}
	reserve, ok := dex.Add(c.VirtualQuote, leg-1)
	if !ok {
		return 0, 0, false
	}
	if tokens, ok = dex.MulDivFloor(leg-1, c.VirtualToken, reserve); !ok {
		return 0, 0, false
	}
	if tokens > c.RealToken {
		tokens = c.RealToken
		leg, ok = c.Cost(tokens)
	}
	return tokens, leg, ok
}

// Proceeds returns the leg of a sale of that many tokens, without fees.
func (c Curve) Proceeds(tokens uint64) (uint64, bool) {
	reserve, ok := dex.Add(c.VirtualToken, tokens)
	if !ok {
		return 0, false
	}
	out, ok := dex.MulDivFloor(tokens, c.VirtualQuote, reserve)
	return out, ok && out <= c.RealQuote
}

// Bought returns the curve after a buy. Fees never enter it.
func (c Curve) Bought(tokens, leg uint64) Curve {
	return Curve{c.VirtualToken - tokens, c.VirtualQuote + leg, c.RealToken - tokens, c.RealQuote + leg}
}

// Sold returns the curve after a sale.
func (c Curve) Sold(tokens, leg uint64) Curve {
	return Curve{c.VirtualToken + tokens, c.VirtualQuote - leg, c.RealToken + tokens, c.RealQuote - leg}
}

// Before returns the curve as it was before the trade that led to c. Amounts that no trade could have had wrap around.
func (c Curve) Before(buy bool, tokens, leg uint64) Curve {
	if buy {
		return c.Sold(tokens, leg)
	}
	return c.Bought(tokens, leg)
}

// Complete tells that no token is left for sale.
func (c Curve) Complete() bool { return c.RealToken == 0 }

// Progress returns how much of the initial real tokens is sold, in basis points rounded down, 10,000 on a complete curve.
func (c Curve) Progress(initialRealToken uint64) uint64 {
	if initialRealToken == 0 || c.RealToken >= initialRealToken {
		return 0
	}
	p, _ := dex.MulDivFloor(initialRealToken-c.RealToken, dex.BasisPoints, initialRealToken)
	return p
}

// MarketCap returns the worth of supply at the curve's price, in quote units rounded down.
func (c Curve) MarketCap(supply uint64) (uint64, bool) {
	return dex.MulDivFloor(supply, c.VirtualQuote, c.VirtualToken)
}

// Standard tells whether the curve obeys the invariants of a standard coin that started with virtualQuote. Mayhem coins do not.
func (c Curve) Standard(virtualQuote uint64) bool {
	return c.VirtualQuote-c.RealQuote == virtualQuote && c.VirtualToken-c.RealToken == InitialVirtualToken-InitialRealToken
}
