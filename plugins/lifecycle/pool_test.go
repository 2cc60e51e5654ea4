package lifecycle_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/lifecycle"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// A real migration: transaction 2ffHb9AXeKNVs3KSusTHTY3GTPnUJ2WLr48pjHDZjhMYfLC9P6XWXMuDkev13X49qLp6A5CkDmAJciJgieQUFidV.
const (
	realMint = "npB9cxTzwUiGt7jk2dXZa52xZve8SgVD6Et9Bpipump"
	realPool = "Ef7wUrbarRXHNMMgBs8cstSkzRttnstjMsniaq7zMp6j"
)

func key(t *testing.T, text string) []byte {
	t.Helper()
	k, err := sdk.ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k.Bytes()
}

func inPool(t *testing.T, mint, pool []byte, base []byte) *sdk.Record {
	t.Helper()
	return weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap, Mint: mint, Pool: pool, PoolBaseMint: base})
}

// The pool that pump opens for a mint is known by its address, so that a token is found in it that migrated before anybody looked, or
// whose migration was missed. No other pool tells anything.
func TestFoundInItsPool(t *testing.T) {
	mint, pool := key(t, realMint), key(t, realPool)
	launch := weirtest.TokenCreated(&sdk.TokenCreated{Mint: mint})
	cases := []struct {
		name     string
		records  []*sdk.Record
		kind     string // of the last output; none when empty
		previous sdk.TokenPhase
		trades   uint64
	}{
		{"never seen before", []*sdk.Record{inPool(t, mint, pool, mint)}, "token_found", 0, 1},
		{"only once", []*sdk.Record{inPool(t, mint, pool, mint), inPool(t, mint, pool, mint)}, "token_found", 0, 1},
		{"its migration was missed", []*sdk.Record{launch, inPool(t, mint, pool, mint)}, "token_migrated", sdk.PhaseCreated, 1},
		{"the migration comes late", []*sdk.Record{
			launch, inPool(t, mint, pool, mint), weirtest.TokenMigrated(&sdk.TokenMigrated{Mint: mint, Pool: pool}),
		}, "token_migrated", sdk.PhaseCreated, 1},
		{"another pool", []*sdk.Record{launch, inPool(t, mint, weirtest.Key("pool"), mint)}, "token_created", 0, 0},
		{"the pool of another mint", []*sdk.Record{launch, inPool(t, weirtest.Key("mint"), pool, weirtest.Key("mint"))}, "token_created", 0, 0},
		{"a pool that is turned around", []*sdk.Record{launch, inPool(t, mint, pool, weirtest.WSOL)}, "token_created", 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			outputs := weirtest.Start(t, lifecycle.New, quiet).Send(c.records...)
			o := outputs[len(outputs)-1]
			x := o.GetTokenPhaseChanged()
			if o.GetKind() != c.kind || x.GetPrevious() != c.previous || x.GetFigures().GetTrades() != c.trades {
				t.Fatalf("output is %v", o)
			}
			if c.trades > 0 && (x.GetEvidence() != sdk.EvidencePoolTrade || string(x.GetPool()) != string(pool) || x.GetVenue() != sdk.PumpSwap ||
				x.PoolQuoteAmount != nil || x.GetFigures().GetProgressPpm() != 1_000_000) {
				t.Errorf("change is %v", x)
			}
		})
	}
}

// Only trades in the pool that the token migrated to count.
func TestPoolTradesCount(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"state_seconds": 1000}`))
	h.Send(created("a"), traded("a", sdk.Pump), completed("a"), migrated("a"),
		inPool(t, weirtest.Key("a"), weirtest.Key("a pool"), weirtest.Key("a")), inPool(t, weirtest.Key("a"), weirtest.Key("other"), weirtest.Key("a")),
		traded("a", sdk.Pump))
	states := kindsOf(h.Send(at(10_000, created("b"))), "token_state")
	if f := states[0].GetTokenState().GetFigures(); f.GetTrades() != 2 || states[0].GetTokenState().GetPhase() != sdk.PhaseMigrated {
		t.Errorf("state is %v", states[0])
	}
}

// A buy that leaves nothing to sell completes the curve, at once and once. What it bought beyond the end of the curve is told.
func TestSoldOut(t *testing.T) {
	reserves := func(base, quote uint64) *sdk.Reserves { return &sdk.Reserves{Base: &base, Quote: &quote} }
	last := func(base, quote uint64) *sdk.Record {
		return weirtest.Trade(&sdk.Trade{
			ReservesBefore: reserves(1000, 80), ReservesAfter: reserves(0, 85), BaseAmount: base, PoolQuoteAmount: quote, BaseDecimals: proto.Uint32(6),
		})
	}
	for name, c := range map[string]struct {
		trade       *sdk.Record
		base, quote uint64
	}{
		"to the end of the curve": {last(1000, 5), 0, 0},
		"beyond it":               {last(1200, 7), 200, 2},
	} {
		t.Run(name, func(t *testing.T) {
			outputs := weirtest.Start(t, lifecycle.New, quiet).Send(weirtest.TokenCreated(nil), c.trade, weirtest.CurveCompleted(nil))
			done := kindsOf(outputs, "token_completed")
			if len(done) != 1 || done[0].GetCause() != 2 {
				t.Fatalf("outputs are %v", outputs)
			}
			x := done[0].GetTokenPhaseChanged()
			if x.GetEvidence() != sdk.EvidenceSoldOut || x.GetPrevious() != sdk.PhaseTrading || x.GetFigures().GetProgressPpm() != 1_000_000 ||
				x.GetReserves().GetQuote() != 85 || (x.SyntheticMigration != nil) != (c.base > 0) ||
				x.GetSyntheticMigration().GetBaseAmount() != c.base || x.GetSyntheticMigration().GetQuoteAmount() != c.quote {
				t.Errorf("completion is %v", x)
			}
		})
	}
}

// What accounts say of a token whose launch was not seen counts from then on.
func TestDescribed(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"state_seconds": 1000}`))
	h.Send(traded("a", sdk.Pump), weirtest.TokenMetadata(&sdk.TokenMetadata{Mint: weirtest.Key("a"), Name: "A coin", Supply: proto.Uint64(899_000_000_001)}),
		traded("a", sdk.Pump), weirtest.TokenMetadata(&sdk.TokenMetadata{Mint: weirtest.Key("nobody's")}))
	states := kindsOf(h.Send(at(10_000, created("b"))), "token_state")
	if len(states) != 1 {
		t.Fatalf("states are %v", states)
	}
	s := states[0].GetTokenState()
	if s.GetName() != "A coin" || s.GetFigures().GetMarketCap() != 41_000_000_000 || s.Figures.Holders != nil || s.CreatedSlot != nil {
		t.Errorf("state is %v", s)
	}
}

// The account of its curve says who made a token whose launch was not seen, and that an agent changes its supply: then the supply at one
// moment makes no market cap.
func TestDescribedCurve(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, weirtest.Config(`{"state_seconds": 1000}`))
	account := func(mint string, mayhem bool) *sdk.Record {
		return weirtest.TokenMetadata(&sdk.TokenMetadata{
			Mint: weirtest.Key(mint), Supply: proto.Uint64(899_000_000_001),
			Curve: &sdk.CurveState{Venue: sdk.Pump, Curve: weirtest.Key("curve of " + mint), Creator: weirtest.Key("maker"), Mayhem: mayhem},
		})
	}
	h.Send(traded("a", sdk.Pump), account("a", false), traded("a", sdk.Pump), traded("m", sdk.Pump), account("m", true), traded("m", sdk.Pump))
	states := kindsOf(h.Send(at(10_000, created("b"))), "token_state")
	if len(states) != 2 {
		t.Fatalf("states are %v", states)
	}
	for _, o := range states {
		s := o.GetTokenState()
		strange := string(s.GetMint()) == string(weirtest.Key("m"))
		if string(s.GetCreator()) != string(weirtest.Key("maker")) || (s.GetFigures().MarketCap == nil) != strange ||
			strange && s.GetFigures().GetMarketCapAbsent() != sdk.AbsentSupply {
			t.Errorf("state is %v", s)
		}
	}
}

// Venues other than pump do not tell what moved, or not all of it: Meteora no amounts and no quote mint, LaunchLab no fee.
func TestMigrationThatSaysLittle(t *testing.T) {
	h := weirtest.Start(t, lifecycle.New, quiet)
	meteora, lab := migrated("a"), migrated("b")
	m := meteora.GetTokenMigrated()
	m.Venue, m.PoolVenue, m.QuoteMint, m.BaseAmount, m.QuoteAmount, m.MigrationFee = sdk.MeteoraDBC, sdk.MeteoraDAMMv2, nil, 0, 0, 0
	lab.GetTokenMigrated().Venue, lab.GetTokenMigrated().PoolVenue, lab.GetTokenMigrated().MigrationFee = sdk.RaydiumLaunchLab, sdk.RaydiumCPMM, 0
	got := kindsOf(h.Send(traded("a", sdk.MeteoraDBC), meteora, lab), "token_migrated")
	if len(got) != 2 {
		t.Fatalf("outputs are %v", got)
	}
	c := got[0].GetTokenPhaseChanged()
	if c.PoolBaseAmount != nil || c.PoolQuoteAmount != nil || c.MigrationFee != nil || c.GetReserves() != nil || sdk.KeyOf(c.GetQuoteMint()) != sdk.KeyOf(weirtest.WSOL) {
		t.Errorf("Meteora: %v", c)
	}
	c = got[1].GetTokenPhaseChanged()
	if c.GetPoolBaseAmount() == 0 || c.GetPoolQuoteAmount() == 0 || c.MigrationFee != nil || c.GetReserves().GetQuote() != c.GetPoolQuoteAmount() {
		t.Errorf("LaunchLab: %v", c)
	}
}
