package lifecycle_test

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/lifecycle"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// capped is a curve trade after which the record says a market cap.
func capped(mint string, lamports uint64) *sdk.Record {
	r := traded(mint, sdk.Pump)
	r.GetTrade().MarketCap = &lamports
	return r
}

// by is a trade of one wallet.
func by(wallet, mint string, side sdk.Side, amount uint64) *sdk.Record {
	r := traded(mint, sdk.Pump)
	r.GetTrade().Trader, r.GetTrade().Side, r.GetTrade().BaseAmount = weirtest.Key(wallet), side, amount
	r.GetTrade().MarketCap = proto.Uint64(1)
	return r
}

// left is a trade after which the curve has so many tokens left.
func left(mint string, real uint64) *sdk.Record {
	r := capped(mint, 1)
	r.GetTrade().ReservesAfter = &sdk.Reserves{
		Base: &real, Quote: proto.Uint64(1), PriceBase: new(real + 279_900_000_000_000), PriceQuote: proto.Uint64(30_000_000_000),
	}
	return r
}

// said prints milestones.
func said(outputs []*sdk.Output) (lines []string) {
	for _, o := range kindsOf(outputs, "token_milestone", "token_near_graduation") {
		x := o.GetTokenMilestone()
		lines = append(lines, fmt.Sprintf("%d %s %d of %d at %d", o.GetCause(), o.GetKind(), x.GetMeasure(), x.GetThreshold(), x.GetValue()))
	}
	return lines
}

const levels = `{"market_caps": {"So11111111111111111111111111111111111111112": [100, 300, 200]}, "market_caps_usd": [2, 5], "holders": [2, 3],
	"trades": [2, 4], "progress_ppm": [250000, 500000], "near_graduation_ppm": 900000, "state_seconds": 0}`

func TestMilestones(t *testing.T) {
	dollar := func(r *sdk.Record, micros, units uint64) *sdk.Record {
		r.GetTrade().QuoteUsd = &sdk.DollarPrice{UsdMicros: micros, Units: units, Slot: 9}
		return r
	}
	agent := func(r *sdk.Record) *sdk.Record {
		r.GetTrade().Agent = true
		return r
	}
	cases := []struct {
		name    string
		records []*sdk.Record
		want    []string
	}{
		{
			"market caps once each, also when one trade passes several",
			[]*sdk.Record{created("a"), capped("a", 99), capped("a", 100), capped("a", 50), capped("a", 250), capped("a", 150), capped("a", 300)},
			[]string{
				"3 token_milestone 1 of 100 at 100", "3 token_milestone 4 of 2 at 2", "5 token_milestone 1 of 200 at 250",
				"5 token_milestone 4 of 4 at 4", "7 token_milestone 1 of 300 at 300",
			},
		},
		{
			"what was reached before the first sight is not reported",
			[]*sdk.Record{capped("a", 250), capped("a", 120), capped("a", 310)},
			[]string{"2 token_milestone 4 of 2 at 2", "3 token_milestone 1 of 300 at 310"},
		},
		{
			"dollars at the price of the trade",
			[]*sdk.Record{created("a"), capped("a", 90), dollar(capped("a", 90), 66_667, 3), dollar(capped("a", 90), 66_668, 1)},
			[]string{"3 token_milestone 2 of 2000000 at 2000010", "3 token_milestone 4 of 2 at 2", "4 token_milestone 2 of 5000000 at 6000120"},
		},
		{
			"holders",
			[]*sdk.Record{
				created("a"), by("x", "a", sdk.Buy, 5), by("y", "a", sdk.Buy, 5), by("y", "a", sdk.Sell, 5), by("z", "a", sdk.Buy, 1),
				by("y", "a", sdk.Buy, 1),
			},
			[]string{
				"3 token_milestone 3 of 2 at 2", "3 token_milestone 4 of 2 at 2", "5 token_milestone 4 of 4 at 4",
				"6 token_milestone 3 of 3 at 3",
			},
		},
		{
			"agents count for nothing",
			[]*sdk.Record{created("a"), agent(by("x", "a", sdk.Buy, 5)), agent(by("y", "a", sdk.Buy, 5)), by("x", "a", sdk.Buy, 5), by("x", "a", sdk.Buy, 5)},
			[]string{"5 token_milestone 4 of 2 at 2"},
		},
		{
			"progress, and near graduation once",
			[]*sdk.Record{
				left("a", 793_100_000_000_000), left("a", 594_825_000_000_001), left("a", 594_825_000_000_000), left("a", 79_310_000_000_001),
				left("a", 79_310_000_000_000), left("a", 400_000_000_000_000), left("a", 1),
			},
			[]string{
				"2 token_milestone 4 of 2 at 2", "3 token_milestone 5 of 250000 at 250000", "4 token_milestone 5 of 500000 at 899999",
				"4 token_milestone 4 of 4 at 4", "5 token_near_graduation 5 of 900000 at 900000",
			},
		},
		{
			"near graduation at first sight",
			[]*sdk.Record{left("a", 1_000_000), left("a", 900_000)},
			[]string{"1 token_near_graduation 5 of 900000 at 999999", "2 token_milestone 4 of 2 at 2"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := said(weirtest.Start(t, lifecycle.New, weirtest.Config(levels)).Send(c.records...))
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

// What was reported stays so over a restart, and over being abandoned.
func TestMilestonesOutliveRestartAndIdleness(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(levels[:len(levels)-1]+`, "abandoned_after_seconds": 50}`))
	h.Send(created("a"), capped("a", 200), left("a", 1_000_000))
	h.Checkpoint()
	h.Crash()
	if again := said(h.Send(capped("a", 250), left("a", 900_000))); len(again) != 1 { // the fourth trade
		t.Errorf("after a restart %v", again)
	}
	outputs := h.Send(at(300, created("b")), capped("a", 260))
	if got := kindsOf(outputs, "token_abandoned", "token_revived"); len(got) != 2 {
		t.Fatalf("outputs %v", outputs)
	}
	if again := said(outputs); len(again) != 0 {
		t.Errorf("after being abandoned %v", again)
	}
	if got := said(h.Send(capped("a", 300))); len(got) != 1 {
		t.Errorf("a new high is %v", got)
	}
}

// The market cap is the supply times the price, to the unit, and dollars follow from it.
func TestMarketCapIsExact(t *testing.T) {
	record := traded("a", sdk.Pump)
	trade := record.GetTrade()
	trade.ReservesAfter = &sdk.Reserves{
		Base: proto.Uint64(1), Quote: proto.Uint64(1), PriceBase: proto.Uint64(1_072_999_999_999_983), PriceQuote: proto.Uint64(30_000_000_017),
	}
	trade.QuoteUsd = &sdk.DollarPrice{UsdMicros: 151_234_567, Units: 1_000_000_003, Slot: 77}
	outputs := weirtest.Start(t, lifecycle.New, quiet).Send(created("a"), record)
	f := outputs[1].GetTokenPhaseChanged().GetFigures()
	// python3: 10**15*30000000017//1072999999999983, and that *151234567//1000000003
	if f.GetMarketCap() != 27_958_993_492 || f.GetMarketCapUsdMicros() != 4_228_366_261 || f.GetUsdSlot() != 77 {
		t.Errorf("figures are %v", f)
	}
	if p := f.GetPrice(); p.GetQuote() != 30_000_000_017 || p.GetBase() != 1_072_999_999_999_983 {
		t.Errorf("price is %v", p)
	}
}

// What cannot be known is absent, and says why.
func TestAbsences(t *testing.T) {
	last := func(records ...*sdk.Record) *sdk.TokenFigures {
		outputs := weirtest.Start(t, lifecycle.New, quiet).Send(records...)
		return outputs[len(outputs)-1].GetTokenPhaseChanged().GetFigures()
	}
	made := created("a")
	made.GetTokenCreated().Mayhem = true
	bare := traded("a", sdk.Pump)
	bare.GetTrade().ReservesAfter = &sdk.Reserves{Base: proto.Uint64(5)}
	cases := []struct {
		name               string
		got                *sdk.TokenFigures
		cap, usd, progress sdk.Absence
	}{
		{"before any trade", last(created("a")), sdk.AbsentNotYet, sdk.AbsentNotYet, sdk.AbsentNotYet},
		{"supply of mayhem", last(made, traded("a", sdk.Pump)), sdk.AbsentSupply, sdk.AbsentSupply, sdk.AbsentNotYet},
		{"creation not seen", last(traded("a", sdk.Pump)), sdk.AbsentSupply, sdk.AbsentSupply, sdk.AbsentCreationNotSeen},
		{"no price", last(created("a"), bare), sdk.AbsentPrice, sdk.AbsentPrice, sdk.AbsentNotYet},
		{"no dollars", last(capped("a", 5)), 0, sdk.AbsentDollars, sdk.AbsentCreationNotSeen},
	}
	for _, c := range cases {
		if c.got.GetMarketCapAbsent() != c.cap || c.got.GetUsdAbsent() != c.usd || c.got.GetProgressAbsent() != c.progress ||
			(c.got.MarketCap == nil) != (c.cap != 0) || (c.got.MarketCapUsdMicros == nil) != (c.usd != 0) {
			t.Errorf("%s: %v", c.name, c.got)
		}
	}
}

// A curve that trades in USDC: its first price is worth 4,000 dollars, by definition of USDC.
func TestCurveInUSDC(t *testing.T) {
	launch := weirtest.TokenCreated(&sdk.TokenCreated{Mint: weirtest.Key("a"), Curve: weirtest.Key("a curve"), QuoteMint: weirtest.USDC})
	trade := traded("a", sdk.Pump)
	trade.GetTrade().QuoteMint = weirtest.USDC
	trade.GetTrade().ReservesAfter = &sdk.Reserves{
		Base: proto.Uint64(793_100_000_000_000), Quote: proto.Uint64(0), PriceBase: proto.Uint64(1_073_000_000_000_000), PriceQuote: proto.Uint64(4_292_000_000),
	}
	trade.GetTrade().QuoteUsd = &sdk.DollarPrice{UsdMicros: 1, Units: 1}
	config := `{"market_caps": {"EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v": [4000000000]}, "market_caps_usd": [4000, 4001]}`
	outputs := kindsOf(weirtest.Start(t, lifecycle.New, weirtest.Config(config)).Send(launch, trade), "token_milestone")
	if len(outputs) != 2 {
		t.Fatalf("milestones are %v", outputs)
	}
	f := outputs[1].GetTokenMilestone().GetFigures()
	if f.GetMarketCap() != 4_000_000_000 || f.GetMarketCapUsdMicros() != 4_000_000_000 || f.UsdSlot == nil || f.GetUsdSlot() != 0 || f.GetProgressPpm() != 0 {
		t.Errorf("figures are %v", f)
	}
}

// A mayhem coin is flagged from its launch on, or from the first trade of its agent; its supply is not taken for fixed.
func TestMayhem(t *testing.T) {
	launch := created("a")
	launch.GetTokenCreated().Mayhem = true
	agent := by("agent", "b", sdk.Buy, 5)
	agent.GetTrade().Agent, agent.GetTrade().MarketCap = true, nil
	outputs := kindsOf(weirtest.Start(t, lifecycle.New, quiet).Send(launch, traded("a", sdk.Pump), agent, completed("b")), "token_created", "token_trading", "token_completed")
	for _, o := range outputs {
		c := o.GetTokenPhaseChanged()
		if !c.GetMayhem() || c.Figures.MarketCap != nil {
			t.Errorf("%s: %v", o.GetKind(), c)
		}
	}
	if f := outputs[3].GetTokenPhaseChanged().GetFigures(); len(outputs) != 4 || f.GetTrades() != 1 || f.GetAgentTrades() != 1 {
		t.Errorf("figures are %v", f)
	}
}

// A boost of a token's pool is no mayhem: what the pool holds changes, and the flag does not.
func TestBoostIsNoMayhem(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, quiet)
	boost := weirtest.ReservesChanged(&sdk.ReservesChanged{
		Venue: sdk.Pump, Change: sdk.ReservesBoostBurn, Mint: weirtest.Key("a"), Pool: weirtest.Key("a curve"),
	})
	outputs := kindsOf(h.Send(created("a"), boost, completed("a")), "token_completed")
	if len(outputs) != 1 || outputs[0].GetTokenPhaseChanged().GetMayhem() {
		t.Errorf("outputs are %v", outputs)
	}
}
