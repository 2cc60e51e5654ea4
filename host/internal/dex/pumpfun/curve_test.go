package pumpfun_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

var rates = pumpfun.Rates{Protocol: pumpfun.ProtocolFeeBps, Creator: pumpfun.CreatorFeeBps}

// TestExactSpend is a mainnet buy of 3 SOL on a new coin (2026-07-29).
func TestExactSpend(t *testing.T) {
	tokens, leg, ok := pumpfun.Start(pumpfun.InitialVirtualSOL).Spend(3_000_000_000, rates)
	if !ok || leg != 2_962_962_962 || tokens != 96_449_438_144_093 {
		t.Errorf("%d tokens for a leg of %d %v", tokens, leg, ok)
	}
}

// TestWholeCurve buys standard coins out, with SOL and with USDC, and migrates the one.
func TestWholeCurve(t *testing.T) {
	for _, c := range []struct {
		start, raised uint64
	}{
		{pumpfun.InitialVirtualSOL, 85_005_359_057},
		{pumpfun.InitialVirtualUSDC, 12_161_433_370},
	} {
		curve := pumpfun.Start(c.start)
		cost, ok := curve.Cost(curve.RealToken)
		if !ok || cost != c.raised {
			t.Errorf("from %d: the curve costs %d %v, want %d", c.start, cost, ok, c.raised)
		}
		end := curve.Bought(curve.RealToken, cost)
		if !end.Complete() || end.Progress(pumpfun.InitialRealToken) != 10_000 || !end.Standard(c.start) {
			t.Errorf("from %d: the end is %+v", c.start, end)
		}
	}
	sol := pumpfun.Start(pumpfun.InitialVirtualSOL)
	cost, _ := sol.Cost(sol.RealToken)
	open, ok := sol.Bought(sol.RealToken, cost).Migrate(pumpfun.MigrationFeeSOL)
	if !ok || open != (pumpfun.Opening{Base: 206_900_000_000_000, Quote: 84_990_359_056}) {
		t.Errorf("one buy opens the pool with %+v %v", open, ok)
	}
	// A real coin of many buys raised 245 lamports more: each buy's cost is rounded up.
	real := pumpfun.Curve{VirtualToken: 279_900_000_000_000, RealQuote: 85_005_359_302}
	if open, ok := real.Migrate(pumpfun.MigrationFeeSOL); !ok || open.Quote != 84_990_359_301 {
		t.Errorf("many buys open the pool with %+v %v", open, ok)
	}
	if _, ok := sol.Migrate(pumpfun.MigrationFeeSOL); ok {
		t.Error("a new curve migrates")
	}
}

func TestMarketCap(t *testing.T) {
	curve := pumpfun.Start(pumpfun.InitialVirtualSOL)
	if got, ok := curve.MarketCap(pumpfun.Supply); !ok || got/1_000_000 != 27_958 {
		t.Errorf("a new coin is worth %d lamports %v", got, ok)
	}
	cost, _ := curve.Cost(curve.RealToken)
	if got, ok := curve.Bought(curve.RealToken, cost).MarketCap(pumpfun.Supply); !ok || got/10_000_000 != 41_088 {
		t.Errorf("a sold-out coin is worth %d lamports %v", got, ok)
	}
}

func TestProgress(t *testing.T) {
	for _, c := range []struct{ real, want uint64 }{
		{pumpfun.InitialRealToken, 0},
		{pumpfun.InitialRealToken + 5, 0},
		{pumpfun.InitialRealToken / 2, 5_000},
		{1, 9_999},
		{0, 10_000},
	} {
		if got := (pumpfun.Curve{RealToken: c.real}).Progress(pumpfun.InitialRealToken); got != c.want {
			t.Errorf("%d left: %d, want %d", c.real, got, c.want)
		}
	}
	if got := (pumpfun.Curve{}).Progress(0); got != 0 {
		t.Errorf("of nothing: %d", got)
	}
}

// TestCurveKeepsValue walks curves at random: none gives more than it got, invariants hold, and every step can be walked back.
func TestCurveKeepsValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		curve := pumpfun.Start(pumpfun.InitialVirtualSOL)
		for range rapid.IntRange(1, 50).Draw(t, "trades") {
			before, product := curve, float64(curve.VirtualToken)*float64(curve.VirtualQuote)
			var tokens, leg uint64
			var ok bool
			buy := rapid.Bool().Draw(t, "buy")
			if buy {
				budget := rapid.Uint64Range(1, 20_000_000_000).Draw(t, "budget")
				if tokens, leg, ok = curve.Spend(budget, rates); !ok {
					continue
				}
				fees, fit := rates.On(leg)
				if !fit || leg+fees.Total() > budget {
					t.Fatalf("a budget of %d pays %d and %+v", budget, leg, fees)
				}
				curve = curve.Bought(tokens, leg)
			} else {
				tokens = rapid.Uint64Range(0, pumpfun.InitialRealToken-curve.RealToken).Draw(t, "tokens")
				if leg, ok = curve.Proceeds(tokens); !ok {
					t.Fatalf("%+v cannot take %d back", curve, tokens)
				}
				curve = curve.Sold(tokens, leg)
			}
			if curve.Before(buy, tokens, leg) != before || !curve.Standard(pumpfun.InitialVirtualSOL) {
				t.Fatalf("%+v becomes %+v", before, curve)
			}
			if after := float64(curve.VirtualToken) * float64(curve.VirtualQuote); after < product*(1-1e-12) {
				t.Fatalf("the product falls from %g to %g", product, after)
			}
		}
	})
}

func TestCurveRefuses(t *testing.T) {
	curve := pumpfun.Start(pumpfun.InitialVirtualSOL)
	if got, ok := curve.Cost(curve.RealToken + 1); ok {
		t.Errorf("more than it has costs %d", got)
	}
	if got, ok := curve.Proceeds(1_000_000_000); ok && got > 0 {
		t.Errorf("an empty curve pays %d", got)
	}
	if got, ok := curve.Proceeds(math.MaxUint64); ok {
		t.Errorf("a sale past 64 bits pays %d", got)
	}
	if tokens, leg, ok := curve.Spend(0, rates); ok {
		t.Errorf("nothing buys %d for %d", tokens, leg)
	}
	full := pumpfun.Curve{VirtualToken: 2, RealToken: 1, VirtualQuote: math.MaxUint64}
	if got, ok := full.Cost(1); ok {
		t.Errorf("past 64 bits it costs %d", got)
	}
}

// TestBeyond goes on with a completing buy against the reserves of the pool to come.
func TestBeyond(t *testing.T) {
	curve := pumpfun.Start(pumpfun.InitialVirtualSOL)
	open, ok := curve.Beyond(pumpfun.Supply, pumpfun.MigrationFeeSOL)
	if !ok || open != (pumpfun.Opening{Base: pumpfun.MigrationTokens, Quote: 84_990_359_056}) {
		t.Fatalf("%+v %v", open, ok)
	}
	tokens, ok := open.Spend(1_000_000_000)
	if !ok {
		t.Fatal("one SOL buys nothing")
	}
	cost, ok := open.Cost(tokens)
	if !ok || cost > 1_000_000_000 || cost < 999_999_000 {
		t.Errorf("%d tokens cost %d %v", tokens, cost, ok)
	}
	if after := open.Bought(tokens, cost); after.Base+tokens != open.Base || after.Quote-cost != open.Quote {
		t.Errorf("after it %+v", after)
	}
	if got, ok := open.Cost(open.Base); ok {
		t.Errorf("all of it costs %d", got)
	}
}
