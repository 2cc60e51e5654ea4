package cpmm

import (
	"math/bits"

	"github.com/weir-run/weir/host/internal/dex"
)

// LockedLP is how much of the first LP supply, which is the root of the product of what the vaults got, nobody has.
const LockedLP = 100

// RateUnit is what fee rates are parts of.
const RateUnit = 1_000_000

// Fee returns amount·rate/RateUnit rounded up. It is false when the result does not fit 64 bits.
func Fee(amount, rate uint64) (uint64, bool) { return dex.MulDivCeil(amount, rate, RateUnit) }

// Reserves are the two sides of a pool as the price formula sees them, in the direction of a swap.
type Reserves struct{ In, Out uint64 }

// Output returns what an input without fees gets. It is false when that does not exist.
func (p Reserves) Output(net uint64) (uint64, bool) {
	after, carry := bits.Add64(p.In, net, 0)
	if carry != 0 {
		return 0, false
	}
	return dex.MulDivFloor(p.Out, net, after)
}

// Input returns what an output costs, without fees. It is false when the pool does not have that much.
func (p Reserves) Input(out uint64) (uint64, bool) {
	if out >= p.Out {
		return 0, false
	}
	return dex.MulDivCeil(p.In, out, p.Out-out)
}

// Leg returns what the price formula saw of a swap's two sides. Both are exact in the layout of 170 bytes; in the older one the
// input is with its trade fee and fees is false.
func (e *SwapEvent) Leg() (in, out uint64, fees, ok bool) {
	in, out, fees = e.InputAmount, e.OutputAmount, e.Has(SwapNewest)
	if !fees {
		return in, out, false, true
	}
	if e.TradeFee > in {
		return 0, 0, false, false
	}
	in -= e.TradeFee
	if !e.CreatorFeeOnInput {
		sum, fit := dex.Add(out, e.CreatorFee)
		return in, sum, true, fit
	}
	return in - e.CreatorFee, out, true, e.CreatorFee <= in
}
