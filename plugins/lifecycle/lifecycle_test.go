package lifecycle_test

import (
	"fmt"
	"slices"
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

// quiet reports phases alone.
var quiet = weirtest.Config(`{"market_caps": {"So11111111111111111111111111111111111111112": []}, "market_caps_usd": [], "holders": [], "trades": [],
	"progress_ppm": [], "near_graduation_ppm": 0, "state_seconds": 0}`)

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
				traded("a", sdk.Pump), traded("a", sdk.PumpSwap), again("a"),
			},
			[]string{
				"1 token_created after 0, 0 trades", "2 token_trading after 1, 1 trades", "4 token_completed after 2, 2 trades",
				"6 token_migrated after 3, 2 trades",
			},
		},
		{
			"first seen when it trades",
			[]*sdk.Record{traded("a", sdk.Pump), created("a"), completed("a")},
			[]string{"1 token_trading after 0, 1 trades", "2 token_created after 2, 1 trades", "3 token_completed after 2, 1 trades"},
		},
		{
			"created late, once",
			[]*sdk.Record{traded("a", sdk.Pump), migrated("a"), created("a"), again("a")},
			[]string{"1 token_trading after 0, 1 trades", "2 token_migrated after 2, 1 trades", "3 token_created after 4, 1 trades"},
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
			outputs := weirtest.Start(t, lifecycle.New, quiet).Send(c.records...)
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
	outputs := weirtest.Start(t, lifecycle.New, quiet).Send(created("a"), traded("a", sdk.Pump), migrated("a"), traded("b", sdk.Pump))
	if len(outputs) != 4 {
		t.Fatalf("outputs are %v", outputs)
	}
	mint := weirtest.Key("a")
	for _, o := range outputs[:3] {
		c := o.GetTokenPhaseChanged()
		if o.GetKey() != sdk.Base58(mint) || string(c.GetMint()) != string(mint) || c.GetName() != "Test coin" || c.GetSymbol() != "TEST" ||
			string(c.GetCreator()) != string(weirtest.Key("creator")) || string(c.GetCurve()) != string(weirtest.Key("a curve")) ||
			string(c.GetQuoteMint()) != string(weirtest.WSOL) || c.GetFigures() == nil {
			t.Errorf("output is %v", o)
		}
		atPool, atCreation := o.GetKind() == "token_migrated", o.GetKind() == "token_created"
		if (c.PoolQuoteAmount != nil) != atPool || (len(c.GetPool()) > 0) != atPool || (c.MigrationFee != nil) != atPool {
			t.Errorf("pool of %s is %x with %v", o.GetKind(), c.GetPool(), c.PoolQuoteAmount)
		}
		if (c.GetUri() == "https://example.com/test.json") != atCreation || (c.GetTotalSupply() == 1e15) != atCreation {
			t.Errorf("%s has uri %q and supply %d", o.GetKind(), c.GetUri(), c.GetTotalSupply())
		}
	}
	got := outputs[2].GetTokenPhaseChanged()
	if string(got.GetPool()) != string(weirtest.Key("a pool")) || got.GetPoolQuoteAmount() != 84_990_359_346 || got.GetVenue() != sdk.PumpSwap ||
		got.GetPoolBaseAmount() != 206_900_000_000_000 || got.GetReserves().GetQuote() != 84_990_359_346 || got.GetEvidence() != sdk.EvidenceEvent ||
		got.GetFigures().GetProgressPpm() != 1_000_000 {
		t.Errorf("migration is %v", got)
	}
	// The creation of b was not seen: what neither a trade nor its enrichment tells stays empty.
	late := outputs[3].GetTokenPhaseChanged()
	if late.GetName() != "" || late.GetSymbol() != "TEST" || len(late.GetCreator()) != 0 || string(late.GetCurve()) != string(weirtest.Key("b curve")) ||
		late.Figures.Holders != nil || late.GetFigures().GetHoldersAbsent() != sdk.AbsentCreationNotSeen || late.GetFigures().GetComplete() {
		t.Errorf("first sight of b is %v", late)
	}
}

// Past the limit the token that was abandoned first goes first, then the one that was silent longest.
func TestForgetting(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"max_tokens": 3, "abandoned_after_seconds": 100, "state_seconds": 0}`))
	h.Send(created("a"), created("b"), created("c"), traded("a", sdk.Pump))
	if got := kindsOf(h.Send(at(103, traded("b", sdk.Pump))), "token_abandoned"); len(got) != 2 { // b, which comes back at once, and c
		t.Fatalf("abandoned are %v", got)
	}
	h.Send(at(103, created("d"))) // forgets c
	for mint, known := range map[string]bool{"a": true, "b": true, "d": true} {
		if again := kindsOf(h.Send(at(103, again(mint))), "token_created"); (len(again) == 0) != known {
			t.Errorf("%s: %v", mint, again)
		}
	}
	if again := kindsOf(h.Send(at(103, created("c"))), "token_created"); len(again) != 1 {
		t.Errorf("c is remembered: %v", again)
	}
}

// again is a creation that was told before: it is of no later slot.
func again(mint string) *sdk.Record {
	r := created(mint)
	r.Slot = 300_000_000
	return r
}

// at gives a record a block time, in seconds after the first records of weirtest.
func at(seconds int64, r *sdk.Record) *sdk.Record {
	r.BlockTime = new(1_700_000_000 + seconds)
	return r
}

// kindsOf filters outputs by kind.
func kindsOf(outputs []*sdk.Output, kinds ...string) (some []*sdk.Output) {
	for _, o := range outputs {
		if slices.Contains(kinds, o.GetKind()) {
			some = append(some, o)
		}
	}
	return some
}

func TestConfig(t *testing.T) {
	if m := lifecycle.New(nil); m.Check() != nil {
		t.Error("the defaults are refused")
	}
	for name, change := range map[string]func(*lifecycle.Config){
		"max_tokens 0":              func(c *lifecycle.Config) { c.MaxTokens = 0 },
		"max_active 0":              func(c *lifecycle.Config) { c.MaxActive = 0 },
		"max_holders 0":             func(c *lifecycle.Config) { c.MaxHolders = 0 },
		"max_wallets 0":             func(c *lifecycle.Config) { c.MaxWallets = 0 },
		"max_creators 0":            func(c *lifecycle.Config) { c.MaxCreators = 0 },
		"abandoned at once":         func(c *lifecycle.Config) { c.AbandonedAfter = 0 },
		"states before now":         func(c *lifecycle.Config) { c.StateEvery = -1 },
		"near graduation past all":  func(c *lifecycle.Config) { c.NearGraduation = 1_000_001 },
		"a threshold of 0":          func(c *lifecycle.Config) { c.Holders = []uint64{0} },
		"the same threshold twice":  func(c *lifecycle.Config) { c.Trades = []uint64{5, 5} },
		"progress past all":         func(c *lifecycle.Config) { c.Progress = []uint64{1_000_001} },
		"dollars past 64 bits":      func(c *lifecycle.Config) { c.MarketCapsUSD = []uint64{1 << 63} },
		"a quote mint that is none": func(c *lifecycle.Config) { c.MarketCaps = map[string][]uint64{"SOL": {1}} },
		"a market cap of nothing":   func(c *lifecycle.Config) { c.MarketCaps = map[string][]uint64{sdk.Base58(weirtest.WSOL): {0}} },
	} {
		m := lifecycle.New(nil)
		change(m.Config.(*lifecycle.Config))
		if m.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
}
