package pumpswap

import "github.com/weir-run/weir/host/internal/dex"

// MinimumLiquidity is how much of the first LP supply is locked for ever.
const MinimumLiquidity = 100

// LPDecimals are the decimals of every LP mint.
const LPDecimals = 9

// PoolReserves is the state of a pool: its two vaults, what is added to the quote vault to make the price (negative where the
// vault holds fees that are owed, positive on boosted pools), and the LP supply. Its methods return false when a result does
// not exist.
type PoolReserves struct {
	Base, Quote uint64
	Virtual     dex.Int128
	LPSupply    uint64
}

// Rates are fees in basis points of the price leg. Creator is the slot that a cashback or holder reward may take instead.
type Rates struct{ LP, Protocol, Creator uint64 }

// Fees are fees in quote units.
type Fees struct{ LP, Protocol, Creator uint64 }

// On returns the fees on a leg; each one is rounded up by itself.
func (r Rates) On(amount uint64) (Fees, bool) {
	l, ok1 := dex.Fee(amount, r.LP)
	p, ok2 := dex.Fee(amount, r.Protocol)
	c, ok3 := dex.Fee(amount, r.Creator)
	_, ok4 := dex.Add(amount, l, p, c)
	return Fees{l, p, c}, ok1 && ok2 && ok3 && ok4
}

// Total returns the sum.
func (f Fees) Total() uint64 { return f.LP + f.Protocol + f.Creator }

// Effective returns the quote reserve of the price formula.
func (p PoolReserves) Effective() (uint64, bool) { return p.Virtual.AddTo(p.Quote) }

// Cost returns the leg of a buy of exactly that much base, without fees.
func (p PoolReserves) Cost(base uint64) (uint64, bool) {
	q, ok := p.Effective()
	if !ok || base >= p.Base {
		return 0, false
	}
	return dex.MulDivCeil(q, base, p.Base-base)
}

// Proceeds returns the leg of a sale of that much base, without fees.
func (p PoolReserves) Proceeds(base uint64) (uint64, bool) {
	q, ok1 := p.Effective()
	after, ok2 := dex.Add(p.Base, base)
	if !ok1 || !ok2 {
		return 0, false
	}
	return dex.MulDivFloor(q, base, after)
}

// Spend returns the base that a budget buys, fees included, and the leg that it pays. The program's own rounding is not published:
// the result may differ from the chain's by a few units, and Cost(base) never exceeds the leg.
func (p PoolReserves) Spend(budget uint64, r Rates) (base, leg uint64, ok bool) {
	leg, ok = dex.MulDivFloor(budget, dex.BasisPoints, dex.BasisPoints+r.LP+r.Protocol+r.Creator)
	fees, fit := r.On(leg)
	if !ok || !fit {
		return 0, 0, false
	}
	if over := leg + fees.Total(); over > budget {
		leg -= min(leg, over-budget)
	}
	q, ok := p.Effective()
	if !ok || leg == 0 {
		return 0, 0, false
	}
	reserve, ok := dex.Add(q, leg)
	if !ok {
		return 0, 0, false
	}
	base, ok = dex.MulDivFloor(leg, p.Base, reserve)
	return base, leg, ok && base < p.Base
}

// Bought returns the pool after a buy of the first generation: protocol and creator fee leave, the LP fee stays.
func (p PoolReserves) Bought(base, leg uint64, f Fees) PoolReserves {
	p.Base -= base
	p.Quote += leg + f.LP
	return p
}

// Sold returns the pool after a sale of the first generation.
func (p PoolReserves) Sold(base, leg uint64, f Fees) PoolReserves {
	p.Base += base
	p.Quote -= leg - f.LP
	return p
}

// BoughtV2 returns the pool after a buy that keeps its fees in the vault, except for the buyback part of the protocol fee.
func (p PoolReserves) BoughtV2(base, leg uint64, f Fees, buyback uint64) PoolReserves {
	p = p.Bought(base, leg, f)
	return p.keep(f.Protocol + f.Creator - buyback)
}

// SoldV2 returns the pool after such a sale.
func (p PoolReserves) SoldV2(base, leg uint64, f Fees, buyback uint64) PoolReserves {
	p = p.Sold(base, leg, f)
	return p.keep(f.Protocol + f.Creator - buyback)
}

// keep leaves a fee in the vault, where it is owed and makes no price.
func (p PoolReserves) keep(fee uint64) PoolReserves {
	p.Quote += fee
	p.Virtual = p.Virtual.Add(-int64(fee))
	return p
}

// FirstLP returns the LP supply of a new pool and what of it the creator gets.
func FirstLP(base, quote uint64) (supply, creator uint64, ok bool) {
	supply = dex.SqrtProduct(base, quote)
	return supply, supply - MinimumLiquidity, supply > MinimumLiquidity
}

// DepositFor returns what a deposit for that much LP puts in.
func (p PoolReserves) DepositFor(lp uint64) (base, quote uint64, ok bool) {
	base, ok1 := dex.MulDivCeil(p.Base, lp, p.LPSupply)
	quote, ok2 := dex.MulDivCeil(p.Quote, lp, p.LPSupply)
	return base, quote, ok1 && ok2
}

// WithdrawFor returns what a withdrawal of that much LP takes out.
func (p PoolReserves) WithdrawFor(lp uint64) (base, quote uint64, ok bool) {
	base, ok1 := dex.MulDivFloor(p.Base, lp, p.LPSupply)
	quote, ok2 := dex.MulDivFloor(p.Quote, lp, p.LPSupply)
	return base, quote, ok1 && ok2 && lp <= p.LPSupply
}

// MarketCap returns the worth of supply at the pool's price, in quote units rounded down. It chooses the fee tier.
func (p PoolReserves) MarketCap(supply uint64) (uint64, bool) {
	q, ok := p.Effective()
	if !ok {
		return 0, false
	}
	return dex.MulDivFloor(q, supply, p.Base)
}
