package liquidity

import (
	"math/big"

	"github.com/weir-run/weir/sdk"
)

// rootBits is how many bits of fraction the roots of entries are kept with.
const rootBits = 16

// entry is what was put in for a position, or for what is still there of it.
type entry struct {
	of          amount // LP tokens, or liquidity, that it stands for
	base, quote uint64
	root        amount // sum of sqrt(base * quote) over what was put in, with rootBits bits of fraction
}

// add takes another deposit.
func (e *entry) add(of amount, base, quote uint64) {
	e.of, e.base, e.quote = e.of.plus(of), add(e.base, base), add(e.quote, quote)
	e.root = e.root.plus(amountOf(root(base, quote)))
}

// cut keeps what stands for what is left; all of it stood for a sum that was larger.
func (e *entry) cut(left amount) {
	if left == (amount{}) {
		*e = entry{}
		return
	}
	if !left.less(e.of) {
		return
	}
	x := new(big.Int).Mul(e.root.big(), left.big())
	e.base, e.quote, e.root = part(e.base, left, e.of), part(e.quote, left, e.of), amountOf(x.Quo(x, e.of.big()))
	e.of = left
}

// root is sqrt(a * b) rounded down, with rootBits bits of fraction.
func root(a, b uint64) *big.Int {
	x := new(big.Int).SetUint64(a)
	x.Mul(x, new(big.Int).SetUint64(b)).Lsh(x, 2*rootBits)
	return x.Sqrt(x)
}

// loss compares, in millionths, what a position on a constant product is worth without fees with what was put in, both at the price of
// the reserves. With price p a deposit of b and q is worth 2 sqrt(b q p), and kept it would be q + b p.
func (e *entry) loss(v *reserves) (int64, sdk.Absent) {
	if !v.priced || v.priceBase == 0 || v.priceQuote == 0 {
		return 0, sdk.AbsentReservesUnknown
	}
	base, quote := new(big.Int).SetUint64(v.priceBase), new(big.Int).SetUint64(v.priceQuote)
	kept := new(big.Int).Mul(base, new(big.Int).SetUint64(e.quote))
	kept.Add(kept, quote.Mul(quote, new(big.Int).SetUint64(e.base)))
	if kept.Sign() == 0 {
		return 0, sdk.AbsentEntryUnknown
	}
	worth := new(big.Int).Mul(e.root.big(), root(v.priceBase, v.priceQuote))
	kept.Lsh(kept, 2*rootBits-1) // one bit less: worth is half of it
	worth.Sub(worth, kept).Mul(worth, big.NewInt(million)).Quo(worth, kept)
	return min(worth.Int64(), 0), sdk.Present
}
