package market

import (
	"testing"

	"github.com/weir-run/weir/host/geysersim/figures"
)

// Holders that follow from trades and liquidity are those that the ledger has: nobody moves tokens otherwise here.
func TestHoldersFollowFromTheFacts(t *testing.T) {
	m := New(Options{Seed: 5, TransactionsPerSlot: 60, Tokens: 40})
	lives := figures.NewLives(figures.LifeConfig{AbandonedAfter: 1 << 40, StateEvery: 1 << 40})
	for range 200 {
		b, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Transactions {
			for _, f := range b.Transactions[i].Truth {
				lives.Add(f)
			}
		}
	}
	compared, most := 0, 0
	compare := func(mint *mint, holders []*holder) {
		have := 0
		for _, h := range holders {
			if h.token.open && h.token.amount > 0 {
				have++
			}
		}
		if got, known := lives.Holders(mint.base58()); !known || got != have {
			t.Errorf("%s: %d holders by the facts (%t), %d in the ledger", mint.symbol, got, known, have)
		}
		compared++
		most = max(most, have)
	}
	for _, c := range m.coins {
		compare(c.mint, c.holders)
	}
	for _, p := range m.swaps {
		if p.creator != nil {
			compare(p.token, p.holders)
		}
	}
	if compared < 30 || most < 10 {
		t.Errorf("%d tokens with up to %d holders", compared, most)
	}
}
