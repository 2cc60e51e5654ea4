package decode

import (
	"slices"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/spl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// low and high are two mints in the order of their addresses: low is token 0.
var low, high = dex.Key{0: 1, 31: 1}, dex.Key{0: 0xf0, 31: 1}

// places makes a list of accounts and puts some at their places.
func places(n int, at map[int8]dex.Key) []dex.Key {
	a := make([]dex.Key, n)
	for i := range a {
		a[i] = key(300 + i)
	}
	for i, k := range at {
		a[i] = k
	}
	return a
}

func transfer(program, source, mint, destination dex.Key, amount uint64) *node {
	in := spl.TokenInstruction{Kind: spl.TransferChecked, Amount: amount, Decimals: 6}
	return &node{program: program, accounts: []dex.Key{source, mint, destination, key(9)}, data: in.Append(nil)}
}

var (
	cpPool, cpIn, cpOut     = key(400), key(401), key(402)
	cpUserIn, cpUserOut     = key(403), key(404)
	clPool, clIn, clOut     = key(410), key(411), key(412)
	clUserIn, clUserOut     = key(413), key(414)
	labPool, labBase, labIn = key(420), key(421), key(422)
)

// cpmmNode is a swap of an exact input of WSOL, which is token 0, for coins of the mint high.
func cpmmNode(e *cpmm.SwapEvent, program dex.Key) *node {
	in := cpmm.Instruction{Kind: cpmm.SwapBaseInput, Amount: e.InputAmount + e.InputTransferFee, Limit: 5}
	n := &node{
		program: dex.RaydiumCPMM, data: in.Append(nil),
		accounts: places(13, map[int8]dex.Key{0: wallet, 3: cpPool, 4: cpUserIn, 5: cpUserOut, 6: cpIn, 7: cpOut, 8: dex.SPLToken, 9: program, 10: dex.WSOL, 11: high}),
	}
	n.does = []any{
		transfer(dex.SPLToken, cpUserIn, dex.WSOL, cpIn, in.Amount),
		transfer(program, cpOut, high, cpUserOut, e.OutputAmount),
		dataLine(e.Append(nil)),
	}
	return n
}

func newSwap() *cpmm.SwapEvent {
	return &cpmm.SwapEvent{
		PoolID: cpPool, InputVaultBefore: 1_000_000, OutputVaultBefore: 4_000_000, InputAmount: 10_000, OutputAmount: 38_979,
		OutputTransferFee: 100, BaseInput: true, InputMint: dex.WSOL, OutputMint: high, TradeFee: 25, CreatorFee: 19,
	}
}

func TestCpmmSwap(t *testing.T) {
	e := newSwap()
	leg, _ := cpmm.Reserves{In: e.InputVaultBefore, Out: e.OutputVaultBefore}.Output(e.InputAmount - e.TradeFee)
	e.OutputAmount = leg - e.CreatorFee
	tx := run([]dex.Key{wallet}, &node{program: router, does: []any{cpmmNode(e, dex.Token2022)}})
	holds(tx, cpIn, dex.WSOL, key(9), 9, 1_100_000, 1_110_000)
	holds(tx, cpOut, high, key(9), 6, 4_200_000, 4_200_000-e.OutputAmount)
	holds(tx, cpUserOut, high, wallet, 6, 0, e.OutputAmount-e.OutputTransferFee)
	d := New(Options{})
	r := one(t, d, tx)
	tr := r.GetTrade()
	expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_EVENT_LOG)
	expect(t, "venue", tr.Venue, eventv1.Venue_VENUE_RAYDIUM_CPMM)
	expectKey(t, "pool", tr.Pool, cpPool)
	expectKey(t, "trader", tr.Trader, wallet)
	expectKey(t, "router", tr.Router, router)
	expectKey(t, "mint", tr.Mint, high)
	expectKey(t, "quote", tr.QuoteMint, dex.WSOL)
	expectKey(t, "token 0", tr.PoolBaseMint, dex.WSOL)
	expect(t, "side", tr.Side, eventv1.Side_SIDE_BUY)
	expect(t, "got", tr.BaseAmount, e.OutputAmount-100)
	expect(t, "gave", tr.QuoteAmount, 10_000)
	expect(t, "leg", tr.PoolQuoteAmount, 10_000-25)
	expect(t, "limit", tr.GetLimitAmount(), 5)
	expect(t, "exact in", tr.GetExactIn(), true)
	expect(t, "price before", [2]uint64{tr.ReservesBefore.GetPriceBase(), tr.ReservesBefore.GetPriceQuote()}, [2]uint64{4_000_000, 1_000_000})
	expect(t, "held after", [2]uint64{tr.ReservesAfter.GetBase(), tr.ReservesAfter.GetQuote()}, [2]uint64{4_200_000 - e.OutputAmount, 1_110_000})
	expect(t, "decimals", [2]uint32{tr.GetBaseDecimals(), tr.GetQuoteDecimals()}, [2]uint32{6, 9})
	expect(t, "fees", len(tr.Fees), 3)
	for i, want := range []struct {
		kind   eventv1.FeeKind
		amount uint64
		inBase bool
	}{
		{eventv1.FeeKind_FEE_KIND_TRANSFER, 100, true}, {eventv1.FeeKind_FEE_KIND_SWAP, 25, false}, {eventv1.FeeKind_FEE_KIND_CREATOR, 19, true},
	} {
		expect(t, "fee kind", tr.Fees[i].Kind, want.kind)
		expect(t, "fee", tr.Fees[i].Amount, want.amount)
		expect(t, "fee in base", tr.Fees[i].InBase, want.inBase)
	}
	expect(t, "disagreement", d.Stats().RaydiumCPMM.Disagreement, 0)

	for name, less := range map[string]func(*geyser.Transaction){
		"transfers": mute, "balances": func(tx *geyser.Transaction) { mute(tx); unrecord(tx) },
	} {
		t.Run(name, func(t *testing.T) {
			tx := clone(tx)
			less(tx)
			if name == "balances" { // nobody called it
				tx = run([]dex.Key{wallet}, cpmmNode(e, dex.Token2022))
				holds(tx, cpIn, dex.WSOL, key(9), 9, 1_100_000, 1_110_000)
				holds(tx, cpOut, high, key(9), 6, 4_200_000, 4_200_000-e.OutputAmount)
				holds(tx, cpUserOut, high, wallet, 6, 0, e.OutputAmount-e.OutputTransferFee)
				less(tx)
				for i := range tx.PreTokens[:1] {
					tx.PreTokens[i].Program = []byte(dex.SPLToken.String())
				}
			}
			got := one(t, New(Options{}), tx).GetTrade()
			expect(t, "got", got.BaseAmount, e.OutputAmount-100)
			expect(t, "gave", got.QuoteAmount, 10_000)
			expect(t, "fees", len(got.Fees), 1)
		})
	}
}

// TestCpmmOldSwap reads the form of 89 bytes: mints from the instruction, no fees.
func TestCpmmOldSwap(t *testing.T) {
	e := newSwap()
	e.Fields, e.OutputTransferFee = cpmm.SwapOldest, 0
	tx := run([]dex.Key{wallet}, cpmmNode(e, dex.SPLToken))
	tr := one(t, New(Options{}), tx).GetTrade()
	expectKey(t, "mint", tr.Mint, high)
	expect(t, "leg", tr.PoolQuoteAmount, 10_000)
	expect(t, "fees", len(tr.Fees), 0)

	// Without inner instructions a routed one has nobody who traded, and no mints.
	routed := run([]dex.Key{wallet}, &node{program: router, does: []any{cpmmNode(e, dex.SPLToken)}})
	unrecord(routed)
	d := New(Options{})
	expect(t, "records", len(d.Decode(routed)), 0)
	expect(t, "unresolved", d.Stats().RaydiumCPMM.Unresolved, 1)
}

// TestCpmmUnknownInstruction has an event below an instruction that is not known: the volume is not lost.
func TestCpmmUnknownInstruction(t *testing.T) {
	n := cpmmNode(newSwap(), dex.SPLToken)
	n.data = []byte("newswap!12345678")
	d := New(Options{})
	tr := one(t, d, run([]dex.Key{wallet}, n)).GetTrade()
	expectKey(t, "trader", tr.Trader, wallet)
	expectKey(t, "mint", tr.Mint, high)
	expect(t, "unknown", d.Stats().RaydiumCPMM.UnknownInstruction, 1)
}

func TestCpmmTailAndCut(t *testing.T) {
	e := newSwap()
	n := cpmmNode(e, dex.SPLToken)
	n.does[2] = dataLine(append(e.Append(nil), 1, 2, 3))
	d := New(Options{})
	one(t, d, run([]dex.Key{wallet}, n))
	expect(t, "tail", d.Stats().RaydiumCPMM.UnknownTail, 1)

	n.does[2] = dataLine(e.Append(nil)[:88])
	r := one(t, d, run([]dex.Key{wallet}, n))
	expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_IX_TRANSFERS)
	expect(t, "malformed", d.Stats().RaydiumCPMM.Malformed, 1)

	n.does = n.does[:2]
	n.data = (&cpmm.Instruction{Kind: cpmm.SwapBaseInput, Amount: 77}).Append(nil) // not what moved
	expect(t, "records", len(d.Decode(run([]dex.Key{wallet}, n))), 0)
	expect(t, "unresolved", d.Stats().RaydiumCPMM.Unresolved, 1)
}

func TestCpmmLiquidity(t *testing.T) {
	for _, kind := range []cpmm.Kind{cpmm.Deposit, cpmm.Withdraw} {
		in := cpmm.Instruction{Kind: kind, LP: 77, Token0: 1, Token1: 2}
		e := cpmm.LpChangeEvent{
			PoolID: cpPool, LpAmountBefore: 500, Token0VaultBefore: 10_000, Token1VaultBefore: 20_000, Token0Amount: 100, Token1Amount: 200,
			Token1TransferFee: 3,
		}
		after, direction := [2]uint64{10_100, 20_200}, eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED
		if kind == cpmm.Withdraw {
			e.ChangeType, after, direction = cpmm.ChangeWithdraw, [2]uint64{9_900, 19_797}, eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED
		}
		tx := run([]dex.Key{wallet}, &node{
			program: dex.RaydiumCPMM, data: in.Append(nil), does: []any{dataLine(e.Append(nil))},
			accounts: places(14, map[int8]dex.Key{0: wallet, 2: cpPool, 6: cpIn, 7: cpOut, 10: low, 11: high, 12: key(405)}),
		})
		holds(tx, cpIn, low, key(9), 6, 11_000, 1_000+after[0])
		holds(tx, cpOut, high, key(9), 6, 21_000, 1_000+after[1])
		l := one(t, New(Options{}), tx).GetLiquidityChanged()
		expect(t, "direction", l.Direction, direction)
		expectKey(t, "pool", l.Pool, cpPool)
		expectKey(t, "owner", l.Owner, wallet)
		expectKey(t, "base", l.BaseMint, low)
		expectKey(t, "lp", l.LpMint, key(405))
		expect(t, "amounts", [2]uint64{l.BaseAmount, l.QuoteAmount}, [2]uint64{100, 200})
		expect(t, "lp amount", [2]uint64{l.GetLpAmount(), l.GetLpSupplyBefore()}, [2]uint64{77, 500})
		expect(t, "price after", [2]uint64{l.ReservesAfter.GetPriceBase(), l.ReservesAfter.GetPriceQuote()}, after)
		expect(t, "held after", [2]uint64{l.ReservesAfter.GetBase(), l.ReservesAfter.GetQuote()}, [2]uint64{1_000 + after[0], 1_000 + after[1]})
	}
}

func TestCpmmInitialize(t *testing.T) {
	for _, kind := range []cpmm.Kind{cpmm.Initialize, cpmm.InitializeWithPermission} {
		in := cpmm.Instruction{Kind: kind, Token0: 1_000, Token1: 2_000, OpenTime: 1_700_000_000}
		p := kind.Places()
		lp := spl.TokenInstruction{Kind: spl.MintTo, Amount: 1_314}
		tx := run([]dex.Key{wallet}, &node{
			program: dex.RaydiumCPMM, data: in.Append(nil), does: []any{
				transfer(dex.SPLToken, cpUserIn, low, cpIn, 1_000), transfer(dex.Token2022, cpUserOut, high, cpOut, 2_000),
				&node{program: dex.SPLToken, accounts: []dex.Key{key(405), key(406), key(9)}, data: lp.Append(nil)},
			},
			accounts: places(21, map[int8]dex.Key{p.User: wallet, p.Pool: cpPool, p.MintIn: low, p.MintOut: high, p.VaultIn: cpIn, p.VaultOut: cpOut, p.LPMint: key(405), p.UserLP: key(406), p.Config: key(407)}),
		})
		holds(tx, cpIn, low, key(9), 9, 0, 1_000)
		holds(tx, cpOut, high, key(9), 6, 0, 1_990)
		r := one(t, New(Options{}), tx)
		c := r.GetPoolCreated()
		expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_IX_TRANSFERS)
		expectKey(t, "pool", c.Pool, cpPool)
		expectKey(t, "creator", c.Creator, wallet)
		expectKey(t, "config", c.Config, key(407))
		expectKey(t, "base", c.BaseMint, low)
		expectKey(t, "lp mint", c.LpMint, key(405))
		expect(t, "amounts", [2]uint64{c.BaseAmount, c.QuoteAmount}, [2]uint64{1_000, 1_990})
		expect(t, "lp", c.GetLpAmount(), 1_314)
		expect(t, "open", c.GetOpenTime(), 1_700_000_000)
		expect(t, "decimals", [2]uint32{c.GetBaseDecimals(), c.GetQuoteDecimals()}, [2]uint32{9, 6})

		mute(tx)
		unrecord(tx)
		c = one(t, New(Options{}), tx).GetPoolCreated()
		expect(t, "by balances", [2]uint64{c.BaseAmount, c.QuoteAmount}, [2]uint64{1_000, 1_990})
	}
}

func newConcentrated() *clmm.SwapEvent {
	return &clmm.SwapEvent{
		PoolState: clPool, Sender: wallet, TokenAccount0: clUserIn, TokenAccount1: clUserOut, Amount0: 5_000, Amount1: 700, ZeroForOne: true,
		TransferFee1: 7, SqrtPriceX64: dex.Uint128{Hi: 1, Lo: 2}, Liquidity: dex.Uint128{Hi: 3, Lo: 4}, Tick: -5, TradeFee0: 13,
	}
}

// clmmNode swaps 5,000 of low for 700 of WSOL: low is the lower address, so token 0.
func clmmNode(kind clmm.Kind, e *clmm.SwapEvent) *node {
	in := clmm.Instruction{Kind: kind, Amount: 5_000, Limit: 600, IsBaseInput: true}
	return &node{
		program: dex.RaydiumCLMM, data: in.Append(nil),
		does: []any{
			transfer(dex.SPLToken, clUserIn, low, clIn, 5_000), transfer(dex.Token2022, clOut, dex.WSOL, clUserOut, 700), dataLine(e.Append(nil)),
		},
		accounts: places(13, map[int8]dex.Key{0: wallet, 2: clPool, 3: clUserIn, 4: clUserOut, 5: clIn, 6: clOut, 11: low, 12: dex.WSOL}),
	}
}

func clmmHolds(tx *geyser.Transaction) {
	holds(tx, clIn, low, clPool, 6, 90_000, 95_000)
	holds(tx, clOut, dex.WSOL, clPool, 9, 80_000, 79_300)
	holds(tx, clUserIn, low, wallet, 6, 5_000, 0)
	holds(tx, clUserOut, dex.WSOL, wallet, 9, 0, 693)
}

func TestClmmSwap(t *testing.T) {
	for _, kind := range []clmm.Kind{clmm.Swap, clmm.SwapV2} {
		tx := run([]dex.Key{wallet}, clmmNode(kind, newConcentrated()))
		clmmHolds(tx)
		d := New(Options{})
		tr := one(t, d, tx).GetTrade()
		expect(t, "venue", tr.Venue, eventv1.Venue_VENUE_RAYDIUM_CLMM)
		expectKey(t, "mint", tr.Mint, low)
		expectKey(t, "quote", tr.QuoteMint, dex.WSOL)
		expect(t, "side", tr.Side, eventv1.Side_SIDE_SELL)
		expect(t, "amounts", [3]uint64{tr.BaseAmount, tr.QuoteAmount, tr.PoolQuoteAmount}, [3]uint64{5_000, 693, 700})
		expect(t, "held", [2]uint64{tr.ReservesAfter.GetBase(), tr.ReservesAfter.GetQuote()}, [2]uint64{95_000, 79_300})
		expect(t, "price reserves", tr.ReservesAfter.PriceBase, nil)
		c := tr.Concentrated
		expect(t, "root", [2]uint64{c.SqrtPriceX64High, c.SqrtPriceX64Low}, [2]uint64{1, 2})
		expect(t, "liquidity", [2]uint64{c.LiquidityHigh, c.LiquidityLow}, [2]uint64{3, 4})
		expect(t, "tick", c.Tick, -5)
		expect(t, "limit", tr.GetLimitAmount(), 600)
		expect(t, "fees", len(tr.Fees), 2)
		expect(t, "transfer fee", tr.Fees[0].Amount, 7)
		expect(t, "trade fee", tr.Fees[1].Amount, 13)
		expect(t, "trade fee in base", tr.Fees[1].InBase, true)
		expect(t, "disagreement", d.Stats().RaydiumCLMM.Disagreement, 0)

		mute(tx)
		r := one(t, d, tx)
		got := r.GetTrade()
		expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_IX_TRANSFERS)
		expect(t, "amounts", [3]uint64{got.BaseAmount, got.QuoteAmount, got.PoolQuoteAmount}, [3]uint64{5_000, 693, 700})
		if got.Concentrated != nil {
			t.Error("a price that nothing tells")
		}
	}
}

// TestClmmRouted has no inner instructions: the event names everything but the mints, which its token accounts tell.
func TestClmmRouted(t *testing.T) {
	e := newConcentrated()
	e.Fields = clmm.SwapOldest
	tx := run([]dex.Key{wallet}, &node{program: router, does: []any{clmmNode(clmm.SwapV2, e)}})
	clmmHolds(tx)
	unrecord(tx)
	tr := one(t, New(Options{}), tx).GetTrade()
	expectKey(t, "mint", tr.Mint, low)
	expectKey(t, "trader", tr.Trader, wallet)
	expect(t, "amounts", [2]uint64{tr.BaseAmount, tr.QuoteAmount}, [2]uint64{5_000, 693})
}

// TestClmmHops goes through two pools in one instruction.
func TestClmmHops(t *testing.T) {
	second := newConcentrated()
	second.PoolState, second.ZeroForOne, second.Amount0, second.Amount1, second.TransferFee1 = key(430), true, 700, 40, 0
	second.TradeFee0, second.TokenAccount0, second.TokenAccount1 = 0, clUserOut, key(433)
	first := newConcentrated()
	first.TransferFee1 = 0
	in := clmm.Instruction{Kind: clmm.SwapRouterBaseIn, Amount: 5_000, Limit: 1}
	accounts := places(6, map[int8]dex.Key{0: wallet, 1: clUserIn, 2: low})
	accounts = append(accounts, key(500), clPool, clUserOut, clIn, clOut, dex.WSOL, key(501), key(502), key(503)) // two tick arrays
	accounts = append(accounts, key(504), key(430), key(433), key(431), key(432), high, key(505), key(506))
	n := &node{
		program: dex.RaydiumCLMM, data: in.Append(nil), accounts: accounts,
		does: []any{dataLine(first.Append(nil)), dataLine(second.Append(nil))},
	}
	tx := run([]dex.Key{wallet}, n)
	holds(tx, clIn, low, clPool, 6, 90_000, 95_000)
	holds(tx, clOut, dex.WSOL, clPool, 9, 80_000, 79_300)
	holds(tx, key(431), dex.WSOL, key(430), 9, 1_000, 1_700)
	holds(tx, key(432), high, key(430), 6, 1_000, 960)
	d := New(Options{})
	all := trades(d.Decode(tx))
	expect(t, "trades", len(all), 2)
	expectKey(t, "first pool", all[0].Pool, clPool)
	expectKey(t, "second pool", all[1].Pool, key(430))
	expectKey(t, "second mint", all[1].Mint, high)
	expect(t, "second side", all[1].Side, eventv1.Side_SIDE_BUY)
	expect(t, "second held", all[1].ReservesAfter.GetQuote(), 1_700)
	expect(t, "disagreement", d.Stats().RaydiumCLMM.Disagreement, 0)
}

func TestClmmPositions(t *testing.T) {
	open := (&clmm.CreatePersonalPositionEvent{PoolState: clPool, Minter: wallet, NftOwner: key(21), TickLower: -10, TickUpper: 10, Liquidity: dex.Uint128{Lo: 9}, DepositAmount0: 100, DepositAmount1: 200}).Append(nil)
	more := (&clmm.IncreaseLiquidityEvent{PositionNftMint: key(22), Liquidity: dex.Uint128{Lo: 9}, Amount0: 100, Amount1: 200}).Append(nil)
	less := (&clmm.DecreaseLiquidityEvent{PositionNftMint: key(22), Liquidity: dex.Uint128{Lo: 9}, DecreaseAmount0: 90, DecreaseAmount1: 180, FeeAmount0: 10, FeeAmount1: 20}).Append(nil)
	for kind, c := range map[clmm.Kind]struct {
		event []byte
		owner dex.Key
		added bool
	}{
		clmm.OpenPosition: {open, key(21), true}, clmm.OpenPositionV2: {open, key(21), true}, clmm.OpenPositionToken22: {open, key(21), true},
		clmm.IncreaseLiquidity: {more, key(21), true}, clmm.IncreaseLiquidityV2: {more, key(21), true},
		clmm.DecreaseLiquidity: {less, key(21), false}, clmm.DecreaseLiquidityV2: {less, key(21), false},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			p := kind.Places()
			at := map[int8]dex.Key{p.Pool: clPool, p.User: key(21), p.VaultIn: clIn, p.VaultOut: clOut}
			if p.NftMint >= 0 {
				at[p.NftMint] = key(22)
			}
			if p.MintIn >= 0 {
				at[p.MintIn], at[p.MintOut] = low, high
			}
			in := clmm.Instruction{Kind: kind}
			tx := run([]dex.Key{wallet}, &node{program: dex.RaydiumCLMM, data: in.Append(nil), accounts: places(22, at), does: []any{dataLine(c.event)}})
			change, amounts := uint64(100), [2]uint64{100, 200}
			direction := eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED
			if !c.added {
				change, amounts, direction = ^uint64(99), [2]uint64{90, 180}, eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED
			}
			holds(tx, clIn, low, clPool, 6, 1_000, 1_000+change)
			holds(tx, clOut, high, clPool, 6, 1_000, 1_000+2*change)
			d := New(Options{})
			l := one(t, d, tx).GetLiquidityChanged()
			expectKey(t, "pool", l.Pool, clPool)
			expectKey(t, "owner", l.Owner, c.owner)
			expectKey(t, "nft", l.Position.NftMint, key(22))
			expectKey(t, "base", l.BaseMint, low)
			expectKey(t, "quote", l.QuoteMint, high)
			expect(t, "direction", l.Direction, direction)
			expect(t, "amounts", [2]uint64{l.BaseAmount, l.QuoteAmount}, amounts)
			expect(t, "liquidity", l.Position.LiquidityLow, 9)
			expect(t, "held after", l.ReservesAfter.GetQuote(), 1_000+2*change)
			if !c.added {
				expect(t, "fees", [2]uint64{l.GetFeesBaseAmount(), l.GetFeesQuoteAmount()}, [2]uint64{10, 20})
			}
			s := d.Stats().RaydiumCLMM
			expect(t, "counts", [3]uint64{s.Seen, s.Decoded, s.Unresolved}, [3]uint64{1, 1, 0})
		})
	}
}

func TestClmmCreatePool(t *testing.T) {
	e := clmm.PoolCreatedEvent{TokenMint0: low, TokenMint1: high, TickSpacing: 60, PoolState: clPool, SqrtPriceX64: dex.Uint128{Hi: 1}, Tick: 3}
	in := clmm.Instruction{Kind: clmm.CreatePool, SqrtPriceX64: dex.Uint128{Hi: 1}, OpenTime: 55}
	n := &node{
		program: dex.RaydiumCLMM, data: in.Append(nil), does: []any{dataLine(e.Append(nil))},
		accounts: places(13, map[int8]dex.Key{0: wallet, 1: key(407), 2: clPool, 3: low, 4: high}),
	}
	tx := run([]dex.Key{wallet}, n)
	c := one(t, New(Options{}), tx).GetPoolCreated()
	expectKey(t, "pool", c.Pool, clPool)
	expectKey(t, "creator", c.Creator, wallet)
	expectKey(t, "config", c.Config, key(407))
	expect(t, "spacing", c.GetTickSpacing(), 60)
	expect(t, "open", c.GetOpenTime(), 55)
	expect(t, "root", c.Concentrated.SqrtPriceX64High, 1)
	expect(t, "tick", c.Concentrated.Tick, 3)
	mute(tx)
	c = one(t, New(Options{}), tx).GetPoolCreated()
	expectKey(t, "pool", c.Pool, clPool)
	expect(t, "root", c.Concentrated.SqrtPriceX64High, 1)
	expect(t, "spacing", c.TickSpacing, nil)
}

// TestQuietInstructions are known and ask for no record.
func TestQuietInstructions(t *testing.T) {
	d := New(Options{})
	for _, program := range []dex.Key{dex.RaydiumCPMM, dex.RaydiumCLMM} {
		tag := tags("global:", []string{"collect_protocol_fee"})
		for v := range tag {
			data := slices.Concat([]byte{byte(v >> 56), byte(v >> 48), byte(v >> 40), byte(v >> 32), byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}, make([]byte, 16))
			expect(t, "records", len(d.Decode(run([]dex.Key{wallet}, &node{program: program, data: data, accounts: places(12, nil)}))), 0)
		}
	}
	s := d.Stats()
	expect(t, "unknown", s.RaydiumCPMM.UnknownInstruction+s.RaydiumCLMM.UnknownInstruction, 0)
}
