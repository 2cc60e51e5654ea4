package liquidity_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// split sends records in pieces of any size, with checkpoints and crashes between them, and gives all outputs.
func split(tb testing.TB, t *rapid.T, records []*sdk.Record, config string) []*sdk.Output {
	tb.Helper()
	h := weirtest.Start(tb, liquidity.New, weirtest.Config(config), weirtest.BatchSize(rapid.IntRange(1, 64).Draw(t, "batch")))
	for left := records; len(left) > 0; {
		n := rapid.IntRange(1, len(left)).Draw(t, "piece")
		h.Send(left[:n]...)
		left = left[n:]
		switch rapid.IntRange(0, 4).Draw(t, "then") {
		case 0:
			h.Checkpoint()
		case 1:
			h.Crash()
		}
	}
	return h.Outputs()
}

// TestOutputsWhateverTheBatches: the same records give the same outputs however they come.
func TestOutputsWhateverTheBatches(t *testing.T) {
	const config = `{"periods": ["1m", "5m"], "max_pools": 4, "max_positions": 6}`
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		records := story(rand.New(rand.NewPCG(seed, seed)), rapid.IntRange(1, 60).Draw(r, "records"))
		want := weirtest.Start(t, liquidity.New, weirtest.Config(config)).Send(records...)
		got := split(t, r, records, config)
		if len(got) != len(want) {
			r.Fatalf("%d outputs, want %d", len(got), len(want))
		}
		for i := range want {
			if !proto.Equal(got[i], want[i]) {
				r.Fatalf("output %d is %v, want %v", i, got[i], want[i])
			}
		}
	})
}

// TestFeesAreTheSumOfTrades: whatever the split and restarts, what accrued in a pool is the sum of its trades' fees of that kind and mint.
func TestFeesAreTheSumOfTrades(t *testing.T) {
	kinds := []sdk.FeeKind{sdk.FeeProtocol, sdk.FeeCreator, sdk.FeeLP, sdk.FeeBuyback}
	rapid.Check(t, func(r *rapid.T) {
		type sum struct {
			pool string
			kind sdk.FeeKind
		}
		accrued, swept := map[sum]uint64{}, map[sum]uint64{}
		var records []*sdk.Record
		var want []sum
		var totals [][2]uint64
		for range rapid.IntRange(1, 80).Draw(r, "records") {
			k := sum{strconv.Itoa(rapid.IntRange(0, 2).Draw(r, "pool")), rapid.SampledFrom(kinds).Draw(r, "kind")}
			amount := rapid.Uint64Range(0, 1<<50).Draw(r, "amount")
			if rapid.IntRange(0, 3).Draw(r, "what") > 0 {
				accrued[k] += amount
				trade := weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap, Pool: weirtest.Key(k.pool)})
				trade.GetTrade().Fees = []*sdk.Fee{{Kind: k.kind, Amount: amount}}
				records = append(records, trade)
				continue
			}
			swept[k] += amount
			moved := weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap, Pool: weirtest.Key(k.pool), Kind: k.kind})
			moved.GetFeesMoved().Amount = amount
			records = append(records, moved)
			want, totals = append(want, k), append(totals, [2]uint64{accrued[k], swept[k]})
		}
		for _, o := range split(t, r, records, `{"trades": false}`) {
			f := o.GetPoolFee()
			if f == nil {
				continue
			}
			if got := f.GetTotal(); sdk.KeyOf(f.GetPool()) != sdk.KeyOf(weirtest.Key(want[0].pool)) || got.GetKind() != want[0].kind ||
				got.GetAccrued() != strconv.FormatUint(totals[0][0], 10) || got.GetSwept() != strconv.FormatUint(totals[0][1], 10) {
				r.Fatalf("%v, want %v of %v", got, totals[0], want[0])
			}
			want, totals = want[1:], totals[1:]
		}
		if len(want) > 0 {
			r.Fatalf("%d sweeps were not reported", len(want))
		}
	})
}
