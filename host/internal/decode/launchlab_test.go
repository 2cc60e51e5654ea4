package decode

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var labCurve = launchlab.Curve{VirtualBase: 1_073_025_605_596_382, VirtualQuote: 30_000_852_951}

const labForSale = 793_100_000_000_000

// labBuy spends exactly 1,000,000 on the coin, of which 20,000 are fees.
func labBuy(t *testing.T) *launchlab.TradeEvent {
	t.Helper()
	base, ok := labCurve.Buy(980_000)
	if !ok {
		t.Fatal("no trade")
	}
	return &launchlab.TradeEvent{
		PoolState: labPool, TotalBaseSell: labForSale, VirtualBase: labCurve.VirtualBase, VirtualQuote: labCurve.VirtualQuote,
		RealBaseAfter: base, RealQuoteAfter: 980_000, AmountIn: 1_000_000, AmountOut: base, ProtocolFee: 2_500, PlatformFee: 10_000,
		CreatorFee: 5_000, ShareFee: 2_500, ExactIn: true,
	}
}

// labNode is the instruction around a trade's event.
func labNode(kind launchlab.Kind, e *launchlab.TradeEvent) *node {
	in := launchlab.Instruction{Kind: kind, Amount: e.AmountIn, Limit: 3}
	if !kind.IsExactIn() {
		in.Amount, in.Limit = e.AmountOut, e.AmountIn+1
	}
	userBase, userQuote, vaultQuote := key(440), key(441), labIn
	n := &node{
		program: dex.LaunchLab, data: in.Append(nil),
		accounts: places(18, map[int8]dex.Key{0: wallet, 4: labPool, 5: userBase, 6: userQuote, 7: labBase, 8: vaultQuote, 9: coin, 10: dex.WSOL}),
	}
	if e.IsBuy() {
		n.does = []any{
			transfer(dex.SPLToken, userQuote, dex.WSOL, vaultQuote, e.AmountIn), transfer(dex.SPLToken, labBase, coin, userBase, e.AmountOut),
		}
	} else {
		n.does = []any{
			transfer(dex.SPLToken, userBase, coin, labBase, e.AmountIn), transfer(dex.SPLToken, vaultQuote, dex.WSOL, userQuote, e.AmountOut),
		}
	}
	n.does = append(n.does, emit(dex.LaunchLab, e.Append(nil))...)
	return n
}

func TestLabBuy(t *testing.T) {
	for _, kind := range []launchlab.Kind{launchlab.BuyExactIn, launchlab.BuyExactOut} {
		e := labBuy(t)
		d := New(Options{})
		tx := run([]dex.Key{wallet}, &node{program: router, does: []any{labNode(kind, e)}})
		r := one(t, d, tx)
		tr := r.GetTrade()
		expect(t, "strategy", r.Strategy, eventv1.Strategy_STRATEGY_EVENT_CPI)
		expect(t, "venue", tr.Venue, eventv1.Venue_VENUE_RAYDIUM_LAUNCHLAB)
		expectKey(t, "pool", tr.Pool, labPool)
		expectKey(t, "trader", tr.Trader, wallet)
		expectKey(t, "router", tr.Router, router)
		expectKey(t, "mint", tr.Mint, coin)
		expectKey(t, "quote", tr.QuoteMint, dex.WSOL)
		expect(t, "side", tr.Side, eventv1.Side_SIDE_BUY)
		expect(t, "amounts", [3]uint64{tr.BaseAmount, tr.QuoteAmount, tr.PoolQuoteAmount}, [3]uint64{e.AmountOut, 1_000_000, 980_000})
		expect(t, "exact in", tr.GetExactIn(), kind.IsExactIn())
		expect(t, "fees", len(tr.Fees), 4)
		expect(t, "platform", tr.Fees[1].Kind, eventv1.FeeKind_FEE_KIND_PLATFORM)
		expect(t, "referrer", tr.Fees[3].Amount, 2_500)
		expect(t, "before", [2]uint64{tr.ReservesBefore.GetBase(), tr.ReservesBefore.GetQuote()}, [2]uint64{labForSale, 0})
		expect(t, "after", [2]uint64{tr.ReservesAfter.GetBase(), tr.ReservesAfter.GetPriceQuote()}, [2]uint64{labForSale - e.AmountOut, labCurve.VirtualQuote + 980_000})
		expect(t, "disagreement", d.Stats().LaunchLab.Disagreement, 0)

		// The same from the logs, and from what moved.
		for name, less := range map[string]struct {
			change []func(*geyser.Transaction)
			leg    uint64
		}{
			"logs":      {[]func(*geyser.Transaction){strip}, 980_000},
			"transfers": {[]func(*geyser.Transaction){blind, mute}, 1_000_000}, // fees are not known
		} {
			part := clone(tx)
			for _, f := range less.change {
				f(part)
			}
			got := one(t, New(Options{}), part).GetTrade()
			expect(t, name, [3]uint64{got.BaseAmount, got.QuoteAmount, got.PoolQuoteAmount}, [3]uint64{e.AmountOut, 1_000_000, less.leg})
		}
	}
}

func TestLabSell(t *testing.T) {
	full := launchlab.Curve{VirtualBase: labCurve.VirtualBase, VirtualQuote: labCurve.VirtualQuote, RealBase: 100_000_000_000_000, RealQuote: 4_000_000_000}
	gross, _ := full.Sell(2_000_000_000)
	e := &launchlab.TradeEvent{
		PoolState: labPool, TotalBaseSell: labForSale, VirtualBase: full.VirtualBase, VirtualQuote: full.VirtualQuote,
		RealBaseBefore: full.RealBase, RealQuoteBefore: full.RealQuote, RealBaseAfter: full.RealBase - 2_000_000_000, RealQuoteAfter: full.RealQuote - gross,
		AmountIn: 2_000_000_000, ProtocolFee: 100, PlatformFee: 300, TradeDirection: launchlab.DirectionSell, ExactIn: true,
	}
	for _, told := range []uint64{gross - 400, gross} { // after fees, and in case the program says it before them
		e.AmountOut = told
		tr := one(t, New(Options{}), run([]dex.Key{wallet}, labNode(launchlab.SellExactIn, e))).GetTrade()
		expect(t, "side", tr.Side, eventv1.Side_SIDE_SELL)
		expect(t, "amounts", [3]uint64{tr.BaseAmount, tr.QuoteAmount, tr.PoolQuoteAmount}, [3]uint64{2_000_000_000, gross - 400, gross})
		expect(t, "fees", len(tr.Fees), 2)
		expect(t, "before", tr.ReservesBefore.GetBase(), labForSale-full.RealBase)
	}
}

// TestLabLayouts reads the three forms of the event.
func TestLabLayouts(t *testing.T) {
	for fields, fees := range map[uint8]int{launchlab.TradeFirst: 3, launchlab.TradeCreator: 4, launchlab.TradeNewest: 4} {
		e := labBuy(t)
		e.Fields = fields
		if fields == launchlab.TradeFirst {
			e.CreatorFee, e.PlatformFee = 0, 15_000
		}
		d := New(Options{})
		tr := one(t, d, run([]dex.Key{wallet}, labNode(launchlab.BuyExactIn, e))).GetTrade()
		expect(t, "amounts", [2]uint64{tr.QuoteAmount, tr.PoolQuoteAmount}, [2]uint64{1_000_000, 980_000})
		expect(t, "fees", len(tr.Fees), fees)
		expect(t, "referrer", tr.Fees[fees-1].Amount, 2_500)
		s := d.Stats().LaunchLab
		expect(t, "counts", [2]uint64{s.UnknownTail, s.Disagreement}, [2]uint64{})
	}
}

// TestLabOtherCurve is a trade that constant product does not explain: no price is made up.
func TestLabOtherCurve(t *testing.T) {
	e := labBuy(t)
	e.RealBaseAfter /= 2
	e.AmountOut /= 2
	tr := one(t, New(Options{}), run([]dex.Key{wallet}, labNode(launchlab.BuyExactIn, e))).GetTrade()
	if tr.ReservesAfter.PriceBase != nil || tr.ReservesAfter.PriceQuote != nil {
		t.Errorf("a price of %v", tr.ReservesAfter)
	}
	expect(t, "held", tr.ReservesAfter.GetBase(), labForSale-e.AmountOut)
}

func TestLabComplete(t *testing.T) {
	e := labBuy(t)
	e.TotalBaseSell, e.PoolStatus = e.AmountOut, launchlab.StatusMigrate
	records := New(Options{}).Decode(run([]dex.Key{wallet}, labNode(launchlab.BuyExactIn, e)))
	expect(t, "records", len(records), 2)
	expect(t, "progress", records[0].GetTrade().GetCurveProgressBps(), 10_000)
	c := records[1].GetCurveCompleted()
	expectKey(t, "mint", c.GetMint(), coin)
	expectKey(t, "curve", c.GetCurve(), labPool)
	expectKey(t, "user", c.GetUser(), wallet)
}

func TestLabCreate(t *testing.T) {
	for _, kind := range []launchlab.Kind{launchlab.Initialize, launchlab.InitializeV2, launchlab.InitializeWithToken2022} {
		for _, fields := range []uint8{launchlab.PoolCreateOldest, launchlab.PoolCreateNewest} {
			e := launchlab.PoolCreateEvent{
				Extent: dex.Extent{Fields: fields}, PoolState: labPool, Creator: key(51), Config: key(407),
				Mint:  launchlab.MintParams{Decimals: 6, Name: []byte("Bonk \xff"), Symbol: []byte("BNK"), URI: []byte("ipfs://x")},
				Curve: launchlab.CurveParams{Supply: 1_000, TotalBaseSell: 800, TotalQuoteFundRaising: 85},
			}
			in := launchlab.Instruction{Kind: kind, Mint: e.Mint, Curve: e.Curve}
			p := kind.Places()
			n := &node{
				program: dex.LaunchLab, data: in.Append(nil), does: emit(dex.LaunchLab, e.Append(nil)),
				accounts: places(18, map[int8]dex.Key{p.User: wallet, p.Creator: key(51), p.Pool: labPool, p.BaseMint: coin, p.QuoteMint: dex.WSOL, p.BaseProgram: dex.Token2022}),
			}
			d := New(Options{})
			records := d.Decode(run([]dex.Key{wallet}, n))
			expect(t, "records", len(records), 2)
			c := records[0].GetTokenCreated()
			expectKey(t, "mint", c.GetMint(), coin)
			expectKey(t, "curve", c.Curve, labPool)
			expectKey(t, "creator", c.Creator, key(51))
			expectKey(t, "user", c.User, wallet)
			expectKey(t, "quote", c.QuoteMint, dex.WSOL)
			expectKey(t, "program", c.TokenProgram, dex.Token2022)
			expect(t, "name", c.Name+c.Symbol+c.Uri, "Bonk \uFFFDBNKipfs://x")
			expect(t, "numbers", [3]uint64{uint64(c.GetDecimals()), c.GetTotalSupply(), c.Reserves.GetBase()}, [3]uint64{6, 1_000, 800})
			pool := records[1].GetPoolCreated()
			expectKey(t, "pool", pool.GetPool(), labPool)
			expectKey(t, "base", pool.BaseMint, coin)
			expect(t, "quote decimals", pool.GetQuoteDecimals(), 9)
			expect(t, "unknown", d.Stats().LaunchLab.UnknownInstruction, 0)
		}
	}
}

// TestLabMigrate moves a curve to CPMM and to AMM v4, each with the instruction that opens the pool inside.
func TestLabMigrate(t *testing.T) {
	inside := cpmm.Instruction{Kind: cpmm.InitializeWithPermission, Token0: 700, Token1: 300}
	ip := inside.Kind.Places()
	first, second := transfer(dex.SPLToken, key(601), low, key(608), 700), transfer(dex.SPLToken, key(602), dex.WSOL, key(609), 300)
	toCpmm := &node{
		program: dex.RaydiumCPMM, data: inside.Append(nil), does: []any{first, second},
		accounts: places(21, map[int8]dex.Key{ip.User: key(604), ip.Pool: key(605), ip.MintIn: low, ip.MintOut: dex.WSOL, ip.VaultIn: key(608), ip.VaultOut: key(609)}),
	}
	old := raydium.Instruction{Kind: raydium.Initialize2, Coin: 700, Pc: 300}
	entry := raydium.InitLog{CoinAmount: 700, PcAmount: 300, CoinDecimals: 6, PcDecimals: 9}
	toAmm := &node{
		program: dex.RaydiumV4, data: old.Append(nil), does: []any{first, second, rayLine(entry.Append(nil))},
		accounts: places(21, map[int8]dex.Key{4: key(605), 8: low, 9: dex.WSOL, 10: key(608), 11: key(609)}),
	}
	for kind, c := range map[launchlab.Kind]struct {
		inside *node
		venue  eventv1.Venue
	}{
		launchlab.MigrateCpswap: {toCpmm, eventv1.Venue_VENUE_RAYDIUM_CPMM},
		launchlab.MigrateAmm:    {toAmm, eventv1.Venue_VENUE_RAYDIUM_V4},
	} {
		t.Run(kind.String(), func(t *testing.T) {
			in, p := launchlab.Instruction{Kind: kind}, kind.Places()
			n := &node{
				program: dex.LaunchLab, data: in.Append(nil), does: []any{c.inside},
				accounts: places(32, map[int8]dex.Key{p.User: wallet, p.BaseMint: low, p.QuoteMint: dex.WSOL, p.Pool: labPool, p.Target: key(605), p.TargetBase: key(608), p.TargetQuote: key(609)}),
			}
			records := New(Options{}).Decode(run([]dex.Key{wallet}, n))
			expect(t, "records", len(records), 2)
			expectKey(t, "pool", records[0].GetPoolCreated().GetPool(), key(605))
			expect(t, "pool venue", records[0].GetPoolCreated().GetVenue(), c.venue)
			m := records[1].GetTokenMigrated()
			expectKey(t, "mint", m.GetMint(), low)
			expectKey(t, "curve", m.Curve, labPool)
			expectKey(t, "pool", m.Pool, key(605))
			expectKey(t, "user", m.User, wallet)
			expect(t, "venue", m.PoolVenue, c.venue)
			expect(t, "amounts", [2]uint64{m.BaseAmount, m.QuoteAmount}, [2]uint64{700, 300})
		})
	}
}
