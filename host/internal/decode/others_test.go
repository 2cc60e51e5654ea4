package decode

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/damm"
	"github.com/weir-run/weir/host/internal/dex/dbc"
	"github.com/weir-run/weir/host/internal/dex/orca"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Accounts of the pools in these tests.
var (
	otherPool, otherPool2         = key(700), key(701)
	userA, userB, userC           = key(702), key(703), key(704)
	vaultA, vaultB, vault2, vault = key(705), key(706), key(707), key(708)
)

// whirlNode is a swap_v2 of a pool of coin (A) and SOL (B).
func whirlNode(in orca.Instruction, events ...*orca.TradedEvent) *node {
	in.Kind = orca.SwapV2
	n := &node{program: dex.Whirlpool, data: in.Append(nil), accounts: places(15, map[int8]dex.Key{
		3: wallet, 4: otherPool, 5: coin, 6: dex.WSOL, 7: userA, 8: vaultA, 9: userB, 10: vaultB,
	})}
	for _, e := range events {
		if e.AToB {
			n.does = append(n.does, transfer(dex.SPLToken, userA, coin, vaultA, e.InputAmount), transfer(dex.SPLToken, vaultB, dex.WSOL, userB, e.OutputAmount))
		} else {
			n.does = append(n.does, transfer(dex.SPLToken, userB, dex.WSOL, vaultB, e.InputAmount), transfer(dex.SPLToken, vaultA, coin, userA, e.OutputAmount))
		}
		n.does = append(n.does, dataLine(e.Append(nil)))
	}
	return n
}

func TestWhirlpoolSwap(t *testing.T) {
	for _, aToB := range []bool{true, false} {
		e := &orca.TradedEvent{Whirlpool: otherPool, AToB: aToB, InputAmount: 1000, OutputAmount: 400, LpFee: 7, ProtocolFee: 3, SqrtPriceAfter: dex.Uint128{Hi: 5, Lo: 6}}
		d := New(Options{})
		tx := run([]dex.Key{wallet}, &node{program: dex.Jupiter, does: []any{whirlNode(orca.Instruction{Amount: 1000, Limit: 390, ExactIn: true, AToB: aToB}, e)}})
		r := one(t, d, tx)
		tr := r.GetTrade()
		side, amounts := eventv1.Side_SIDE_SELL, [3]uint64{1000, 400, 400}
		if !aToB {
			side, amounts = eventv1.Side_SIDE_BUY, [3]uint64{400, 1000, 990}
		}
		expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_EVENT_LOG)
		expect(t, "venue", tr.Venue, eventv1.Venue_VENUE_ORCA_WHIRLPOOL)
		expectKey(t, "router", tr.Router, dex.Jupiter)
		expectKey(t, "trader", tr.Trader, wallet)
		expectKey(t, "mint", tr.Mint, coin)
		expect(t, "side", tr.Side, side)
		expect(t, "amounts", [3]uint64{tr.BaseAmount, tr.QuoteAmount, tr.PoolQuoteAmount}, amounts)
		expect(t, "limit", tr.GetLimitAmount(), 390)
		expect(t, "fees", len(tr.Fees), 2)
		expect(t, "fee in base", tr.Fees[0].InBase, aToB)
		expect(t, "price", tr.Concentrated.GetSqrtPriceX64High(), 5)
		expect(t, "only the price", tr.Concentrated.GetPriceOnly(), true)
		expect(t, "disagreement", d.Stats().Whirlpool.Disagreement, 0)

		less := clone(tx)
		mute(less)
		got := one(t, New(Options{}), less)
		amounts[2] = got.GetTrade().QuoteAmount // fees are not known
		expect(t, "by transfers", got.Strategy, eventv1.Strategy_STRATEGY_IX_TRANSFERS)
		expect(t, "amounts", [3]uint64{got.GetTrade().BaseAmount, got.GetTrade().QuoteAmount, got.GetTrade().PoolQuoteAmount}, amounts)
	}
}

// Two hops are two trades, by events and by what moved.
func TestWhirlpoolTwoHops(t *testing.T) {
	in := orca.Instruction{Kind: orca.TwoHopSwap, Amount: 1000, Limit: 70, ExactIn: true, AToB: false, AToBSecond: true}
	one := &orca.TradedEvent{Whirlpool: otherPool, InputAmount: 1000, OutputAmount: 400}
	two := &orca.TradedEvent{Whirlpool: otherPool2, AToB: true, InputAmount: 400, OutputAmount: 80}
	n := &node{program: dex.Whirlpool, data: in.Append(nil), accounts: places(20, map[int8]dex.Key{
		1: wallet, 2: otherPool, 3: otherPool2, 4: userA, 5: vaultA, 6: userB, 7: vaultB, 8: userA, 9: vault2, 10: userC, 11: vault,
	})}
	n.does = []any{
		transfer(dex.SPLToken, userB, dex.WSOL, vaultB, 1000), transfer(dex.SPLToken, vaultA, coin, userA, 400), dataLine(one.Append(nil)),
		transfer(dex.SPLToken, userA, coin, vault2, 400), transfer(dex.SPLToken, vault, dex.USDC, userC, 80), dataLine(two.Append(nil)),
	}
	tx := run([]dex.Key{wallet}, n)
	for account, mint := range map[dex.Key]dex.Key{vaultA: coin, vaultB: dex.WSOL, vault2: coin, vault: dex.USDC} {
		holds(tx, account, mint, key(709), 6, 5000, 5000)
	}
	for name, change := range map[string]func(*geyser.Transaction){"events": func(*geyser.Transaction) {}, "transfers": mute} {
		less := clone(tx)
		change(less)
		got := trades(copies(New(Options{}).Decode(less)))
		if len(got) != 2 {
			t.Fatalf("%s: %d trades, want 2", name, len(got))
		}
		expectKey(t, "first pool", got[0].Pool, otherPool)
		expect(t, "bought", [2]uint64{got[0].BaseAmount, got[0].QuoteAmount}, [2]uint64{400, 1000})
		expectKey(t, "second pool", got[1].Pool, otherPool2)
		expectKey(t, "quote", got[1].QuoteMint, dex.USDC)
		expect(t, "sold", [2]uint64{got[1].BaseAmount, got[1].QuoteAmount}, [2]uint64{400, 80})
		expect(t, "exact in", got[1].GetExactIn(), true)
	}
}

func dbcNode(kind dbc.Kind, data []byte, does ...any) *node {
	at := map[int8]dex.Key{1: key(710), 2: otherPool, 3: userB, 4: userA, 5: vaultA, 6: vaultB, 7: coin, 8: dex.WSOL, 9: wallet}
	switch {
	case kind.IsInitialize():
		at = map[int8]dex.Key{0: key(710), 2: wallet, 3: coin, 4: dex.WSOL, 5: otherPool, 6: vaultA, 7: vaultB, 10: wallet}
	case kind.IsMigrate():
		at = map[int8]dex.Key{0: otherPool, 4: otherPool2, 13: coin}
	}
	return &node{program: dex.MeteoraDBC, data: data, accounts: places(15, at), does: does}
}

func TestDBCBuy(t *testing.T) {
	for _, newer := range []bool{false, true} {
		e := &dbc.SwapEvent{
			Newer: newer, Pool: otherPool, TradeDirection: dbc.QuoteToBase, Amount0: 1000, IncludedFeeIn: 1000, ExcludedFeeIn: 980, Output: 5000, TradingFee: 15,
			ProtocolFee: 4, ReferralFee: 1, NextSqrtPrice: dex.Uint128{Lo: 9},
		}
		in := dbc.Instruction{Kind: dbc.Swap, Amount: 1000, Limit: 4900}
		does := append([]any{
			transfer(dex.SPLToken, userB, dex.WSOL, vaultB, 1000), transfer(dex.SPLToken, vaultA, coin, userA, 5000),
		}, emit(dex.MeteoraDBC, e.Append(nil))...)
		d := New(Options{})
		tx := run([]dex.Key{wallet}, dbcNode(dbc.Swap, in.Append(nil), does...))
		r := one(t, d, tx)
		tr := r.GetTrade()
		expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_EVENT_CPI)
		expect(t, "venue", tr.Venue, eventv1.Venue_VENUE_METEORA_DBC)
		expectKey(t, "mint", tr.Mint, coin)
		expect(t, "side", tr.Side, eventv1.Side_SIDE_BUY)
		expect(t, "amounts", [3]uint64{tr.BaseAmount, tr.QuoteAmount, tr.PoolQuoteAmount}, [3]uint64{5000, 1000, 980})
		expect(t, "fees", [2]uint64{uint64(len(tr.Fees)), tr.Fees[0].Amount}, [2]uint64{3, 15})
		expect(t, "fee in base", tr.Fees[0].InBase, false)
		expect(t, "disagreement", d.Stats().MeteoraDBC.Disagreement, 0)
		less := clone(tx)
		blind(less)
		mute(less)
		got := one(t, New(Options{}), less).GetTrade()
		expect(t, "by transfers", [2]uint64{got.BaseAmount, got.QuoteAmount}, [2]uint64{5000, 1000})
		expect(t, "side", got.Side, eventv1.Side_SIDE_BUY)
	}
}

func TestDBCSellWithFeesOnTheOutput(t *testing.T) {
	e := &dbc.SwapEvent{Newer: true, Pool: otherPool, Amount0: 5000, IncludedFeeIn: 5000, ExcludedFeeIn: 5000, Output: 970, TradingFee: 30}
	in := dbc.Instruction{Kind: dbc.Swap2, Amount: 5000, Limit: 900}
	tr := one(t, New(Options{}), run([]dex.Key{wallet}, dbcNode(dbc.Swap2, in.Append(nil), emit(dex.MeteoraDBC, e.Append(nil))...))).GetTrade()
	expect(t, "side", tr.Side, eventv1.Side_SIDE_SELL)
	expect(t, "amounts", [3]uint64{tr.BaseAmount, tr.QuoteAmount, tr.PoolQuoteAmount}, [3]uint64{5000, 970, 1000})
	expect(t, "fee in base", tr.Fees[0].InBase, false)
}

func TestDBCLife(t *testing.T) {
	make := dbc.Instruction{Kind: dbc.InitializeSPL, Name: []byte("Weir"), Symbol: []byte("WEIR"), URI: []byte("ipfs://x")}
	born := &dbc.InitializePoolEvent{Pool: otherPool, Creator: wallet, BaseMint: coin}
	full := &dbc.CurveCompleteEvent{Pool: otherPool, QuoteReserve: 85}
	buy := dbc.Instruction{Kind: dbc.Swap, Amount: 1000, Limit: 1}
	last := &dbc.SwapEvent{Pool: otherPool, TradeDirection: dbc.QuoteToBase, IncludedFeeIn: 1000, ExcludedFeeIn: 1000, Output: 9}
	move := dbc.Instruction{Kind: dbc.MigrateDAMMv2}
	records := copies(New(Options{}).Decode(run([]dex.Key{wallet},
		dbcNode(dbc.InitializeSPL, make.Append(nil), emit(dex.MeteoraDBC, born.Append(nil))...),
		dbcNode(dbc.Swap, buy.Append(nil), append(emit(dex.MeteoraDBC, last.Append(nil)), emit(dex.MeteoraDBC, full.Append(nil))...)...),
		dbcNode(dbc.MigrateDAMMv2, move.Append(nil)),
	)))
	if len(records) != 4 {
		t.Fatalf("%d records, want 4: %v", len(records), records)
	}
	created := records[0].GetTokenCreated()
	expect(t, "name", [2]string{created.GetName(), created.GetSymbol()}, [2]string{"Weir", "WEIR"})
	expectKey(t, "mint", created.GetMint(), coin)
	expect(t, "traded", records[1].GetTrade().GetQuoteAmount(), 1000)
	expectKey(t, "complete", records[2].GetCurveCompleted().GetMint(), coin)
	moved := records[3].GetTokenMigrated()
	expectKey(t, "pool", moved.GetPool(), otherPool2)
	expect(t, "pool venue", moved.GetPoolVenue(), eventv1.Venue_VENUE_METEORA_DAMM_V2)
}

func dammNode(kind damm.Kind, at map[int8]dex.Key, does ...any) *node {
	in := damm.Instruction{Kind: kind, Amount: 1000, Limit: 300}
	return &node{program: dex.MeteoraDAMM, data: in.Append(nil), accounts: places(15, at), does: does}
}

func TestDAMMSwap(t *testing.T) {
	at := map[int8]dex.Key{1: otherPool, 2: userB, 3: userA, 4: vaultA, 5: vaultB, 6: coin, 7: dex.WSOL, 8: wallet}
	e := &damm.SwapEvent{
		Pool: otherPool, TradeDirection: 1, Amount0: 1000, GivenIn: 1000, IncludedFeeIn: 1000, ExcludedFeeIn: 1000, Output: 380, SentOut: 380, GotOut: 380, TradingFee: 15,
		ProtocolFee: 5,
	}
	does := append([]any{
		transfer(dex.SPLToken, userB, dex.WSOL, vaultB, 1000), transfer(dex.SPLToken, vaultA, coin, userA, 380),
	}, emit(dex.MeteoraDAMM, e.Append(nil))...)
	d := New(Options{})
	tx := run([]dex.Key{wallet}, dammNode(damm.Swap, at, does...))
	tr := one(t, d, tx).GetTrade()
	expect(t, "venue", tr.Venue, eventv1.Venue_VENUE_METEORA_DAMM_V2)
	expectKey(t, "mint", tr.Mint, coin)
	expect(t, "side", tr.Side, eventv1.Side_SIDE_BUY)
	expect(t, "amounts", [3]uint64{tr.BaseAmount, tr.QuoteAmount, tr.PoolQuoteAmount}, [3]uint64{380, 1000, 1000})
	expect(t, "fee in base", tr.Fees[0].InBase, true)
	expect(t, "disagreement", d.Stats().MeteoraDAMM.Disagreement, 0)
	less := clone(tx)
	blind(less)
	mute(less)
	got := one(t, New(Options{}), less).GetTrade()
	expect(t, "by transfers", [2]uint64{got.BaseAmount, got.QuoteAmount}, [2]uint64{380, 1000})
}

func TestDAMMPool(t *testing.T) {
	born := &damm.InitializePoolEvent{Pool: otherPool, MintA: coin, MintB: dex.WSOL, Creator: wallet}
	added := &damm.LiquidityChangeEvent{Pool: otherPool, Owner: wallet, TokenA: 10, TokenB: 20, LiquidityDelta: dex.Uint128{Lo: 7}}
	removed := &damm.LiquidityChangeEvent{Pool: otherPool, Owner: wallet, TokenA: 3, TokenB: 4, ChangeType: damm.ChangeRemoved}
	records := copies(New(Options{}).Decode(run([]dex.Key{wallet},
		dammNode(damm.InitializePool, map[int8]dex.Key{0: wallet, 4: key(710), 6: otherPool, 8: coin, 9: dex.WSOL}, emit(dex.MeteoraDAMM, append(born.Append(nil), 1, 2, 3))...),
		dammNode(damm.AddLiquidity, map[int8]dex.Key{0: otherPool, 6: coin, 7: dex.WSOL, 9: wallet}, emit(dex.MeteoraDAMM, added.Append(nil))...),
		dammNode(damm.RemoveLiquidity, map[int8]dex.Key{1: otherPool, 7: coin, 8: dex.WSOL, 10: wallet}, emit(dex.MeteoraDAMM, removed.Append(nil))...),
	)))
	if len(records) != 3 {
		t.Fatalf("%d records, want 3: %v", len(records), records)
	}
	expectKey(t, "pool", records[0].GetPoolCreated().GetPool(), otherPool)
	expectKey(t, "config", records[0].GetPoolCreated().GetConfig(), key(710))
	in, out := records[1].GetLiquidityChanged(), records[2].GetLiquidityChanged()
	expect(t, "in", [3]uint64{in.GetBaseAmount(), in.GetQuoteAmount(), in.GetPosition().GetLiquidityLow()}, [3]uint64{10, 20, 7})
	expectKey(t, "mint", in.GetBaseMint(), coin)
	expect(t, "out", out.GetDirection(), eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED)
}

// Records of venues that are not watched are left out.
func TestOnlyWatchedVenues(t *testing.T) {
	e := &orca.TradedEvent{Whirlpool: otherPool, InputAmount: 1000, OutputAmount: 400}
	tx := run([]dex.Key{wallet}, whirlNode(orca.Instruction{Amount: 1000, Limit: 390, ExactIn: true}, e))
	for _, only := range [][]dex.Key{nil, {dex.Whirlpool}, {dex.Pump}} {
		want := 1
		if len(only) > 0 && only[0] == dex.Pump {
			want = 0
		}
		if got := len(New(Options{Only: only}).Decode(tx)); got != want {
			t.Errorf("watching %v: %d records, want %d", only, got, want)
		}
	}
}
