package raydium

import "github.com/weir-run/weir/host/internal/dex"

// SwapFeeBps is what every swap pays, in basis points of its input.
const SwapFeeBps = 25

// PoolReserves is the state of a pool without what the protocol may take. Its methods return false when a result does not
// exist.
type PoolReserves struct{ Coin, Pc, LPSupply uint64 }

// SwapIn returns what an exact input gets, and the fee inside of that input.
func (p PoolReserves) SwapIn(in, direction uint64) (out, fee uint64, ok bool) {
	source, destination := p.sides(direction)
	fee, ok = dex.Fee(in, SwapFeeBps)
	if !ok {
		return 0, 0, false
	}
	after, ok := dex.Add(source, in-fee)
	if !ok {
		return 0, 0, false
	}
	out, ok = dex.MulDivFloor(destination, in-fee, after)
	return out, fee, ok
}

// SwapOut returns what an exact output costs, and the fee inside of that.
func (p PoolReserves) SwapOut(out, direction uint64) (in, fee uint64, ok bool) {
	source, destination := p.sides(direction)
	if out >= destination {
		return 0, 0, false
	}
	net, ok := dex.MulDivCeil(source, out, destination-out)
	if !ok {
		return 0, 0, false
	}
	in, ok = dex.MulDivCeil(net, dex.BasisPoints, dex.BasisPoints-SwapFeeBps)
	return in, in - net, ok
}

// Swapped returns the pool after a swap; the fee stays in it.
func (p PoolReserves) Swapped(in, out, direction uint64) PoolReserves {
	if direction == PcToCoin {
		p.Pc, p.Coin = p.Pc+in, p.Coin-out
	} else {
		p.Coin, p.Pc = p.Coin+in, p.Pc-out
	}
	return p
}

func (p PoolReserves) sides(direction uint64) (source, destination uint64) {
	if direction == PcToCoin {
		return p.Pc, p.Coin
	}
	return p.Coin, p.Pc
}

// FirstLP returns the LP supply of a new pool and what of it the creator gets: one whole LP token stays locked. The LP mint has the
// coin's decimals.
func FirstLP(coin, pc uint64, coinDecimals uint8) (supply, creator uint64, ok bool) {
	if coinDecimals > 19 {
		return 0, 0, false
	}
	locked := uint64(1)
	for range coinDecimals {
		locked *= 10
	}
	supply = dex.SqrtProduct(coin, pc)
	return supply, supply - locked, supply > locked
}

// DepositPc returns what a deposit of exactly that much pc takes of the coin, and the LP that it gets.
func (p PoolReserves) DepositPc(pc uint64) (coin, lp uint64, ok bool) {
	coin, ok1 := dex.MulDivCeil(p.Coin, pc, p.Pc)
	lp, ok2 := dex.MulDivFloor(p.LPSupply, pc, p.Pc)
	return coin, lp, ok1 && ok2
}

// WithdrawFor returns what a withdrawal of that much LP takes out.
func (p PoolReserves) WithdrawFor(lp uint64) (coin, pc uint64, ok bool) {
	coin, ok1 := dex.MulDivFloor(p.Coin, lp, p.LPSupply)
	pc, ok2 := dex.MulDivFloor(p.Pc, lp, p.LPSupply)
	return coin, pc, ok1 && ok2 && lp <= p.LPSupply
}
