package trading

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk"
)

// change is what big integers say, rounded towards zero and cut to 64 bits.
func TestChangeIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Uint64Range(1, 1000), rapid.Uint64Range(1, 1<<50), rapid.Uint64Min(1))
		p := price{quote: value.Draw(t, "quote"), base: value.Draw(t, "base")}
		q := price{quote: value.Draw(t, "other quote"), base: value.Draw(t, "other base")}
		up, down := times(p.quote, q.base).big(), times(q.quote, p.base).big()
		want := new(big.Int).Sub(up, down)
		want.Mul(want, big.NewInt(million)).Quo(want, down)
		if !want.IsInt64() {
			want.SetInt64(math.MaxInt64)
		}
		if got := change(p, q); got != want.Int64() {
			t.Fatalf("change of %v over %v is %d, want %s", p, q, got, want)
		}
		if less := p.less(q); less != (up.Cmp(down) < 0) {
			t.Fatalf("%v below %v: %v", p, q, less)
		}
	})
}

// Amounts near the top of 64 bits give no figure that has gone past its end.
func TestReplayBeyondTheNumbers(t *testing.T) {
	at := price{quote: 1 << 60, base: 1<<60 + 1<<57}
	v := &swap{side: sdk.Buy, seen: 1 << 60, pooled: 1 << 40, before: price{1, 1}, after: price{1, 1}}
	if loss, ok := replay(&at, v); ok {
		t.Errorf("a loss of %d of a trade that would have cost 2^63", loss)
	}
}
