package market

import (
	"slices"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// stageLPRug lets the provider who opened a pool take out all that is his, which must be most of it. The pool is not used again.
func (m *Market) stageLPRug() bool {
	mine := func(lp, supply uint64) bool { return lp > supply/10*8 }
	if chance(m.rand, 0.5) {
		if p := oneOf(m, m.rays, func(p *rayPool) bool { return mine(p.providers[0].lp.amount, p.reserves.LPSupply) }); p != nil {
			supply := p.reserves.LPSupply
			if !m.leaveRay(p, p.providers[0], p.providers[0].lp.amount) {
				return false
			}
			m.close()
			m.rays = slices.DeleteFunc(m.rays, func(q *rayPool) bool { return q == p })
			m.listRug(supply)
			return true
		}
	}
	p := oneOf(m, m.swaps, func(p *swapPool) bool {
		return !p.keepsFees && len(p.providers) > 0 && mine(p.providers[0].lp.amount, p.reserves.LPSupply)
	})
	if p == nil {
		return false
	}
	supply := p.reserves.LPSupply
	if !m.txn.withdraw(p, p.providers[0], p.providers[0].lp.amount) {
		return false
	}
	m.close()
	m.swaps = slices.DeleteFunc(m.swaps, func(q *swapPool) bool { return q == p })
	m.listRug(supply)
	return true
}

// listRug enters the withdrawal that was just made from a pool with that LP supply.
func (m *Market) listRug(supply uint64) {
	facts := m.block.Transactions[len(m.block.Transactions)-1].Truth
	p := patternOf(geysersim.PatternLPRug, &facts[0])
	p.Parts, p.SharePPM = []geysersim.PatternPart{geysersim.PartOf("leg", &facts[0])}, ppm(facts[0].LPAmount, supply)
	m.list(p)
}

// stageCreatorDump launches a coin whose creator buys much of it at once and sells all some slots later.
func (m *Market) stageCreatorDump() bool {
	c, h, facts := m.launched(between(m.rand, 15*sol, 30*sol))
	if len(facts) < 2 {
		return true
	}
	creation, first := facts[0], true
	dump := func() bool {
		if first {
			first = false // others come in before
			return true
		}
		if c.complete || h.token.amount == 0 {
			return false
		}
		sold := m.solo(h.wallet, 0, func(t *txn) { t.sellCurve(c, h, pumpfun.Sell, h.token.amount) })
		if len(sold) == 1 {
			p := patternOf(geysersim.PatternCreatorDump, &sold[0])
			p.Parts = []geysersim.PatternPart{geysersim.PartOf("creation", &creation), geysersim.PartOf("leg", &sold[0])}
			p.SharePPM = ppm(sold[0].BaseAmount, pumpfun.Supply)
			m.list(p)
		}
		return false
	}
	m.plans = append(m.plans, &plan{due: m.slot + 2, next: dump})
	return true
}

// ppm is part / whole in millionths.
func ppm(part, whole uint64) uint64 {
	share, _ := dex.MulDivFloor(part, 1_000_000, whole)
	return share
}
