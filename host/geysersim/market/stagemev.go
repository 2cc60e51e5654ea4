package market

import (
	"slices"

	"github.com/weir-run/weir/host/geysersim"
)

func (m *Market) stageSandwich() bool { return m.sandwich(geysersim.PatternSandwich, m.tip()) }

// stageAttempt tips more than can be won.
func (m *Market) stageAttempt() bool {
	return m.sandwich(geysersim.PatternSandwichAttempt, between(m.rand, 60*sol, 90*sol))
}

// sandwich lets an attacker buy in one transaction or two, then one to three victims, then the attacker sells all. Now and then
// something else stands between them.
func (m *Market) sandwich(name string, tip uint64) bool {
	v, ok := m.stall()
	if !ok {
		return false
	}
	attacker, without := m.extra(v.mint), v.without()
	pattern := geysersim.Pattern{}
	var spent, costs uint64
	for range between(m.rand, 1, 2) {
		f := m.bought(v, attacker, 0, v.deep/100*between(m.rand, 2, 4))
		if f == nil {
			return true // what was made stands, and is nothing
		}
		spent += f.QuoteAmount
		costs += f.PriorityFee
		pattern.Parts = append(pattern.Parts, geysersim.PartOf("front", f))
	}
	var loss int64
	for range between(m.rand, 1, 3) {
		if chance(m.rand, 0.2) {
			m.actVote()
		}
		f := m.bought(v, m.extra(v.mint), 0, v.deep/100*between(m.rand, 6, 9))
		if f == nil {
			return true
		}
		part := geysersim.PartOf("victim", f)
		part.Loss = new(int64(f.PoolQuoteAmount) - int64(without(f)))
		loss += *part.Loss
		pattern.Parts = append(pattern.Parts, part)
	}
	facts := m.solo(attacker.wallet, tip, func(t *txn) { v.sell(t, attacker, attacker.token.amount) })
	if len(facts) != 1 || facts[0].QuoteAmount <= spent {
		return true
	}
	back := &facts[0]
	parts := append(pattern.Parts, geysersim.PartOf("back", back))
	pattern = patternOf(name, back)
	pattern.Parts, pattern.VictimLoss = parts, &loss
	pattern.Gross, pattern.Costs = new(int64(back.QuoteAmount)-int64(spent)), new(costs+back.PriorityFee+back.Tip)
	if (*pattern.Gross > int64(*pattern.Costs)) == (name == geysersim.PatternSandwich) {
		m.list(pattern)
	}
	return true
}

// bought lets h buy at v, alone in a transaction.
func (m *Market) bought(v venue, h *holder, tip, lamports uint64) *geysersim.Truth {
	facts := m.solo(h.wallet, tip, func(t *txn) { v.buy(t, h, lamports) })
	if len(facts) != 1 {
		return nil
	}
	return &facts[0]
}

// stageBackRun lets somebody buy much, and right behind a holder sell who did not trade there in this slot.
func (m *Market) stageBackRun() bool {
	v, ok := m.stall()
	if !ok {
		return false
	}
	h := oneOf(m, v.holders, func(h *holder) bool { return hasTokens(h) && h.lamports > sol })
	if h == nil {
		return false
	}
	large := m.bought(v, m.extra(v.mint), 0, v.deep/100*between(m.rand, 3, 8))
	if large == nil {
		return true
	}
	facts := m.solo(h.wallet, m.tip(), func(t *txn) { v.sell(t, h, max(h.token.amount/2, 1)) })
	if len(facts) == 1 {
		p := patternOf(geysersim.PatternBackRun, &facts[0])
		p.Costs = new(facts[0].PriorityFee + facts[0].Tip)
		p.Parts = []geysersim.PatternPart{geysersim.PartOf("leader", large), geysersim.PartOf("back", &facts[0])}
		m.list(p)
	}
	return true
}

// busy tells whether somebody traded in the pool in the block at hand.
func (m *Market) busy(pool *account) bool {
	return slices.ContainsFunc(m.block.Transactions, func(tx geysersim.Transaction) bool {
		return slices.ContainsFunc(tx.Truth, func(f geysersim.Truth) bool { return f.Pool == pool.base58() })
	})
}

// stageArbitrage buys where a token is cheap and sells it where it is dear, in one transaction.
func (m *Market) stageArbitrage() bool {
	for _, p := range m.swaps {
		at := slices.IndexFunc(m.rays, func(q *rayPool) bool { return q.token == p.token && q.quote == m.world.wsol })
		if at >= 0 && m.arbitrage(p, m.rays[at]) {
			return true
		}
	}
	return false
}

func (m *Market) arbitrage(p *swapPool, q *rayPool) bool {
	in := min(p.native(), q.turned(q.reserves).Quote) / 200
	if in < 10_000 {
		return false
	}
	h := m.extra(p.token)
	facts := m.solo(h.wallet, m.tip(), func(t *txn) {
		t.wrap(h.wallet, in+in/10)
		t.createToken(h.account, h.token)
		if p.dearer(q) {
			t.rayTrade(q, h, true, in)
			t.swapFor(p, h, m.swapKind(p, p.turned()), h.token.amount)
		} else {
			t.swapFor(p, h, m.swapKind(p, !p.turned()), in)
			t.rayTrade(q, h, false, h.token.amount)
		}
		t.unwrap(h.wallet)
	})
	if len(facts) != 2 || facts[1].BaseAmount > facts[0].BaseAmount || facts[1].QuoteAmount <= facts[0].QuoteAmount {
		return true // there was not enough between the prices
	}
	a := geysersim.Pattern{
		Pattern: geysersim.PatternArbitrage, Slot: m.slot, Mint: facts[0].QuoteMint, Actor: h.base58(),
		Gross: new(int64(facts[1].QuoteAmount) - int64(facts[0].QuoteAmount)), Costs: new(facts[0].PriorityFee + facts[0].Tip),
	}
	for i := range facts {
		a.Parts = append(a.Parts, geysersim.PartOf("leg", &facts[i]))
	}
	m.list(a)
	return true
}

// native is the SOL in the pool.
func (p *swapPool) native() uint64 {
	if p.turned() {
		return p.reserves.Base
	}
	return p.reserves.Quote
}

// dearer tells whether the token costs more here than there.
func (p *swapPool) dearer(q *rayPool) bool {
	here, there := swapReserves(p.reserves), q.turned(q.reserves)
	if p.turned() {
		here = turn(here)
	}
	return float64(here.PriceQuote)/float64(here.PriceBase) > float64(there.PriceQuote)/float64(there.PriceBase)
}

// rayTrade swaps that much of its source.
func (t *txn) rayTrade(p *rayPool, h *holder, buy bool, amount uint64) {
	if s := t.m.planRay(p, buy, amount); s.out > 0 {
		t.swapRay(p, h, s)
	}
}
