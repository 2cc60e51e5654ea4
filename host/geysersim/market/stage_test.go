package market

import (
	"testing"

	"github.com/weir-run/weir/host/geysersim"
)

// staged are the options of a market with many patterns.
func staged(seed uint64) Options {
	return Options{Seed: seed, TransactionsPerSlot: 60, Staged: 2}
}

// TestStagedPatterns: every kind comes, with parts that are facts of the chain and figures that say the same as they.
func TestStagedPatterns(t *testing.T) {
	for seed := range seeds(3) {
		facts := map[string]geysersim.Truth{}
		m, kinds := New(staged(seed)), map[string]int{}
		for range 120 {
			b, err := m.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, tx := range b.Transactions {
				for _, f := range tx.Truth {
					if f.Ordinal == 0 || f.Kind == geysersim.TruthTrade {
						facts[f.Signature+string(rune('0'+f.Ordinal))] = f
					}
				}
			}
			for _, p := range b.Patterns {
				kinds[p.Pattern]++
				for _, part := range p.Parts {
					f, ok := facts[part.Signature+string(rune('0'+part.Ordinal))]
					if !ok || f.Slot != part.Slot || f.TxIndex != part.TxIndex || f.Trader != part.Trader || f.BaseAmount != part.BaseAmount {
						t.Fatalf("%s: part %+v is the fact %+v", p.Pattern, part, f)
					}
				}
				checkFigures(t, &p)
			}
		}
		t.Logf("seed %d: %v", seed, kinds)
		for _, name := range []string{
			geysersim.PatternSandwich, geysersim.PatternSandwichAttempt, geysersim.PatternBackRun, geysersim.PatternArbitrage, geysersim.PatternWash,
			geysersim.PatternSniper, geysersim.PatternBundledLaunch, geysersim.PatternLPRug, geysersim.PatternCreatorDump,
		} {
			if kinds[name] < 3 {
				t.Errorf("seed %d: %d of %s", seed, kinds[name], name)
			}
		}
	}
}

func checkFigures(t *testing.T, p *geysersim.Pattern) {
	t.Helper()
	switch p.Pattern {
	case geysersim.PatternSandwich, geysersim.PatternSandwichAttempt:
		if *p.VictimLoss <= 0 || *p.Gross <= 0 || (*p.Gross > int64(*p.Costs)) != (p.Pattern == geysersim.PatternSandwich) {
			t.Errorf("%s with loss %d, gross %d, costs %d", p.Pattern, *p.VictimLoss, *p.Gross, *p.Costs)
		}
	case geysersim.PatternArbitrage:
		if *p.Gross <= 0 {
			t.Errorf("arbitrage with gross %d", *p.Gross)
		}
	case geysersim.PatternLPRug:
		if p.SharePPM < 800_000 || p.SharePPM >= 1_000_000 {
			t.Errorf("rug of %d ppm", p.SharePPM)
		}
	case geysersim.PatternCreatorDump:
		if p.SharePPM < 200_000 || p.SharePPM > 800_000 {
			t.Errorf("dump of %d ppm", p.SharePPM)
		}
	}
}
