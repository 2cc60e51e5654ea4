package liquidity_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func drained(outputs []*sdk.Output) (found []*sdk.PoolDrained) {
	for _, o := range outputs {
		if d := o.GetPoolDrained(); d != nil {
			found = append(found, d)
		}
	}
	return found
}

// taking is a withdrawal of LP tokens of a supply; the pool holds ten base and a hundred quote for each.
func taking(who string, slot, lp, supply uint64) *sdk.Record {
	at := func(n uint64) *sdk.Reserves { return full(10*n, 100*n, 10*n, 100*n) }
	r := provided(who, sdk.LiquidityRemoved, lp, 10*lp, 100*lp, supply, at(supply), at(supply-lp))
	r.Slot = slot
	return r
}

func TestDrains(t *testing.T) {
	join := weirtest.LiquidityChanged(&sdk.LiquidityChanged{LpSupplyBefore: proto.Uint64(100)})
	sale := func(who string, slot, quote, of uint64) *sdk.Record {
		r := weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap, Side: sdk.Sell, Trader: weirtest.Key(who), PoolQuoteAmount: quote})
		r.GetTrade().ReservesBefore, r.GetTrade().ReservesAfter = full(1, of, 1, of), full(1, of-quote, 1, of-quote)
		r.Slot = slot
		return r
	}
	refill := func(who string, slot, lp, supply uint64) *sdk.Record {
		at := func(n uint64) *sdk.Reserves { return full(10*n, 100*n, 10*n, 100*n) }
		r := provided(who, sdk.LiquidityAdded, lp, 10*lp, 100*lp, supply, at(supply), at(supply+lp))
		r.Slot = slot
		return r
	}
	moved := func(who string, slot, quote, of uint64, direction sdk.LiquidityDirection) *sdk.Record {
		after := of - quote
		if direction == sdk.LiquidityAdded {
			after = of + quote
		}
		r := weirtest.LiquidityChanged(&sdk.LiquidityChanged{
			Venue: sdk.RaydiumCLMM, Direction: direction, Owner: weirtest.Key(who), QuoteAmount: quote, Position: &sdk.Position{NftMint: weirtest.Key("nft"), LiquidityLow: 1},
			ReservesBefore: vaults(9, of), ReservesAfter: vaults(9, after),
		})
		r.GetLiquidityChanged().LpAmount, r.Slot = nil, slot
		return r
	}
	foreign := weirtest.LiquidityChanged(&sdk.LiquidityChanged{
		Venue: sdk.RaydiumCLMM, Direction: sdk.LiquidityRemoved, QuoteAmount: 95, Position: &sdk.Position{NftMint: weirtest.Key("nft")}, ReservesBefore: vaults(9, 100), ReservesAfter: vaults(9, 5),
	})
	foreign.GetLiquidityChanged().LpAmount = nil
	cases := map[string]struct {
		records      []*sdk.Record
		taken, steps uint64 // of the last one; 0: none
		count        int
	}{
		"at once":                        {[]*sdk.Record{taking("a", 10, 800, 1000)}, 800_000, 1, 1},
		"nearly":                         {[]*sdk.Record{taking("a", 10, 799, 1000)}, 0, 0, 0},
		"in steps":                       {[]*sdk.Record{taking("a", 10, 400, 1000), taking("a", 160, 500, 600)}, 900_000, 2, 1},
		"in steps too far apart":         {[]*sdk.Record{taking("a", 10, 400, 1000), taking("a", 161, 400, 600)}, 0, 0, 0},
		"by two":                         {[]*sdk.Record{taking("a", 10, 400, 1000), taking("b", 11, 400, 600)}, 0, 0, 0},
		"once":                           {[]*sdk.Record{taking("a", 10, 900, 1000), taking("a", 11, 90, 100)}, 900_000, 1, 1},
		"again after new liquidity":      {[]*sdk.Record{taking("a", 10, 900, 1000), join, taking("a", 12, 100, 110)}, 909_090, 1, 2},
		"by a sale":                      {[]*sdk.Record{sale("a", 10, 85, 100)}, 850_000, 1, 1},
		"by sales of one":                {[]*sdk.Record{sale("a", 10, 50, 100), sale("b", 11, 10, 50), sale("a", 12, 30, 40)}, 800_000, 2, 1},
		"not by small sales":             {[]*sdk.Record{sale("a", 10, 4, 100)}, 0, 0, 0},
		"in steps that others make good": {[]*sdk.Record{sale("a", 10, 50, 100), sale("a", 12, 50, 100), sale("a", 14, 50, 100)}, 0, 0, 0},
		"in steps, after others bought":  {[]*sdk.Record{sale("a", 10, 50, 100), sale("a", 12, 45, 60)}, 950_000, 2, 1},
		"who puts it back":               {[]*sdk.Record{taking("a", 10, 500, 1000), refill("a", 11, 500, 500), taking("a", 12, 500, 1000)}, 0, 0, 0},
		"who moves the range of a position": {[]*sdk.Record{
			moved("a", 10, 50, 100, sdk.LiquidityRemoved), moved("a", 10, 50, 50, sdk.LiquidityAdded),
			moved("a", 14, 50, 100, sdk.LiquidityRemoved), moved("a", 14, 50, 50, sdk.LiquidityAdded),
		}, 0, 0, 0},
		"a concentrated pool, by a wallet": {[]*sdk.Record{foreign}, 950_000, 1, 1},
	}
	for name, c := range cases {
		found := drained(weirtest.Start(t, liquidity.New).Send(c.records...))
		if len(found) != c.count {
			t.Errorf("%s: found %v", name, found)
			continue
		}
		if c.count > 0 && (found[c.count-1].GetTakenPpm() != c.taken || found[c.count-1].GetStepCount() != c.steps) {
			t.Errorf("%s: found %v, want %d ppm in %d steps", name, found[c.count-1], c.taken, c.steps)
		}
	}
}

func TestEvidenceOfADrain(t *testing.T) {
	h := weirtest.Start(t, liquidity.New)
	h.Send(weirtest.PoolCreated(&sdk.PoolCreated{Creator: weirtest.Key("a")}))
	priced := weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap, Pool: weirtest.Key("another"), QuoteUsd: &sdk.DollarPrice{UsdMicros: 3, Units: 1, Slot: 9}})
	first, second := taking("a", 10, 400, 1000), taking("a", 12, 500, 600)
	first.Signature, second.Signature = append(weirtest.Key("1"), weirtest.Key("2")...), append(weirtest.Key("3"), weirtest.Key("4")...)
	got := drained(h.Send(priced, first, second))
	want := &sdk.PoolDrained{
		Venue: sdk.PumpSwap, Pool: weirtest.Key("pool"), BaseMint: weirtest.Key("mint"), QuoteMint: weirtest.WSOL, Cause: sdk.DrainRemoved,
		Actor: weirtest.Key("a"), Creator: true, FromSlot: 10, TakenPpm: 900_000, BaseAmount: 9000, QuoteAmount: 90_000, UsdMicros: proto.Uint64(270_000),
		ReservesBefore: full(10_000, 100_000, 10_000, 100_000), ReservesAfter: full(1000, 10_000, 1000, 10_000), StepCount: 2,
		Steps: []*sdk.DrainStep{
			{Signature: first.GetSignature(), Slot: 10, LpAmount: proto.Uint64(400), BaseAmount: 4000, QuoteAmount: 40_000},
			{Signature: second.GetSignature(), Slot: 12, LpAmount: proto.Uint64(500), BaseAmount: 5000, QuoteAmount: 50_000},
		},
	}
	if len(got) != 1 || !proto.Equal(got[0], want) {
		t.Errorf("found %v\nwant %v", got, want)
	}
}
