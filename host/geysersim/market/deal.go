package market

import (
	"slices"

	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// deal plans a trade of the kind, by the user or by anybody who can make it.
func (m *Market) deal(what action, u *wallet) (deal, bool) {
	switch {
	case what == doSwap && len(m.swaps) > 0:
		return m.dealSwap(pick(m.rand, m.swaps), u)
	case what == doRay && len(m.rays) > 0:
		return m.dealRay(pick(m.rand, m.rays), u)
	case len(m.coins) > 0:
		return m.dealCurve(m.hotter(), u)
	}
	return deal{}, false
}

// hotter chooses a coin, more often one that runs to completion.
func (m *Market) hotter() *coin {
	if chance(m.rand, 0.4) {
		if c := oneOf(m, m.coins, func(c *coin) bool { return c.hot && !c.complete }); c != nil {
			return c
		}
	}
	return pick(m.rand, m.coins)
}

// trader chooses who trades: a holder who sells, or somebody who buys.
func (m *Market) trader(list *[]*holder, u *wallet, mt *mint, sells float64, budget uint64) (h *holder, sell bool) {
	if u == nil && chance(m.rand, sells) {
		if h := oneOf(m, *list, hasTokens); h != nil && h.lamports > sol/2 {
			return h, true
		}
	}
	if u == nil && (len(*list) >= holderCap || chance(m.rand, 0.55)) {
		h = oneOf(m, *list, func(h *holder) bool { return h.lamports > budget*2+sol })
	}
	if h == nil {
		if u == nil {
			u = m.wallet(budget * 2)
		}
		h = m.holderOf(list, u, mt)
		m.trim(list, h)
	}
	return h, false
}

// trim forgets a holder when there are too many: one who has nothing, else the first.
func (m *Market) trim(list *[]*holder, keep *holder) {
	if len(*list) <= holderCap+8 {
		return
	}
	i := max(slices.IndexFunc(*list, func(h *holder) bool { return h != keep && h.token.amount == 0 }), 0)
	*list = slices.Delete(*list, i, i+1)
}

func (m *Market) dealCurve(c *coin, u *wallet) (deal, bool) {
	budget, sells := m.stake(), 0.45
	if c.hot {
		budget, sells = between(m.rand, 2*sol, 7*sol), 0.08
	}
	h, sell := m.trader(&c.holders, u, c.mint, sells, budget)
	d := deal{user: h.wallet, prepare: func(t *txn) { t.need(h) }, finish: func(*txn) {}}
	d.save = func() func() { old := *c; return func() { *c = old } }
	if sell {
		amount := m.part(h.token.amount)
		d.prepare = func(*txn) {}
		d.run = func(t *txn) { t.sellCurve(c, h, m.curveSell(c), min(amount, h.token.amount)) }
		d.finish = func(t *txn) { t.discard(h) }
		return d, !c.complete
	}
	d.run = func(t *txn) {
		if !c.complete {
			t.buyCurve(c, h, m.curveBuy(c), budget)
		}
	}
	return d, !c.complete && h.lamports > budget*3/2+sol/10
}

// need opens the holder's account. Who has one seldom asks for it again.
func (t *txn) need(h *holder) {
	if !h.token.open || chance(t.m.rand, 0.2) {
		t.createToken(h.account, h.token)
	}
}

// discard closes the holder's account when it is empty, as some wallets do.
func (t *txn) discard(h *holder) {
	if h.token.open && h.token.amount == 0 && h.slot%2 == 0 {
		t.closeToken(h.token, h.account)
	}
}

func (m *Market) curveBuy(c *coin) pumpfun.Kind {
	if c.keepsFees {
		return pick(m.rand, []pumpfun.Kind{pumpfun.Buy, pumpfun.BuyV3, pumpfun.BuyExactQuoteInV3})
	}
	return pick(m.rand, []pumpfun.Kind{pumpfun.Buy, pumpfun.Buy, pumpfun.BuyExactSolIn, pumpfun.BuyV2})
}

func (m *Market) curveSell(c *coin) pumpfun.Kind {
	if c.keepsFees && chance(m.rand, 0.6) {
		return pumpfun.SellV3
	}
	return pick(m.rand, []pumpfun.Kind{pumpfun.Sell, pumpfun.Sell, pumpfun.SellV2})
}

func (m *Market) dealSwap(p *swapPool, u *wallet) (deal, bool) {
	budget := m.stake()
	h, sell := m.trader(&p.holders, u, p.token, 0.5, budget)
	d := deal{user: h.wallet, finish: func(t *txn) { t.unwrap(h.wallet); t.discard(h) }}
	d.save = func() func() { old := *p; return func() { *p = old } }
	kind := m.swapKind(p, sell == p.turned())
	if sell {
		amount := m.part(h.token.amount)
		d.prepare = func(t *txn) { t.createToken(h.account, h.wsol) }
		d.run = func(t *txn) { t.swapFor(p, h, kind, min(amount, h.token.amount)) }
		return d, true
	}
	d.prepare = func(t *txn) { t.wrap(h.wallet, budget+budget/50); t.need(h) }
	d.run = func(t *txn) { t.swapFor(p, h, kind, budget) }
	return d, h.lamports > budget*2+sol/10
}

// swapFor trades for that much of what the user gives, unless that is worth nothing or too much for the user.
func (t *txn) swapFor(p *swapPool, h *holder, kind pumpswap.Kind, amount uint64) {
	var s swap
	if kind.IsSell() {
		if s = t.m.sellSwap(p, kind, amount); s.base > p.baseOf(h).amount {
			return
		}
	} else if s = t.m.buySwap(p, kind, amount); s.total > p.quoteOf(h).amount {
		return
	}
	if s.base > 0 {
		t.trade(p, h, s)
	}
}

// swapKind chooses an instruction that buys or sells base.
func (m *Market) swapKind(p *swapPool, buy bool) pumpswap.Kind {
	kind := pumpswap.Sell
	if buy {
		kind = pick(m.rand, []pumpswap.Kind{pumpswap.Buy, pumpswap.BuyExactQuoteIn})
	}
	if p.keepsFees && chance(m.rand, 0.7) {
		kind += pumpswap.BuyV2 - pumpswap.Buy
	}
	return kind
}

// unwrap closes the wallet's wrapped SOL account.
func (t *txn) unwrap(u *wallet) {
	if u.wsol.open {
		t.closeToken(u.wsol, u.account)
	}
}

func (m *Market) dealRay(p *rayPool, u *wallet) (deal, bool) {
	budget := m.stake()
	h, sell := m.trader(&p.holders, u, p.token, 0.5, budget)
	usdc := p.quote == m.world.usdc
	d := deal{user: h.wallet, finish: func(t *txn) { t.unwrap(h.wallet) }}
	d.save = func() func() { old := *p; return func() { *p = old } }
	amount := budget
	switch {
	case sell:
		amount = min(m.part(h.token.amount), p.turned(p.reserves).Base/5)
	case usdc:
		amount = min(budget/5, h.usdc.amount/4)
	}
	d.prepare = func(t *txn) {
		switch {
		case usdc:
		case sell:
			t.createToken(h.account, h.wsol)
		default:
			t.wrap(h.wallet, amount)
		}
		t.need(h)
	}
	d.run = func(t *txn) {
		in := amount
		if sell {
			in = min(in, h.token.amount)
		} else if !usdc {
			in = min(in, h.wsol.amount)
		}
		if s := m.planRay(p, !sell, in); s.out > 0 {
			t.swapRay(p, h, s)
		}
	}
	return d, amount > 1_000 && h.lamports > budget*2+sol/10
}
