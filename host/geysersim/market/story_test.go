package market

import (
	"math/bits"
	"testing"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// TestLivesAreLegal follows every coin: created, traded on the curve, completed, migrated, traded in its pool, in this order.
func TestLivesAreLegal(t *testing.T) {
	const (
		born = iota + 1
		complete
		pooled
		migrated
	)
	phase := map[string]int{}
	must := func(f geysersim.Truth, want, next int) {
		t.Helper()
		if phase[f.Mint] != want {
			t.Fatalf("%s on %s in phase %d, want %d: %+v", f.Kind, f.Venue, phase[f.Mint], want, f)
		}
		phase[f.Mint] = next
	}
	ends := 0
	play(t, New(Options{Seed: testSeed, TransactionsPerSlot: 200, Staged: 1, Dollars: true}), 150, func(_ *geysersim.Block, tx *geysersim.Transaction) {
		for _, f := range tx.Truth {
			if f.Venue != geysersim.VenuePump && phase[f.Mint] == 0 {
				continue // not a coin of pump
			}
			switch f.Kind + " " + f.Venue {
			case "token_created pump":
				must(f, 0, born)
			case "trade pump":
				must(f, born, born)
			case "curve_completed pump":
				must(f, born, complete)
			case "pool_created pumpswap":
				must(f, complete, pooled)
			case "token_migrated pump":
				must(f, pooled, migrated)
				ends++
			case "trade pumpswap", "liquidity_added pumpswap", "liquidity_removed pumpswap":
				must(f, migrated, migrated)
			}
		}
	})
	if ends < 50 {
		t.Errorf("only %d coins lived to the end", ends)
	}
}

// TestReservesChain: what a pool holds after one fact it holds before the next, and no trade takes more than it pays for.
func TestReservesChain(t *testing.T) {
	last := map[string]geysersim.TruthReserves{}
	play(t, New(Options{Seed: testSeed, TransactionsPerSlot: 200, Staged: 1}), 150, func(_ *geysersim.Block, tx *geysersim.Transaction) {
		for _, f := range tx.Truth {
			if f.After == nil {
				continue
			}
			if f.Kind != geysersim.TruthTrade && f.QuoteMint != dex.WSOL.String() && f.QuoteMint != dex.USDC.String() {
				f.Before, f.After = turn(f.Before), turn(f.After) // trades name the token first
			}
			if had, known := last[f.Pool]; known && (had.Base != f.Before.Base || had.Quote != f.Before.Quote) {
				t.Fatalf("pool %s had %+v, has %+v before %+v", f.Pool, had, *f.Before, f)
			}
			last[f.Pool] = *f.After
			if f.Kind == geysersim.TruthTrade && falls(f.Before, f.After) {
				t.Fatalf("the product falls: %+v -> %+v in %+v", *f.Before, *f.After, f)
			}
		}
	})
}

func falls(before, after *geysersim.TruthReserves) bool {
	h1, l1 := bits.Mul64(before.PriceBase, before.PriceQuote)
	h2, l2 := bits.Mul64(after.PriceBase, after.PriceQuote)
	return h2 < h1 || h2 == h1 && l2 < l1
}

// TestVenuesHoldWhatTheySay compares the state of every curve and pool with what its accounts hold.
func TestVenuesHoldWhatTheySay(t *testing.T) {
	m := New(Options{Seed: testSeed, TransactionsPerSlot: 200, Staged: 1})
	kept, negative := 0, 0
	for range 100 {
		play(t, m, 1, func(*geysersim.Block, *geysersim.Transaction) {})
		for _, c := range m.coins {
			if c.kept > 0 {
				kept++
			}
			if c.curve.lamports != rentCurve+c.state.RealQuote+c.kept {
				t.Fatalf("curve of %s has %d lamports: %+v, kept %d", c.base58(), c.curve.lamports, c.state, c.kept)
			}
			if c.vault.amount != c.state.RealToken+pumpfun.MigrationTokens || !c.state.Standard(pumpfun.InitialVirtualSOL) {
				t.Fatalf("curve of %s has %d tokens: %+v", c.base58(), c.vault.amount, c.state)
			}
		}
		for _, p := range m.swaps {
			if p.reserves.Virtual.Hi < 0 {
				negative++
			}
			if p.baseVault.amount != p.reserves.Base || p.quoteVault.amount != p.reserves.Quote {
				t.Fatalf("pool %s has %d and %d: %+v", p.base58(), p.baseVault.amount, p.quoteVault.amount, p.reserves)
			}
		}
		for _, p := range m.rays {
			if p.coinVault.amount != p.reserves.Coin || p.pcVault.amount != p.reserves.Pc {
				t.Fatalf("pool %s has %d and %d: %+v", p.base58(), p.coinVault.amount, p.pcVault.amount, p.reserves)
			}
		}
	}
	if kept == 0 || negative == 0 {
		t.Errorf("%d curves kept fees and %d pools owed some: both should happen", kept, negative)
	}
}

// TestMemoryIsBounded: what the market remembers does not grow with time.
func TestMemoryIsBounded(t *testing.T) {
	m := New(Options{Seed: testSeed, TransactionsPerSlot: 400, Tokens: 20})
	play(t, m, 150, func(*geysersim.Block, *geysersim.Transaction) {})
	if len(m.coins) > 20 || len(m.swaps) > 20 || len(m.rays) > 20 || len(m.ripe) > 60 {
		t.Errorf("%d coins, %d ripe, %d and %d pools, want at most 20 of each", len(m.coins), len(m.ripe), len(m.swaps), len(m.rays))
	}
	for _, p := range m.swaps {
		if len(p.holders) > holderCap+9 || len(p.providers) > holderCap+9 {
			t.Errorf("pool with %d holders and %d providers", len(p.holders), len(p.providers))
		}
	}
}
