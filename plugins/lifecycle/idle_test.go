package lifecycle_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-run/weir/plugins/lifecycle"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func activity(outputs []*sdk.Output) (lines []string) {
	for _, o := range kindsOf(outputs, "token_abandoned", "token_revived") {
		a := o.GetTokenActivity()
		lines = append(lines, fmt.Sprintf("%d %s after %d s in phase %d", o.GetCause(), o.GetKind(), a.GetIdleSeconds(), a.GetPhase()))
	}
	return lines
}

// Chain time alone decides who is abandoned, and a trade brings a token back once.
func TestAbandoned(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"abandoned_after_seconds": 60, "state_seconds": 0}`))
	outputs := h.Send(
		at(0, created("a")), at(10, created("b")), at(20, traded("a", sdk.Pump)), at(69, created("c")), at(70, created("d")),
		at(5, created("e")), // time does not go back
		at(80, traded("a", sdk.Pump)), at(81, traded("a", sdk.Pump)), at(81, completed("b")),
	)
	want := []string{
		"5 token_abandoned after 60 s in phase 1", "7 token_abandoned after 60 s in phase 2", "7 token_revived after 60 s in phase 2",
		"9 token_revived after 71 s in phase 1",
	}
	if got := activity(outputs); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	// A token that comes back keeps what it had, but for its holders.
	back := kindsOf(outputs, "token_revived")[0].GetTokenActivity()
	if f := back.GetFigures(); f.GetTrades() != 1 || f.GetHoldersAbsent() != sdk.AbsentForgotten || !f.GetComplete() {
		t.Errorf("figures are %v", f)
	}
}

// One record gives out 64 at most; the records after it bring the rest, in order.
func TestAbandonedInPortions(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"abandoned_after_seconds": 60, "state_seconds": 0}`))
	for i := range 150 {
		h.Send(at(0, created(strconv.Itoa(i))))
	}
	var counts []int
	var order []string
	for range 4 {
		outputs := kindsOf(h.Send(at(1000, traded("x", sdk.Pump))), "token_abandoned")
		counts = append(counts, len(outputs))
		for _, o := range outputs {
			order = append(order, o.GetKey())
		}
	}
	if !slices.Equal(counts, []int{64, 64, 22, 0}) {
		t.Errorf("portions of %v", counts)
	}
	for i, key := range order {
		if key != sdk.Base58(weirtest.Key(strconv.Itoa(i))) {
			t.Fatalf("number %d is another token", i)
		}
	}
}

func TestStates(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"state_seconds": 30}`))
	h.Send(at(0, created("a")), at(1, by("x", "a", sdk.Buy, 5)), at(29, by("y", "a", sdk.Buy, 5)))
	got := kindsOf(h.Send(at(30, created("b")), at(31, by("x", "a", sdk.Sell, 5)), at(61, created("c"))), "token_state")
	if len(got) != 3 || got[0].GetCause() != 4 || got[1].GetCause() != 6 || got[2].GetCause() != 6 {
		t.Fatalf("states are %v", got)
	}
	first, later := got[0].GetTokenState(), got[2].GetTokenState()
	if got[0].GetKey() != sdk.Base58(weirtest.Key("a")) || first.GetFigures().GetTrades() != 2 || first.GetFigures().GetHolders() != 2 ||
		first.GetName() != "Test coin" || first.GetCreatedSlot() == 0 || first.GetPhase() != sdk.PhaseTrading {
		t.Errorf("first state is %v", first)
	}
	if got[2].GetKey() != got[0].GetKey() || later.GetFigures().GetTrades() != 3 || later.GetFigures().GetHolders() != 1 || later.GetFigures().GetBuys() != 2 {
		t.Errorf("later state is %v", later)
	}
}

func TestCreatorHistory(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, quiet)
	for i := range 6 {
		h.Send(created(strconv.Itoa(i)))
	}
	h.Send(completed("1"), migrated("1"), completed("2"), again("3")) // the last is no new one
	other := created("z")
	other.GetTokenCreated().Creator = weirtest.Key("somebody")
	outputs := kindsOf(h.Send(created("6"), other), "token_created")
	x := outputs[0].GetTokenPhaseChanged().GetCreatorHistory()
	if x.GetCreated() != 6 || x.GetCompleted() != 2 || x.GetMigrated() != 1 || len(x.GetNewest()) != 4 || string(x.GetNewest()[0]) != string(weirtest.Key("5")) {
		t.Errorf("history is %v", x)
	}
	if y := outputs[1].GetTokenPhaseChanged().GetCreatorHistory(); y.GetCreated() != 0 || len(y.GetNewest()) != 0 {
		t.Errorf("somebody else's is %v", y)
	}
}

// life makes records of all kinds about a few tokens.
func life(seed uint64, n int) []*sdk.Record {
	random := rand.New(rand.NewPCG(seed, seed))
	var records []*sdk.Record
	now := int64(0)
	made := map[string]uint64{} // a coin is made in one slot, however often that is told
	for range n {
		mint, wallet := strconv.Itoa(random.IntN(12)), strconv.Itoa(random.IntN(6))
		if random.IntN(3) == 0 {
			now += int64(random.IntN(20))
		}
		sell := by(wallet, mint, sdk.Sell, random.Uint64N(2000))
		pool := traded(mint, sdk.PumpSwap)
		pool.GetTrade().Pool = weirtest.Key(mint + " pool")
		elsewhere := by(wallet, mint, sdk.Buy, random.Uint64N(2000))
		elsewhere.GetTrade().Venue, elsewhere.GetTrade().Pool = sdk.RaydiumCPMM, weirtest.Key("any pool")
		r := []*sdk.Record{
			created(mint), by(wallet, mint, sdk.Buy, random.Uint64N(2000)), sell, pool, completed(mint), migrated(mint),
			capped(mint, random.Uint64N(200_000_000_000)), left(mint, random.Uint64N(793_100_000_000_000)),
			weirtest.LiquidityChanged(&sdk.LiquidityChanged{Owner: weirtest.Key(wallet), BaseMint: weirtest.Key(mint), BaseAmount: 500}),
			weirtest.ReservesChanged(&sdk.ReservesChanged{Mint: weirtest.Key(mint), Pool: weirtest.Key(mint + " curve")}),
			created(mint), by(wallet, mint, sdk.Buy, 1000), elsewhere,
		}[random.IntN(13)]
		if t := r.GetTrade(); t != nil && random.IntN(4) == 0 {
			t.QuoteUsd = &sdk.DollarPrice{UsdMicros: 150_000_000, Units: 1_000_000_000, Slot: 1}
		}
		if r.GetTokenCreated() != nil {
			if made[mint] == 0 {
				made[mint] = 300_000_000 + uint64(len(records))
			}
			r.Slot = made[mint]
		}
		switch random.IntN(60) {
		case 0:
			r = weirtest.Gap(&sdk.Gap{})
		case 1:
			r = weirtest.Retracted(300_000_000 + uint64(len(records)) - random.Uint64N(min(4, uint64(len(records)+1))))
		}
		records = append(records, at(now, r))
	}
	return records
}

const small = `{"market_caps": {"So11111111111111111111111111111111111111112": [50000000000, 100000000000, 150000000000]}, "market_caps_usd": [10, 20],
	"holders": [2, 3, 4], "trades": [5, 10], "abandoned_after_seconds": 40, "state_seconds": 15`

// The same records give the same outputs and states, whatever the batches and crashes, also where things are forgotten.
func TestReplays(t *testing.T) {
	for name, config := range map[string]string{
		"defaults": `{}`, "small thresholds": small + `}`,
		"forgetting": small + `, "max_tokens": 5, "max_active": 3, "max_holders": 3, "max_wallets": 8, "max_creators": 2}`,
	} {
		t.Run(name, func(t *testing.T) {
			weirtest.Replays(t, lifecycle.New, life(7, 100), weirtest.Config(config))
		})
	}
}

// Whatever comes, each phase and each milestone of a token is reported once, figures rise as they must, and tokens fall silent and
// come back in turn.
func TestOnceEach(t *testing.T) {
	for seed := range uint64(12) {
		said := map[string]bool{}
		phases := map[string]sdk.TokenPhase{}
		asleep := map[string]bool{}
		trades := map[string]uint64{}
		made := map[string]uint64{}
		for _, o := range weirtest.Start(t, lifecycle.New, weirtest.Config(small+`}`)).Send(life(seed, 400)...) {
			if o.GetSlotRetracted() != nil { // what was made in it never was, and is new when it comes again
				for key, slot := range made {
					if slot == o.GetSlot() {
						maps.DeleteFunc(said, func(name string, _ bool) bool { return strings.HasPrefix(name, key) })
						delete(phases, key)
						delete(asleep, key)
						delete(trades, key)
						delete(made, key)
					}
				}
				continue
			}
			if c := o.GetTokenPhaseChanged(); c != nil {
				was := phases[o.GetKey()]
				fresh := c.GetPhase() > was
				if c.GetPhase() == sdk.PhaseCreated { // it may come late
					fresh = made[o.GetKey()] == 0
					made[o.GetKey()] = o.GetSlot()
				}
				if !fresh || c.GetPrevious() != was {
					t.Fatalf("seed %d: phase %v after %v: %v", seed, c.GetPhase(), was, o)
				}
				phases[o.GetKey()] = max(was, c.GetPhase())
			}
			if x := o.GetTokenMilestone(); x != nil {
				name := fmt.Sprint(o.GetKey(), o.GetKind(), x.GetMeasure(), x.GetThreshold())
				if said[name] || x.GetValue() < x.GetThreshold() {
					t.Fatalf("seed %d: again, or not reached: %v", seed, o)
				}
				said[name] = true
			}
			if a := o.GetTokenActivity(); a != nil {
				if asleep[o.GetKey()] == (a.GetChange() == sdk.TokenAbandoned) {
					t.Fatalf("seed %d: %v", seed, o)
				}
				asleep[o.GetKey()] = a.GetChange() == sdk.TokenAbandoned
			}
			if f := figuresOf(o); f.GetTrades() < trades[o.GetKey()] || f.GetBuys() > f.GetTrades() || (f.Holders == nil) != (f.GetHoldersAbsent() != 0) {
				t.Fatalf("seed %d: figures %v after %d trades", seed, f, trades[o.GetKey()])
			}
			trades[o.GetKey()] = figuresOf(o).GetTrades()
		}
	}
}

func figuresOf(o *sdk.Output) *sdk.TokenFigures {
	for _, f := range []*sdk.TokenFigures{
		o.GetTokenPhaseChanged().GetFigures(), o.GetTokenMilestone().GetFigures(), o.GetTokenActivity().GetFigures(), o.GetTokenState().GetFigures(),
	} {
		if f != nil {
			return f
		}
	}
	return nil
}

// BenchmarkTrades is trades of many tokens and wallets, as fast as they go.
func BenchmarkTrades(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	var records []*sdk.Record
	for i := range 2000 {
		records = append(records, created(strconv.Itoa(i)))
	}
	for range 30_000 {
		mint, side := strconv.Itoa(random.IntN(2000)), sdk.Buy
		if random.IntN(2) == 0 {
			side = sdk.Sell
		}
		r := by(strconv.Itoa(random.IntN(3000)), mint, side, 1000)
		r.GetTrade().MarketCap = new(random.Uint64N(400_000_000_000))
		if random.IntN(2) == 0 { // a pool that is none of ours
			r.GetTrade().Venue, r.GetTrade().Pool, r.GetTrade().Mint = sdk.RaydiumV4, weirtest.Key(mint+" other"), weirtest.Key(mint+" else")
		}
		records = append(records, r)
	}
	weirtest.Benchmark(b, lifecycle.New, records)
}

// Whom an account names as the creator of a token has not been seen to create it: what becomes of the token is no part of the history of
// creations that were seen, until the creation comes after all.
func TestHistoryOfACreatorThatAnAccountTold(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, quiet)
	told := weirtest.TokenMetadata(&sdk.TokenMetadata{Mint: weirtest.Key("a"), Curve: &sdk.CurveState{Creator: weirtest.Key("creator")}})
	h.Send(created("seen"), traded("a", sdk.Pump), told, completed("a"), migrated("a"))
	for _, want := range []uint64{1, 3} { // the second time "next" and "a" have come
		h.Checkpoint()
		h.Crash()
		mint := "next"
		if want == 3 {
			h.Send(created("a"), created("a"))
			mint = "last"
		}
		x := kindsOf(h.Send(created(mint)), "token_created")[0].GetTokenPhaseChanged().GetCreatorHistory()
		if x.GetCreated() != want || x.GetCompleted() != 0 || x.GetMigrated() != 0 {
			t.Errorf("before %s: history is %v, want %d created", mint, x, want)
		}
	}
}
