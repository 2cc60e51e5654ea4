package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// stageWash lets one wallet buy and sell the same coins again and again, one trade a slot, from time to time two.
func (m *Market) stageWash() bool {
	c := oneOf(m, m.coins, func(c *coin) bool { return !c.complete && !c.hot && c.state.RealQuote < 40*sol })
	if c == nil {
		return false
	}
	h, lamports := m.extra(c.mint), between(m.rand, sol/5, sol)
	var parts []geysersim.PatternPart
	tokens := uint64(0)
	step := func() bool {
		if c.complete {
			return false // nothing comes of it
		}
		facts := m.solo(h.wallet, 0, func(t *txn) {
			if len(parts)%2 == 1 {
				t.sellCurve(c, h, pumpfun.Sell, h.token.amount)
				return
			}
			t.createToken(h.account, h.token)
			t.buyCurve(c, h, pumpfun.Buy, c.priceOf(tokens, lamports))
		})
		if len(facts) != 1 {
			return false
		}
		tokens = facts[0].BaseAmount
		parts = append(parts, geysersim.PartOf("leg", &facts[0]))
		if len(parts) < 4 {
			return true
		}
		p := patternOf(geysersim.PatternWash, &facts[0])
		p.Parts = parts
		m.list(p)
		return false
	}
	if step() {
		m.plans = append(m.plans, &plan{due: m.slot + m.rand.Uint64N(2), next: step})
	}
	return true
}

// priceOf is what a buy of that many tokens costs with its fees, about; standard for none.
func (c *coin) priceOf(tokens, standard uint64) uint64 {
	cost, ok := c.state.Cost(tokens)
	if tokens == 0 || !ok {
		return standard
	}
	charged, _ := curveRates.On(cost)
	return cost + charged.Total() + 2
}

// launched makes a coin of a creator who is not seen otherwise, and who buys for that much at once.
func (m *Market) launched(lamports uint64) (*coin, *holder, []geysersim.Truth) {
	creator := m.newWallet()
	c := m.newCoin(creator)
	c.hot = false
	h := &holder{creator, tokenAccount(m.keys.next(), creator.account, c.mint)}
	t := m.txn
	t.begins(creator)
	if t.budget(400_000, m.price()); c.legacy {
		t.createV1(c)
	} else {
		t.createV2(c)
	}
	if lamports > 0 {
		t.createToken(creator.account, h.token)
		t.buyCurve(c, h, pumpfun.Buy, lamports)
	}
	m.close()
	m.coins = append(m.coins, c)
	if len(m.coins) > m.opt.Tokens {
		m.forgetCoin()
	}
	return c, h, m.block.Transactions[len(m.block.Transactions)-1].Truth
}

// stageSniper lets somebody buy a coin in the slot of its creation or one later.
func (m *Market) stageSniper() bool {
	c, _, facts := m.launched(0)
	creation, v := facts[0], c.stall()
	shoot := func() bool {
		const within = 2 // slots; a later buyer is no sniper
		if f := m.bought(v, m.extra(c.mint), m.tip(), m.stake()); f != nil && f.Slot <= creation.Slot+within {
			p := patternOf(geysersim.PatternSniper, f)
			p.Parts = []geysersim.PatternPart{geysersim.PartOf("creation", &creation), geysersim.PartOf("leg", f)}
			m.list(p)
		}
		return false
	}
	if chance(m.rand, 0.5) {
		shoot()
	} else {
		m.plans = append(m.plans, &plan{due: m.slot + 1, next: shoot})
	}
	return true
}

// stageBundledLaunch lets two to four wallets buy right behind the creation.
func (m *Market) stageBundledLaunch() bool {
	c, creator, facts := m.launched(between(m.rand, 0, 1) * sol)
	p := patternOf(geysersim.PatternBundledLaunch, &facts[0])
	p.Pool, p.Actor = c.curve.base58(), creator.base58()
	p.Parts = append(p.Parts, geysersim.PartOf("creation", &facts[0]))
	if len(facts) > 1 {
		p.Parts = append(p.Parts, geysersim.PartOf("leg", &facts[1]))
	}
	v, tip, wallets := c.stall(), m.tip(), 0
	for range between(m.rand, 2, 4) {
		if f := m.bought(v, m.extra(c.mint), tip, between(m.rand, sol/10, sol)); f != nil {
			p.Parts, tip = append(p.Parts, geysersim.PartOf("leg", f)), 0
			wallets++
		}
	}
	if wallets > 1 {
		m.list(p)
	}
	return true
}
