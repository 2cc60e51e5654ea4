package clmm

import (
	"math/big"

	"github.com/weir-run/weir/host/internal/dex"
)

// RateUnit is what fee rates are parts of.
const RateUnit = 1_000_000

// Price returns token 1 per token 0 in raw units, exactly.
func Price(sqrtPriceX64 dex.Uint128) *big.Rat {
	root := wide(sqrtPriceX64)
	return new(big.Rat).SetFrac(root.Mul(root, root), new(big.Int).Lsh(big.NewInt(1), 128))
}

// Amounts returns what a position of that liquidity holds at a price, rounded down, between the roots of the prices at both ends
// of its range.
func Amounts(liquidity, sqrtPriceX64, lower, upper dex.Uint128) (token0, token1 *big.Int) {
	l, a, b := wide(liquidity), wide(lower), wide(upper)
	p := wide(sqrtPriceX64)
	if p.Cmp(a) < 0 {
		p = a
	}
	if p.Cmp(b) > 0 {
		p = b
	}
	token0, token1 = new(big.Int), new(big.Int)
	if p.Sign() > 0 { // L·2⁶⁴·(√Pb − √P)/(√P·√Pb)
		token0.Mul(l, new(big.Int).Sub(b, p)).Lsh(token0, 64)
		token0.Quo(token0, new(big.Int).Mul(p, b))
	}
	token1.Rsh(token1.Mul(l, new(big.Int).Sub(p, a)), 64)
	return token0, token1
}

func wide(v dex.Uint128) *big.Int {
	b := new(big.Int).Lsh(new(big.Int).SetUint64(v.Hi), 64)
	return b.Or(b, new(big.Int).SetUint64(v.Lo))
}

// Trader returns what the sender of a swap gave and got, in that order. It is false for amounts smaller than their own fees.
func (e *SwapEvent) Trader() (gave, got uint64, ok bool) {
	if e.ZeroForOne {
		return e.Amount0, e.Amount1 - e.TransferFee1, e.TransferFee1 <= e.Amount1 && e.TransferFee0 <= e.Amount0
	}
	return e.Amount1, e.Amount0 - e.TransferFee0, e.TransferFee0 <= e.Amount0 && e.TransferFee1 <= e.Amount1
}

// Pool returns what the pool's vaults got and gave, in that order.
func (e *SwapEvent) Pool() (got, gave uint64) {
	if e.ZeroForOne {
		return e.Amount0 - e.TransferFee0, e.Amount1
	}
	return e.Amount1 - e.TransferFee1, e.Amount0
}

// Leg returns what the price saw of a swap's two sides. fees is false in the older layout, where the input is with its trade fee.
func (e *SwapEvent) Leg() (in, out uint64, fees, ok bool) {
	in, out = e.Pool()
	if !e.Has(SwapNewest) {
		return in, out, false, true
	}
	feeIn, feeOut := e.TradeFee0, e.TradeFee1
	if !e.ZeroForOne {
		feeIn, feeOut = feeOut, feeIn
	}
	sum, fit := dex.Add(out, feeOut)
	return in - feeIn, sum, true, fit && feeIn <= in
}
