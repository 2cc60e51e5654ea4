package trading

import (
	"math/bits"
	"strconv"

	"github.com/weir-run/weir/sdk/pack"
)

// amount is a sum of raw units in 128 bits: coins with large supplies pass 64 bits within days.
type amount struct{ high, low uint64 }

// add cannot overflow: it takes 2^64 trades of the largest amount.
func (a *amount) add(v uint64) {
	var carry uint64
	a.low, carry = bits.Add64(a.low, v, 0)
	a.high += carry
}

// join adds another sum.
func (a *amount) join(b amount) {
	var carry uint64
	a.low, carry = bits.Add64(a.low, b.low, 0)
	a.high += b.high + carry
}

// String returns decimal text.
func (a amount) String() string {
	if a.high == 0 {
		return strconv.FormatUint(a.low, 10)
	}
	return product(a).big().String()
}

func (a amount) append(b []byte) []byte {
	return pack.AppendUvarint(pack.AppendUvarint(b, a.high), a.low)
}

func readAmount(r *pack.Reader) amount { return amount{high: r.Uvarint(), low: r.Uvarint()} }
