package liquidity_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// positions sends records and returns what was said of positions.
func positions(t *testing.T, h *weirtest.Harness, records ...*sdk.Record) []*sdk.PoolPosition {
	t.Helper()
	var found []*sdk.PoolPosition
	for _, o := range h.Send(records...) {
		if p := o.GetPoolPosition(); p != nil {
			found = append(found, p)
		}
	}
	return found
}

// opened is a pool of 1,000 base and 4,000 quote with a supply of 2,000.
func opened() *sdk.Record {
	return weirtest.PoolCreated(&sdk.PoolCreated{
		BaseAmount: 1000, QuoteAmount: 4000, LpAmount: proto.Uint64(1900), LpSupply: proto.Uint64(2000),
	})
}

// provided is liquidity in or out of it.
func provided(who string, direction sdk.LiquidityDirection, lp, base, quote, supply uint64, before, after *sdk.Reserves) *sdk.Record {
	r := weirtest.LiquidityChanged(&sdk.LiquidityChanged{
		Owner: weirtest.Key(who), Direction: direction, BaseAmount: base, QuoteAmount: quote, LpAmount: &lp, LpSupplyBefore: &supply,
		ReservesBefore: before, ReservesAfter: after,
	})
	r.GetLiquidityChanged().ReservesAfter = after
	return r
}

func vaults(base, quote uint64) *sdk.Reserves { return &sdk.Reserves{Base: &base, Quote: &quote} }

func TestLifeOfAPosition(t *testing.T) {
	h := weirtest.Start(t, liquidity.New)
	check := func(step string, got *sdk.PoolPosition, want *sdk.PoolPosition) {
		t.Helper()
		want.Venue, want.Pool, want.BaseMint, want.QuoteMint = sdk.PumpSwap, weirtest.Key("pool"), weirtest.Key("mint"), weirtest.WSOL
		if want.PoolLpBurned == nil {
			want.PoolLpBurned = new(uint64)
		}
		if want.PoolLpLocked == nil {
			want.PoolLpLocked = new(uint64)
		}
		if !proto.Equal(got, want) {
			t.Errorf("%s: position is\n%v\nwant\n%v", step, got, want)
		}
	}
	n, loss := proto.Uint64, proto.Int64
	creator, provider := weirtest.Key("creator"), weirtest.Key("p")

	got := positions(t, h, opened())
	check("the creator has all but what is locked", got[0], &sdk.PoolPosition{
		Owner: creator, Change: sdk.PositionAdded, LpAmount: n(1900), LpSupply: n(2000), SharePpm: n(950_000), BaseAmount: n(950), QuoteAmount: n(3800),
		EntryBaseAmount: n(1000), EntryQuoteAmount: n(4000), ImpermanentLossPpm: loss(0),
	})

	got = positions(t, h, provided("p", sdk.LiquidityAdded, 500, 250, 1000, 2000, vaults(1000, 4000), vaults(1250, 5000)))
	check("a provider joins", got[0], &sdk.PoolPosition{
		Owner: provider, Change: sdk.PositionAdded, LpAmount: n(500), LpSupply: n(2500), SharePpm: n(200_000), BaseAmount: n(250), QuoteAmount: n(1000),
		EntryBaseAmount: n(250), EntryQuoteAmount: n(1000), ImpermanentLossPpm: loss(0),
	})

	// The price is four times as high: 625 to 10,000.
	trade := weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap})
	trade.GetTrade().ReservesAfter = full(625, 10_000, 625, 10_000)
	h.Send(trade)
	got = positions(t, h, provided("p", sdk.LiquidityRemoved, 250, 62, 1000, 2500, vaults(625, 10_000), vaults(563, 9000)))
	check("half of it leaves", got[0], &sdk.PoolPosition{
		Owner: provider, Change: sdk.PositionRemoved, LpAmount: n(250), LpSupply: n(2250), SharePpm: n(111_111), BaseAmount: n(62), QuoteAmount: n(1000),
		EntryBaseAmount: n(125), EntryQuoteAmount: n(500), ImpermanentLossPpm: loss(-199_786), // 9000 / 563 is not quite four times
	})

	got = positions(t, h, weirtest.LpMoved(&sdk.LpMoved{Movement: sdk.LpTransferred, Owner: provider, Receiver: weirtest.Key("q"), Amount: 100}))
	check("some are sent", got[0], &sdk.PoolPosition{
		Owner: provider, Change: sdk.PositionSent, LpAmount: n(150), LpSupply: n(2250), SharePpm: n(66_666), BaseAmount: n(37), QuoteAmount: n(600),
		EntryBaseAmount: n(75), EntryQuoteAmount: n(300), ImpermanentLossPpm: loss(-199_786),
	})
	check("and received, at a price that nobody knows", got[1], &sdk.PoolPosition{
		Owner: weirtest.Key("q"), Change: sdk.PositionReceived, LpAmount: n(100), LpSupply: n(2250), SharePpm: n(44_444), BaseAmount: n(25),
		QuoteAmount: n(400), ImpermanentLossAbsent: sdk.AbsentEntryUnknown,
	})

	got = positions(t, h, weirtest.LpMoved(&sdk.LpMoved{Owner: creator, Amount: 1900}))
	check("the creator burns", got[0], &sdk.PoolPosition{
		Owner: creator, Change: sdk.PositionBurned, LpAmount: n(0), LpSupply: n(2250), SharePpm: n(0), BaseAmount: n(0), QuoteAmount: n(0),
		ImpermanentLossAbsent: sdk.AbsentEmpty, PoolLpBurned: n(1900),
	})
	got = positions(t, h, weirtest.LpMoved(&sdk.LpMoved{Movement: sdk.LpLocked, Owner: provider, Receiver: provider, Amount: 150, Locker: weirtest.Key("lock")}))
	check("the provider locks", got[0], &sdk.PoolPosition{
		Owner: provider, Change: sdk.PositionLocked, LpAmount: n(0), LpSupply: n(2250), SharePpm: n(0), BaseAmount: n(0), QuoteAmount: n(0),
		ImpermanentLossAbsent: sdk.AbsentEmpty, PoolLpBurned: n(1900), PoolLpLocked: n(150), Locked: true,
	})
}

// Of a pool that was there before the monitor, only what the chain says is known.
func TestPositionsFromBefore(t *testing.T) {
	h := weirtest.Start(t, liquidity.New)
	add := func(told *uint64) *sdk.Record {
		r := provided("p", sdk.LiquidityAdded, 500, 250, 1000, 2000, vaults(1000, 4000), full(1250, 5000, 1250, 5000))
		r.GetLiquidityChanged().OwnerLpAfter = told
		return r
	}
	remove := provided("p", sdk.LiquidityRemoved, 700, 250, 1000, 2500, vaults(1000, 4000), full(1250, 5000, 1250, 5000))
	for _, c := range []struct {
		name         string
		record       *sdk.Record
		lp           *uint64
		share, entry sdk.Absent
	}{
		{"what it had is not known", add(nil), nil, sdk.AbsentEarlierUnknown, sdk.AbsentEntryUnknown},
		{"its balance is told, but what the rest cost is not", add(proto.Uint64(1300)), proto.Uint64(1300), sdk.Present, sdk.AbsentEntryUnknown},
		{"and stays known", remove, proto.Uint64(600), sdk.Present, sdk.AbsentEntryUnknown},
		{"a gap makes all unknown", weirtest.Gap(nil), nil, 0, 0},
		{"so it is after it", remove, nil, sdk.AbsentEarlierUnknown, sdk.AbsentEntryUnknown},
		{"a balance that this deposit alone made has a known entry", add(proto.Uint64(500)), proto.Uint64(500), sdk.Present, sdk.Present},
	} {
		got := positions(t, h, c.record)
		if len(got) == 0 {
			continue
		}
		p := got[0]
		if (p.LpAmount == nil) != (c.lp == nil) || p.GetLpAmount() != orZero(c.lp) || p.GetShareAbsent() != c.share || p.GetImpermanentLossAbsent() != c.entry {
			t.Errorf("%s: %v", c.name, p)
		}
	}
}

func orZero(v *uint64) uint64 {
	if v == nil {
		return 0
	}
	return *v
}

func TestPositionOfAnNFT(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"periods": ["1m"]}`))
	change := func(direction sdk.LiquidityDirection, liquidity, fees uint64, ticks bool) *sdk.Record {
		l := &sdk.LiquidityChanged{
			Venue: sdk.RaydiumCLMM, Direction: direction, BaseMint: weirtest.WSOL, QuoteMint: weirtest.Key("mint"), BaseAmount: 7 * liquidity, QuoteAmount: 5 * liquidity,
			Position: &sdk.Position{NftMint: weirtest.Key("nft"), LiquidityLow: liquidity},
		}
		if fees > 0 {
			l.FeesBaseAmount, l.FeesQuoteAmount = new(fees), new(2*fees)
		}
		if ticks {
			l.Position.TickLower, l.Position.TickUpper = proto.Int32(-10), proto.Int32(20)
		}
		r := weirtest.LiquidityChanged(l)
		r.GetLiquidityChanged().LpAmount, r.GetLiquidityChanged().LpMint = nil, nil
		return r
	}
	got := positions(t, h,
		change(sdk.LiquidityAdded, 100, 0, true), change(sdk.LiquidityAdded, 20, 0, false),
		change(sdk.LiquidityRemoved, 0, 3, false), change(sdk.LiquidityRemoved, 30, 1, false),
		weirtest.LpMoved(&sdk.LpMoved{Venue: sdk.RaydiumCLMM, Movement: sdk.LpLocked, NftMint: weirtest.Key("nft"), Owner: weirtest.Key("provider"), Receiver: weirtest.Key("keeper")}))
	for i, want := range []struct {
		change                          sdk.PositionChange
		liquidity, entry, feesBase, fee uint64
		owner                           string
	}{
		// Base is the coin, which this pool calls quote.
		{sdk.PositionAdded, 100, 500, 0, 0, "provider"},
		{sdk.PositionAdded, 120, 600, 0, 0, "provider"},
		{sdk.PositionCollected, 120, 600, 6, 3, "provider"},
		{sdk.PositionRemoved, 90, 450, 8, 4, "provider"},
		{sdk.PositionLocked, 90, 450, 8, 4, "keeper"},
	} {
		p := got[i]
		if p.GetChange() != want.change || p.GetLiquidityLow() != want.liquidity || p.GetEntryBaseAmount() != want.entry || p.GetFeesBaseAmount() != want.feesBase ||
			p.GetFeesQuoteAmount() != want.fee || p.GetTickLower() != -10 || p.GetTickUpper() != 20 || sdk.KeyOf(p.GetOwner()) != sdk.KeyOf(weirtest.Key(want.owner)) ||
			p.GetShareAbsent() != sdk.AbsentConcentrated || p.GetImpermanentLossAbsent() != sdk.AbsentConcentrated || p.GetLocked() != (i == 4) {
			t.Errorf("change %d: %v, want %+v", i, p, want)
		}
	}
	// After a gap all sums begin again, also that of a position's fees.
	after := positions(t, h, weirtest.Gap(nil), change(sdk.LiquidityRemoved, 0, 5, false))
	if p := after[0]; p.GetFeesBaseAmount() != 10 || p.GetFeesQuoteAmount() != 5 || p.LiquidityLow != nil {
		t.Errorf("after a gap: %v", p)
	}
}

// A position that was forgotten is not taken for a new one.
func TestForgottenPositions(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"max_positions": 1}`))
	join := func(who string) *sdk.Record {
		return provided(who, sdk.LiquidityAdded, 10, 5, 20, 2000, vaults(1000, 4000), full(1250, 5000, 1250, 5000))
	}
	positions(t, h, opened())
	if got := positions(t, h, join("a")); got[0].GetShareAbsent() != sdk.AbsentEarlierUnknown && got[0].LpAmount != nil {
		t.Errorf("the creator is forgotten by now, so nobody's position is known: %v", got[0])
	}
	if got := positions(t, h, join("creator")); got[0].LpAmount != nil {
		t.Errorf("the creator had more than this: %v", got[0])
	}
}
