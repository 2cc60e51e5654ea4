package trading_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func trade(mint string, side sdk.Side, base, poolQuote uint64) *sdk.Record {
	return weirtest.Trade(&sdk.Trade{Mint: weirtest.Key(mint), Side: side, BaseAmount: base, PoolQuoteAmount: poolQuote})
}

func TestEveryFieldOfATrade(t *testing.T) {
	in := &sdk.Trade{
		Venue: sdk.RaydiumV4, Pool: weirtest.Key("p"), Trader: weirtest.Key("t"), Mint: weirtest.Key("m"), QuoteMint: weirtest.USDC,
		Side: sdk.Sell, BaseAmount: 11, QuoteAmount: 12, PoolQuoteAmount: 13, Symbol: "S",
		BaseDecimals: proto.Uint32(5), QuoteDecimals: proto.Uint32(6),
		Fees: []*sdk.Fee{
			{Kind: sdk.FeeProtocol, Amount: 100},
			{Kind: sdk.FeeBuyback, Amount: 40},
			{Kind: sdk.FeeLP, Amount: 20},
			{Kind: sdk.FeeCreator, Amount: 3},
			{Kind: sdk.FeeTransfer, Amount: 5, InBase: true},
		},
	}
	outputs := weirtest.Start(t, trading.New).Send(weirtest.Trade(in))
	want := &sdk.TradeReported{
		Venue: sdk.RaydiumV4, Pool: weirtest.Key("p"), Trader: weirtest.Key("t"), Mint: weirtest.Key("m"), QuoteMint: weirtest.USDC,
		Side: sdk.Sell, BaseAmount: 11, QuoteAmount: 12, PoolQuoteAmount: 13, Symbol: "S", QuoteFees: 123,
		Trades: 1, Sells: 1, BaseVolume: "11", QuoteVolume: "13", BaseDecimals: proto.Uint32(5), QuoteDecimals: proto.Uint32(6),
		Price: &sdk.Price{Quote: 41_000_000_000, Base: 899_000_000_000}, PriceSource: sdk.PriceReserves,
		PriceImpactPpm: proto.Int64(26_140),                      // 41/899 over 40/900
		SlippagePpm:    proto.Int64(-47_750_000),                 // 1 - 13/6 over 40/900
		FeePpm:         proto.Uint64(123*1_000_000/13 + 454_545), // 5 of 11 coins
	}
	if len(outputs) != 1 || !proto.Equal(outputs[0].GetTradeReported(), want) {
		t.Fatalf("outputs are %v\nwant %v", outputs, want)
	}
	if o := outputs[0]; o.GetKind() != "trade" || o.GetKey() != sdk.Base58(weirtest.Key("m")) || o.GetCause() != 1 {
		t.Errorf("output is %v", o)
	}
}

func TestRunningTotals(t *testing.T) {
	inUSDC := weirtest.Trade(&sdk.Trade{Mint: weirtest.Key("a"), QuoteMint: weirtest.USDC, BaseAmount: 5, PoolQuoteAmount: 70})
	outputs := weirtest.Start(t, trading.New).Send(
		trade("a", sdk.Buy, 10, 100),
		trade("b", sdk.Buy, 1, 1),
		trade("a", sdk.Sell, 20, 200),
		inUSDC,
		trade("a", sdk.Buy, 1, 4),
		trade("a", sdk.Buy, math.MaxUint64, math.MaxUint64),
	)
	want := []struct {
		trades, buys, sells uint64
		base, quote         string
	}{
		{1, 1, 0, "10", "100"},
		{1, 1, 0, "1", "1"},
		{2, 1, 1, "30", "300"},
		{3, 2, 1, "35", "70"}, // the quote volume is that against USDC alone
		{4, 3, 1, "36", "304"},
		{5, 4, 1, "18446744073709551651", "18446744073709551919"},
	}
	if len(outputs) != len(want) {
		t.Fatalf("%d outputs, want %d", len(outputs), len(want))
	}
	for i, w := range want {
		r := outputs[i].GetTradeReported()
		if r.GetTrades() != w.trades || r.GetBuys() != w.buys || r.GetSells() != w.sells || r.GetBaseVolume() != w.base ||
			r.GetQuoteVolume() != w.quote {
			t.Errorf("report %d is %v, want %v", i, r, w)
		}
	}
}

// The coin whose last trade is oldest is forgotten first.
func TestForgetting(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"max_tokens": 2}`))
	var got []uint64
	for _, mint := range []string{"a", "b", "a", "c", "a", "b"} {
		got = append(got, h.Send(trade(mint, sdk.Buy, 1, 1))[0].GetTradeReported().GetTrades())
	}
	for i, want := range []uint64{1, 1, 2, 1, 3, 1} {
		if got[i] != want {
			t.Errorf("trade %d has count %d, want %d", i, got[i], want)
		}
	}
}

func TestConfig(t *testing.T) {
	if m := trading.New(nil); m.Check() != nil {
		t.Error("the defaults are refused")
	}
	m := trading.New(nil)
	m.Config.(*trading.Config).MaxTokens = 0
	if m.Check() == nil {
		t.Error("max_tokens 0 passes")
	}
}

func TestReplays(t *testing.T) {
	const seed = 11
	random := rand.New(rand.NewPCG(seed, seed))
	var records []*sdk.Record
	for range 150 {
		r := trade(strconv.Itoa(random.IntN(9)), sdk.Side(1+random.IntN(2)), random.Uint64(), random.Uint64())
		if random.IntN(3) == 0 {
			r.GetTrade().QuoteMint = weirtest.Key(strconv.Itoa(random.IntN(30)))
		}
		records = append(records, r)
	}
	weirtest.Replays(t, trading.New, records)
	t.Run("forgetting", func(t *testing.T) {
		weirtest.Replays(t, trading.New, records, weirtest.Config(`{"max_tokens": 3}`))
	})
}

// BenchmarkTrading is 1,000 coins with a trade each, in turn.
func BenchmarkTrading(b *testing.B) {
	records := make([]*sdk.Record, 1000)
	for i := range records {
		records[i] = trade(strconv.Itoa(i), sdk.Buy, 1_000_000_000, 1_000_000_000)
	}
	weirtest.Benchmark(b, trading.New, records)
}
