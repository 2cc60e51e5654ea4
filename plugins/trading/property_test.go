package trading_test

import (
	"math/big"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// anyTrades draws trades of a few coins against two quote mints, of any size, whose times mostly rise; some tell none.
func anyTrades(t *rapid.T) []*sdk.Record {
	second := int64(0)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) *sdk.Record {
		second += rapid.Int64Range(0, 90).Draw(t, "seconds")
		amount := rapid.OneOf(rapid.Uint64Range(0, 10_000), rapid.Uint64())
		side := sdk.Side(rapid.IntRange(1, 2).Draw(t, "side"))
		r := tradeAt(max(0, second-rapid.Int64Range(0, 20).Draw(t, "behind")), side, strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "trader")),
			amount.Draw(t, "base"), amount.Draw(t, "quote"), 1+rapid.Uint64Range(0, 1<<40).Draw(t, "price"))
		r.GetTrade().Mint = weirtest.Key("coin " + strconv.Itoa(rapid.IntRange(0, 2).Draw(t, "coin")))
		if rapid.IntRange(0, 4).Draw(t, "quote mint") == 0 {
			r.GetTrade().QuoteMint = weirtest.USDC
		}
		if rapid.IntRange(0, 9).Draw(t, "untimed") == 0 {
			r.BlockTime = new(int64(0)) // as good as none: the harness fills one in otherwise
		}
		return r
	}), 1, 120).Draw(t, "trades")
}

// split sends records in pieces of any size, with checkpoints and crashes between them, and gives all outputs.
func split(tb testing.TB, t *rapid.T, records []*sdk.Record, config string) []*sdk.Output {
	tb.Helper()
	h := weirtest.Start(tb, trading.New, weirtest.Config(config), weirtest.BatchSize(rapid.IntRange(1, 64).Draw(t, "batch")))
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

// TestVolumeIsTheSumOfTrades: over any split of batches and restarts the last report of each coin has the sums of all its trades.
func TestVolumeIsTheSumOfTrades(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		records := anyTrades(r)
		type key struct{ mint, quote string }
		trades, bases, quotes := map[string]uint64{}, map[string]*big.Int{}, map[key]*big.Int{}
		outputs := of(split(t, r, records, "{}"), "trade")
		if len(outputs) != len(records) {
			r.Fatalf("%d reports of %d trades", len(outputs), len(records))
		}
		for i, record := range records {
			in, out := record.GetTrade(), outputs[i].GetTradeReported()
			mint, k := string(in.GetMint()), key{string(in.GetMint()), string(in.GetQuoteMint())}
			if bases[mint] == nil {
				bases[mint] = new(big.Int)
			}
			if quotes[k] == nil {
				quotes[k] = new(big.Int)
			}
			trades[mint]++
			bases[mint].Add(bases[mint], new(big.Int).SetUint64(in.GetBaseAmount()))
			quotes[k].Add(quotes[k], new(big.Int).SetUint64(in.GetPoolQuoteAmount()))
			if out.GetTrades() != trades[mint] || out.GetBaseVolume() != bases[mint].String() || out.GetQuoteVolume() != quotes[k].String() {
				r.Fatalf("trade %d: %v, want %d trades, %s and %s", i, out, trades[mint], bases[mint], quotes[k])
			}
		}
	})
}

// TestCandlesWhateverTheBatches: the same trades give the same candles and windows however they come. That they hold the volume of all
// trades is TestCandlesHoldAllVolume.
func TestCandlesWhateverTheBatches(t *testing.T) {
	const config = `{"candles": ["1s", "15s", "1m", "1h"], "windows": true}`
	rapid.Check(t, func(r *rapid.T) {
		records := anyTrades(r)
		h := weirtest.Start(t, trading.New, weirtest.Config(config))
		want, got := h.Send(records...), split(t, r, records, config)
		if len(got) != len(want) {
			r.Fatalf("%d outputs, %d in one go", len(got), len(want))
		}
		for i := range got {
			if !proto.Equal(got[i], want[i]) {
				r.Fatalf("output %d is %v, in one go %v", i, got[i], want[i])
			}
		}
	})
}

// TestPriceTimesSupply: the reported price times the supply is the market cap as records carry it, rounded down once, for any reserves.
func TestPriceTimesSupply(t *testing.T) {
	h := weirtest.Start(t, trading.New)
	rapid.Check(t, func(r *rapid.T) {
		base, quote := rapid.Uint64Min(1).Draw(r, "base"), rapid.Uint64Min(1).Draw(r, "quote")
		supply := rapid.Uint64Min(1).Draw(r, "supply")
		worth := new(big.Rat).Mul(new(big.Rat).SetInt(new(big.Int).SetUint64(supply)), new(big.Rat).SetFrac(
			new(big.Int).SetUint64(quote), new(big.Int).SetUint64(base)))
		marketCap := new(big.Int).Quo(worth.Num(), worth.Denom())
		in := &sdk.Trade{Side: sdk.Buy, BaseAmount: 1, PoolQuoteAmount: 1, ReservesAfter: reserves(base, quote)}
		price := h.Send(weirtest.Trade(in))[0].GetTradeReported().GetPrice()
		product := new(big.Int).Mul(new(big.Int).SetUint64(price.GetQuote()), new(big.Int).SetUint64(supply))
		if product.Quo(product, new(big.Int).SetUint64(price.GetBase())).Cmp(marketCap) != 0 {
			r.Fatalf("%v times %d is %s, want %s", price, supply, product, marketCap)
		}
	})
}
