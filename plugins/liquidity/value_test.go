package liquidity_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func full(base, quote, priceBase, priceQuote uint64) *sdk.Reserves {
	return &sdk.Reserves{Base: &base, Quote: &quote, PriceBase: &priceBase, PriceQuote: &priceQuote}
}

func TestValue(t *testing.T) {
	// sqrt is 2^64 times that number: a price of its square.
	price := func(sqrt uint64) *sdk.ConcentratedPrice { return &sdk.ConcentratedPrice{SqrtPriceX64High: sqrt} }
	half := &sdk.ConcentratedPrice{SqrtPriceX64Low: 1 << 63}
	cases := map[string]struct {
		trade *sdk.Trade
		want  *sdk.PoolValue
	}{
		"both sides are worth the same": {
			&sdk.Trade{Venue: sdk.PumpSwap, ReservesAfter: full(100, 70, 100, 70)}, worth(140),
		},
		"kept fees are not the providers'": {
			&sdk.Trade{Venue: sdk.PumpSwap, ReservesAfter: full(100, 70, 100, 65)}, worth(130),
		},
		"a boost is not theirs either": {
			&sdk.Trade{Venue: sdk.PumpSwap, ReservesAfter: full(100, 70, 100, 71)},
			&sdk.PoolValue{Mint: weirtest.WSOL, Absent: sdk.AbsentBoosted},
		},
		"a boost that owed fees hide": {
			&sdk.Trade{Venue: sdk.PumpSwap, ReservesAfter: full(100, 70, 100, 65), Boosted: true},
			&sdk.PoolValue{Mint: weirtest.WSOL, Absent: sdk.AbsentBoosted},
		},
		"vaults are not needed": {
			&sdk.Trade{Venue: sdk.RaydiumV4, ReservesAfter: &sdk.Reserves{PriceBase: proto.Uint64(9), PriceQuote: proto.Uint64(8)}}, worth(16),
		},
		"reserves of before the trade": {
			&sdk.Trade{Venue: sdk.RaydiumCPMM, ReservesBefore: full(1, 9, 1, 8), ReservesAfter: vaults(2, 3)},
			&sdk.PoolValue{Mint: weirtest.WSOL, Amount: proto.Uint64(16), Before: true},
		},
		"no reserves": {
			&sdk.Trade{Venue: sdk.RaydiumCPMM, ReservesBefore: &sdk.Reserves{}, ReservesAfter: &sdk.Reserves{}},
			&sdk.PoolValue{Mint: weirtest.WSOL, Absent: sdk.AbsentReservesUnknown},
		},
		"no real reserves": {
			&sdk.Trade{Venue: sdk.RaydiumCPMM, ReservesAfter: &sdk.Reserves{PriceBase: proto.Uint64(1), PriceQuote: proto.Uint64(1 << 63)}},
			&sdk.PoolValue{Mint: weirtest.WSOL, Absent: sdk.AbsentTooLarge},
		},
		"concentrated: what the vaults hold, at the price": {
			&sdk.Trade{Venue: sdk.RaydiumCLMM, ReservesAfter: &sdk.Reserves{Base: proto.Uint64(10), Quote: proto.Uint64(70)}, Concentrated: price(3)},
			&sdk.PoolValue{Mint: weirtest.WSOL, Amount: proto.Uint64(10*9 + 70), Vaults: true},
		},
		"concentrated, the currency is what the venue calls base": {
			&sdk.Trade{
				Venue: sdk.RaydiumCLMM, ReservesAfter: &sdk.Reserves{Base: proto.Uint64(10), Quote: proto.Uint64(70)}, Concentrated: half,
				PoolBaseMint: weirtest.WSOL, PoolQuoteMint: weirtest.Key("mint"),
			},
			&sdk.PoolValue{Mint: weirtest.WSOL, Amount: proto.Uint64(10*4 + 70), Vaults: true},
		},
		"concentrated without a price": {
			&sdk.Trade{Venue: sdk.RaydiumCLMM, ReservesAfter: &sdk.Reserves{Base: proto.Uint64(10), Quote: proto.Uint64(70)}},
			&sdk.PoolValue{Mint: weirtest.WSOL, Absent: sdk.AbsentReservesUnknown, Vaults: true},
		},
		"dollars by definition": {
			&sdk.Trade{Venue: sdk.PumpSwap, QuoteMint: weirtest.USDC, ReservesAfter: full(100, 70, 100, 70)},
			&sdk.PoolValue{Mint: weirtest.USDC, Amount: proto.Uint64(140), UsdMicros: proto.Uint64(140), UsdSlot: proto.Uint64(0)},
		},
		"dollars by the record": {
			&sdk.Trade{
				Venue: sdk.PumpSwap, ReservesAfter: full(1, 4_000_000_000, 1, 4_000_000_000),
				QuoteUsd: &sdk.DollarPrice{UsdMicros: 150_000_000, Units: 1_000_000_000, Slot: 300_000_000},
			},
			&sdk.PoolValue{
				Mint: weirtest.WSOL, Amount: proto.Uint64(8_000_000_000), UsdMicros: proto.Uint64(1_200_000_000), UsdSlot: proto.Uint64(300_000_000),
			},
		},
	}
	for name, c := range cases {
		h := weirtest.Start(t, liquidity.New, reportsAlone)
		r := weirtest.Trade(c.trade)
		r.GetTrade().ReservesAfter = c.trade.ReservesAfter
		if c.trade.ReservesBefore != nil {
			r.GetTrade().ReservesBefore = c.trade.ReservesBefore
		}
		outputs := h.Send(r)
		if got := outputs[0].GetPoolReported().GetValue(); !proto.Equal(got, c.want) {
			t.Errorf("%s: value is %v, want %v", name, got, c.want)
		}
	}
}

// A dollar price is used for other pools of the quote mint and for what is no trade, until it is old.
func TestDollarPricesAge(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"positions": false, "depth": false, "dollar_slots": 10}`))
	priced := weirtest.Trade(&sdk.Trade{
		Venue: sdk.PumpSwap, QuoteUsd: &sdk.DollarPrice{UsdMicros: 100, Units: 1, Slot: 1000},
	})
	priced.Slot = 1001
	h.Send(priced)
	for slot, want := range map[uint64]bool{1010: true, 1011: false} {
		r := weirtest.PoolCreated(&sdk.PoolCreated{Pool: weirtest.Key("another")})
		r.Slot = slot
		v := h.Send(r)[0].GetPoolReported().GetValue()
		if (v.UsdMicros != nil) != want || want && (v.GetUsdMicros() != v.GetAmount()*100 || v.GetUsdSlot() != 1000) {
			t.Errorf("in slot %d the value is %v", slot, v)
		}
	}
}

// PumpSwap does not say the price reserves of liquidity: they follow from those before, fees that the vault keeps included.
func TestPriceReservesFollowLiquidity(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, reportsAlone)
	trade := weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap})
	trade.GetTrade().ReservesAfter = full(1000, 510, 1000, 500)
	deposit := func(before, after uint64) *sdk.Record {
		r := weirtest.LiquidityChanged(&sdk.LiquidityChanged{BaseAmount: 100, QuoteAmount: 51})
		r.GetLiquidityChanged().ReservesBefore = &sdk.Reserves{Base: proto.Uint64(1000), Quote: &before}
		r.GetLiquidityChanged().ReservesAfter = &sdk.Reserves{Base: proto.Uint64(1100), Quote: &after}
		return r
	}
	swept := weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap, Pool: weirtest.Key("pool"), Amount: 4})
	for _, c := range []struct {
		name    string
		records []*sdk.Record
		want    *sdk.PoolValue
	}{
		{"at once", []*sdk.Record{trade, deposit(510, 561)}, worth(2 * (561 - 10))},
		{"after a sweep of fees", []*sdk.Record{trade, swept, deposit(506, 557)}, worth(2 * (557 - 6))},
		{"after something unseen", []*sdk.Record{trade, deposit(511, 562)}, &sdk.PoolValue{Mint: weirtest.WSOL, Absent: sdk.AbsentReservesUnknown}},
	} {
		outputs := h.Send(c.records...)
		if got := outputs[len(outputs)-1].GetPoolReported().GetValue(); !proto.Equal(got, c.want) {
			t.Errorf("%s: value is %v, want %v", c.name, got, c.want)
		}
	}
}

// The price of a concentrated pool comes with liquidity too, and stays where a record has none.
func TestConcentratedPriceOfLiquidity(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, reportsAlone)
	change := func(price *sdk.ConcentratedPrice) *sdk.Record {
		r := weirtest.LiquidityChanged(&sdk.LiquidityChanged{
			Venue: sdk.RaydiumCLMM, Position: &sdk.Position{NftMint: weirtest.Key("nft"), LiquidityLow: 1}, Concentrated: price,
		})
		r.GetLiquidityChanged().ReservesAfter = vaults(10, 70)
		return r
	}
	for name, c := range map[string]struct {
		records []*sdk.Record
		want    *sdk.PoolValue
	}{
		"told":      {[]*sdk.Record{change(&sdk.ConcentratedPrice{SqrtPriceX64High: 2})}, &sdk.PoolValue{Mint: weirtest.WSOL, Amount: proto.Uint64(110), Vaults: true}},
		"as before": {[]*sdk.Record{change(&sdk.ConcentratedPrice{SqrtPriceX64High: 3}), change(nil)}, &sdk.PoolValue{Mint: weirtest.WSOL, Amount: proto.Uint64(160), Vaults: true}},
	} {
		outputs := h.Send(c.records...)
		if got := outputs[len(outputs)-1].GetPoolReported().GetValue(); !proto.Equal(got, c.want) {
			t.Errorf("%s: value is %v, want %v", name, got, c.want)
		}
	}
}

// What a boost changed counts at once: the vaults hold what the record says, and what they are worth waits for the next trade.
func TestBoosts(t *testing.T) {
	boost := func(change sdk.ReservesChange) *sdk.Record {
		r := weirtest.ReservesChanged(&sdk.ReservesChanged{Venue: sdk.PumpSwap, Change: change, Pool: weirtest.Key("pool"), ReservesAfter: vaults(700, 90)})
		r.BlockTime = proto.Int64(1_800_000_001)
		return r
	}
	traded := func(at int64) *sdk.Record {
		r := weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap})
		r.GetTrade().ReservesAfter = full(720, 80, 720, 80)
		r.BlockTime = new(at)
		return r
	}
	for _, change := range []sdk.ReservesChange{sdk.ReservesBoost, sdk.ReservesBoostBurn} {
		h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"positions": false, "depth": false, "trades": false, "periods": ["1m"], "late_seconds": 0}`))
		// Of a pool that is not known a boost alone tells too little.
		if n := len(h.Send(boost(change))); n != 0 {
			t.Errorf("%v: %d outputs", change, n)
		}
		p := h.Send(traded(1_800_000_000), boost(change), traded(1_800_000_060))[0].GetPoolPeriod()
		if p.GetReserves().GetBase() != 700 || p.GetReserves().GetQuote() != 90 || p.GetReserves().PriceQuote != nil || p.GetValue().GetAbsent() != sdk.AbsentReservesUnknown {
			t.Errorf("%v: period is %v", change, p)
		}
	}
}
