package trading

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/weir-run/weir/sdk"
)

// million is one as the reports say it: in millionths.
const million = 1_000_000

// product is a times b in 128 bits.
type product struct{ high, low uint64 }

func times(a, b uint64) product {
	high, low := bits.Mul64(a, b)
	return product{high: high, low: low}
}

func (p product) less(q product) bool {
	return p.high < q.high || (p.high == q.high && p.low < q.low)
}

// price is an exact ratio, quote over base, raw units. A base of zero is no price.
type price struct{ quote, base uint64 }

func (p price) known() bool { return p.base > 0 && p.quote > 0 }

func (p price) less(q price) bool { return times(p.quote, q.base).less(times(q.quote, p.base)) }

// message is the price for an output, nil for none.
func (p price) message() *sdk.Price {
	if !p.known() {
		return nil
	}
	return &sdk.Price{Quote: p.quote, Base: p.base}
}

// spot is the price that reserves say.
func spot(r *sdk.Reserves) price {
	if r == nil || r.PriceBase == nil || r.PriceQuote == nil {
		return price{}
	}
	return price{quote: r.GetPriceQuote(), base: r.GetPriceBase()}
}

// priceOf is the price after a trade and what it was read from.
func priceOf(t *sdk.Trade) (price, sdk.PriceSource) {
	if p := spot(t.GetReservesAfter()); p.known() {
		return p, sdk.PriceReserves
	}
	if p := (price{quote: t.GetPoolQuoteAmount(), base: t.GetBaseAmount()}); p.known() {
		return p, sdk.PriceAmounts
	}
	return price{}, 0
}

// change is p / q - 1 in millionths, rounded towards zero, of known prices. What does not fit is cut to the largest number.
func change(p, q price) int64 {
	up, down := times(p.quote, q.base), times(q.quote, p.base)
	if up.less(down) {
		return -fraction(down, up, down)
	}
	return fraction(up, down, down)
}

// fraction is (a - b) * million / c for a >= b and c > 0.
func fraction(a, b, c product) int64 {
	low, borrow := bits.Sub64(a.low, b.low, 0)
	high, _ := bits.Sub64(a.high, b.high, borrow)
	if high >= math.MaxUint64/million {
		return largeFraction(product{high, low}, c)
	}
	carry, low := bits.Mul64(low, million)
	return divide(product{high*million + carry, low}, c)
}

// divide is a / b by shifting and subtracting: as many steps as the answer has bits, which are few.
func divide(a, b product) int64 {
	var quotient uint64
	shift := a.bits() - b.bits()
	if shift > 63 {
		return math.MaxInt64
	}
	for ; shift >= 0; shift-- {
		quotient <<= 1
		if part := b.shifted(shift); !a.less(part) {
			var borrow uint64
			a.low, borrow = bits.Sub64(a.low, part.low, 0)
			a.high, _ = bits.Sub64(a.high, part.high, borrow)
			quotient |= 1
		}
	}
	return int64(min(quotient, math.MaxInt64))
}

func (p product) bits() int {
	if p.high > 0 {
		return 64 + bits.Len64(p.high)
	}
	return bits.Len64(p.low)
}

// shifted is p times 2^n for an n below 64.
func (p product) shifted(n int) product {
	return product{high: p.high<<n | p.low>>(64-n), low: p.low << n}
}

// largeFraction is fraction where a million times the difference passes 128 bits: reserves near the top of 64 bits.
func largeFraction(difference, c product) int64 {
	q := difference.big()
	q.Mul(q, big.NewInt(million)).Quo(q, c.big())
	if !q.IsInt64() {
		return math.MaxInt64
	}
	return q.Int64()
}

func (p product) big() *big.Int {
	whole := new(big.Int).SetUint64(p.high)
	return whole.Lsh(whole, 64).Add(whole, new(big.Int).SetUint64(p.low))
}

// share is part / whole in millionths, for a whole above zero.
func share(part, whole uint64) uint64 {
	return uint64(fraction(times(part, 1), product{}, times(whole, 1)))
}
