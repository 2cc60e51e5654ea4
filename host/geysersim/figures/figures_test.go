package figures_test

import (
	"testing"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/figures"
	"github.com/weir-run/weir/host/geysersim/market"
)

// played is a market's facts and what was staged in it.
func played(tb testing.TB, o market.Options, slots int) (*figures.Book, []figures.Due, []geysersim.Pattern) {
	tb.Helper()
	m, b := market.New(o), figures.New(2, []int64{1, 60}, true)
	var dues []figures.Due
	var patterns []geysersim.Pattern
	for range slots {
		block, err := m.Next(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		for _, tx := range block.Transactions {
			for _, f := range tx.Truth {
				dues = append(dues, b.Add(f))
			}
		}
		patterns = append(patterns, block.Patterns...)
	}
	return b, dues, patterns
}

// shows tells whether a finding is the staged pattern: all its parts in the same roles, and the same figures.
func shows(v figures.Found, p *geysersim.Pattern) bool {
	if v.Kind != p.Pattern || base58.Encode(v.GetMint()) != p.Mint {
		return false
	}
	for i := range p.Parts {
		part, there := &p.Parts[i], false
		for _, e := range v.GetEvidence() {
			same := base58.Encode(e.GetSignature()) == part.Signature && base58.Encode(e.GetTrader()) == part.Trader && e.GetBaseAmount() == part.BaseAmount
			there = there || same && (part.Loss == nil || e.GetLoss() == *part.Loss)
		}
		if !there {
			return false
		}
	}
	return (p.Gross == nil || v.GetGrossProfit() == *p.Gross) && (p.Costs == nil || v.GetCosts() == *p.Costs) &&
		(p.VictimLoss == nil || v.GetVictimLoss() == *p.VictimLoss)
}

// TestStagedPatternsFitTheDefinitions: what the market staged and counted itself is what the definitions find, to the lamport.
func TestStagedPatternsFitTheDefinitions(t *testing.T) {
	for seed := range uint64(3) {
		b, _, patterns := played(t, market.Options{Seed: seed, TransactionsPerSlot: 60, Staged: 2, Dollars: true}, 100)
		found := b.Findings(figures.Standard)
		kinds := map[string]int{}
		for _, v := range found {
			kinds[v.Kind]++
		}
		missing := 0
		facts := b.Facts()
		last := facts[len(facts)-1].Slot
		for i := range patterns {
			p := &patterns[i]
			if p.Pattern == geysersim.PatternLPRug || p.Slot == last {
				continue
			}
			there := false
			for _, v := range found {
				there = there || shows(v, p)
			}
			if !there {
				if missing++; missing < 4 {
					t.Errorf("seed %d: not found: %+v", seed, p)
				}
			}
		}
		t.Logf("seed %d: %d staged, %d of them not found; found %v", seed, len(patterns), missing, kinds)
	}
}
