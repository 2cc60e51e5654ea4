package dex_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
)

var amount = rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 2, math.MaxUint32, math.MaxInt64, math.MaxUint64}))

func wide(v uint64) *big.Int { return new(big.Int).SetUint64(v) }

// TestMulDiv compares with numbers of any size.
func TestMulDiv(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := amount.Draw(t, "a"), amount.Draw(t, "b"), amount.Draw(t, "c")
		floor, okFloor := dex.MulDivFloor(a, b, c)
		ceil, okCeil := dex.MulDivCeil(a, b, c)
		if c == 0 {
			if okFloor || okCeil {
				t.Fatal("a division by zero has a result")
			}
			return
		}
		q, rest := new(big.Int).QuoRem(new(big.Int).Mul(wide(a), wide(b)), wide(c), new(big.Int))
		if okFloor != q.IsUint64() || okFloor && floor != q.Uint64() {
			t.Fatalf("floor %d %v, want %s", floor, okFloor, q)
		}
		if rest.Sign() > 0 {
			q.Add(q, big.NewInt(1))
		}
		if okCeil != q.IsUint64() || okCeil && ceil != q.Uint64() {
			t.Fatalf("ceil %d %v, want %s", ceil, okCeil, q)
		}
	})
}

func TestSqrtProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := amount.Draw(t, "a"), amount.Draw(t, "b")
		want := new(big.Int).Sqrt(new(big.Int).Mul(wide(a), wide(b)))
		if got := dex.SqrtProduct(a, b); got != want.Uint64() {
			t.Fatalf("%d, want %s", got, want)
		}
	})
}

func TestAdd(t *testing.T) {
	for _, c := range []struct {
		amounts []uint64
		want    uint64
		ok      bool
	}{
		{nil, 0, true},
		{[]uint64{1, 2, 3}, 6, true},
		{[]uint64{math.MaxUint64, 0}, math.MaxUint64, true},
		{[]uint64{math.MaxUint64, 1}, 0, false},
		{[]uint64{math.MaxUint64, 1, 5}, 5, false},
	} {
		if got, ok := dex.Add(c.amounts...); got != c.want || ok != c.ok {
			t.Errorf("%v: %d %v, want %d %v", c.amounts, got, ok, c.want, c.ok)
		}
	}
}

func TestFee(t *testing.T) {
	for _, c := range [][3]uint64{{10_000, 95, 95}, {10_001, 95, 96}, {0, 95, 0}, {1, 1, 1}, {2_962_962_962, 95, 28_148_149}} {
		if got, ok := dex.Fee(c[0], c[1]); !ok || got != c[2] {
			t.Errorf("%d bps of %d: %d %v, want %d", c[1], c[0], got, ok, c[2])
		}
	}
}

// TestInt128 compares with numbers of any size.
func TestInt128(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := dex.Int128{Hi: int64(amount.Draw(t, "hi")), Lo: amount.Draw(t, "lo")}
		want := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(v.Hi), 64), wide(v.Lo))
		if v.String() != want.String() {
			t.Fatalf("%s, want %s", v, want)
		}
		u := amount.Draw(t, "u")
		sum := new(big.Int).Add(want, wide(u))
		if got, ok := v.AddTo(u); ok != sum.IsUint64() || ok && got != sum.Uint64() {
			t.Fatalf("%s + %d: %d %v, want %s", v, u, got, ok, sum)
		}
		if got, ok := v.Int64(); ok != want.IsInt64() || ok && got != want.Int64() {
			t.Fatalf("%s narrowed: %d %v", v, got, ok)
		}
		d := rapid.Int64().Draw(t, "d")
		small := dex.Int128From(int64(u)).Add(d)
		if want := new(big.Int).Add(big.NewInt(int64(u)), big.NewInt(d)); small.String() != want.String() {
			t.Fatalf("%d + %d: %s", int64(u), d, small)
		}
	})
}
