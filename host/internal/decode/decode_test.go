package decode

import (
	"bytes"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var (
	wallet, coin, curve = key(1), key(2), key(3)
	router              = key(200)
)

// pumpAccounts are those of a trade of the first generation.
func pumpAccounts(mint, curve, user dex.Key) []dex.Key {
	a := make([]dex.Key, 16)
	for i := range a {
		a[i] = key(100 + i)
	}
	a[2], a[3], a[6] = mint, curve, user
	return a
}

func curveBuy(mint, user dex.Key, tokens, leg uint64) *pumpfun.TradeEvent {
	after := pumpfun.Start(pumpfun.InitialVirtualSOL).Bought(tokens, leg)
	return &pumpfun.TradeEvent{
		Mint: mint, SolAmount: leg, TokenAmount: tokens, IsBuy: true, User: user, Timestamp: 1_790_000_000,
		VirtualSolReserves: after.VirtualQuote, VirtualTokenReserves: after.VirtualToken, RealSolReserves: after.RealQuote,
		RealTokenReserves: after.RealToken, FeeRecipient: key(101), FeeBasisPoints: 95, Fee: 9_500, Creator: key(8),
		CreatorFeeBasisPoints: 30, CreatorFee: 3_000, IxName: []byte("buy"), QuoteAmount: leg,
		VirtualQuoteReserves: after.VirtualQuote, RealQuoteReserves: after.RealQuote, BuybackFeeBasisPoints: 5_000, BuybackFee: 4_750,
	}
}

func buyNode(mint, curve, user dex.Key, e *pumpfun.TradeEvent) *node {
	in := pumpfun.Instruction{Kind: pumpfun.Buy, Amount: e.TokenAmount, Limit: 2_000_000}
	return &node{
		program: dex.Pump, accounts: pumpAccounts(mint, curve, user), data: in.Append(nil),
		does: emit(dex.Pump, e.Append(nil)),
	}
}

func one(t *testing.T, d *Decoder, tx *geyser.Transaction) *eventv1.Record {
	t.Helper()
	records := d.Decode(tx)
	if len(records) != 1 {
		t.Fatalf("%d records, want 1: %v", len(records), records)
	}
	return records[0]
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func expectKey(t *testing.T, what string, got []byte, want dex.Key) {
	t.Helper()
	if !bytes.Equal(got, want[:]) {
		t.Errorf("%s is %x, want %v", what, got, want)
	}
}

func TestDirectBuy(t *testing.T) {
	e := curveBuy(coin, wallet, 34_000_000_000, 1_000_000)
	r := one(t, New(Options{}), run([]dex.Key{wallet}, buyNode(coin, curve, wallet, e)))
	expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_EVENT_CPI)
	expect(t, "slot", r.Slot, 7)
	expect(t, "index", r.GetTxIndex(), 3)
	expect(t, "block time", r.GetBlockTime(), 1_790_000_000)
	expect(t, "outer", r.Instruction.Outer, 0)
	expect(t, "inner", r.Instruction.Inner, nil)
	expectKey(t, "program", r.Program, dex.Pump)
	tr := r.GetTrade()
	expectKey(t, "pool", tr.Pool, curve)
	expectKey(t, "mint", tr.Mint, coin)
	expectKey(t, "quote mint", tr.QuoteMint, dex.WSOL)
	expectKey(t, "trader", tr.Trader, wallet)
	expectKey(t, "fee payer", tr.FeePayer, wallet)
	expect(t, "router", len(tr.Router), 0)
	expect(t, "side", tr.Side, eventv1.Side_SIDE_BUY)
	expect(t, "base", tr.BaseAmount, 34_000_000_000)
	expect(t, "quote", tr.QuoteAmount, 1_012_500)
	expect(t, "pool quote", tr.PoolQuoteAmount, 1_000_000)
	expect(t, "limit", tr.GetLimitAmount(), 2_000_000)
	expect(t, "decimals", tr.GetBaseDecimals(), 6)
	expect(t, "quote decimals", tr.GetQuoteDecimals(), 9)
	expect(t, "name", tr.InstructionName, "buy")
	expect(t, "progress", tr.GetCurveProgressBps(), 0)
	expect(t, "fees", len(tr.Fees), 3)
	expect(t, "buyback", tr.Fees[2].Amount, 4_750)
	b, a := tr.ReservesBefore, tr.ReservesAfter
	expect(t, "before", [4]uint64{b.GetBase(), b.GetQuote(), b.GetPriceBase(), b.GetPriceQuote()},
		[4]uint64{pumpfun.InitialRealToken, 0, pumpfun.InitialVirtualToken, pumpfun.InitialVirtualSOL})
	expect(t, "after", [4]uint64{a.GetBase(), a.GetQuote(), a.GetPriceBase(), a.GetPriceQuote()},
		[4]uint64{e.RealTokenReserves, 1_000_000, e.VirtualTokenReserves, e.VirtualSolReserves})
}

func TestRoutedBuys(t *testing.T) {
	other, otherCurve := key(20), key(21)
	first, second := curveBuy(coin, wallet, 5_000_000, 200), curveBuy(other, wallet, 6_000_000, 300)
	inside := buyNode(other, otherCurve, wallet, second)
	tx := run([]dex.Key{wallet},
		&node{program: dex.ComputeBudget},
		&node{program: router, does: []any{
			&node{program: dex.SPLToken, data: []byte{17}},
			buyNode(coin, curve, wallet, first),
			"Program log: between",
			&node{program: key(201), does: []any{inside}}, // one deeper
		}})
	for name, change := range map[string]func(*geyser.Transaction){
		"as recorded": func(*geyser.Transaction) {}, "without heights": flatten, "from logs": blind,
		"from logs, without heights": func(tx *geyser.Transaction) { flatten(tx); blind(tx) },
	} {
		t.Run(name, func(t *testing.T) {
			less := clone(tx)
			change(less)
			records := New(Options{}).Decode(less)
			expect(t, "records", len(records), 2)
			for i, want := range []struct {
				mint, curve dex.Key
				inner       uint32
				amount      uint64
			}{{coin, curve, 1, 5_000_000}, {other, otherCurve, 4, 6_000_000}} {
				tr := records[i].GetTrade()
				expectKey(t, "mint", tr.Mint, want.mint)
				expectKey(t, "pool", tr.Pool, want.curve)
				expectKey(t, "router", tr.Router, router)
				expect(t, "outer", records[i].Instruction.Outer, 1)
				expect(t, "inner", records[i].Instruction.GetInner(), want.inner)
				expect(t, "base", tr.BaseAmount, want.amount)
			}
		})
	}
}

func TestDoubleEmission(t *testing.T) {
	e := curveBuy(coin, wallet, 5_000_000, 200)
	n := buyNode(coin, curve, wallet, e)
	d := New(Options{})
	one(t, d, run([]dex.Key{wallet}, n))
	slices.Reverse(n.does) // programs of 2024 and 2025 called themselves first
	one(t, d, run([]dex.Key{wallet}, n))
	expect(t, "decoded", d.Stats().Pump.Decoded, 2)
}

func TestCreateAndBuy(t *testing.T) {
	created := pumpfun.CreateEvent{
		Name: []byte("Weir\xff"), Symbol: []byte("WEIR"), URI: []byte("ipfs://x"), Mint: coin, BondingCurve: curve, User: wallet, Creator: key(8),
		Timestamp: 5, VirtualTokenReserves: pumpfun.InitialVirtualToken, VirtualSolReserves: pumpfun.InitialVirtualSOL,
		RealTokenReserves: pumpfun.InitialRealToken, TokenTotalSupply: pumpfun.Supply, TokenProgram: dex.Token2022, IsCashbackEnabled: true,
		CreatorFeeBps: 70,
	}
	accounts := make([]dex.Key, 16)
	for i := range accounts {
		accounts[i] = key(150 + i)
	}
	accounts[0], accounts[2], accounts[5] = coin, curve, wallet
	in := pumpfun.Instruction{Kind: pumpfun.CreateV2, Name: created.Name, Symbol: created.Symbol, URI: created.URI}
	creation := &node{program: dex.Pump, accounts: accounts, data: in.Append(nil), does: emit(dex.Pump, created.Append(nil))}
	records := New(Options{}).Decode(run([]dex.Key{wallet}, creation, buyNode(coin, curve, wallet, curveBuy(coin, wallet, 7_000_000, 200))))
	expect(t, "records", len(records), 2)
	c := records[0].GetTokenCreated()
	expect(t, "name", c.Name, "Weir\uFFFD")
	expect(t, "symbol", c.Symbol, "WEIR")
	expectKey(t, "creator", c.Creator, key(8))
	expectKey(t, "user", c.User, wallet)
	expectKey(t, "token program", c.TokenProgram, dex.Token2022)
	expectKey(t, "quote mint", c.QuoteMint, dex.WSOL)
	expect(t, "flags", [3]bool{c.Mayhem, c.Cashback, c.HolderReward}, [3]bool{false, true, false})
	expect(t, "creator fee", c.GetCreatorFeeBps(), 70)
	expect(t, "price quote", c.Reserves.GetPriceQuote(), pumpfun.InitialVirtualSOL)
	expect(t, "supply", c.GetTotalSupply(), pumpfun.Supply)
	expect(t, "trade outer", records[1].Instruction.Outer, 1)
	expect(t, "trade base", records[1].GetTrade().BaseAmount, 7_000_000)
}

func TestFailedAndVotes(t *testing.T) {
	d := New(Options{})
	tx := run([]dex.Key{wallet}, buyNode(coin, curve, wallet, curveBuy(coin, wallet, 5_000_000, 200)))
	tx.Failed = true
	expect(t, "records of a failed transaction", len(d.Decode(tx)), 0)
	tx.Failed, tx.Vote = false, true
	expect(t, "records of a vote", len(d.Decode(tx)), 0)
	expect(t, "failed", d.Stats().Pump.Failed, 1)
	expect(t, "decoded", d.Stats().Pump.Decoded, 0)
}

// Other programs emit events with pump's discriminator, and anybody may log anything.
func TestForeignEvents(t *testing.T) {
	event := curveBuy(coin, wallet, 5_000_000, 200).Append(nil)
	d := New(Options{})
	tx := run([]dex.Key{wallet},
		&node{program: dex.LaunchLab, data: []byte{1}, does: emit(dex.LaunchLab, event)},
		&node{program: router, does: []any{dataLine(event), "Program log: " + dataLine(event), rayLine([]byte{3})}},
		&node{program: dex.Pump, data: []byte("\xea\x66\xc2\xcb\x96\x48\x3e\xe5"), does: []any{
			&node{program: router, does: []any{dataLine(event)}}, // below the venue, not of it
		}},
	)
	expect(t, "records", len(d.Decode(tx)), 0)
	unrecord(tx)
	expect(t, "records from logs alone", len(d.Decode(tx)), 0)
}

func TestNoInnerInstructions(t *testing.T) {
	tx := run([]dex.Key{wallet},
		&node{program: dex.ComputeBudget},
		&node{program: router, does: []any{buyNode(coin, pda.BondingCurve(coin), wallet, curveBuy(coin, wallet, 5_000_000, 200))}},
		buyNode(coin, pda.BondingCurve(coin), wallet, curveBuy(coin, wallet, 6_000_000, 200)),
	)
	unrecord(tx)
	records := New(Options{}).Decode(tx)
	expect(t, "records", len(records), 2)
	for i, outer := range []uint32{1, 2} {
		expect(t, "strategy", records[i].Strategy, eventv1.Strategy_STRATEGY_EVENT_LOG)
		expect(t, "outer", records[i].Instruction.Outer, outer)
		expectKey(t, "pool", records[i].GetTrade().Pool, pda.BondingCurve(coin))
	}
	expectKey(t, "router", records[0].GetTrade().Router, router)
	expect(t, "router of the direct one", len(records[1].GetTrade().Router), 0)
}

func TestUSDCCurve(t *testing.T) {
	e := curveBuy(coin, wallet, 5_000_000, 200)
	after := pumpfun.Start(pumpfun.InitialVirtualUSDC).Bought(5_000_000, 777)
	e.SolAmount, e.VirtualSolReserves, e.RealSolReserves = 0, 0, 0
	e.QuoteMint, e.QuoteAmount, e.VirtualQuoteReserves, e.RealQuoteReserves = dex.USDC, 777, after.VirtualQuote, after.RealQuote
	accounts := make([]dex.Key, 27)
	for i := range accounts {
		accounts[i] = key(300 + i)
	}
	accounts[1], accounts[2], accounts[10], accounts[13] = coin, dex.USDC, curve, wallet
	in := pumpfun.Instruction{Kind: pumpfun.BuyV2, Amount: 5_000_000, Limit: 900}
	n := &node{program: dex.Pump, accounts: accounts, data: in.Append(nil), does: emit(dex.Pump, e.Append(nil))}
	tx := run([]dex.Key{wallet}, n)
	holds(tx, accounts[11], coin, curve, 6, 10, 5)
	tr := one(t, New(Options{}), tx).GetTrade()
	expectKey(t, "pool", tr.Pool, curve)
	expectKey(t, "quote mint", tr.QuoteMint, dex.USDC)
	expect(t, "pool quote", tr.PoolQuoteAmount, 777)
	expect(t, "quote", tr.QuoteAmount, 777+12_500)
	expect(t, "quote decimals", tr.GetQuoteDecimals(), 6)
	expect(t, "price quote before", tr.ReservesBefore.GetPriceQuote(), pumpfun.InitialVirtualUSDC)
}

func TestCompletingBuy(t *testing.T) {
	e := curveBuy(coin, wallet, 5_000_000, 200)
	e.RealTokenReserves = 0
	done := pumpfun.CompleteEvent{User: wallet, Mint: coin, BondingCurve: curve, Timestamp: 5}
	more := pumpfun.PostCompleteBuyEvent{
		User: wallet, Mint: coin, BondingCurve: curve, BaseOut: 1_000, QuoteIn: 50, Fee: 6, CreatorFee: 4, BuybackFee: 3,
	}
	n := buyNode(coin, curve, wallet, e)
	n.does = append(append(n.does, emit(dex.Pump, done.Append(nil))...), emit(dex.Pump, more.Append(nil))...)
	records := New(Options{}).Decode(run([]dex.Key{wallet}, n))
	expect(t, "records", len(records), 2)
	tr := records[0].GetTrade()
	expect(t, "base", tr.BaseAmount, 5_001_000)
	expect(t, "pool quote", tr.PoolQuoteAmount, 250)
	expect(t, "quote", tr.QuoteAmount, 200+12_500+60)
	expect(t, "protocol fee", tr.Fees[0].Amount, 9_506)
	expect(t, "creator fee", tr.Fees[1].Amount, 3_004)
	expect(t, "buyback", tr.Fees[2].Amount, 4_753)
	expect(t, "progress", tr.GetCurveProgressBps(), 10_000)
	expectKey(t, "completed", records[1].GetCurveCompleted().Mint, coin)
}

func TestAgent(t *testing.T) {
	e := curveBuy(coin, dex.MayhemAgent, 5_000_000, 200)
	e.MayhemMode = true
	tx := run([]dex.Key{wallet}, &node{program: dex.Mayhem, does: []any{buyNode(coin, curve, dex.MayhemAgent, e)}})
	tr := one(t, New(Options{}), tx).GetTrade()
	expect(t, "agent", tr.Agent, true)
	expectKey(t, "trader", tr.Trader, dex.MayhemAgent)
	expectKey(t, "router", tr.Router, dex.Mayhem)
	expect(t, "venue user", len(tr.VenueUser), 0)
}

// A program may trade for a wallet: the one signer whose account took the coins is the trader.
func TestTraderBehindProgram(t *testing.T) {
	vault := key(60)
	tx := run([]dex.Key{key(61), wallet}, &node{program: router, does: []any{buyNode(coin, curve, vault, curveBuy(coin, vault, 5_000_000, 200))}})
	expectKey(t, "trader without a trace", one(t, New(Options{}), tx).GetTrade().Trader, vault)
	holds(tx, key(62), coin, wallet, 6, 40, 5_000_040)
	tr := one(t, New(Options{}), tx).GetTrade()
	expectKey(t, "trader", tr.Trader, wallet)
	expectKey(t, "venue user", tr.VenueUser, vault)
	expectKey(t, "fee payer", tr.FeePayer, key(61))
}

func TestUnknownParts(t *testing.T) {
	d := New(Options{})
	n := buyNode(coin, curve, wallet, curveBuy(coin, wallet, 5_000_000, 200))
	longer := append(curveBuy(coin, wallet, 5_000_000, 200).Append(nil), 1, 2, 3)
	n.does = append(emit(dex.Pump, longer), emit(dex.Pump, []byte("newevent and more"))...)
	one(t, d, run([]dex.Key{wallet}, n, &node{program: dex.Pump, data: []byte("new instruction")}))
	s := d.Stats().Pump
	expect(t, "tails", s.UnknownTail, 1)
	expect(t, "unknown events", s.UnknownEvent, 1)
	expect(t, "unknown instructions", s.UnknownInstruction, 1)
	expect(t, "seen", s.Seen, 1)
}

// poolAccounts are those of a PumpSwap trade of the first generation.
func poolAccounts(pool, user, base, quote dex.Key) []dex.Key {
	a := make([]dex.Key, 23)
	for i := range a {
		a[i] = key(400 + i)
	}
	a[0], a[1], a[3], a[4] = pool, user, base, quote
	return a
}

func poolBuy(pool, user dex.Key) *pumpswap.BuyEvent {
	return &pumpswap.BuyEvent{
		Timestamp: 5, BaseAmountOut: 1_000, MaxQuoteAmountIn: 900, PoolBaseTokenReserves: 50_000, PoolQuoteTokenReserves: 40_000,
		QuoteAmountIn: 800, LpFeeBasisPoints: 20, LpFee: 2, ProtocolFeeBasisPoints: 5, ProtocolFee: 1, QuoteAmountInWithLpFee: 802,
		UserQuoteAmountIn: 807, Pool: pool, User: user, ProtocolFeeRecipient: key(409), CoinCreatorFeeBasisPoints: 30, CoinCreatorFee: 4,
		IxName: []byte("buy"), VirtualQuoteReserves: dex.Int128From(-100),
	}
}

// A pool with SOL as its base is turned: its buyers sell the coin.
func TestTurnedPool(t *testing.T) {
	pool := key(50)
	in := pumpswap.Instruction{Kind: pumpswap.Buy, Amount: 1_000, Limit: 900}
	n := &node{
		program: dex.PumpSwap, accounts: poolAccounts(pool, wallet, dex.WSOL, coin), data: in.Append(nil),
		does: emit(dex.PumpSwap, poolBuy(pool, wallet).Append(nil)),
	}
	tx := run([]dex.Key{wallet}, n)
	holds(tx, n.accounts[7], dex.WSOL, pool, 9, 50_000, 49_000)
	holds(tx, n.accounts[8], coin, pool, 5, 40_000, 40_802)
	d := New(Options{})
	tr := one(t, d, tx).GetTrade()
	expect(t, "side", tr.Side, eventv1.Side_SIDE_SELL)
	expectKey(t, "mint", tr.Mint, coin)
	expectKey(t, "quote mint", tr.QuoteMint, dex.WSOL)
	expectKey(t, "pool base", tr.PoolBaseMint, dex.WSOL)
	expectKey(t, "pool quote", tr.PoolQuoteMint, coin)
	expect(t, "base", tr.BaseAmount, 807)
	expect(t, "quote", tr.QuoteAmount, 1_000)
	expect(t, "pool quote amount", tr.PoolQuoteAmount, 1_000)
	expect(t, "decimals", [2]uint32{tr.GetBaseDecimals(), tr.GetQuoteDecimals()}, [2]uint32{5, 9})
	expect(t, "fee in base", tr.Fees[0].InBase, true)
	b, a := tr.ReservesBefore, tr.ReservesAfter
	expect(t, "before", [4]uint64{b.GetBase(), b.GetQuote(), b.GetPriceBase(), b.GetPriceQuote()}, [4]uint64{40_000, 50_000, 39_900, 50_000})
	expect(t, "after", [4]uint64{a.GetBase(), a.GetQuote(), a.GetPriceBase(), a.GetPriceQuote()}, [4]uint64{40_802, 49_000, 40_702, 49_000})
	expect(t, "disagreement", d.Stats().PumpSwap.Disagreement, 0)

	boosted, before := poolBuy(pool, wallet), tr.Boosted
	boosted.CanBoost = true
	n.does = emit(dex.PumpSwap, boosted.Append(nil))
	expect(t, "boosted", [2]bool{before, one(t, d, run([]dex.Key{wallet}, n)).GetTrade().GetBoosted()}, [2]bool{false, true})
}

// A multi-hop swap goes through a pool and a curve; each has its own event, and the pool's accounts stand in the hop.
func TestMultiHop(t *testing.T) {
	pool, middle := key(50), key(51)
	accounts := make([]dex.Key, 26)
	for i := range accounts {
		accounts[i] = key(500 + i)
	}
	accounts[0] = wallet
	accounts[16], accounts[17], accounts[18] = middle, dex.WSOL, curve
	accounts[21], accounts[22], accounts[23] = coin, middle, pool
	hop := curveBuy(middle, wallet, 5_000_000, 200)
	hop.IxName = []byte("multi_hop_swap")
	bought := poolBuy(pool, wallet)
	bought.IxName, bought.ProtocolFeeRecipient = []byte("multi_hop_swap"), dex.Key{}
	in := pumpswap.Instruction{Kind: pumpswap.MultiHopSwap, Amount: 200, Limit: 1}
	n := &node{program: dex.PumpSwap, accounts: accounts, data: in.Append(nil), does: append([]any{
		&node{program: dex.Pump, accounts: []dex.Key{middle}, data: []byte("\xe1\x9a\x75\x16\xd7\x56\xf6\x67"), does: emit(dex.Pump, hop.Append(nil))},
	}, emit(dex.PumpSwap, bought.Append(nil))...)}
	records := New(Options{}).Decode(run([]dex.Key{wallet}, n))
	expect(t, "records", len(records), 2)
	first, second := records[0].GetTrade(), records[1].GetTrade()
	expect(t, "first venue", first.Venue, eventv1.Venue_VENUE_PUMP)
	expectKey(t, "first curve", first.Pool, pda.BondingCurve(middle))
	expectKey(t, "first router", first.Router, dex.PumpSwap)
	expectKey(t, "second mint", second.Mint, coin)
	expectKey(t, "second quote", second.QuoteMint, middle)
	expect(t, "second router", len(second.Router), 0)
	expect(t, "second name", second.InstructionName, "multi_hop_swap")
	// The fees stay in the vault, owed.
	expect(t, "vault", second.ReservesAfter.GetQuote(), 40_807)
	expect(t, "price", second.ReservesAfter.GetPriceQuote(), 40_702)
}

// The pool that a migration opens is told before the migration that ends after it.
func TestMigration(t *testing.T) {
	pool := key(50)
	opened := pumpswap.CreatePoolEvent{
		Creator: key(52), BaseMint: coin, QuoteMint: dex.WSOL, BaseMintDecimals: 6, QuoteMintDecimals: 9, BaseAmountIn: 206,
		QuoteAmountIn: 84, LpTokenAmountOut: 31, Pool: pool, LpMint: key(53),
	}
	moved := pumpfun.CompletePumpAmmMigrationEvent{
		User: wallet, Mint: coin, MintAmount: 206, SolAmount: 84, PoolMigrationFee: 1, BondingCurve: curve, Pool: pool, Timestamp: 5,
	}
	in := pumpswap.Instruction{Kind: pumpswap.CreatePool}
	migrate := &node{program: dex.Pump, data: []byte("\x9b\xea\xe7\x92\xec\x9e\xa2\x1e"), does: append([]any{
		&node{program: dex.PumpSwap, data: in.Append(nil), does: emit(dex.PumpSwap, opened.Append(nil))},
	}, emit(dex.Pump, moved.Append(nil))...)}
	tx := run([]dex.Key{wallet}, migrate)
	for _, change := range []func(*geyser.Transaction){func(*geyser.Transaction) {}, blind, unrecord} {
		change(tx)
		records := New(Options{}).Decode(tx)
		expect(t, "records", len(records), 2)
		p, m := records[0].GetPoolCreated(), records[1].GetTokenMigrated()
		expectKey(t, "pool", p.GetPool(), pool)
		expectKey(t, "lp mint", p.GetLpMint(), key(53))
		expect(t, "lp", p.GetLpAmount(), 31)
		expectKey(t, "migrated to", m.GetPool(), pool)
		expect(t, "amounts", [3]uint64{m.GetBaseAmount(), m.GetQuoteAmount(), m.GetMigrationFee()}, [3]uint64{206, 84, 1})
	}
}

func TestWithdraw(t *testing.T) {
	pool := key(50)
	e := pumpswap.WithdrawEvent{
		LpTokenAmountIn: 5, PoolBaseTokenReserves: 100, PoolQuoteTokenReserves: 200, BaseAmountOut: 10, QuoteAmountOut: 20, LpMintSupply: 50,
		Pool: pool, User: wallet,
	}
	accounts := make([]dex.Key, 15)
	for i := range accounts {
		accounts[i] = key(600 + i)
	}
	accounts[0], accounts[3], accounts[4] = pool, coin, dex.USDC
	in := pumpswap.Instruction{Kind: pumpswap.Withdraw, LP: 5}
	n := &node{program: dex.PumpSwap, accounts: accounts, data: in.Append(nil), does: emit(dex.PumpSwap, e.Append(nil))}
	l := one(t, New(Options{}), run([]dex.Key{wallet}, n)).GetLiquidityChanged()
	expect(t, "direction", l.Direction, eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED)
	expectKey(t, "base mint", l.BaseMint, coin)
	expectKey(t, "lp mint", l.LpMint, accounts[5])
	expect(t, "after", [2]uint64{l.ReservesAfter.GetBase(), l.ReservesAfter.GetQuote()}, [2]uint64{90, 180})
	expect(t, "lp", [2]uint64{l.GetLpAmount(), l.GetLpSupplyBefore()}, [2]uint64{5, 50})

	e.QuoteAmountOut = 201 // more than there was
	n.does = emit(dex.PumpSwap, e.Append(nil))
	d := New(Options{})
	l = one(t, d, run([]dex.Key{wallet}, n)).GetLiquidityChanged()
	if l.ReservesAfter != nil || l.ReservesBefore == nil || d.Stats().PumpSwap.Disagreement != 1 {
		t.Errorf("after %v, before %v, %+v", l.ReservesAfter, l.ReservesBefore, d.Stats().PumpSwap)
	}
}

func TestWithdrawOfMoreThanThereWas(t *testing.T) {
	p := raydium.Withdraw.Places(20)
	a := make([]dex.Key, 20)
	for i := range a {
		a[i] = key(700 + i)
	}
	in := raydium.Instruction{Kind: raydium.Withdraw, LP: 5}
	for _, c := range []struct {
		out   uint64
		known bool
	}{{200, true}, {201, false}} {
		l := raydium.WithdrawLog{WithdrawLp: 5, PoolLp: 50, PoolCoin: 100, PoolPc: 200, OutCoin: 10, OutPc: c.out}
		tx := run([]dex.Key{wallet}, &node{program: dex.RaydiumV4, accounts: a, data: in.Append(nil), does: []any{rayLine(l.Append(nil))}})
		holds(tx, a[p.CoinVault], coin, key(9), 6, 1000, 1000)
		holds(tx, a[p.PcVault], dex.WSOL, key(9), 9, 1000, 1000)
		d := New(Options{})
		r := one(t, d, tx).GetLiquidityChanged()
		if (r.ReservesAfter != nil) != c.known || r.ReservesBefore == nil || (d.Stats().RaydiumV4.Disagreement == 0) != c.known {
			t.Errorf("%d came out: after %v, before %v", c.out, r.ReservesAfter, r.ReservesBefore)
		}
	}
}

// ammSwap is a swap of AMM v4 with the transfers below it.
func ammSwap(pool dex.Key, in, out, direction uint64, reserves raydium.PoolReserves) *node {
	a := make([]dex.Key, 18)
	for i := range a {
		a[i] = key(700 + i)
	}
	a[1], a[17] = pool, wallet
	data := raydium.Instruction{Kind: raydium.SwapBaseIn, In: in, Out: 1}
	entry := raydium.SwapBaseInLog{AmountIn: in, MinimumOut: 1, Direction: direction, PoolCoin: reserves.Coin, PoolPc: reserves.Pc, OutAmount: out}
	into, from := a[6], a[5]
	if direction == raydium.CoinToPc {
		into, from = from, into
	}
	pay := func(amount uint64, accounts ...dex.Key) *node {
		t := spl.TokenInstruction{Kind: spl.Transfer, Amount: amount}
		return &node{program: dex.SPLToken, accounts: accounts, data: t.Append(nil)}
	}
	return &node{program: dex.RaydiumV4, accounts: a, data: data.Append(nil), does: []any{
		rayLine(entry.Append(nil)), pay(in, a[15], into, wallet), pay(out, from, a[16], a[2]),
	}}
}

func TestRoutedAMM(t *testing.T) {
	pool := key(50)
	start := raydium.PoolReserves{Coin: 1_000_000, Pc: 5_000_000}
	out, fee, _ := start.SwapIn(10_000, raydium.PcToCoin)
	next := start.Swapped(10_000, out, raydium.PcToCoin)
	back, _, _ := next.SwapIn(500, raydium.CoinToPc)
	first, second := ammSwap(pool, 10_000, out, raydium.PcToCoin, start), ammSwap(pool, 500, back, raydium.CoinToPc, next)
	tx := run([]dex.Key{wallet}, &node{program: router, does: []any{first, second}})
	holds(tx, key(705), coin, key(702), 6, 1_000_007, 1_000_007-out+500)
	holds(tx, key(706), dex.WSOL, key(702), 9, 5_000_009, 5_010_009-back)
	check := func(t *testing.T, tx *geyser.Transaction, s eventv1.Strategy) {
		t.Helper()
		d := New(Options{})
		records := d.Decode(tx)
		expect(t, "records", len(records), 2)
		buy, sell := records[0].GetTrade(), records[1].GetTrade()
		expect(t, "strategy", records[0].Strategy, s)
		expect(t, "sides", [2]eventv1.Side{buy.Side, sell.Side}, [2]eventv1.Side{eventv1.Side_SIDE_BUY, eventv1.Side_SIDE_SELL})
		expect(t, "bought", [3]uint64{buy.BaseAmount, buy.QuoteAmount, buy.PoolQuoteAmount}, [3]uint64{out, 10_000, 10_000 - fee})
		expect(t, "sold", [3]uint64{sell.BaseAmount, sell.QuoteAmount, sell.PoolQuoteAmount}, [3]uint64{500, back, back})
		expect(t, "fee", [2]uint64{buy.Fees[0].Amount, sell.Fees[0].Amount}, [2]uint64{fee, 2})
		expect(t, "fee in base", [2]bool{buy.Fees[0].InBase, sell.Fees[0].InBase}, [2]bool{false, true})
		expect(t, "held between", [2]uint64{buy.ReservesAfter.GetBase(), sell.ReservesBefore.GetBase()}, [2]uint64{1_000_007 - out, 1_000_007 - out})
		expect(t, "held at the end", sell.ReservesAfter.GetQuote(), 5_010_009-back)
		expectKey(t, "router", sell.Router, router)
		expectKey(t, "trader", sell.Trader, wallet)
		expect(t, "disagreement", d.Stats().RaydiumV4.Disagreement, 0)
	}
	check(t, tx, eventv1.Strategy_STRATEGY_EVENT_LOG)
	lost := clone(tx)
	truncate(lost, 150)
	if !strings.Contains(string(bytes.Join(lost.Logs, nil)), "Log truncated") {
		t.Fatal("nothing was cut")
	}
	check(t, lost, eventv1.Strategy_STRATEGY_IX_TRANSFERS)
}

// A swap whose argument is not what moved is not told.
func TestNoGuess(t *testing.T) {
	n := ammSwap(key(50), 10_000, 1_990, raydium.PcToCoin, raydium.PoolReserves{Coin: 1_000_000, Pc: 5_000_000})
	n.data = (&raydium.Instruction{Kind: raydium.SwapBaseIn, In: 9_999, Out: 1}).Append(nil)
	tx := run([]dex.Key{wallet}, n)
	holds(tx, key(705), coin, key(702), 6, 1_000_000, 998_010)
	holds(tx, key(706), dex.WSOL, key(702), 9, 5_000_000, 5_010_000)
	mute(tx)
	d := New(Options{})
	expect(t, "records", len(d.Decode(tx)), 0)
	expect(t, "unresolved", d.Stats().RaydiumV4.Unresolved, 1)
}

// Indices that point nowhere, lists in no order: no panic, and nothing made up.
func TestHostileIndices(t *testing.T) {
	tx := run([]dex.Key{wallet}, &node{program: router, does: []any{buyNode(coin, curve, wallet, curveBuy(coin, wallet, 5_000_000, 200))}})
	tx.Outer = append(tx.Outer, geyser.Instruction{Program: 1 << 31, Accounts: []byte{255}})
	tx.Inner = append(tx.Inner,
		geyser.InnerInstruction{Instruction: geyser.Instruction{Program: tx.Inner[0].Program, Accounts: []byte{200, 201}, Data: tx.Inner[0].Data}, Outer: 1 << 31, Position: 1 << 31, Height: 1 << 31},
		geyser.InnerInstruction{Instruction: tx.Inner[1].Instruction, Outer: 7},
	)
	slices.Reverse(tx.Inner)
	tx.Inner[0].Outer, tx.Signers = 1, 1000
	tx.PreBalances, tx.PostBalances = nil, tx.PostBalances[:1]
	tx.PostTokens = []geyser.TokenBalance{{Account: 1 << 31, Mint: bytes.Repeat([]byte("z"), 100)}}
	tx.Logs = append(tx.Logs, []byte("Program "+dex.Pump.String()+" invoke [99999999999999999999]"), []byte("Program data: !!"), []byte("Program "))
	d := New(Options{})
	for _, r := range d.Decode(tx) {
		expectKey(t, "mint", r.GetTrade().GetMint(), coin)
	}
}

// Names make the discriminators that the facts list.
func TestQuietTags(t *testing.T) {
	for _, tag := range []uint64{0xea66c2cb96483ee5, 0x1416567bc61cdb84, 0x20f6bf3408c949ba, 0x253a237ebe35e4c5} {
		expect(t, "pump instruction", quiet[pump].instructions[tag], true)
	}
	for v, tags := range map[venue][]uint64{
		pump: {0x1416567bc61cdb84, 0x20f6bf3408c949ba, 0x0830be07b644b7e5, 0x7af3cc415e741d37, 0xa572670079cef751, 0x3da9bcbf99952a61},
		swap: {0x20f6bf3408c949ba, 0xa039592ab58b2b42, 0x253a237ebe35e4c5},
	} {
		for _, tag := range tags {
			expect(t, "paying", paying[v][tag], true)
		}
	}
	expect(t, "TradeEvent by table", rare[pump][pumpfun.TagTrade] != nil, false)
}

// The hot path keeps its objects: trades cost no allocation once the decoder is warm, and counters may be read meanwhile.
func TestSteadyState(t *testing.T) {
	d := New(Options{})
	txs := seeds()
	var readers sync.WaitGroup
	stop := make(chan struct{})
	readers.Go(func() {
		for last := uint64(0); ; {
			select {
			case <-stop:
				return
			default:
			}
			if now := d.Stats().Pump.Decoded; now < last {
				t.Errorf("decoded fell from %d to %d", last, now)
			} else {
				last = now
			}
			runtime.Gosched()
		}
	})
	for _, tx := range txs {
		d.Decode(tx)
	}
	for range 1_000 {
		for _, tx := range txs {
			d.Decode(tx)
		}
	}
	close(stop)
	readers.Wait()
	for i, tx := range txs {
		if n := testing.AllocsPerRun(100, func() { d.Decode(tx) }); n > 0 {
			t.Errorf("transaction %d costs %v allocations", i, n)
		}
	}
	expect(t, "decoded", d.Stats().Pump.Decoded >= 2_000, true)
}

// Older layouts say less, and the record then says less, but nothing else.
func TestOlderLayouts(t *testing.T) {
	for _, fields := range []uint8{pumpfun.TradeOldest, pumpfun.TradeReal, pumpfun.TradeFees, pumpfun.TradeVolume, pumpfun.TradeName, pumpfun.TradeNewest} {
		e := curveBuy(coin, wallet, 5_000_000, 200)
		e.Fields = fields
		n := buyNode(coin, curve, wallet, e)
		pay := func(lamports uint64, to dex.Key) *node {
			return &node{program: dex.System, accounts: []dex.Key{wallet, to}, data: spl.AppendTransfer(nil, lamports)}
		}
		n.does = append([]any{pay(200, curve), pay(2, n.accounts[1])}, n.does...)
		d := New(Options{})
		tr := one(t, d, run([]dex.Key{wallet}, n)).GetTrade()
		expect(t, "base", tr.BaseAmount, 5_000_000)
		expect(t, "pool quote", tr.PoolQuoteAmount, 200)
		expectKey(t, "quote mint", tr.QuoteMint, dex.WSOL)
		if fields < pumpfun.TradeFees { // the fee is what the recipient was paid
			expect(t, "quote", tr.QuoteAmount, 202)
			expect(t, "fees", len(tr.Fees), 1)
		} else {
			expect(t, "quote", tr.QuoteAmount, 200+12_500)
		}
		expect(t, "real reserves", tr.ReservesBefore.Base != nil, fields >= pumpfun.TradeReal)
		expect(t, "progress", tr.CurveProgressBps != nil, fields >= pumpfun.TradeReal)
		expect(t, "virtual before", tr.ReservesBefore.GetPriceQuote(), pumpfun.InitialVirtualSOL)
		expect(t, "name", tr.InstructionName != "", fields >= pumpfun.TradeName)
		expect(t, "disagreement", d.Stats().Pump.Disagreement, 0)
	}
}
