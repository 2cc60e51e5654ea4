package lifecycle_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/weir-run/weir/plugins/lifecycle"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func created(mint string) *sdk.Record {
	return weirtest.TokenCreated(&sdk.TokenCreated{Mint: weirtest.Key(mint), Curve: weirtest.Key(mint + " curve")})
}

func traded(mint string, venue sdk.Venue) *sdk.Record {
	return weirtest.Trade(&sdk.Trade{Mint: weirtest.Key(mint), Pool: weirtest.Key(mint + " curve"), Venue: venue})
}

func completed(mint string) *sdk.Record {
	return weirtest.CurveCompleted(&sdk.CurveCompleted{Mint: weirtest.Key(mint), Curve: weirtest.Key(mint + " curve")})
}

func migrated(mint string) *sdk.Record {
	return weirtest.TokenMigrated(&sdk.TokenMigrated{
		Mint: weirtest.Key(mint), Curve: weirtest.Key(mint + " curve"), Pool: weirtest.Key(mint + " pool"),
	})
}

// line prints what matters of an output.
func line(o *sdk.Output) string {
	c := o.GetTokenPhaseChanged()
	return fmt.Sprintf("%d %s after %d, %d trades", o.GetCause(), o.GetKind(), c.GetPrevious(), c.GetCurveTrades())
}

func TestPhases(t *testing.T) {
	cases := []struct {
		name    string
		records []*sdk.Record
		want    []string
	}{
		{
			"whole life, each phase once",
			[]*sdk.Record{
				created("a"), traded("a", sdk.Pump), traded("a", sdk.Pump), completed("a"), completed("a"), migrated("a"), migrated("a"),
				traded("a", sdk.Pump), traded("a", sdk.PumpSwap), created("a"),
			},
			[]string{
				"1 token_created after 0, 0 trades", "2 token_trading after 1, 1 trades", "4 token_completed after 2, 2 trades",
				"6 token_migrated after 3, 2 trades",
			},
		},
		{
			"first seen when it trades",
			[]*sdk.Record{traded("a", sdk.Pump), created("a"), completed("a")},
			[]string{"1 token_trading after 0, 1 trades", "3 token_completed after 2, 1 trades"},
		},
		{"first seen when it completes", []*sdk.Record{completed("a")}, []string{"1 token_completed after 0, 0 trades"}},
		{"first seen when it migrates", []*sdk.Record{migrated("a")}, []string{"1 token_migrated after 0, 0 trades"}},
		{
			"steps that were missed are not invented",
			[]*sdk.Record{created("a"), migrated("a")},
			[]string{"1 token_created after 0, 0 trades", "2 token_migrated after 1, 0 trades"},
		},
		{
			"late trade",
			[]*sdk.Record{completed("a"), traded("a", sdk.Pump), migrated("a")},
			[]string{"1 token_completed after 0, 0 trades", "3 token_migrated after 3, 1 trades"},
		},
		{"trades on pools do not count", []*sdk.Record{traded("a", sdk.PumpSwap), traded("a", sdk.RaydiumV4)}, nil},
		{
			"launchlab is a curve too",
			[]*sdk.Record{traded("a", sdk.RaydiumLaunchLab)},
			[]string{"1 token_trading after 0, 1 trades"},
		},
		{
			"tokens apart",
			[]*sdk.Record{created("a"), traded("b", sdk.Pump), traded("a", sdk.Pump)},
			[]string{"1 token_created after 0, 0 trades", "2 token_trading after 0, 1 trades", "3 token_trading after 1, 1 trades"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			outputs := weirtest.Start(t, lifecycle.New).Send(c.records...)
			var got []string
			for _, o := range outputs {
				got = append(got, line(o))
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestFields(t *testing.T) {
	outputs := weirtest.Start(t, lifecycle.New).Send(created("a"), traded("a", sdk.Pump), migrated("a"), traded("b", sdk.Pump))
	if len(outputs) != 4 {
		t.Fatalf("outputs are %v", outputs)
	}
	mint := weirtest.Key("a")
	for _, o := range outputs[:3] {
		c := o.GetTokenPhaseChanged()
		if o.GetKey() != sdk.Base58(mint) || string(c.GetMint()) != string(mint) || c.GetName() != "Test coin" || c.GetSymbol() != "TEST" ||
			string(c.GetCreator()) != string(weirtest.Key("creator")) || string(c.GetCurve()) != string(weirtest.Key("a curve")) ||
			string(c.GetQuoteMint()) != string(weirtest.WSOL) {
			t.Errorf("output is %v", o)
		}
		atPool := o.GetKind() == "token_migrated"
		if (c.PoolQuoteAmount != nil) != atPool || (len(c.GetPool()) > 0) != atPool {
			t.Errorf("pool of %s is %x with %v", o.GetKind(), c.GetPool(), c.PoolQuoteAmount)
		}
	}
	if got := outputs[2].GetTokenPhaseChanged(); string(got.GetPool()) != string(weirtest.Key("a pool")) || got.GetPoolQuoteAmount() != 84_990_359_346 {
		t.Errorf("migration is %v", got)
	}
	// The creation of b was not seen: what a trade does not tell stays empty.
	late := outputs[3].GetTokenPhaseChanged()
	if late.GetName() != "" || late.GetSymbol() != "" || len(late.GetCreator()) != 0 || string(late.GetCurve()) != string(weirtest.Key("b curve")) {
		t.Errorf("first sight of b is %v", late)
	}
}

// Past the limit the oldest migrated token goes first, then the oldest one.
func TestForgetting(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"max_tokens": 3}`))
	h.Send(created("a"), created("b"), created("c"), migrated("b"))
	h.Send(created("d")) // forgets b
	if n := len(h.Send(created("a"), created("c"), created("d"))); n != 0 {
		t.Errorf("%d tokens were forgotten too early", n)
	}
	if n := len(h.Send(created("b"))); n != 1 { // forgets a
		t.Errorf("b was remembered: %d outputs", n)
	}
	if n := len(h.Send(created("c"), created("d"), created("b"), created("a"))); n != 1 {
		t.Errorf("%d outputs, want that of a alone", n)
	}
}

func TestConfig(t *testing.T) {
	if m := lifecycle.New(nil); m.Check() != nil {
		t.Error("the defaults are refused")
	}
	m := lifecycle.New(nil)
	m.Config.(*lifecycle.Config).MaxTokens = 0
	if m.Check() == nil {
		t.Error("max_tokens 0 passes")
	}
}

func TestReplays(t *testing.T) {
	const seed = 7
	random := rand.New(rand.NewPCG(seed, seed))
	var records []*sdk.Record
	for range 150 {
		mint := strconv.Itoa(random.IntN(12))
		records = append(records, []*sdk.Record{
			created(mint), traded(mint, sdk.Pump), traded(mint, sdk.PumpSwap), completed(mint), migrated(mint),
		}[random.IntN(5)])
	}
	weirtest.Replays(t, lifecycle.New, records)
	t.Run("forgetting", func(t *testing.T) {
		weirtest.Replays(t, lifecycle.New, records, weirtest.Config(`{"max_tokens": 4}`))
	})
}
