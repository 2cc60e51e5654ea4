package liquidity

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	"github.com/weir-run/weir/sdk/pack"
)

// million is one as the reports say it: in millionths.
const million = 1_000_000

// amount is a sum of raw units, or the liquidity of a position, in 128 bits.
type amount struct{ high, low uint64 }

// add cannot overflow: it takes 2^64 of the largest values.
func (a *amount) add(v uint64) { *a = a.plus(amount{low: v}) }

func (a amount) plus(b amount) amount {
	low, carry := bits.Add64(a.low, b.low, 0)
	return amount{high: a.high + b.high + carry, low: low}
}

// less tells whether a is below b.
func (a amount) less(b amount) bool { return a.high < b.high || a.high == b.high && a.low < b.low }

// minus is a - b for a b that is not above a.
func (a amount) minus(b amount) amount {
	low, borrow := bits.Sub64(a.low, b.low, 0)
	high, _ := bits.Sub64(a.high, b.high, borrow)
	return amount{high: high, low: low}
}

func (a amount) big() *big.Int {
	v := new(big.Int).SetUint64(a.high)
	return v.Lsh(v, 64).Add(v, new(big.Int).SetUint64(a.low))
}

// String returns decimal text.
func (a amount) String() string {
	if a.high == 0 {
		return strconv.FormatUint(a.low, 10)
	}
	return a.big().String()
}

func (a amount) append(b []byte) []byte {
	return pack.AppendUvarint(pack.AppendUvarint(b, a.high), a.low)
}

func readAmount(r *pack.Reader) amount { return amount{high: r.Uvarint(), low: r.Uvarint()} }

// amountOf is v in 128 bits, which it must fit.
func amountOf(v *big.Int) amount {
	low := new(big.Int).And(v, new(big.Int).SetUint64(math.MaxUint64))
	return amount{high: new(big.Int).Rsh(v, 64).Uint64(), low: low.Uint64()}
}

// mulDiv is a * b / c rounded down; false for a c of 0 and a result that does not fit.
func mulDiv(a, b, c uint64) (uint64, bool) {
	high, low := bits.Mul64(a, b)
	if high >= c {
		return 0, false
	}
	q, _ := bits.Div64(high, low, c)
	return q, true
}

// ratio is a * million / b rounded down; false for a b of 0 and a result that does not fit.
func ratio(a, b *big.Int) (uint64, bool) {
	if b.Sign() <= 0 {
		return 0, false
	}
	v := new(big.Int).Mul(a, big.NewInt(million))
	v.Quo(v, b)
	return v.Uint64(), v.IsUint64()
}

// part is v * a / b rounded down, for an a that is not above b.
func part(v uint64, a, b amount) uint64 {
	if a == b || b == (amount{}) {
		return v
	}
	x := new(big.Int).SetUint64(v)
	x.Mul(x, a.big())
	return x.Quo(x, b.big()).Uint64()
}

// add stops at the largest number: what passes it is no real amount.
func add(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
