package trading_test

import (
	"slices"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

const everything = `{"detect": ["sandwich", "back_run", "arbitrage", "bundle", "whale", "sniper", "wash", "bundled_launch", "copy_trade", "creator_dump"]}`

// in puts a trade at a place of the chain.
func in(slot, tx uint64, t *sdk.Trade) *sdk.Record {
	r := weirtest.Trade(t)
	r.Slot, r.TxIndex = slot, &tx
	return r
}

// The curve of the tests: fresh, then after a buy of 1 SOL, after one of 2 SOL more, and after the first one's coins came back. All by the
// formulas of the bonding curve, with fees of 95 and 30 basis points.
const (
	frontOut     = 34_612_903_193_548
	victimOut    = 62_932_551_292_043
	backOut      = 1_130_841_120
	backFees     = 14_135_515
	lossOfVictim = 130_841_122 // 2 SOL less what the same coins cost on the fresh curve: floor(o * 30e9 / (1,073e12 - o)) + 1
)

func sandwich() []*sdk.Record {
	fresh, second, third := reserves(1_073_000_000_000_000, 30_000_000_000), reserves(1_038_387_096_806_452, 31_000_000_000), reserves(1_038_387_096_806_452-victimOut, 33_000_000_000)
	last := reserves(third.GetPriceBase()+frontOut, 33_000_000_000-backOut)
	return []*sdk.Record{
		in(7, 4, &sdk.Trade{
			Trader: weirtest.Key("attacker"), BaseAmount: frontOut, PoolQuoteAmount: 1_000_000_000, QuoteAmount: 1_012_500_000,
			ReservesBefore: fresh, ReservesAfter: second, Tip: proto.Uint64(1_000_000), PriorityFee: proto.Uint64(5_000),
		}),
		in(7, 5, &sdk.Trade{
			Trader: weirtest.Key("victim"), BaseAmount: victimOut, PoolQuoteAmount: 2_000_000_000, QuoteAmount: 2_025_000_000,
			ReservesBefore: second, ReservesAfter: third,
		}),
		in(7, 6, &sdk.Trade{
			Trader: weirtest.Key("attacker"), Side: sdk.Sell, BaseAmount: frontOut, PoolQuoteAmount: backOut, QuoteAmount: backOut - backFees,
			ReservesBefore: third, ReservesAfter: last, Tip: proto.Uint64(0), PriorityFee: proto.Uint64(7_000),
		}),
	}
}

// next ends the slots before it.
func next() *sdk.Record {
	return in(99, 0, &sdk.Trade{Mint: weirtest.Key("next"), Pool: weirtest.Key("next")})
}

func TestSandwich(t *testing.T) {
	for _, order := range [][3]int{{0, 1, 2}, {2, 0, 1}} { // within a slot the index counts, not when a record came
		records := sandwich()
		records = []*sdk.Record{records[order[0]], records[order[1]], records[order[2]], next(), next()}
		h := weirtest.Start(t, trading.New, weirtest.Config(`{"detect": ["sandwich", "back_run"]}`))
		found := slices.DeleteFunc(h.Send(records...), func(o *sdk.Output) bool { return o.GetKind() == "trade" })
		if len(found) != 1 || found[0].GetKind() != "sandwich" || found[0].GetCause() != 4 {
			t.Fatalf("found %v", found)
		}
		f := found[0].GetFinding()
		for name, is := range map[string][2]int64{
			"slot":         {int64(f.GetSlot()), 7},
			"gross profit": {f.GetGrossProfit(), backOut - backFees - 1_012_500_000},
			"costs":        {int64(f.GetCosts()), 1_012_000},
			"profit":       {f.GetProfit(), backOut - backFees - 1_012_500_000 - 1_012_000},
			"victim loss":  {f.GetVictimLoss(), lossOfVictim},
			"link":         {int64(f.GetLink()), int64(sdk.LinkTrader)},
			"trades":       {int64(f.GetTrades()), 3},
			"wallets":      {int64(f.GetWallets()), 1},
			"its loss":     {f.GetEvidence()[1].GetLoss(), lossOfVictim},
		} {
			if is[0] != is[1] {
				t.Errorf("%s is %d, want %d", name, is[0], is[1])
			}
		}
		for i, want := range []struct {
			role   sdk.FindingRole
			tx     uint64
			trader string
		}{{sdk.RoleFront, 4, "attacker"}, {sdk.RoleVictim, 5, "victim"}, {sdk.RoleBack, 6, "attacker"}} {
			e := f.GetEvidence()[i]
			if e.GetRole() != want.role || e.GetTxIndex() != want.tx || string(e.GetTrader()) != string(weirtest.Key(want.trader)) || len(e.GetSignature()) != 64 {
				t.Errorf("evidence %d is %v", i, e)
			}
		}
	}
}

func TestWhatIsNoSandwich(t *testing.T) {
	for name, change := range map[string]func([]*sdk.Record){
		"another pool":              func(r []*sdk.Record) { r[2].GetTrade().Pool = weirtest.Key("other") },
		"the victim's pool differs": func(r []*sdk.Record) { r[1].GetTrade().Pool = weirtest.Key("other") },
		"the next slot":             func(r []*sdk.Record) { r[2].Slot = 8 },
		"another seller": func(r []*sdk.Record) {
			r[2].GetTrade().Trader, r[2].GetTrade().FeePayer = weirtest.Key("x"), weirtest.Key("x")
		},
		"6 % less":                 func(r []*sdk.Record) { r[2].GetTrade().BaseAmount = frontOut * 94 / 100 },
		"victim pays for attacker": func(r []*sdk.Record) { r[1].GetTrade().FeePayer = weirtest.Key("attacker") },
		"victim sells":             func(r []*sdk.Record) { r[1].GetTrade().Side = sdk.Sell },
		"victim is an agent":       func(r []*sdk.Record) { r[1].GetTrade().Agent = true },
		"victim is dust":           func(r []*sdk.Record) { r[1].GetTrade().PoolQuoteAmount = 9_999_999 },
		"nobody between":           func(r []*sdk.Record) { r[1].TxIndex = proto.Uint64(9) },
		"same side":                func(r []*sdk.Record) { r[2].GetTrade().Side = sdk.Buy },
		"no index":                 func(r []*sdk.Record) { r[2].TxIndex = nil },
		"nothing won":              func(r []*sdk.Record) { r[2].GetTrade().QuoteAmount = 1_012_500_000 },
	} {
		records := sandwich()
		change(records)
		h := weirtest.Start(t, trading.New, weirtest.Config(`{"detect": ["sandwich"]}`))
		h.Send(append(records, next())...)
		if found := append(of(h.Outputs(), "sandwich"), of(h.Outputs(), "sandwich_attempt")...); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestSandwichVariants(t *testing.T) {
	for name, test := range map[string]struct {
		change func([]*sdk.Record)
		kind   string
		link   sdk.FindingLink
		lost   bool
	}{
		"same payer": {func(r []*sdk.Record) {
			r[2].GetTrade().Trader, r[2].GetTrade().FeePayer = weirtest.Key("x"), weirtest.Key("attacker")
		}, "sandwich", sdk.LinkFeePayer, true},
		"at a loss":    {func(r []*sdk.Record) { r[2].GetTrade().QuoteAmount = 1_013_000_000 }, "sandwich_attempt", sdk.LinkTrader, true},
		"broken chain": {func(r []*sdk.Record) { r[1].GetTrade().ReservesBefore.PriceQuote = proto.Uint64(31_000_000_001) }, "sandwich", sdk.LinkTrader, false},
		"one program": {func(r []*sdk.Record) {
			r[0].GetTrade().Router, r[2].GetTrade().Router = weirtest.Key("bot"), weirtest.Key("bot")
			r[2].GetTrade().Trader, r[2].GetTrade().FeePayer = weirtest.Key("x"), weirtest.Key("x")
		}, "sandwich", sdk.LinkRouter, true},
	} {
		records := sandwich()
		test.change(records)
		h := weirtest.Start(t, trading.New, weirtest.Config(`{"detect": ["sandwich"]}`))
		found := of(h.Send(append(records, next())...), test.kind)
		if len(found) != 1 || found[0].GetFinding().GetLink() != test.link || (found[0].GetFinding().VictimLoss != nil) != test.lost {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestBackRun(t *testing.T) {
	records := sandwich()[1:]
	records[1].GetTrade().Tip = nil
	h := weirtest.Start(t, trading.New, weirtest.Config(everything))
	found := of(h.Send(append(records, next())...), "back_run")
	if len(found) != 1 || found[0].GetFinding().Costs != nil || string(found[0].GetFinding().GetActor()) != string(weirtest.Key("attacker")) {
		t.Fatalf("found %v", found)
	}
	records[1].TxIndex = proto.Uint64(7) // not right behind it
	h = weirtest.Start(t, trading.New, weirtest.Config(everything))
	if found := of(h.Send(append(records, next())...), "back_run"); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}

// cycle is SOL to a coin on one pool, and back on another, in one transaction.
func cycle(got uint64) []*sdk.Record {
	a := in(7, 3, &sdk.Trade{Pool: weirtest.Key("p"), BaseAmount: 500, QuoteAmount: 1000, Tip: proto.Uint64(5), PriorityFee: proto.Uint64(6)})
	b := in(7, 3, &sdk.Trade{Pool: weirtest.Key("q"), BaseAmount: 500, QuoteAmount: got, Side: sdk.Sell, Tip: proto.Uint64(5), PriorityFee: proto.Uint64(6)})
	a.Signature = append(weirtest.Key("one"), weirtest.Key("two")...)
	b.Signature = a.Signature
	b.Instruction = &sdk.InstructionPath{Outer: 1}
	return []*sdk.Record{b, a}
}

func TestArbitrage(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(everything))
	found := of(h.Send(append(cycle(1100), next())...), "arbitrage")
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	f := found[0].GetFinding()
	if f.GetGrossProfit() != 100 || f.GetCosts() != 11 || f.GetProfit() != 89 || string(f.GetMint()) != string(weirtest.WSOL) || len(f.GetEvidence()) != 2 {
		t.Errorf("found %v", f)
	}
	h = weirtest.Start(t, trading.New, weirtest.Config(everything))
	found = of(h.Send(append(cycle(1<<63+2000), next())...), "arbitrage")
	if len(found) != 1 || found[0].GetFinding().GrossProfit != nil || found[0].GetFinding().Profit != nil || found[0].GetFinding().GetCosts() != 11 {
		t.Errorf("a profit beyond the numbers: %v", found)
	}
	for name, records := range map[string][]*sdk.Record{"no gain": cycle(1000), "one leg": cycle(1100)[:1]} {
		h := weirtest.Start(t, trading.New, weirtest.Config(everything))
		if found := of(h.Send(append(records, next())...), "arbitrage"); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// The oldest records do not say what the trader gave or got with fees; nothing is won by that.
func TestUnknownAmountsWinNothing(t *testing.T) {
	records := sandwich()
	records[0].GetTrade().QuoteAmount = 0
	bought := cycle(1000)
	bought[1].GetTrade().QuoteAmount = 0
	for name, records := range map[string][]*sdk.Record{"sandwich": records, "arbitrage": bought} {
		h := weirtest.Start(t, trading.New, weirtest.Config(everything))
		if found := of(h.Send(append(records, next())...), name); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// Trades of agents are part of nothing.
func TestAgentsTakeNoPart(t *testing.T) {
	agents := func(records ...*sdk.Record) []*sdk.Record {
		for _, r := range records {
			r.GetTrade().Agent = true
		}
		return records
	}
	pair := []*sdk.Record{in(7, 10, &sdk.Trade{Tip: proto.Uint64(1000)}), in(7, 11, &sdk.Trade{Tip: proto.Uint64(0)})}
	for name, records := range map[string][]*sdk.Record{"arbitrage": agents(cycle(1100)...), "bundle": agents(pair...)} {
		h := weirtest.Start(t, trading.New, weirtest.Config(everything))
		if found := of(h.Send(append(records, next())...), name); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

// What is part of a sandwich is no back-run, also where nobody asked for sandwiches.
func TestBackOfASandwichIsNoBackRun(t *testing.T) {
	for _, config := range []string{`{"detect": ["back_run"]}`, `{"detect": ["back_run", "sandwich"]}`} {
		records := sandwich()
		records[0].GetTrade().Router, records[2].GetTrade().Router = weirtest.Key("bot"), weirtest.Key("bot")
		records[2].GetTrade().Trader, records[2].GetTrade().FeePayer = weirtest.Key("x"), weirtest.Key("x")
		h := weirtest.Start(t, trading.New, weirtest.Config(config))
		found := h.Send(append(records, next())...)
		if n := len(of(found, "back_run")); n > 0 {
			t.Errorf("%s: %d back-runs", config, n)
		}
		if n := len(of(found, "sandwich")); (n == 1) != (config != `{"detect": ["back_run"]}`) {
			t.Errorf("%s: %d sandwiches", config, n)
		}
	}
}

func TestBundle(t *testing.T) {
	for _, test := range []struct {
		transactions, tip int
		want              bool
	}{{1, 1, false}, {2, 1, true}, {5, 1, true}, {6, 1, false}, {3, 0, false}} {
		var records []*sdk.Record
		for i := range test.transactions {
			tr := &sdk.Trade{Trader: weirtest.Key(strconv.Itoa(i)), Tip: proto.Uint64(0)}
			if i == 0 {
				tr.Tip = new(uint64(test.tip) * 1000)
			}
			records = append(records, in(7, uint64(10+i), tr))
		}
		h := weirtest.Start(t, trading.New, weirtest.Config(everything))
		found := of(h.Send(append(records, next())...), "bundle")
		if (len(found) == 1) != test.want {
			t.Errorf("%+v: %v", test, found)
		} else if test.want && (found[0].GetFinding().GetTips() != 1000 || found[0].GetFinding().GetCount() != uint64(test.transactions)) {
			t.Errorf("%+v: %v", test, found)
		}
	}
}
