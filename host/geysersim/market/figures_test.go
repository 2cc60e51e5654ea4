package market

import (
	"testing"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/figures"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// TestFiguresHoldWhatVenuesHold: what the book makes of the facts is what the accounts of curves and pools hold in the end: reserves, LP
// supply, LP tokens of each provider, progress.
func TestFiguresHoldWhatVenuesHold(t *testing.T) {
	m, b := New(Options{Seed: testSeed, TransactionsPerSlot: 100, Staged: 1, Dollars: true}), figures.New(2, nil, false)
	play(t, m, 150, func(_ *geysersim.Block, tx *geysersim.Transaction) {
		for _, f := range tx.Truth {
			b.Add(f)
		}
	})
	providers := 0
	owned := func(p *figures.Pool, v *provider) {
		providers++
		if p.Owners[v.base58()] != v.lp.amount {
			t.Errorf("%s has %d LP tokens of %s, the book %d", v.base58(), v.lp.amount, p.Pool, p.Owners[v.base58()])
		}
	}
	for _, s := range m.swaps {
		p := b.Pools()[s.base58()]
		if p.Base != s.reserves.Base || p.Quote != s.reserves.Quote || p.LPSupply != s.reserves.LPSupply {
			t.Errorf("pool %s holds %+v, the book says %+v", s.base58(), s.reserves, p)
		}
		for _, v := range s.providers {
			owned(p, v)
		}
	}
	for _, r := range m.rays {
		p := b.Pools()[r.base58()]
		if p.Base != r.reserves.Coin || p.Quote != r.reserves.Pc || p.LPSupply != r.reserves.LPSupply {
			t.Errorf("pool %s holds %+v, the book says %+v", r.base58(), r.reserves, p)
		}
		for _, v := range r.providers {
			owned(p, v)
		}
	}
	for _, c := range m.coins {
		k := b.Curve(c.base58())
		if k.Reserves.Base != c.state.RealToken || k.Reserves.Quote != c.state.RealQuote || uint64(k.ProgressBps) != c.state.Progress(pumpfun.InitialRealToken) || k.MarketCap != c.cap() {
			t.Errorf("curve of %s holds %+v, the book says %+v", c.base58(), c.state, k)
		}
	}
	if len(m.swaps) < 10 || len(m.rays) < 10 || len(m.coins) < 10 || providers < 30 {
		t.Errorf("only %d and %d pools, %d curves, %d providers", len(m.swaps), len(m.rays), len(m.coins), providers)
	}
}
