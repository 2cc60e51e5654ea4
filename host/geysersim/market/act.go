package market

import (
	"slices"

	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

func (m *Market) actCreate() {
	c := m.newCoin(m.wallet(20 * sol))
	m.txn.create(c)
	m.close()
	if c.complete {
		m.ripe = append(m.ripe, c)
		return
	}
	m.coins = append(m.coins, c)
	if len(m.coins) > m.opt.Tokens {
		m.forgetCoin()
	}
}

// forgetCoin drops the oldest coin that is not about to complete, or the oldest.
func (m *Market) forgetCoin() {
	i := max(slices.IndexFunc(m.coins, func(c *coin) bool { return !c.hot }), 0)
	m.coins = slices.Delete(m.coins, i, i+1)
}

func (m *Market) actMigrate() {
	c := m.ripe[0]
	m.ripe = slices.Delete(m.ripe, 0, 1)
	p := m.newSwapPool(c)
	m.txn.migrate(m.wallet(sol), c, p)
	m.close()
	m.addSwap(p)
}

func (m *Market) actRayCreate() {
	u := m.wallet(60 * sol)
	p := m.newRayPool(u)
	t, h := m.txn, p.holders[0]
	t.begins(u)
	t.budget(400_000, m.price())
	tokens, quote := p.token.supply/10*between(m.rand, 5, 9), between(m.rand, 5*sol, 40*sol)
	if p.quote == m.world.usdc {
		quote = between(m.rand, u.usdc.amount/4, u.usdc.amount/2)
	} else {
		t.wrap(u, quote)
	}
	coin, pc := tokens, quote
	if p.coin == p.quote {
		coin, pc = quote, tokens
	}
	t.initialize(p, h, coin, pc)
	if u.wsol.open {
		t.closeToken(u.wsol, u.account)
	}
	m.close()
	m.rays = append(m.rays, p)
	if len(m.rays) > m.opt.Tokens {
		m.rays = slices.Delete(m.rays, 0, 1)
	}
}

// actSwapCreate lets a holder of a token that Raydium trades open a PumpSwap pool for it, often with SOL as its base.
func (m *Market) actSwapCreate() {
	from := oneOf(m, m.rays, func(*rayPool) bool { return true })
	if from == nil {
		m.actTrade(doRay)
		return
	}
	h := oneOf(m, from.holders, func(h *holder) bool {
		return h.token.open && h.token.amount > from.token.supply/2_000 && h.lamports > 30*sol
	})
	if h == nil {
		m.actTrade(doRay)
		return
	}
	p := m.newOpenPool(from.token, h)
	native, tokens := between(m.rand, 5*sol, 20*sol), h.token.amount/2
	opening := pumpfun.Opening{Base: tokens, Quote: native}
	if p.turned() {
		opening = pumpfun.Opening{Base: native, Quote: tokens}
	}
	t, v := m.txn, m.providerOf(p, h)
	t.begins(h.wallet)
	t.budget(400_000, m.price())
	t.wrap(h.wallet, native)
	t.createPool(p, h.account, p.baseOf(h), p.quoteOf(h), v.lp, opening)
	t.unwrap(h.wallet)
	m.close()
	m.addSwap(p)
}

// newOpenPool makes a pool of the holder's token that pump knows nothing of.
func (m *Market) newOpenPool(token *mint, h *holder) *swapPool {
	wd := m.world
	p := &swapPool{token: token, base: token, quote: wd.wsol, keepsFees: chance(m.rand, 0.3), holders: []*holder{h}}
	if chance(m.rand, 0.5) {
		p.base, p.quote = wd.wsol, token
	}
	m.opened++
	p.index = m.opened
	p.account = m.derived(wd.pumpswap, "pool", []byte{byte(p.index), byte(p.index >> 8)}, h.key[:], p.base.key[:], p.quote.key[:])
	p.lp = &mint{account: m.derived(wd.pumpswap, "pool_lp_mint", p.key[:]), program: wd.token2022, decimals: pumpswap.LPDecimals}
	p.baseVault, p.quoteVault = m.associated(p.account, p.base), m.associated(p.account, p.quote)
	p.creatorAuthority = wd.nobody
	p.creatorVault = m.newAccount(0)
	for _, from := range [][]recipient{wd.recipients, wd.buybacks} {
		wallet := pick(m.rand, from).wallet
		p.takers = append(p.takers, recipient{wallet, tokenAccount(m.keys.next(), wallet, token).openWith(wd, 0)})
	}
	return p
}

// addSwap enters a pool and forgets the oldest when there are too many.
func (m *Market) addSwap(p *swapPool) {
	m.swaps = append(m.swaps, p)
	if len(m.swaps) > m.opt.Tokens {
		m.swaps = slices.Delete(m.swaps, 0, 1)
	}
}

// actSwapLiquidity lets somebody provide liquidity, or a provider leave, on a pool that keeps no fees.
func (m *Market) actSwapLiquidity() {
	p := oneOf(m, m.swaps, func(p *swapPool) bool { return !p.keepsFees })
	if p == nil {
		m.actTrade(doSwap)
		return
	}
	done := false
	if v := oneOf(m, p.providers, m.mayLeave); v != nil && chance(m.rand, 0.45) {
		v.rests = m.slot + restsFor
		done = m.txn.withdraw(p, v, min(m.part(v.lp.amount), p.reserves.LPSupply/3))
	} else if h := oneOf(m, p.holders, hasTokens); h != nil && h.lamports > sol {
		done = m.txn.deposit(p, h, between(m.rand, sol/10, sol/2))
	}
	if !done {
		m.actTrade(doSwap)
		return
	}
	m.close()
}

// restsFor is how many slots a provider waits who took a part out: who empties a pool within a minute is staged.
const restsFor = 200

func (m *Market) mayLeave(v *provider) bool { return v.lp.amount > 0 && m.slot >= v.rests }

func (m *Market) actRayLiquidity() {
	p := oneOf(m, m.rays, func(*rayPool) bool { return true })
	if p == nil {
		m.actTrade(doCurve)
		return
	}
	done := false
	if v := oneOf(m, p.providers, m.mayLeave); v != nil && chance(m.rand, 0.45) {
		v.rests = m.slot + restsFor
		done = m.leaveRay(p, v, min(m.part(v.lp.amount), p.reserves.LPSupply/3)) // so that the pool never gets empty
	} else if h := oneOf(m, p.holders, hasTokens); h != nil {
		done = m.joinRay(p, h)
	}
	if !done {
		m.actTrade(doRay)
		return
	}
	m.close()
}

// leaveRay withdraws that much of what the provider has.
func (m *Market) leaveRay(p *rayPool, v *provider, lp uint64) bool {
	coin, pc, ok := p.reserves.WithdrawFor(lp)
	if !ok || coin == 0 || pc == 0 {
		return false
	}
	t := m.txn
	t.begins(v.wallet)
	t.budget(200_000, m.price())
	if p.quote == m.world.wsol {
		t.createToken(v.account, v.wsol)
	}
	t.createToken(v.account, v.token)
	t.withdrawRay(p, v, lp, coin, pc)
	if v.wsol.open {
		t.closeToken(v.wsol, v.account)
	}
	return true
}

// joinRay deposits a part of the holder's tokens and their worth.
func (m *Market) joinRay(p *rayPool, h *holder) bool {
	r := p.reserves
	pc := joinPc(r, h.token.amount/between(m.rand, 3, 12), p.coin == p.token)
	coin, lp, okay := r.DepositPc(pc)
	quote := pc
	if p.pc == p.token {
		quote = coin
	}
	rich := h.lamports > quote+quote/10+2*sol
	if p.quote == m.world.usdc {
		rich = h.usdc.amount > quote+quote/10 && h.lamports > sol
	}
	if !okay || lp == 0 || coin == 0 || !rich {
		return false
	}
	t, v := m.txn, m.rayProvider(p, h)
	t.begins(h.wallet)
	t.budget(200_000, m.price())
	if p.quote == m.world.wsol {
		t.wrap(h.wallet, quote+quote/50)
	}
	t.createToken(h.account, v.lp)
	t.depositRay(p, v, coin, pc, lp)
	if h.wsol.open {
		t.closeToken(h.wsol, h.account)
	}
	return true
}

// joinPc gives the pc of a deposit of about that many tokens, at most a fifth of the pool.
func joinPc(r raydium.PoolReserves, tokens uint64, tokenIsCoin bool) uint64 {
	share := float64(tokens) / float64(r.Pc)
	if tokenIsCoin {
		share = float64(tokens) / float64(r.Coin)
	}
	return uint64(min(share, 0.2) * float64(r.Pc))
}

// rayProvider returns the holder's place among the providers and enters it when it is new.
func (m *Market) rayProvider(p *rayPool, h *holder) *provider {
	for _, v := range p.providers {
		if v.holder == h {
			return v
		}
	}
	v := &provider{holder: h, lp: tokenAccount(m.keys.next(), h.account, p.lp)}
	p.providers = append(p.providers, v)
	return v
}

// part of an amount, sometimes all of it.
func (m *Market) part(amount uint64) uint64 {
	if chance(m.rand, 0.3) {
		return amount
	}
	return max(amount/10*between(m.rand, 1, 9), 1)
}

func hasTokens(h *holder) bool { return h.token.open && h.token.amount > 1_000 }

// oneOf returns a random item that fits, of a few tries, or the zero value.
func oneOf[T any](m *Market, list []T, fits func(T) bool) (none T) {
	if len(list) == 0 {
		return none
	}
	for range 12 {
		if v := pick(m.rand, list); fits(v) {
			return v
		}
	}
	return none
}
