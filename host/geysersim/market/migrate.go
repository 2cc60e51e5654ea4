package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// newSwapPool makes the pool to which the completed coin will move. It is not on chain yet.
func (m *Market) newSwapPool(c *coin) *swapPool {
	wd := m.world
	p := &swapPool{token: c.mint, base: c.mint, quote: wd.wsol, creator: c.creator, keepsFees: c.keepsFees, holders: c.holders}
	p.account = m.derived(wd.pumpswap, "pool", []byte{0, 0}, c.authority.key[:], c.key[:], wd.wsol.key[:])
	p.lp = &mint{account: m.derived(wd.pumpswap, "pool_lp_mint", p.key[:]), program: wd.token2022, decimals: pumpswap.LPDecimals}
	p.baseVault, p.quoteVault = m.associated(p.account, c.mint), m.associated(p.account, wd.wsol)
	p.poolV2 = m.newAccount(0) // nobody reads it
	if c.creator.swapCreator == nil {
		c.creator.swapCreator = m.derived(wd.pumpswap, "creator_vault", c.creator.key[:])
		c.creator.swapCreatorVault = m.associated(c.creator.swapCreator, wd.wsol).openWith(wd, 0)
	}
	p.creatorAuthority, p.creatorVault = c.creator.swapCreator, c.creator.swapCreatorVault
	return p
}

// migrate moves the coin's liquidity to the pool. Anybody may call it; the fee pays for the accounts that it makes.
func (t *txn) migrate(u *wallet, c *coin, p *swapPool) {
	t.begins(u)
	t.budget(600_000, t.m.price())
	wd, a := t.m.world, c.authority
	base, quote := tokenAccount(t.m.keys.next(), a, c.mint), tokenAccount(t.m.keys.next(), a, wd.wsol)
	lp := tokenAccount(t.m.keys.next(), a, p.lp)
	t.instruction(pumpfun.Instruction{Kind: pumpfun.Migrate})
	t.begin(wd.pump, r(wd.pumpGlobal), w(wd.migrationAuthority), r(c.account), w(c.curve), w(c.vault), ws(u.account), r(wd.system),
		r(c.program), r(wd.pumpswap), w(p.account), w(a), w(base), w(quote), r(wd.swapConfig), r(wd.wsol.account), w(p.lp.account),
		w(lp), w(p.baseVault), w(p.quoteVault), r(wd.token2022), r(wd.ata), r(wd.swapEvents), r(wd.pumpEvents), r(wd.pump),
		r(wd.rentSysvar))
	t.log("Program log: Instruction: Migrate")
	pay(c.curve, a, pumpfun.MigrationFeeSOL)
	for _, account := range []*account{base, quote} {
		t.createToken(a, account)
	}
	opening := c.opening
	t.transfer(c.vault, base, c.curve, opening.Base)
	pay(c.curve, quote, opening.Quote)
	t.u8(17)
	t.begin(wd.spl, w(quote))
	t.log("Program log: Instruction: SyncNative")
	t.end(3_045)
	quote.amount = opening.Quote
	t.createPool(p, a, base, quote, lp, opening)
	t.closeToken(base, wd.migrationAuthority)
	t.closeToken(quote, wd.migrationAuthority)
	t.fact(geysersim.Truth{Kind: geysersim.TruthLPBurned, Venue: geysersim.VenuePumpSwap, Pool: p.base58(), Trader: a.base58(), LPAmount: lp.amount})
	t.burn(p.lp, lp, a, lp.amount)
	t.closeToken(lp, wd.migrationAuthority)
	t.sysTransfer(a, wd.migrationAuthority, a.lamports)
	t.migrated = pumpfun.CompletePumpAmmMigrationEvent{
		User: u.key, Mint: c.key, MintAmount: opening.Base, SolAmount: opening.Quote, PoolMigrationFee: pumpfun.MigrationFeeSOL,
		BondingCurve: c.curve.key, Timestamp: t.m.time, Pool: p.key,
	}
	t.event(wd.pumpEvents, &t.migrated)
	t.fact(geysersim.Truth{
		Kind: geysersim.TruthTokenMigrated, Venue: geysersim.VenuePump, Mint: c.base58(), QuoteMint: wd.wsol.base58(),
		Pool: c.curve.base58(), TargetPool: p.base58(), Trader: u.base58(), BaseAmount: opening.Base, QuoteAmount: opening.Quote,
	})
	t.end(60_000)
}

// createPool opens the pool with these amounts of base and quote.
func (t *txn) createPool(p *swapPool, creator, base, quote, lp *account, opening pumpfun.Opening) {
	wd := t.m.world
	args := pumpswap.Instruction{Kind: pumpswap.CreatePool, Index: p.index, Base: opening.Base, Quote: opening.Quote, CoinCreator: p.coinCreator()}
	t.data = args.Append(t.data)
	t.begin(wd.pumpswap, w(p.account), r(wd.swapConfig), ws(creator), r(p.base.account), r(p.quote.account), w(p.lp.account), w(base),
		w(quote), w(lp), w(p.baseVault), w(p.quoteVault), r(wd.system), r(wd.token2022), r(p.base.program), r(p.quote.program),
		r(wd.ata), r(wd.swapEvents), r(wd.pumpswap))
	t.log("Program log: Instruction: CreatePool")
	t.createAccount(creator, p.account, rentPool, 243, wd.pumpswap)
	t.createAccount(creator, p.lp.account, rentMint, 82, wd.token2022)
	t.u8(20).u8(p.lp.decimals).key(&p.key).u8(0)
	t.begin(wd.token2022, w(p.lp.account))
	t.log("Program log: Instruction: InitializeMint2")
	t.end(1_280)
	t.createToken(creator, lp)
	t.createToken(creator, p.baseVault)
	t.createToken(creator, p.quoteVault)
	t.transferChecked(base, p.baseVault, creator, opening.Base)
	t.transferChecked(quote, p.quoteVault, creator, opening.Quote)
	supply, given, _ := pumpswap.FirstLP(opening.Base, opening.Quote)
	t.mintTo(p.lp, lp, p.account, given)
	p.reserves = pumpswap.PoolReserves{Base: opening.Base, Quote: opening.Quote, LPSupply: supply}
	t.opened = pumpswap.CreatePoolEvent{
		Timestamp: t.m.time, Index: p.index, Creator: creator.key, BaseMint: p.base.key, QuoteMint: p.quote.key, BaseMintDecimals: p.base.decimals,
		QuoteMintDecimals: p.quote.decimals, BaseAmountIn: opening.Base, QuoteAmountIn: opening.Quote,
		PoolBaseAmount: opening.Base, PoolQuoteAmount: opening.Quote, MinimumLiquidity: pumpswap.MinimumLiquidity,
		InitialLiquidity: supply, LpTokenAmountOut: given, PoolBump: 255, Pool: p.key, LpMint: p.lp.key,
		UserBaseTokenAccount: base.key, UserQuoteTokenAccount: quote.key, CoinCreator: p.coinCreator(),
	}
	t.event(wd.swapEvents, &t.opened)
	t.fact(geysersim.Truth{
		Kind: geysersim.TruthPoolCreated, Venue: geysersim.VenuePumpSwap, Mint: p.base.base58(), QuoteMint: p.quote.base58(),
		Pool: p.base58(), Trader: creator.base58(), BaseAmount: opening.Base, QuoteAmount: opening.Quote, LPAmount: given,
	})
	t.end(40_000)
}
