package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// deposit adds liquidity of about that many lamports. It reports whether the holder had the tokens for it.
func (t *txn) deposit(p *swapPool, h *holder, lamports uint64) bool {
	held := p.reserves.Quote
	if p.turned() {
		held = p.reserves.Base
	}
	lp := uint64(float64(lamports) / float64(held) * float64(p.reserves.LPSupply))
	base, quote, ok := p.reserves.DepositFor(lp)
	tokens, native := base, quote
	if p.turned() {
		tokens, native = quote, base
	}
	if !ok || lp == 0 || tokens > h.token.amount || native+native/50 > h.lamports-h.lamports/4 {
		return false
	}
	v := t.m.providerOf(p, h)
	t.begins(h.wallet)
	t.budget(250_000, t.m.price())
	t.wrap(h.wallet, native+native/100)
	t.createToken(h.account, v.lp)
	before, userBase, userQuote := p.reserves, p.baseOf(h).amount, p.quoteOf(h).amount
	args := pumpswap.Instruction{Kind: pumpswap.Deposit, LP: lp, Base: base + base/100, Quote: quote + quote/100}
	t.beginLiquidity(p, v, args, "Program log: Instruction: Deposit")
	t.transferChecked(p.baseOf(h), p.baseVault, h.account, base)
	t.transferChecked(p.quoteOf(h), p.quoteVault, h.account, quote)
	t.mintTo(p.lp, v.lp, p.account, lp)
	p.reserves.Base, p.reserves.Quote, p.reserves.LPSupply = before.Base+base, before.Quote+quote, before.LPSupply+lp
	t.deposited = pumpswap.DepositEvent{
		Timestamp: t.m.time, LpTokenAmountOut: lp, MaxBaseAmountIn: args.Base, MaxQuoteAmountIn: args.Quote,
		UserBaseTokenReserves: userBase, UserQuoteTokenReserves: userQuote, PoolBaseTokenReserves: before.Base,
		PoolQuoteTokenReserves: before.Quote, BaseAmountIn: base, QuoteAmountIn: quote, LpMintSupply: before.LPSupply,
		Pool: p.key, User: h.key, UserBaseTokenAccount: p.baseOf(h).key, UserQuoteTokenAccount: p.quoteOf(h).key, UserPoolTokenAccount: v.lp.key,
	}
	t.event(t.m.world.swapEvents, &t.deposited)
	t.factLiquidity(p, v, geysersim.TruthLiquidityAdded, base, quote, lp, before)
	t.end(42_000)
	t.closeToken(h.wsol, h.account)
	return true
}

// withdraw takes liquidity out for a part of the provider's LP tokens.
func (t *txn) withdraw(p *swapPool, v *provider, lp uint64) bool {
	base, quote, ok := p.reserves.WithdrawFor(lp)
	if !ok || base == 0 || quote == 0 {
		return false
	}
	t.begins(v.wallet)
	t.budget(250_000, t.m.price())
	t.createToken(v.account, v.wsol)
	t.need(v.holder)
	before, userBase, userQuote := p.reserves, p.baseOf(v.holder).amount, p.quoteOf(v.holder).amount
	args := pumpswap.Instruction{Kind: pumpswap.Withdraw, LP: lp, Base: base - base/50, Quote: quote - quote/50}
	t.beginLiquidity(p, v, args, "Program log: Instruction: Withdraw")
	t.transferChecked(p.baseVault, p.baseOf(v.holder), p.account, base)
	t.transferChecked(p.quoteVault, p.quoteOf(v.holder), p.account, quote)
	t.burn(p.lp, v.lp, v.account, lp)
	p.reserves.Base, p.reserves.Quote, p.reserves.LPSupply = before.Base-base, before.Quote-quote, before.LPSupply-lp
	t.withdrawn = pumpswap.WithdrawEvent{
		Timestamp: t.m.time, LpTokenAmountIn: lp, MinBaseAmountOut: args.Base, MinQuoteAmountOut: args.Quote,
		UserBaseTokenReserves: userBase, UserQuoteTokenReserves: userQuote, PoolBaseTokenReserves: before.Base,
		PoolQuoteTokenReserves: before.Quote, BaseAmountOut: base, QuoteAmountOut: quote, LpMintSupply: before.LPSupply,
		Pool: p.key, User: v.key, UserBaseTokenAccount: p.baseOf(v.holder).key, UserQuoteTokenAccount: p.quoteOf(v.holder).key, UserPoolTokenAccount: v.lp.key,
	}
	t.event(t.m.world.swapEvents, &t.withdrawn)
	t.factLiquidity(p, v, geysersim.TruthLiquidityRemoved, base, quote, lp, before)
	t.end(42_000)
	t.closeToken(v.wsol, v.account)
	return true
}

func (t *txn) beginLiquidity(p *swapPool, v *provider, args pumpswap.Instruction, name string) {
	wd := t.m.world
	t.data = args.Append(t.data)
	t.begin(wd.pumpswap, w(p.account), r(wd.swapConfig), ws(v.account), r(p.base.account), r(p.quote.account), w(p.lp.account),
		w(p.baseOf(v.holder)), w(p.quoteOf(v.holder)), w(v.lp), w(p.baseVault), w(p.quoteVault), r(wd.spl), r(wd.token2022), r(wd.swapEvents), r(wd.pumpswap))
	t.log(name)
}

func (t *txn) factLiquidity(p *swapPool, v *provider, kind string, base, quote, lp uint64, before pumpswap.PoolReserves) {
	t.fact(geysersim.Truth{
		Kind: kind, Venue: geysersim.VenuePumpSwap, Mint: p.base.base58(), QuoteMint: p.quote.base58(), Pool: p.base58(),
		Trader: v.base58(), BaseAmount: base, QuoteAmount: quote, LPAmount: lp, Before: vaults(before), After: vaults(p.reserves),
	})
}

// vaults gives what a liquidity event tells: not what is added to the quote vault to make the price.
func vaults(p pumpswap.PoolReserves) *geysersim.TruthReserves {
	return &geysersim.TruthReserves{Base: p.Base, Quote: p.Quote}
}

// providerOf returns the holder's place among the providers and enters it when it is new.
func (m *Market) providerOf(p *swapPool, h *holder) *provider {
	for _, v := range p.providers {
		if v.holder == h {
			return v
		}
	}
	v := &provider{holder: h, lp: tokenAccount(m.keys.next(), h.account, p.lp)}
	p.providers = append(p.providers, v)
	return v
}
