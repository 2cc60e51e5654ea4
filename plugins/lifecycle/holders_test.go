package lifecycle_test

import (
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
