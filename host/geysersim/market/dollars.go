package market

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// DollarPool is the address of the SOL/USDC pool of Options.Dollars: that of the real one on Raydium v4, which the daemon takes its price
// of SOL from unless told otherwise.
const DollarPool = "58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2"

// newDollarPool makes the pool as if it had been there for long, at about 160 dollars.
func (m *Market) newDollarPool() *rayPool {
	wd := m.world
	p := &rayPool{
		account: &account{key: dex.MustKey(DollarPool), lamports: rentAmm}, market: m.newAccount(3_591_360), token: wd.wsol, quote: wd.usdc,
		coin: wd.wsol, pc: wd.usdc, short: true,
	}
	p.reserves = raydium.PoolReserves{Coin: between(m.rand, 20_000, 40_000) * sol}
	p.reserves.Pc = p.reserves.Coin / sol * between(m.rand, 120_000_000, 200_000_000)
	p.coinVault = tokenAccount(pda.Raydium(p.market.key, "coin_vault"), wd.rayAuthority, p.coin).openWith(wd, p.reserves.Coin)
	p.pcVault = tokenAccount(pda.Raydium(p.market.key, "pc_vault"), wd.rayAuthority, p.pc).openWith(wd, p.reserves.Pc)
	for i := range p.book {
		p.book[i] = m.newAccount(rentPool)
	}
	p.target, p.openOrders = m.newAccount(rentTarget), m.newAccount(rentOpenOrders)
	return p
}

// actDollars trades SOL for dollars or the other way. Sometimes it is too little to say anything of the price.
func (m *Market) actDollars() {
	u := m.wallet(12 * sol)
	h, t, lamports := &holder{u, u.wsol}, m.txn, between(m.rand, sol/100, 10*sol)
	dollars := lamports / 1_000 * 160
	buy := chance(m.rand, 0.5) && u.usdc.amount > dollars
	t.begins(u)
	t.budget(120_000, m.price())
	if buy {
		t.createToken(u.account, u.wsol)
		t.rayTrade(m.dollars, h, true, dollars)
	} else {
		t.wrap(u, lamports)
		t.rayTrade(m.dollars, h, false, lamports)
	}
	t.unwrap(u)
	m.close()
}
