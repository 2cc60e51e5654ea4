package pumpswap_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// TestEffective prices from the vault and the virtual reserve, also when that is negative.
func TestEffective(t *testing.T) {
	for _, c := range []struct {
		vault   uint64
		virtual int64
		want    uint64
		ok      bool
	}{
		{100, 0, 100, true},
		{100, -30, 70, true},
		{100, 50, 150, true},
		{100, -101, 0, false},
		{math.MaxUint64, 1, 0, false},
	} {
		p := pumpswap.PoolReserves{Base: 1_000, Quote: c.vault, Virtual: dex.Int128From(c.virtual)}
		if got, ok := p.Effective(); ok != c.ok || ok && got != c.want {
			t.Errorf("%d + %d: %d %v", c.vault, c.virtual, got, ok)
		}
		if _, ok := p.Cost(10); !c.ok && ok {
			t.Errorf("%d + %d has a price", c.vault, c.virtual)
		}
	}
}

// TestPoolKeepsValue trades at random: the product of base and effective quote never falls, the vault holds what the state says, and
// budgets are kept.
func TestPoolKeepsValue(t *testing.T) {
	rates := pumpswap.Rates{LP: 20, Protocol: 5, Creator: 95}
	rapid.Check(t, func(t *rapid.T) {
		p := pumpswap.PoolReserves{Base: 206_900_000_000_000, Quote: 84_990_359_301}
		for range rapid.IntRange(1, 30).Draw(t, "trades") {
			q, _ := p.Effective()
			product := float64(p.Base) * float64(q)
			second := rapid.Bool().Draw(t, "v2")
			if rapid.Bool().Draw(t, "buy") {
				budget := rapid.Uint64Range(1, 50_000_000_000).Draw(t, "budget")
				base, leg, ok := p.Spend(budget, rates)
				if !ok {
					continue
				}
				fees, ok := rates.On(leg)
				if !ok || leg+fees.Total() > budget {
					t.Fatalf("a budget of %d pays %d and %+v", budget, leg, fees)
				}
				if cost, ok := p.Cost(base); !ok || cost > leg {
					t.Fatalf("%d base cost %d, the budget paid %d", base, cost, leg)
				}
				if second {
					p = p.BoughtV2(base, leg, fees, fees.Protocol/2)
				} else {
					p = p.Bought(base, leg, fees)
				}
			} else {
				base := rapid.Uint64Range(1, p.Base).Draw(t, "base")
				leg, ok := p.Proceeds(base)
				if !ok {
					t.Fatalf("%+v cannot take %d", p, base)
				}
				fees, _ := rates.On(leg)
				if second {
					p = p.SoldV2(base, leg, fees, fees.Protocol/2)
				} else {
					p = p.Sold(base, leg, fees)
				}
			}
			q, ok := p.Effective()
			if !ok || float64(p.Base)*float64(q) < product*(1-1e-12) {
				t.Fatalf("the product falls from %g, %+v", product, p)
			}
		}
	})
}

// TestV2SamePrice checks that both generations of a trade leave the same price.
func TestV2SamePrice(t *testing.T) {
	p := pumpswap.PoolReserves{Base: 1_000_000, Quote: 500_000, Virtual: dex.Int128From(-1_000)}
	leg, _ := p.Cost(1_000)
	fees, _ := pumpswap.Rates{LP: 20, Protocol: 93, Creator: 30}.On(leg)
	old, fresh := p.Bought(1_000, leg, fees), p.BoughtV2(1_000, leg, fees, 2)
	q1, _ := old.Effective()
	q2, _ := fresh.Effective()
	if q1 != q2 || fresh.Quote != old.Quote+fees.Protocol+fees.Creator-2 {
		t.Errorf("%+v and %+v", old, fresh)
	}
}

func TestLiquidity(t *testing.T) {
	if supply, creator, ok := pumpswap.FirstLP(206_900_000_000_000, 84_990_359_301); !ok || supply-creator != 100 {
		t.Errorf("first LP %d %d %v", supply, creator, ok)
	}
	if supply, _, ok := pumpswap.FirstLP(10, 10); ok {
		t.Errorf("a pool of dust has %d LP", supply)
	}
	p := pumpswap.PoolReserves{Base: 1_001, Quote: 2_003, LPSupply: 1_000}
	if base, quote, ok := p.DepositFor(10); !ok || base != 11 || quote != 21 {
		t.Errorf("a deposit takes %d %d", base, quote)
	}
	if base, quote, ok := p.WithdrawFor(10); !ok || base != 10 || quote != 20 {
		t.Errorf("a withdrawal gives %d %d", base, quote)
	}
	if base, quote, ok := p.WithdrawFor(1_001); ok {
		t.Errorf("more LP than there is gives %d %d", base, quote)
	}
	if _, _, ok := (pumpswap.PoolReserves{}).DepositFor(1); ok {
		t.Error("an empty pool takes a deposit")
	}
}

func TestCanonicalRates(t *testing.T) {
	const sol, dollar = 1_000_000_000, 1_000_000
	for _, c := range []struct {
		cap    uint64
		stable bool
		want   pumpswap.Rates
	}{
		{0, false, pumpswap.Rates{LP: 2, Protocol: 93, Creator: 30}},
		{420*sol - 1, false, pumpswap.Rates{LP: 2, Protocol: 93, Creator: 30}},
		{420 * sol, false, pumpswap.Rates{LP: 20, Protocol: 5, Creator: 95}},
		{49_120 * sol, false, pumpswap.Rates{LP: 20, Protocol: 5, Creator: 30}},
		{math.MaxUint64, false, pumpswap.Rates{LP: 20, Protocol: 5, Creator: 5}},
		{59_000*dollar - 1, true, pumpswap.Rates{LP: 2, Protocol: 93, Creator: 30}},
		{300_000 * dollar, true, pumpswap.Rates{LP: 20, Protocol: 5, Creator: 90}},
	} {
		if got := pumpswap.CanonicalRates(c.cap, c.stable); got != c.want {
			t.Errorf("%d: %+v, want %+v", c.cap, got, c.want)
		}
	}
	p := pumpswap.PoolReserves{Base: 206_900_000_000_000, Quote: 84_990_359_301}
	if got, ok := p.MarketCap(1_000_000_000_000_000); !ok || got/sol != 410 {
		t.Errorf("a fresh pool's coin is worth %d %v", got, ok)
	}
}
