package liquidity

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk"
)

func TestLossOfFourTimesThePrice(t *testing.T) {
	for price, want := range map[uint64]int64{1: 0, 4: -200_000, 9: -400_000, 100: -801_980} {
		var e entry
		e.add(amount{low: 1}, 1_000_000, 1_000_000)
		got, absent := e.loss(&reserves{priced: true, priceBase: 1_000_000_000, priceQuote: 1_000_000_000 * price})
		if got != want || absent != sdk.Present {
			t.Errorf("price %d times as high: loss %d, %v, want %d", price, got, absent, want)
		}
	}
}

// The loss of one deposit is 2 sqrt(XY) / (X + Y) - 1 with X = pb q and Y = pq b.
func TestLossIsTheFormula(t *testing.T) {
	real := rapid.Uint64Range(1, 1<<50)
	rapid.Check(t, func(t *rapid.T) {
		b, q, pb, pq := real.Draw(t, "b"), real.Draw(t, "q"), real.Draw(t, "pb"), real.Draw(t, "pq")
		var e entry
		e.add(amount{low: 7}, b, q)
		got, absent := e.loss(&reserves{priced: true, priceBase: pb, priceQuote: pq})
		product := func(a, b uint64) *big.Float {
			return new(big.Float).SetPrec(300).Mul(new(big.Float).SetUint64(a), new(big.Float).SetUint64(b))
		}
		x, y := product(pb, q), product(pq, b)
		x.SetPrec(300)
		want := new(big.Float).SetPrec(300).Mul(x, y)
		want.Sqrt(want).Mul(want, big.NewFloat(2)).Quo(want, new(big.Float).SetPrec(300).Add(x, y))
		want.Sub(want, big.NewFloat(1)).Mul(want, big.NewFloat(million))
		exact, _ := want.Float64()
		// Roots are kept with 16 bits of fraction, so those of a few units are not exact.
		if diff := float64(got) - exact; absent != sdk.Present || diff > 62 || diff < -62 {
			t.Fatalf("loss %d, %v, want %f", got, absent, exact)
		}
	})
}

// Depth is where the price has moved by the step and not one unit less: along base * quote, the price is as quote squared.
func TestDepthMovesThePrice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := reserves{priced: true, priceBase: rapid.Uint64Min(1).Draw(t, "base"), priceQuote: rapid.Uint64Min(1).Draw(t, "quote")}
		for _, s := range v.depth(sdk.Key{}, &pool{}).GetSteps() {
			move := int64(s.GetMovePpm())
			for _, c := range []struct {
				what       string
				from, to   *big.Int // to is the last whole number on the way
				toward     int64
				up, factor int64 // (to / from)^2 is at most up / factor, or at least for toward -1
			}{
				{"quote in", number(v.priceQuote), plus(v.priceQuote, s.GetUpQuoteIn()), 1, million + move, million},
				{"base out", number(v.priceBase), plus(v.priceBase, -s.GetUpBaseOut()), -1, million, million + move},
				{"base in", number(v.priceBase), plus(v.priceBase, s.GetDownBaseIn()), 1, million, million - move},
				{"quote out", number(v.priceQuote), plus(v.priceQuote, -s.GetDownQuoteOut()), -1, million - move, million},
			} {
				within := func(to *big.Int) bool {
					left := new(big.Int).Mul(to, to)
					left.Mul(left, big.NewInt(c.factor))
					right := new(big.Int).Mul(c.from, c.from)
					return left.Cmp(right.Mul(right, big.NewInt(c.up)))*int(c.toward) <= 0
				}
				beyond := new(big.Int).Add(c.to, big.NewInt(c.toward))
				if !within(c.to) || within(beyond) {
					t.Fatalf("%s for %d ppm of %d and %d: %v", c.what, move, v.priceBase, v.priceQuote, s)
				}
			}
		}
	})
}

func number(v uint64) *big.Int { return new(big.Int).SetUint64(v) }

// plus takes a negative number in two's complement.
func plus(v, d uint64) *big.Int { return new(big.Int).Add(number(v), big.NewInt(int64(d))) }

func TestAmountIsABigInt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var sum amount
		want := new(big.Int)
		for _, v := range rapid.SliceOf(rapid.Uint64()).Draw(t, "values") {
			sum.add(v)
			want.Add(want, number(v))
		}
		if sum.String() != want.String() || amountOf(want) != sum {
			t.Fatalf("sum is %s, want %s", sum, want)
		}
	})
}

// What is left of an entry never stands for more than what is left of the position, and loses no more than it should.
func TestEntriesAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e entry
		for range rapid.IntRange(1, 5).Draw(t, "deposits") {
			e.add(amount{low: rapid.Uint64Range(1, 1<<60).Draw(t, "lp")}, rapid.Uint64Range(0, 1<<60).Draw(t, "base"), rapid.Uint64Range(0, 1<<60).Draw(t, "quote"))
		}
		whole := e
		left := amount{low: rapid.Uint64().Draw(t, "left")}
		e.cut(left)
		want := func(v uint64) uint64 {
			if !left.less(whole.of) {
				return v
			}
			x := new(big.Int).Mul(number(v), left.big())
			return x.Quo(x, whole.of.big()).Uint64()
		}
		if left == (amount{}) {
			if e != (entry{}) {
				t.Fatalf("of nothing is left %+v", e)
			}
			return
		}
		if left.less(e.of) || e.base != want(whole.base) || e.quote != want(whole.quote) {
			t.Fatalf("%+v of %+v for %s", e, whole, left)
		}
	})
}
