package trading_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func TestWhale(t *testing.T) {
	dollar := &sdk.DollarPrice{UsdMicros: 150_000_000, Units: 1_000_000_000}
	h := weirtest.Start(t, trading.New, weirtest.Config(everything))
	for i, test := range []struct {
		trade *sdk.Trade
		want  int
	}{
		{&sdk.Trade{PoolQuoteAmount: 66_666_666_666, QuoteUsd: dollar}, 0}, // 9,999.99 dollars
		{&sdk.Trade{PoolQuoteAmount: 66_666_666_667, QuoteUsd: dollar}, 1},
		{&sdk.Trade{PoolQuoteAmount: 49_999_999_999}, 0}, // no dollars known: by SOL
		{&sdk.Trade{PoolQuoteAmount: 50_000_000_000}, 1},
		{&sdk.Trade{PoolQuoteAmount: 50_000_000_000, QuoteMint: weirtest.Key("coin")}, 0},
		{&sdk.Trade{PoolQuoteAmount: 50_000_000_000, Agent: true}, 0},
	} {
		found := of(h.Send(weirtest.Trade(test.trade)), "whale")
		if len(found) != test.want || (test.want == 1 && len(found[0].GetFinding().GetEvidence()[0].GetSignature()) != 64) {
			t.Errorf("trade %d: %v", i, found)
		}
	}
}

func launched(slot, tx uint64) *sdk.Record {
	r := weirtest.TokenCreated(&sdk.TokenCreated{})
	r.Slot, r.TxIndex = slot, &tx
	return r
}

func buy(slot, tx uint64, trader string) *sdk.Record {
	return in(slot, tx, &sdk.Trade{Trader: weirtest.Key(trader), Tip: proto.Uint64(10)})
}

func TestSnipersAndBundledLaunch(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"detect": ["sniper", "bundled_launch"]}`))
	h.Send(launched(7, 3), buy(7, 3, "creator"), buy(7, 4, "a"), buy(7, 5, "b"), buy(7, 9, "c"), buy(7, 10, "a"), buy(9, 0, "d"), buy(10, 0, "e"))
	var snipers []string
	for _, o := range of(h.Outputs(), "sniper") {
		f := o.GetFinding()
		for _, name := range []string{"a", "b", "c", "d", "e", "creator"} {
			if string(f.GetActor()) == string(weirtest.Key(name)) {
				snipers = append(snipers, name+strconv.Itoa(int(f.GetCount())))
			}
		}
		if len(f.GetEvidence()) != 2 || f.GetEvidence()[0].GetRole() != sdk.RoleCreation {
			t.Errorf("evidence of %v", f)
		}
	}
	if got := len(snipers); got != 4 || snipers[0] != "a0" || snipers[1] != "b0" || snipers[2] != "c0" || snipers[3] != "d2" {
		t.Errorf("snipers are %v", snipers)
	}
	found := of(h.Outputs(), "bundled_launch")
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	// The creation, the creator's own buy in it, and the two right behind it; not the one that a gap follows.
	if f := found[0].GetFinding(); f.GetWallets() != 2 || f.GetTrades() != 3 || f.GetTips() != 30 || len(f.GetEvidence()) != 4 {
		t.Errorf("found %v", f)
	}
}

func TestWash(t *testing.T) {
	turn := func(second int64, side sdk.Side, base uint64) *sdk.Record {
		return tradeAt(second, side, "bot", base, 10, 10)
	}
	for name, test := range map[string]struct {
		records []*sdk.Record
		want    int
	}{
		"three turns": {[]*sdk.Record{turn(0, sdk.Buy, 1000), turn(10, sdk.Sell, 960), turn(20, sdk.Buy, 1000), turn(30, sdk.Sell, 1000)}, 1},
		"two turns":   {[]*sdk.Record{turn(0, sdk.Buy, 1000), turn(10, sdk.Sell, 960), turn(20, sdk.Buy, 1000)}, 0},
		"too slow":    {[]*sdk.Record{turn(0, sdk.Buy, 1000), turn(10, sdk.Sell, 960), turn(700, sdk.Buy, 1000), turn(710, sdk.Sell, 1000)}, 0},
		"other sizes": {[]*sdk.Record{turn(0, sdk.Buy, 1000), turn(10, sdk.Sell, 900), turn(20, sdk.Buy, 1000), turn(30, sdk.Sell, 1000)}, 0},
		"a gap":       {[]*sdk.Record{turn(0, sdk.Buy, 1000), turn(10, sdk.Sell, 960), weirtest.Gap(nil), turn(20, sdk.Buy, 1000), turn(30, sdk.Sell, 1000)}, 0},
		"after a gap": {[]*sdk.Record{turn(0, sdk.Buy, 1000), weirtest.Gap(nil), turn(10, sdk.Sell, 960), turn(20, sdk.Buy, 1000), turn(30, sdk.Sell, 1000), turn(40, sdk.Buy, 1000)}, 1},
		"one side":    {[]*sdk.Record{turn(0, sdk.Buy, 1000), turn(10, sdk.Sell, 1000), turn(20, sdk.Sell, 1000), turn(30, sdk.Sell, 1000)}, 0},
	} {
		h := weirtest.Start(t, trading.New, weirtest.Config(everything))
		found := of(h.Send(test.records...), "wash")
		if len(found) != test.want {
			t.Errorf("%s: %v", name, found)
		} else if test.want > 0 && len(found[0].GetFinding().GetEvidence()) != 4 {
			t.Errorf("%s: evidence %v", name, found[0].GetFinding().GetEvidence())
		}
	}
}

// Who buys in one pool and sells in another within a transaction, again and again, is an arbitrageur. In one pool it is wash trading.
func TestArbitrageIsNoWash(t *testing.T) {
	for _, back := range []string{"p", "q"} {
		var records []*sdk.Record
		for i := range 4 {
			a, b := tradeAt(int64(i), sdk.Buy, "bot", 1000, 10, 10), tradeAt(int64(i), sdk.Sell, "bot", 1000, 11, 10)
			a.GetTrade().Pool, b.GetTrade().Pool = weirtest.Key("p"), weirtest.Key(back)
			a.Signature = append(weirtest.Key(strconv.Itoa(i)), weirtest.Key("rest")...)
			b.Signature, b.Instruction = a.Signature, &sdk.InstructionPath{Outer: 1}
			records = append(records, a, b)
		}
		h := weirtest.Start(t, trading.New, weirtest.Config(everything))
		if found := of(h.Send(records...), "wash"); (len(found) > 0) != (back == "p") {
			t.Errorf("back in pool %s: %v", back, found)
		}
	}
}

func TestFindingsReplay(t *testing.T) {
	const seed = 3
	random := rand.New(rand.NewPCG(seed, seed))
	var records []*sdk.Record
	for slot := uint64(7); slot < 12; slot++ {
		records = append(records, launched(slot, 0))
		for _, r := range sandwich() {
			r.Slot = slot
			records = append(records, r)
		}
		for tx := range uint64(20) {
			r := buy(slot, 10+tx, strconv.Itoa(random.IntN(4)))
			r.GetTrade().Side = sdk.Side(1 + random.IntN(2))
			records = append(records, r)
		}
	}
	weirtest.Replays(t, trading.New, records, weirtest.Config(everything))
	h := weirtest.Start(t, trading.New, weirtest.Config(everything))
	h.Send(records...)
	for _, kind := range []string{"sandwich", "bundle", "sniper", "wash"} {
		if len(of(h.Outputs(), kind)) == 0 {
			t.Errorf("the replay has no %s", kind)
		}
	}
}

// A creator who has sold a twentieth of the supply, in pieces, is reported once; others are not.
func TestCreatorDump(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"detect": ["creator_dump"]}`))
	sale := func(slot uint64, who string, base uint64) *sdk.Record {
		return in(slot, 1, &sdk.Trade{Side: sdk.Sell, Trader: weirtest.Key(who), BaseAmount: base, PoolQuoteAmount: 5})
	}
	launch := weirtest.TokenCreated(&sdk.TokenCreated{Creator: weirtest.Key("maker"), User: weirtest.Key("signer"), TotalSupply: new(uint64(1000))})
	launch.Slot = 10
	outputs := of(h.Send(launch, sale(11, "other", 900), sale(12, "maker", 20), sale(13, "signer", 29), sale(14, "maker", 1), sale(15, "maker", 500)), "creator_dump")
	if len(outputs) != 1 {
		t.Fatalf("%d dumps: %v", len(outputs), outputs)
	}
	f := outputs[0].GetFinding()
	if outputs[0].GetSlot() != 14 || f.GetTrades() != 3 || f.GetCount() != 4 || len(f.GetEvidence()) != 2 || f.GetEvidence()[0].GetRole() != sdk.RoleCreation {
		t.Errorf("found %v", f)
	}
}
