package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// depositRay adds pc and its worth of coin, which the provider has in open accounts.
func (t *txn) depositRay(p *rayPool, v *provider, coin, pc, lp uint64) {
	wd, before := t.m.world, p.reserves
	args := raydium.Instruction{Kind: raydium.Deposit, Coin: coin + coin/100, Pc: pc, BaseSide: 1, OtherMin: coin - coin/100}
	if !p.short {
		args.Fields = 3
	}
	t.data = args.Append(t.data)
	userCoin, userPc := p.side(v.holder, p.coin), p.side(v.holder, p.pc)
	if p.short {
		t.begin(wd.raydium, r(wd.spl), w(p.account), r(wd.rayAuthority), w(p.target), w(p.lp.account), w(p.coinVault), w(p.pcVault),
			w(userCoin), w(userPc), w(v.lp), s(v.account))
	} else {
		t.begin(wd.raydium, r(wd.spl), w(p.account), r(wd.rayAuthority), r(p.openOrders), w(p.target), w(p.lp.account),
			w(p.coinVault), w(p.pcVault), r(p.market), w(userCoin), w(userPc), w(v.lp), s(v.account), r(p.book[2]))
	}
	entry := raydium.DepositLog{
		MaxCoin: args.Coin, MaxPc: args.Pc, Base: 1, PoolCoin: before.Coin, PoolPc: before.Pc, PoolLp: before.LPSupply,
		CalcPnlX: dex.Uint128{Lo: before.Pc}, CalcPnlY: dex.Uint128{Lo: before.Coin}, DeductCoin: coin, DeductPc: pc, MintLp: lp,
	}
	t.rayLog(entry.Append(t.scratch[:0]))
	t.transfer(userCoin, p.coinVault, v.account, coin)
	t.transfer(userPc, p.pcVault, v.account, pc)
	t.mintTo(p.lp, v.lp, wd.rayAuthority, lp)
	p.reserves = raydium.PoolReserves{Coin: before.Coin + coin, Pc: before.Pc + pc, LPSupply: before.LPSupply + lp}
	t.factRayLiquidity(p, v, geysersim.TruthLiquidityAdded, coin, pc, lp, before)
	t.end(30_000)
}

// withdrawRay takes out what lp is worth, into open accounts of the provider.
func (t *txn) withdrawRay(p *rayPool, v *provider, lp, coin, pc uint64) {
	wd, before, b := t.m.world, p.reserves, &p.book
	args := raydium.Instruction{Kind: raydium.Withdraw, LP: lp, Coin: coin - coin/50, Pc: pc - pc/50}
	if !p.short {
		args.Fields = 1
	}
	t.data = args.Append(t.data)
	userCoin, userPc := p.side(v.holder, p.coin), p.side(v.holder, p.pc)
	if p.short {
		t.begin(wd.raydium, r(wd.spl), w(p.account), r(wd.rayAuthority), w(p.target), w(p.lp.account), w(p.coinVault), w(p.pcVault),
			w(v.lp), w(userCoin), w(userPc), s(v.account))
	} else {
		t.begin(wd.raydium, r(wd.spl), w(p.account), r(wd.rayAuthority), w(p.openOrders), w(p.target), w(p.lp.account),
			w(p.coinVault), w(p.pcVault), r(wd.openbook), w(p.market), w(b[3]), w(b[4]), r(b[5]), w(v.lp), w(userCoin), w(userPc),
			s(v.account), w(b[2]), w(b[0]), w(b[1]))
	}
	entry := raydium.WithdrawLog{
		WithdrawLp: lp, UserLp: v.lp.amount, PoolCoin: before.Coin, PoolPc: before.Pc, PoolLp: before.LPSupply,
		CalcPnlX: dex.Uint128{Lo: before.Pc}, CalcPnlY: dex.Uint128{Lo: before.Coin}, OutCoin: coin, OutPc: pc,
	}
	t.rayLog(entry.Append(t.scratch[:0]))
	t.transfer(p.coinVault, userCoin, wd.rayAuthority, coin)
	t.transfer(p.pcVault, userPc, wd.rayAuthority, pc)
	t.burn(p.lp, v.lp, v.account, lp)
	p.reserves = raydium.PoolReserves{Coin: before.Coin - coin, Pc: before.Pc - pc, LPSupply: before.LPSupply - lp}
	t.factRayLiquidity(p, v, geysersim.TruthLiquidityRemoved, coin, pc, lp, before)
	t.end(30_000)
}

func (t *txn) factRayLiquidity(p *rayPool, v *provider, kind string, coin, pc, lp uint64, before raydium.PoolReserves) {
	t.fact(geysersim.Truth{
		Kind: kind, Venue: geysersim.VenueRaydiumV4, Mint: p.coin.base58(), QuoteMint: p.pc.base58(), Pool: p.base58(),
		Trader: v.base58(), BaseAmount: coin, QuoteAmount: pc, LPAmount: lp, Before: rayReserves(before), After: rayReserves(p.reserves),
	})
}

// rayReserves gives reserves as the venue has them: coin as base.
func rayReserves(v raydium.PoolReserves) *geysersim.TruthReserves {
	return &geysersim.TruthReserves{Base: v.Coin, Quote: v.Pc, PriceBase: v.Coin, PriceQuote: v.Pc}
}
