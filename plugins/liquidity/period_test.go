package liquidity_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// at is a record of a time.
func at(r *sdk.Record, seconds int64) *sdk.Record {
	r.BlockTime = new(1_800_000_000 + seconds) // a multiple of an hour
	return r
}

func periods(outputs []*sdk.Output) (found []*sdk.PoolPeriod) {
	for _, o := range outputs {
		if p := o.GetPoolPeriod(); p != nil {
			found = append(found, p)
		}
	}
	return found
}

func swap(base, quote uint64, fees ...*sdk.Fee) *sdk.Record {
	r := weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap, BaseAmount: base, PoolQuoteAmount: quote})
	r.GetTrade().Fees, r.GetTrade().ReservesAfter = fees, full(1000, 50_100, 1000, 50_000)
	return r
}

func TestPeriod(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"periods": ["1m"], "late_seconds": 2}`))
	outputs := h.Send(
		at(swap(10, 600, &sdk.Fee{Kind: sdk.FeeLP, Amount: 2}, &sdk.Fee{Kind: sdk.FeeProtocol, Amount: 5}, &sdk.Fee{Kind: sdk.FeeBuyback, Amount: 1}), 0),
		at(swap(20, 400, &sdk.Fee{Kind: sdk.FeeLP, Amount: 1}, &sdk.Fee{Kind: sdk.FeeProtocol, Amount: 3}), 59),
		at(weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap, Kind: sdk.FeeProtocol, Pool: weirtest.Key("pool"), Amount: 100}), 59),
		at(swap(1, 2), 61), // of the next period, which is not over yet
		at(provided("p", sdk.LiquidityRemoved, 5, 6, 7, 2000, vaults(1000, 4000), full(994, 3993, 994, 3993)), 40), // late by less than the grace
	)
	if n := len(periods(outputs)); n != 0 {
		t.Fatalf("%d periods before any was over", n)
	}
	found := periods(h.Send(at(swap(1, 1), 62)))
	want := &sdk.PoolPeriod{
		Venue: sdk.PumpSwap, Pool: weirtest.Key("pool"), BaseMint: weirtest.Key("mint"), QuoteMint: weirtest.WSOL, Start: 1_800_000_000, Seconds: 60,
		Trades: 2, BaseVolume: "30", QuoteVolume: "1000", AddedBase: "0", AddedQuote: "0", RemovedBase: "6", RemovedQuote: "7",
		Fees: []*sdk.FeeTotal{
			{Kind: sdk.FeeProtocol, Accrued: "8", Swept: "100"}, {Kind: sdk.FeeLP, Accrued: "3", Swept: "0"}, {Kind: sdk.FeeBuyback, Accrued: "1", Swept: "0"},
		},
		Reserves: full(994, 3993, 994, 3993), Value: worth(7986), LpSupply: proto.Uint64(1995), TurnoverPpm: proto.Uint64(125_219),
		FeeAprPpm: proto.Uint64(3 * 525_600 * 1_000_000 / 7986),
	}
	if len(found) != 1 {
		t.Fatalf("periods are %v", found)
	}
	if depth := found[0].GetDepth(); len(depth.GetSteps()) != 3 || depth.GetSteps()[0].GetUpQuoteIn() != 19 { // 3993 * 0.004987
		t.Errorf("depth is %v", depth)
	}
	found[0].Depth = nil
	if !proto.Equal(found[0], want) {
		t.Errorf("period is\n%v\nwant\n%v", found[0], want)
	}
}

func TestFeeAPRIsNotInvented(t *testing.T) {
	boosted := swap(1, 1, &sdk.Fee{Kind: sdk.FeeLP, Amount: 1})
	boosted.GetTrade().ReservesAfter = full(1000, 1, 1000, 2)
	whole := weirtest.Trade(&sdk.Trade{Venue: sdk.RaydiumV4, Fees: []*sdk.Fee{{Kind: sdk.FeeSwap, Amount: 25}}})
	whole.GetTrade().ReservesAfter = full(1000, 1000, 1000, 1000)
	for name, c := range map[string]struct {
		trades []*sdk.Record
		absent sdk.Absent
		apr    uint64
	}{
		"fees that are told":            {[]*sdk.Record{swap(1, 1, &sdk.Fee{Kind: sdk.FeeLP, Amount: 1})}, sdk.Present, 5_256_000},
		"one trade without fees":        {[]*sdk.Record{swap(1, 1, &sdk.Fee{Kind: sdk.FeeLP, Amount: 1}), swap(1, 1)}, sdk.AbsentFeesNotTold, 0},
		"a fee that is not divided":     {[]*sdk.Record{whole}, sdk.AbsentFeesNotTold, 0},
		"a pool whose worth is unknown": {[]*sdk.Record{boosted}, sdk.AbsentBoosted, 0},
	} {
		h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"periods": ["1m"]}`))
		for _, r := range c.trades {
			h.Send(at(r, 1))
		}
		found := periods(h.Send(at(swap(1, 1), 100)))
		if len(found) != 1 || found[0].GetFeeAprAbsent() != c.absent || found[0].GetFeeAprPpm() != c.apr || (found[0].FeeAprPpm == nil) != (c.apr == 0) {
			t.Errorf("%s: %v, want %v %d", name, found, c.absent, c.apr)
		}
	}
}

func TestLateChangesAndGaps(t *testing.T) {
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"periods": ["1m"]}`))
	found := periods(h.Send(at(swap(1, 1), 130), at(swap(5, 5), 10), weirtest.Gap(nil), at(swap(1, 1), 200)))
	if len(found) != 1 || found[0].GetTrades() != 2 || found[0].GetLate() != 1 || !found[0].GetGap() || found[0].GetStart() != 1_800_000_120 {
		t.Errorf("periods are %v", found)
	}
}

// A gap hides trades also of pools that had no period open yet, and of periods that began while it lasted.
func TestPeriodsThatBeginBehindAGap(t *testing.T) {
	of := func(pool string, seconds int64) *sdk.Record {
		r := at(swap(1, 1), seconds)
		r.GetTrade().Pool = weirtest.Key(pool)
		return r
	}
	timeless := of("z", 1)
	timeless.BlockTime = new(int64(0)) // as one that knows none
	for name, c := range map[string]struct {
		records []*sdk.Record
		gap     []bool
	}{
		"in the period":          {[]*sdk.Record{of("a", 10), weirtest.Gap(nil), of("b", 40), of("c", 130)}, []bool{true, true}},
		"at its end":             {[]*sdk.Record{of("a", 10), weirtest.Gap(nil), of("b", 70), of("a", 75), of("c", 190)}, []bool{true, true, true}},
		"in the one before":      {[]*sdk.Record{of("a", 10), weirtest.Gap(nil), of("a", 40), of("b", 70), of("c", 190)}, []bool{true, false}},
		"before one of no time":  {[]*sdk.Record{of("a", 10), weirtest.Gap(nil), timeless, of("b", 70), of("c", 190)}, []bool{true, true, true}},
		"before any time":        {[]*sdk.Record{weirtest.Gap(nil), of("b", 40), of("c", 130)}, []bool{true}},
		"twice":                  {[]*sdk.Record{of("a", 10), weirtest.Gap(nil), weirtest.Gap(nil), of("b", 40), of("c", 130)}, []bool{true, true}},
		"that is of the journal": {[]*sdk.Record{of("a", 10), nil, of("b", 40), of("c", 130)}, []bool{true, true}},
	} {
		h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"periods": ["1m"]}`))
		var got []bool
		for _, r := range c.records {
			h.Crash()
			if r == nil {
				h.LoseRecords(3, "retention")
				continue
			}
			for _, p := range periods(h.Send(r)) {
				got = append(got, p.GetGap())
			}
		}
		if !slices.Equal(got, c.gap) {
			t.Errorf("%s: gaps are %v, want %v", name, got, c.gap)
		}
	}
}

func TestSweptFees(t *testing.T) {
	h := weirtest.Start(t, liquidity.New)
	h.Send(swap(1, 1, &sdk.Fee{Kind: sdk.FeeCreator, Amount: 40}), swap(1, 1, &sdk.Fee{Kind: sdk.FeeCreator, Amount: 2}))
	r := weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap, Pool: weirtest.Key("pool"), Amount: 30})
	outputs := h.Send(r, weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap, Movement: sdk.FeesCollected, Pool: weirtest.Key("pool")}))
	want := &sdk.PoolFee{
		Venue: sdk.PumpSwap, Pool: weirtest.Key("pool"), BaseMint: weirtest.Key("mint"), QuoteMint: weirtest.WSOL, Recipient: weirtest.Key("creator"), Amount: 30,
		Total: &sdk.FeeTotal{Kind: sdk.FeeCreator, Accrued: "42", Swept: "30"}, SinceSlot: 300_000_001,
	}
	if len(outputs) != 1 || outputs[0].GetKind() != "fees_swept" || !proto.Equal(outputs[0].GetPoolFee(), want) {
		t.Errorf("outputs are %v, want %v", outputs, want)
	}
}

// Sums that begin again say since when: behind a gap of the chain's data since its end, behind one of the journal, which tells no slot, since
// the pool's next record.
func TestSumsBehindAGapSaySinceWhen(t *testing.T) {
	sweep := weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap, Pool: weirtest.Key("pool"), Amount: 3})
	gap := weirtest.Gap(nil)
	gap.Slot = 300_000_500
	for name, c := range map[string]struct {
		lose func(*weirtest.Harness)
		want uint64
	}{
		"of the chain's data": {func(h *weirtest.Harness) { h.Send(gap) }, 300_000_500},
		"of the journal":      {func(h *weirtest.Harness) { h.LoseRecords(7, "retention") }, 300_000_700},
	} {
		h := weirtest.Start(t, liquidity.New)
		h.Send(swap(1, 1, &sdk.Fee{Kind: sdk.FeeCreator, Amount: 40}))
		c.lose(h)
		h.Checkpoint()
		h.Crash()
		first := swap(1, 1, &sdk.Fee{Kind: sdk.FeeCreator, Amount: 2})
		first.Slot, sweep.Slot = 300_000_700, 300_000_701
		h.Send(first)
		got := h.Send(sweep)
		if len(got) != 1 || got[0].GetPoolFee().GetSinceSlot() != c.want || got[0].GetPoolFee().GetTotal().GetAccrued() != "2" {
			t.Errorf("%s: %v, want since %d", name, got, c.want)
		}
	}
}
