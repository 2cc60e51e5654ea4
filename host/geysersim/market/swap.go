package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// swapPool is a PumpSwap pool of a migrated coin against wrapped SOL.
type swapPool struct {
	*account
	coin                           *coin
	lp                             *mint
	baseVault, quoteVault, poolV2  *account
	creatorAuthority, creatorVault *account
	keepsFees                      bool // traded with the v2 instructions too; no liquidity comes or goes
	reserves                       pumpswap.PoolReserves
	owed                           uint64 // creator fees in the vault
	holders                        []*holder
	providers                      []*provider
	lastSlot                       uint64
}

// provider is a holder with LP tokens of one pool.
type provider struct {
	*holder
	lp *account
}

// swap is one trade on a pool before it is carried out.
type swap struct {
	kind        pumpswap.Kind
	buy         bool
	base, quote uint64 // quote is the price leg
	rates       pumpswap.Rates
	fees        pumpswap.Fees
	total       uint64 // what the user pays or gets
	args        pumpswap.Instruction
	floor       uint64 // least base that a buy takes
}

// rates are those of the pool's fee tier.
func (p *swapPool) rates() pumpswap.Rates {
	marketCap, _ := p.reserves.MarketCap(pumpfun.Supply)
	return pumpswap.CanonicalRates(marketCap, false)
}

func (m *Market) buySwap(p *swapPool, kind pumpswap.Kind, budget uint64) swap {
	rates := p.rates()
	base, quote, ok := p.reserves.Spend(budget, rates)
	if !ok || base == 0 {
		return swap{}
	}
	if !kind.IsExactIn() {
		quote, _ = p.reserves.Cost(base)
	}
	charged, _ := rates.On(quote)
	s := swap{kind: kind, buy: true, base: base, quote: quote, rates: rates, fees: charged, total: quote + charged.Total(), floor: base}
	s.args = pumpswap.Instruction{Kind: kind, Amount: base, Limit: s.total + s.total/uint64(10+m.rand.IntN(90))}
	if kind.IsExactIn() {
		s.floor = base - base/uint64(10+m.rand.IntN(90))
		s.args.Amount, s.args.Limit = budget, s.floor
	}
	return s
}

func (m *Market) sellSwap(p *swapPool, kind pumpswap.Kind, base uint64) swap {
	rates := p.rates()
	quote, ok := p.reserves.Proceeds(base)
	charged, _ := rates.On(quote)
	if !ok || quote <= charged.Total() {
		return swap{}
	}
	s := swap{kind: kind, base: base, quote: quote, rates: rates, fees: charged, total: quote - charged.Total()}
	s.args = pumpswap.Instruction{Kind: kind, Amount: base, Limit: s.total - s.total/uint64(5+m.rand.IntN(50))}
	return s
}

// trade carries a swap out. The user's wrapped SOL account is open and, for a buy, holds enough.
func (t *txn) trade(p *swapPool, h *holder, s swap) {
	protocol, buyback := pick(t.m.rand, t.m.world.recipients), pick(t.m.rand, t.m.world.buybacks)
	t.data = s.args.Append(t.data)
	t.beginSwap(p, h, s.kind, protocol, buyback)
	marketCap, _ := p.reserves.MarketCap(pumpfun.Supply)
	t.askFees(t.m.world.pumpswap, t.m.world.swapFeeConfig, marketCap, s.quote, s.rates.LP, s.rates.Protocol, s.rates.Creator)
	if t.slips {
		t.log("Program log: AnchorError thrown in programs/pump-amm/src/instructions/trade.rs:308. Error Code: ExceededSlippage. Error Number: 6004. Error Message: slippage: exceeded.")
		t.fail(35_000, 6004)
		return
	}
	before, userBase, userQuote := p.reserves, h.token.amount, h.wsol.amount
	if s.buy {
		t.paySwap(p, h, s, protocol, buyback)
	} else {
		t.payOut(p, h, s, protocol, buyback)
	}
	p.settle(s)
	if s.buy {
		t.tellBuy(p, h, s, protocol, before, userBase, userQuote)
	} else {
		t.tellSell(p, h, s, protocol, before, userBase, userQuote)
	}
	t.factSwap(p, h, s, before)
	p.lastSlot = t.m.slot
	t.end(45_000)
}

// settle moves the reserves.
func (p *swapPool) settle(s swap) {
	half := s.fees.Protocol / 2
	switch s.kind {
	case pumpswap.Sell:
		p.reserves = p.reserves.Sold(s.base, s.quote, s.fees)
	case pumpswap.SellV2:
		p.reserves = p.reserves.SoldV2(s.base, s.quote, s.fees, half)
		p.owed += s.fees.Creator
	case pumpswap.BuyV2, pumpswap.BuyExactQuoteInV2:
		p.reserves = p.reserves.BoughtV2(s.base, s.quote, s.fees, half)
		p.owed += s.fees.Creator
	default:
		p.reserves = p.reserves.Bought(s.base, s.quote, s.fees)
	}
}

// second tells of the kinds that keep their fees in the pool.
func second(k pumpswap.Kind) bool {
	return k == pumpswap.BuyV2 || k == pumpswap.BuyExactQuoteInV2 || k == pumpswap.SellV2
}

var swapLog = map[pumpswap.Kind]string{
	pumpswap.Buy: "Buy", pumpswap.BuyExactQuoteIn: "BuyExactQuoteIn", pumpswap.Sell: "Sell", pumpswap.BuyV2: "BuyV2",
	pumpswap.BuyExactQuoteInV2: "BuyExactQuoteInV2", pumpswap.SellV2: "SellV2",
}

func init() {
	for k, name := range swapLog {
		swapLog[k] = "Program log: Instruction: " + name
	}
}

func (t *txn) beginSwap(p *swapPool, h *holder, kind pumpswap.Kind, protocol, buyback recipient) {
	wd, c := t.m.world, p.coin
	switch {
	case second(kind):
		t.begin(wd.pumpswap, w(p.account), ws(h.account), r(wd.swapConfig), r(c.account), r(wd.wsol.account), w(h.token),
			w(h.wsol), w(p.baseVault), w(p.quoteVault), r(c.program), r(wd.spl), r(wd.system), w(h.volume), r(wd.swapFeeConfig),
			w(buyback.wsol), r(wd.swapEvents), r(wd.pumpswap))
	case kind == pumpswap.Sell:
		t.begin(wd.pumpswap, w(p.account), ws(h.account), r(wd.swapConfig), r(c.account), r(wd.wsol.account), w(h.token),
			w(h.wsol), w(p.baseVault), w(p.quoteVault), r(protocol.wallet), w(protocol.wsol), r(c.program), r(wd.spl), r(wd.system),
			r(wd.ata), r(wd.swapEvents), r(wd.pumpswap), w(p.creatorVault), r(p.creatorAuthority), r(wd.swapFeeConfig), r(wd.fees),
			r(p.poolV2), r(buyback.wallet), w(buyback.wsol))
	default:
		t.begin(wd.pumpswap, w(p.account), ws(h.account), r(wd.swapConfig), r(c.account), r(wd.wsol.account), w(h.token),
			w(h.wsol), w(p.baseVault), w(p.quoteVault), r(protocol.wallet), w(protocol.wsol), r(c.program), r(wd.spl), r(wd.system),
			r(wd.ata), r(wd.swapEvents), r(wd.pumpswap), w(p.creatorVault), r(p.creatorAuthority), r(wd.swapVolume), w(h.volume),
			r(wd.swapFeeConfig), r(wd.fees), r(p.poolV2), r(buyback.wallet), w(buyback.wsol))
	}
	t.log(swapLog[kind])
}

func (t *txn) paySwap(p *swapPool, h *holder, s swap, protocol, buyback recipient) {
	half := s.fees.Protocol / 2
	t.transferChecked(p.baseVault, h.token, p.account, s.base)
	if second(s.kind) {
		t.transferChecked(h.wsol, p.quoteVault, h.account, s.total-half)
		t.transferChecked(h.wsol, buyback.wsol, h.account, half)
		return
	}
	t.transferChecked(h.wsol, p.quoteVault, h.account, s.quote+s.fees.LP)
	t.transferChecked(h.wsol, protocol.wsol, h.account, s.fees.Protocol-half)
	t.transferChecked(h.wsol, buyback.wsol, h.account, half)
	t.transferChecked(h.wsol, p.creatorVault, h.account, s.fees.Creator)
}

func (t *txn) payOut(p *swapPool, h *holder, s swap, protocol, buyback recipient) {
	half := s.fees.Protocol / 2
	t.transferChecked(h.token, p.baseVault, h.account, s.base)
	t.transferChecked(p.quoteVault, h.wsol, p.account, s.total)
	t.transferChecked(p.quoteVault, buyback.wsol, p.account, half)
	if second(s.kind) {
		return
	}
	t.transferChecked(p.quoteVault, protocol.wsol, p.account, s.fees.Protocol-half)
	t.transferChecked(p.quoteVault, p.creatorVault, p.account, s.fees.Creator)
}

func (t *txn) tellBuy(p *swapPool, h *holder, s swap, protocol recipient, before pumpswap.PoolReserves, userBase, userQuote uint64) {
	limit := s.args.Limit
	if s.kind.IsExactIn() {
		limit = s.args.Amount
	}
	t.bought = pumpswap.BuyEvent{
		Timestamp: t.m.time, BaseAmountOut: s.base, MaxQuoteAmountIn: limit, UserBaseTokenReserves: userBase,
		UserQuoteTokenReserves: userQuote, PoolBaseTokenReserves: before.Base, PoolQuoteTokenReserves: before.Quote,
		QuoteAmountIn: s.quote, LpFeeBasisPoints: s.rates.LP, LpFee: s.fees.LP, ProtocolFeeBasisPoints: s.rates.Protocol,
		ProtocolFee: s.fees.Protocol, QuoteAmountInWithLpFee: s.quote + s.fees.LP, UserQuoteAmountIn: s.total, Pool: p.key,
		User: h.key, UserBaseTokenAccount: h.token.key, UserQuoteTokenAccount: h.wsol.key,
		ProtocolFeeRecipient: protocol.wallet.key, ProtocolFeeRecipientTokenAccount: protocol.wsol.key,
		CoinCreator: p.coin.creator.key, CoinCreatorFeeBasisPoints: s.rates.Creator, CoinCreatorFee: s.fees.Creator,
		MinBaseAmountOut: s.floor, IxName: append(t.name[:0], s.kind.String()...), BuybackFeeBasisPoints: pumpfun.BuybackShareBps,
		BuybackFee: s.fees.Protocol / 2, VirtualQuoteReserves: before.Virtual, BaseSupply: pumpfun.Supply, CreatorFeeUnclaimed: p.owed,
	}
	if second(s.kind) {
		t.bought.ProtocolFeeRecipient, t.bought.ProtocolFeeRecipientTokenAccount = dex.Key{}, dex.Key{}
	}
	t.event(t.m.world.swapEvents, &t.bought)
}

func (t *txn) tellSell(p *swapPool, h *holder, s swap, protocol recipient, before pumpswap.PoolReserves, userBase, userQuote uint64) {
	t.sold = pumpswap.SellEvent{
		Timestamp: t.m.time, BaseAmountIn: s.base, MinQuoteAmountOut: s.args.Limit, UserBaseTokenReserves: userBase,
		UserQuoteTokenReserves: userQuote, PoolBaseTokenReserves: before.Base, PoolQuoteTokenReserves: before.Quote,
		QuoteAmountOut: s.quote, LpFeeBasisPoints: s.rates.LP, LpFee: s.fees.LP, ProtocolFeeBasisPoints: s.rates.Protocol,
		ProtocolFee: s.fees.Protocol, QuoteAmountOutWithoutLpFee: s.quote - s.fees.LP, UserQuoteAmountOut: s.total, Pool: p.key,
		User: h.key, UserBaseTokenAccount: h.token.key, UserQuoteTokenAccount: h.wsol.key,
		ProtocolFeeRecipient: protocol.wallet.key, ProtocolFeeRecipientTokenAccount: protocol.wsol.key,
		CoinCreator: p.coin.creator.key, CoinCreatorFeeBasisPoints: s.rates.Creator, CoinCreatorFee: s.fees.Creator,
		BuybackFeeBasisPoints: pumpfun.BuybackShareBps, BuybackFee: s.fees.Protocol / 2, VirtualQuoteReserves: before.Virtual,
		BaseSupply: pumpfun.Supply, CreatorFeeUnclaimed: p.owed,
	}
	if second(s.kind) {
		t.sold.ProtocolFeeRecipient, t.sold.ProtocolFeeRecipientTokenAccount = dex.Key{}, dex.Key{}
	}
	t.event(t.m.world.swapEvents, &t.sold)
}

func (t *txn) factSwap(p *swapPool, h *holder, s swap, before pumpswap.PoolReserves) {
	t.fact(geysersim.Truth{
		Kind: geysersim.TruthTrade, Venue: geysersim.VenuePumpSwap, Mint: p.coin.base58(), QuoteMint: t.m.world.wsol.base58(),
		Pool: p.base58(), Trader: h.base58(), Side: side(s.buy), BaseAmount: s.base, QuoteAmount: s.total, PoolQuoteAmount: s.quote,
		Before: swapReserves(before), After: swapReserves(p.reserves),
		Fees: fees(geysersim.TruthFee{Kind: "protocol", Amount: s.fees.Protocol}, geysersim.TruthFee{Kind: "creator", Amount: s.fees.Creator},
			geysersim.TruthFee{Kind: "lp", Amount: s.fees.LP}, geysersim.TruthFee{Kind: "buyback", Amount: s.fees.Protocol / 2}),
	})
}

func swapReserves(p pumpswap.PoolReserves) *geysersim.TruthReserves {
	q, _ := p.Effective()
	return &geysersim.TruthReserves{Base: p.Base, Quote: p.Quote, PriceBase: p.Base, PriceQuote: q}
}
