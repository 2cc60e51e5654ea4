package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// stall makes the curve a place for patterns.
func (c *coin) stall() venue {
	return venue{
		mint: c.mint, deep: c.state.VirtualQuote, holders: c.holders,
		buy: func(t *txn, h *holder, lamports uint64) {
			t.createToken(h.account, h.token)
			t.buyCurve(c, h, pumpfun.Buy, lamports)
		},
		sell: func(t *txn, h *holder, tokens uint64) { t.sellCurve(c, h, pumpfun.Sell, tokens) },
		without: func() func(f *geysersim.Truth) uint64 {
			at := c.state
			return func(f *geysersim.Truth) uint64 {
				cost, _ := at.Cost(f.BaseAmount)
				at = at.Bought(f.BaseAmount, cost)
				return cost
			}
		},
	}
}

// stall makes the pool a place for patterns.
func (p *swapPool) stall() venue {
	deep, _ := p.reserves.Effective()
	return venue{
		mint: p.token, deep: deep, holders: p.holders,
		buy: func(t *txn, h *holder, lamports uint64) {
			t.wrap(h.wallet, lamports+lamports/50)
			t.createToken(h.account, h.token)
			t.swapFor(p, h, pumpswap.Buy, lamports)
			t.unwrap(h.wallet)
		},
		sell: func(t *txn, h *holder, tokens uint64) {
			t.createToken(h.account, h.wsol)
			t.swapFor(p, h, pumpswap.Sell, tokens)
			t.unwrap(h.wallet)
		},
		without: func() func(f *geysersim.Truth) uint64 {
			at := p.reserves
			return func(f *geysersim.Truth) uint64 {
				cost, _ := at.Cost(f.BaseAmount)
				at = at.Bought(f.BaseAmount, cost, pumpswap.Fees{LP: feeOf(f, "lp")}) // LP fees stay in the pool as they did
				return cost
			}
		},
	}
}

func feeOf(f *geysersim.Truth, kind string) uint64 {
	for _, fee := range f.Fees {
		if fee.Kind == kind {
			return fee.Amount
		}
	}
	return 0
}
