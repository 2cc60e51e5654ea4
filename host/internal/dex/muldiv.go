package dex

import "math/bits"

// BasisPoints is what fee rates are parts of.
const BasisPoints = 10_000

// MulDivFloor returns ⌊a·b/c⌋ with a 128-bit product. It is false when c is 0 or the result does not fit 64 bits.
func MulDivFloor(a, b, c uint64) (uint64, bool) {
	q, _, ok := mulDiv(a, b, c)
	return q, ok
}

// MulDivCeil returns ⌈a·b/c⌉ with a 128-bit product. It is false when c is 0 or the result does not fit 64 bits.
func MulDivCeil(a, b, c uint64) (uint64, bool) {
	q, rest, ok := mulDiv(a, b, c)
	if rest > 0 {
		q++
		ok = ok && q != 0
	}
	return q, ok
}

func mulDiv(a, b, c uint64) (quotient, rest uint64, ok bool) {
	hi, lo := bits.Mul64(a, b)
	if hi >= c {
		return 0, 0, false
	}
	quotient, rest = bits.Div64(hi, lo, c)
	return quotient, rest, true
}

// Fee returns amount·rate rounded up, rate in basis points. It is false when the result does not fit 64 bits.
func Fee(amount, rate uint64) (uint64, bool) { return MulDivCeil(amount, rate, BasisPoints) }

// Add returns the sum of the amounts. It is false when that does not fit 64 bits.
func Add(amounts ...uint64) (uint64, bool) {
	var sum, carry uint64
	for _, a := range amounts {
		var c uint64
		sum, c = bits.Add64(sum, a, 0)
		carry |= c
	}
	return sum, carry == 0
}

// SqrtProduct returns ⌊√(a·b)⌋, the first LP supply of a constant-product pool.
func SqrtProduct(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	var root uint64
	for bit := uint64(1) << 63; bit != 0; bit >>= 1 {
		try := root | bit
		if h, l := bits.Mul64(try, try); h < hi || h == hi && l <= lo {
			root = try
		}
	}
	return root
}
