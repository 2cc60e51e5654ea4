package liquidity_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

var (
	before = &sdk.Reserves{Base: proto.Uint64(1), Quote: proto.Uint64(2)}
	after  = &sdk.Reserves{Base: proto.Uint64(3), Quote: proto.Uint64(6), PriceBase: proto.Uint64(3), PriceQuote: proto.Uint64(5)}
)

// reportsAlone leaves the other outputs out.
var reportsAlone = weirtest.Config(`{"positions": false, "depth": false, "drains": false}`)

// worth is a value in lamports.
func worth(lamports uint64) *sdk.PoolValue {
	return &sdk.PoolValue{Mint: weirtest.WSOL, Amount: &lamports}
}

func TestReports(t *testing.T) {
	pool, mint, owner := weirtest.Key("a pool"), weirtest.Key("m"), weirtest.Key("o")
	change := func(direction sdk.LiquidityDirection) *sdk.Record {
		return weirtest.LiquidityChanged(&sdk.LiquidityChanged{
			Venue: sdk.RaydiumV4, Pool: pool, Owner: owner, Direction: direction, BaseMint: mint, BaseAmount: 7, QuoteAmount: 8,
			LpAmount: proto.Uint64(9), LpSupplyBefore: proto.Uint64(90), ReservesBefore: before, ReservesAfter: after,
		})
	}
	changed := func(c sdk.PoolChange, share, supply uint64) *sdk.PoolReported {
		return &sdk.PoolReported{
			Venue: sdk.RaydiumV4, Pool: pool, Change: c, BaseMint: mint, QuoteMint: weirtest.WSOL, BaseAmount: 7, QuoteAmount: 8,
			Reserves: after, Owner: owner, LpAmount: proto.Uint64(9), Value: worth(10), SharePpm: &share, LpSupply: &supply,
		}
	}
	cases := []struct {
		kind   string
		record *sdk.Record
		want   *sdk.PoolReported
	}{
		{
			"pool_created",
			weirtest.PoolCreated(&sdk.PoolCreated{Pool: pool, Creator: owner, BaseMint: mint, BaseAmount: 7, QuoteAmount: 8, LpAmount: proto.Uint64(9)}),
			&sdk.PoolReported{
				Venue: sdk.PumpSwap, Pool: pool, Change: sdk.PoolOpened, BaseMint: mint, QuoteMint: weirtest.WSOL, BaseAmount: 7,
				QuoteAmount: 8, Reserves: &sdk.Reserves{Base: proto.Uint64(7), Quote: proto.Uint64(8)}, Owner: owner, LpAmount: proto.Uint64(9),
				Value: worth(16),
			},
		},
		{"liquidity_added", change(sdk.LiquidityAdded), changed(sdk.PoolAdded, 90_909, 99)},
		{"liquidity_removed", change(sdk.LiquidityRemoved), changed(sdk.PoolRemoved, 100_000, 81)},
		{
			"pool_traded",
			weirtest.Trade(&sdk.Trade{
				Venue: sdk.RaydiumCPMM, Pool: pool, Trader: owner, Mint: mint, PoolBaseMint: weirtest.WSOL, BaseAmount: 7, QuoteAmount: 10,
				PoolQuoteAmount: 8, ReservesBefore: before, ReservesAfter: after,
			}),
			&sdk.PoolReported{
				Venue: sdk.RaydiumCPMM, Pool: pool, Change: sdk.PoolTraded, BaseMint: mint, QuoteMint: weirtest.WSOL, BaseAmount: 7,
				QuoteAmount: 8, Reserves: after, Owner: owner, Value: worth(10), LpSupply: proto.Uint64(81),
			},
		},
	}
	// One harness for all: a report must not keep anything of the one before.
	h := weirtest.Start(t, liquidity.New, reportsAlone)
	for _, c := range cases {
		outputs := h.Send(c.record)
		if len(outputs) != 1 || outputs[0].GetKind() != c.kind || outputs[0].GetKey() != sdk.Base58(pool) {
			t.Errorf("%s: outputs are %v", c.kind, outputs)
			continue
		}
		if got := outputs[0].GetPoolReported(); !proto.Equal(got, c.want) {
			t.Errorf("%s: got %v\nwant %v", c.kind, got, c.want)
		}
	}
}

func TestCurvesAreNoPools(t *testing.T) {
	h := weirtest.Start(t, liquidity.New)
	outputs := h.Send(weirtest.Trade(nil), weirtest.Trade(&sdk.Trade{Venue: sdk.RaydiumLaunchLab}), weirtest.TokenCreated(nil))
	if len(outputs) != 0 || len(h.Errors()) != 0 {
		t.Errorf("outputs are %v, errors %v", outputs, h.Errors())
	}
}

func TestUnknownDirectionIsRefused(t *testing.T) {
	h := weirtest.Start(t, liquidity.New)
	outputs := h.Send(weirtest.LiquidityChanged(&sdk.LiquidityChanged{Direction: 9}))
	if len(outputs) != 0 || len(h.Errors()) != 1 {
		t.Errorf("outputs are %v, errors %v", outputs, h.Errors())
	}
}

func TestTradesCanBeTurnedOff(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"trades": false, "positions": false, "depth": false}`))
	outputs := h.Send(weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap}), weirtest.PoolCreated(nil))
	if len(outputs) != 1 || outputs[0].GetKind() != "pool_created" {
		t.Errorf("outputs are %v", outputs)
	}
}
