package trading_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func reserves(base, quote uint64) *sdk.Reserves {
	return &sdk.Reserves{PriceBase: &base, PriceQuote: &quote}
}

// firstBuy is a buy of 1 SOL, net of fees, on a fresh pump curve: of 1,000,000,000 lamports the curve is charged that much, gives
// floor((10^9 - 1) * 1,073 * 10^12 / (30 * 10^9 + 10^9 - 1)) and takes 95 and 30 basis points on top, rounded up.
func firstBuy() *sdk.Trade {
	const out = 34_612_903_193_548
	return &sdk.Trade{
		Side: sdk.Buy, BaseAmount: out, PoolQuoteAmount: 1_000_000_000, QuoteAmount: 1_012_500_000,
		ReservesBefore: reserves(1_073_000_000_000_000, 30_000_000_000),
		ReservesAfter:  reserves(1_073_000_000_000_000-out, 31_000_000_000),
		ExactIn:        new(false), LimitAmount: proto.Uint64(1_050_000_000),
		PriorityFee: proto.Uint64(70_000), Tip: proto.Uint64(0), Router: weirtest.Key("router"),
		QuoteUsd: &sdk.DollarPrice{UsdMicros: 150_000_000, Units: 1_000_000_000, Slot: 7},
	}
}

// The values are computed by hand, from the formulas in docs/definitions.md.
func TestMeasuresOfATrade(t *testing.T) {
	sell := &sdk.Trade{ // floor(i * q / (b + i)) of a pool with 206.9 million coins and 84.990359301 SOL
		Venue: sdk.PumpSwap, Side: sdk.Sell, BaseAmount: 1_000_000_000_000, PoolQuoteAmount: 408_804_036, QuoteAmount: 403_694_000,
		Fees:           []*sdk.Fee{{Kind: sdk.FeeLP, Amount: 817_609}, {Kind: sdk.FeeProtocol, Amount: 4_292_427}},
		ReservesBefore: reserves(206_900_000_000_000, 84_990_359_301),
		ReservesAfter:  reserves(207_900_000_000_000, 84_582_372_874),
		ExactIn:        new(true), LimitAmount: proto.Uint64(363_324_600),
	}
	taken := &sdk.Trade{ // floor(9975 * 10^6 / (10^6 + 9975)) of a pool that takes 25 of 10,000 coins
		Venue: sdk.RaydiumV4, Side: sdk.Sell, BaseAmount: 10_000, PoolQuoteAmount: 9876, QuoteAmount: 9876,
		Fees:           []*sdk.Fee{{Kind: sdk.FeeSwap, Amount: 25, InBase: true}},
		ReservesBefore: reserves(1_000_000, 1_000_000), ReservesAfter: reserves(1_010_000, 990_124),
	}
	untold := &sdk.Trade{Side: sdk.Buy, ReservesBefore: &sdk.Reserves{}, ReservesAfter: &sdk.Reserves{}, BaseAmount: 10, PoolQuoteAmount: 10, ExactIn: new(false), LimitAmount: proto.Uint64(20)}
	clmm := &sdk.Trade{Venue: sdk.RaydiumCLMM, ReservesBefore: &sdk.Reserves{}, ReservesAfter: &sdk.Reserves{}, BaseAmount: 8, PoolQuoteAmount: 4}
	tests := []struct {
		name string
		give *sdk.Trade
		want *sdk.TradeReported
	}{
		{"buy on a curve", firstBuy(), &sdk.TradeReported{
			Price: &sdk.Price{Quote: 31_000_000_000, Base: 1_038_387_096_806_452}, PriceSource: sdk.PriceReserves,
			PriceImpactPpm: proto.Int64(67_777), // (1 + 1/30)^2 - 1, less what rounding keeps
			SlippagePpm:    proto.Int64(33_333), // cost over spot is 1 + 1/30
			LimitRoomPpm:   proto.Int64(35_714), // 1 - 1.0125 / 1.05
			FeePpm:         proto.Uint64(12_500), PriorityFee: proto.Uint64(70_000), Tip: proto.Uint64(0), Router: weirtest.Key("router"),
			UsdMicros: proto.Uint64(150_000_000), UsdSlot: proto.Uint64(7),
		}},
		{"sell on a pool", sell, &sdk.TradeReported{
			Price: &sdk.Price{Quote: 84_582_372_874, Base: 207_900_000_000_000}, PriceSource: sdk.PriceReserves,
			PriceImpactPpm: proto.Int64(-9_587), // 0.99519961 / 1.00483325 - 1
			SlippagePpm:    proto.Int64(4_810),  // 1 - 206.9 / 207.9
			LimitRoomPpm:   proto.Int64(100_000),
			FeePpm:         proto.Uint64(12_499), // 5,110,036 of 408,804,036
		}},
		{"a fee in the coin", taken, &sdk.TradeReported{
			Price: &sdk.Price{Quote: 990_124, Base: 1_010_000}, PriceSource: sdk.PriceReserves,
			PriceImpactPpm: proto.Int64(-19_679), // 0.990124 / 1.01 - 1
			SlippagePpm:    proto.Int64(9_924),   // 1 - 9876 / 9975
			FeePpm:         proto.Uint64(2_500),
		}},
		{"no amount with fees", untold, &sdk.TradeReported{
			Price: &sdk.Price{Quote: 10, Base: 10}, PriceSource: sdk.PriceAmounts,
		}},
		{"amounts alone", clmm, &sdk.TradeReported{Price: &sdk.Price{Quote: 4, Base: 8}, PriceSource: sdk.PriceAmounts}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := weirtest.Trade(test.give)
			if test.give == untold {
				r.GetTrade().QuoteAmount = 0
			}
			got := weirtest.Start(t, trading.New).Send(r)[0].GetTradeReported()
			measured := &sdk.TradeReported{
				Price: got.Price, PriceSource: got.PriceSource, PriceImpactPpm: got.PriceImpactPpm, SlippagePpm: got.SlippagePpm,
				LimitRoomPpm: got.LimitRoomPpm, FeePpm: got.FeePpm, PriorityFee: got.PriorityFee, Tip: got.Tip, Router: got.Router,
				UsdMicros: got.UsdMicros, UsdSlot: got.UsdSlot,
			}
			if test.name == "amounts alone" || test.give == untold {
				measured.FeePpm = nil // of the builder
			}
			if !proto.Equal(measured, test.want) {
				t.Errorf("measured %v\nwant     %v", measured, test.want)
			}
		})
	}
}
