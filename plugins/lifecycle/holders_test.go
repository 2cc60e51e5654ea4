package lifecycle_test

import (
	"slices"
	"testing"

	"github.com/weir-run/weir/plugins/lifecycle"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// holding sends records about a token and returns its figures after them.
func holding(t *testing.T, config string, records ...*sdk.Record) *sdk.TokenFigures {
	t.Helper()
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(config))
	h.Send(records...)
	states := kindsOf(h.Send(at(10_000, created("somebody else's"))), "token_state")
	for _, o := range states {
		if o.GetKey() == sdk.Base58(weirtest.Key("a")) {
			return o.GetTokenState().GetFigures()
		}
	}
	t.Fatalf("no state of the token in %v", states)
	return nil
}

func TestHolders(t *testing.T) {
	pool := func(r *sdk.Record) *sdk.Record {
		r.GetTrade().Venue, r.GetTrade().Pool = sdk.RaydiumCPMM, weirtest.Key("any pool")
		return r
	}
	liquidity := func(d sdk.LiquidityDirection, amount uint64) *sdk.Record {
		return weirtest.LiquidityChanged(&sdk.LiquidityChanged{
			Owner: weirtest.Key("x"), BaseMint: weirtest.Key("a"), BaseAmount: amount, Direction: d,
		})
	}
	paid := by("x", "b", sdk.Buy, 7)
	paid.GetTrade().QuoteMint, paid.GetTrade().QuoteAmount = weirtest.Key("a"), 5
	agent := by("x", "a", sdk.Buy, 5)
	agent.GetTrade().Agent = true
	buy := func(w string) *sdk.Record { return by(w, "a", sdk.Buy, 5) }
	cases := []struct {
		name    string
		records []*sdk.Record
		holders uint64
		absent  sdk.Absence
		moved   bool
	}{
		{"two bought", []*sdk.Record{created("a"), buy("x"), buy("y")}, 2, 0, false},
		{"one sold all of it", []*sdk.Record{created("a"), buy("x"), buy("y"), by("x", "a", sdk.Sell, 5)}, 1, 0, false},
		{"one sold a part", []*sdk.Record{created("a"), buy("x"), by("x", "a", sdk.Sell, 4)}, 1, 0, false},
		{"one sold more than it had", []*sdk.Record{created("a"), buy("x"), by("x", "a", sdk.Sell, 6)}, 0, 0, true},
		{"one sold what it never bought", []*sdk.Record{created("a"), buy("x"), by("y", "a", sdk.Sell, 6)}, 1, 0, true},
		{"bought in a pool elsewhere", []*sdk.Record{created("a"), buy("x"), pool(buy("y"))}, 2, 0, false},
		{"provided all of it", []*sdk.Record{created("a"), buy("x"), liquidity(sdk.LiquidityAdded, 5)}, 0, 0, false},
		{"got it back", []*sdk.Record{created("a"), liquidity(sdk.LiquidityRemoved, 5)}, 1, 0, false},
		{"paid another coin with it", []*sdk.Record{created("a"), created("b"), buy("x"), paid}, 0, 0, false},
		{"an agent is none", []*sdk.Record{created("a"), agent}, 0, 0, false},
		{"creation not seen", []*sdk.Record{buy("x")}, 0, sdk.AbsentCreationNotSeen, false},
		{"too many", []*sdk.Record{created("a"), buy("x"), buy("y"), buy("z"), by("z", "a", sdk.Sell, 5)}, 0, sdk.AbsentTooMany, false},
		{"a gap", []*sdk.Record{created("a"), buy("x"), weirtest.Gap(&sdk.Gap{}), buy("y")}, 0, sdk.AbsentRecordsMissing, false},
		{"a retracted slot", []*sdk.Record{created("a"), buy("x"), weirtest.Retracted(300_000_002), buy("y")}, 0, sdk.AbsentRecordsMissing, false},
		{"a later slot is retracted", []*sdk.Record{created("a"), buy("x"), weirtest.Retracted(300_000_003), buy("y")}, 2, 0, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := holding(t, `{"max_holders": 2, "state_seconds": 1000}`, c.records...)
			if f.GetHolders() != c.holders || f.GetHoldersAbsent() != c.absent || (f.Holders == nil) != (c.absent != 0) || f.GetTransfersSeen() != c.moved {
				t.Errorf("figures are %v", f)
			}
			if whole := c.absent == 0 || c.absent == sdk.AbsentTooMany; f.GetComplete() != whole {
				t.Errorf("complete is %v", f.GetComplete())
			}
		})
	}
}

// Where all holders together are too many, the tokens that were silent longest lose theirs.
func TestHoldersOfAllTokens(t *testing.T) {
	f := holding(t, `{"max_wallets": 4, "state_seconds": 1000}`,
		created("a"), by("x", "a", sdk.Buy, 5), created("b"), by("x", "b", sdk.Buy, 5), by("y", "b", sdk.Buy, 5), by("z", "b", sdk.Buy, 5),
		created("c"), by("x", "c", sdk.Buy, 5), by("y", "c", sdk.Buy, 5))
	if f.Holders != nil || f.GetHoldersAbsent() != sdk.AbsentTooMany {
		t.Errorf("figures of the oldest are %v", f)
	}
}

// Records that the journal lost are missing too.
func TestHoldersAfterAJournalGap(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"state_seconds": 1000}`))
	h.Send(created("a"), by("x", "a", sdk.Buy, 5))
	h.LoseRecords(3, "the disk was full")
	h.Send(created("b"), by("x", "b", sdk.Buy, 5))
	states := kindsOf(h.Send(at(10_000, created("c"))), "token_state")
	if len(states) != 2 {
		t.Fatalf("states are %v", states)
	}
	for i, want := range []sdk.Absence{sdk.AbsentRecordsMissing, 0} {
		if f := states[i].GetTokenState().GetFigures(); f.GetHoldersAbsent() != want || f.GetComplete() != (want == 0) {
			t.Errorf("token %d: %v", i, f)
		}
	}
}

// What moved holders outside of the token's place may never have happened too. Trades are complete all the same.
func TestRetractedElsewhere(t *testing.T) {
	bought := by("y", "a", sdk.Buy, 5)
	bought.GetTrade().Venue, bought.GetTrade().Pool = sdk.RaydiumCPMM, weirtest.Key("any pool")
	paid := by("x", "b", sdk.Buy, 7)
	paid.GetTrade().QuoteMint, paid.GetTrade().QuoteAmount = weirtest.Key("a"), 5
	left := weirtest.LiquidityChanged(&sdk.LiquidityChanged{
		Owner: weirtest.Key("x"), BaseMint: weirtest.Key("a"), BaseAmount: 5, Direction: sdk.LiquidityRemoved,
	})
	for name, elsewhere := range map[string]*sdk.Record{"bought in another pool": bought, "paid with it": paid, "took liquidity out": left} {
		for _, slot := range []uint64{300_000_003, 300_000_004} { // the last one, and one behind it
			h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"state_seconds": 1000}`))
			h.Send(created("a"), by("x", "a", sdk.Buy, 5), elsewhere)
			h.Checkpoint()
			h.Crash()
			states := kindsOf(h.Send(weirtest.Retracted(slot), at(10_000, created("c"))), "token_state")
			if len(states) == 0 || states[0].GetKey() != sdk.Base58(weirtest.Key("a")) {
				t.Fatalf("%s: states are %v", name, states)
			}
			f := figuresOf(states[0])
			if void := slot == 300_000_003; (f.GetHoldersAbsent() == sdk.AbsentRecordsMissing) != void || (f.Holders == nil) != void || !f.GetComplete() {
				t.Errorf("%s, slot %d is retracted: figures are %v", name, slot, f)
			}
		}
	}
}

// A coin whose creation the chain gave up is none; made again in another slot, before or after the retraction is known, it begins anew.
func TestCreationIsRetracted(t *testing.T) {
	in := func(slot uint64, r *sdk.Record) *sdk.Record { r.Slot = slot; return r }
	for name, records := range map[string][]*sdk.Record{
		"known before it comes again": {in(10, created("a")), in(10, by("x", "a", sdk.Buy, 5)), weirtest.Retracted(10), in(11, created("a")), in(11, by("y", "a", sdk.Buy, 5))},
		"known later":                 {in(10, created("a")), in(10, by("x", "a", sdk.Buy, 5)), in(11, created("a")), in(11, by("y", "a", sdk.Buy, 5)), weirtest.Retracted(10)},
	} {
		h := weirtest.Start(t, lifecycle.New, quiet)
		outputs := h.Send(records...)
		if made := kindsOf(outputs, "token_created"); len(made) != 2 || made[1].GetSlot() != 11 {
			t.Errorf("%s: created %v", name, made)
		}
		if said := kindsOf(outputs, sdk.KindSlotRetracted); len(said) != 1 || said[0].GetSlot() != 10 {
			t.Errorf("%s: retracted %v", name, said)
		}
		last := h.Send(in(12, completed("a")))
		if f := figuresOf(last[len(last)-1]); f.GetTrades() != 1 || !f.GetComplete() || f.GetHolders() != 1 {
			t.Errorf("%s: figures are %v", name, f)
		}
	}
}

// A creation that comes late, as it can behind a restart at processed, is told once; figures that miss something say so.
func TestCreationComesLate(t *testing.T) {
	in := func(slot uint64, r *sdk.Record) *sdk.Record { r.Slot = slot; return r }
	for _, c := range []struct {
		name     string
		records  []*sdk.Record
		created  []uint64 // slots of token_created
		trades   uint64
		complete bool
	}{
		{"behind a trade", []*sdk.Record{in(11, by("y", "a", sdk.Buy, 5)), in(11, created("a"))}, []uint64{11}, 1, false},
		{"behind a trade, told of the slot before", []*sdk.Record{
			in(10, created("a")), in(11, by("y", "a", sdk.Buy, 5)), in(11, created("a")), weirtest.Retracted(10),
		}, []uint64{10, 11}, 0, false},
		{"behind a trade and the retraction", []*sdk.Record{
			in(10, created("a")), in(11, by("y", "a", sdk.Buy, 5)), weirtest.Retracted(10), in(11, created("a")), in(12, by("z", "a", sdk.Buy, 5)),
		}, []uint64{10, 11}, 1, false},
		{"in a slot that is retracted", []*sdk.Record{
			in(10, by("y", "a", sdk.Buy, 5)), in(10, created("a")), weirtest.Retracted(10), in(11, created("a")), in(11, by("y", "a", sdk.Buy, 5)),
		}, []uint64{10, 11}, 1, true},
		{"behind a fork of two slots", []*sdk.Record{
			in(10, created("a")), in(11, by("y", "a", sdk.Buy, 5)), weirtest.Retracted(10), weirtest.Retracted(11), in(12, created("a")),
		}, []uint64{10, 12}, 0, true},
		{"behind a fork of two slots that is not known whole", []*sdk.Record{
			in(10, created("a")), in(11, by("y", "a", sdk.Buy, 5)), weirtest.Retracted(10), in(12, created("a")), weirtest.Retracted(11),
		}, []uint64{10, 12}, 0, true},
		{"of many", []*sdk.Record{
			in(10, created("b")), in(10, created("a")), in(10, created("c")), weirtest.Retracted(10), in(10, created("a")),
		}, []uint64{10, 10, 10, 10}, 0, true},
	} {
		h := weirtest.Start(t, lifecycle.New, quiet)
		outputs := h.Send(c.records...)
		var slots []uint64
		for _, o := range kindsOf(outputs, "token_created") {
			slots = append(slots, o.GetSlot())
		}
		if !slices.Equal(slots, c.created) {
			t.Errorf("%s: created in %v, want %v", c.name, slots, c.created)
		}
		last := h.Send(in(13, completed("a")))
		if f := figuresOf(last[len(last)-1]); f.GetTrades() != c.trades || f.GetComplete() != c.complete || (f.Holders != nil) != c.complete {
			t.Errorf("%s: figures are %v", c.name, f)
		}
	}
}
