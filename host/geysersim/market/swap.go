package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// swapPool is a PumpSwap pool of a token against wrapped SOL: of a migrated coin, or opened by anybody, who may have made SOL the
// base.
type swapPool struct {
	*account
	index                          uint16
	token, base, quote             *mint
	creator                        *wallet // of the coin; nil on a pool that pump did not open
	lp                             *mint
	baseVault, quoteVault, poolV2  *account
	creatorAuthority, creatorVault *account
	takers                         []recipient // of fees, on a pool that is not quoted in SOL
	keepsFees                      bool        // traded with the v2 instructions too; no liquidity comes or goes
	reserves                       pumpswap.PoolReserves
	owed                           uint64 // creator fees in the vault
	holders                        []*holder
	providers                      []*provider
}

// turned tells that SOL is the base: who buys base sells the token.
func (p *swapPool) turned() bool { return p.base != p.token }

// baseOf and quoteOf are the holder's accounts of the pool's mints.
func (p *swapPool) baseOf(h *holder) *account {
	if p.turned() {
		return h.wsol
	}
	return h.token
}

func (p *swapPool) quoteOf(h *holder) *account {
	if p.turned() {
		return h.token
	}
	return h.wsol
}

// takes chooses who gets the fees of a trade, with their accounts of the quote mint.
func (m *Market) takes(p *swapPool) (protocol, buyback recipient) {
	if p.turned() {
		return p.takers[0], p.takers[1]
	}
	return pick(m.rand, m.world.recipients), pick(m.rand, m.world.buybacks)
}

// coinCreator is the key that events name; zero when nobody gets a creator fee.
func (p *swapPool) coinCreator() (k dex.Key) {
	if p.creator != nil {
		k = p.creator.key
	}
	return k
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
	if p.creator == nil {
		return pumpswap.FlatRates
	}
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

// trade carries a swap out. The user's accounts are open and hold enough.
func (t *txn) trade(p *swapPool, h *holder, s swap) {
	protocol, buyback := t.m.takes(p)
	t.data = s.args.Append(t.data)
	t.beginSwap(p, h, s.kind, protocol, buyback)
	marketCap, _ := p.reserves.MarketCap(p.base.supply)
	t.askFees(t.m.world.pumpswap, t.m.world.swapFeeConfig, marketCap, s.quote, s.rates.LP, s.rates.Protocol, s.rates.Creator)
	if t.slips {
		t.log("Program log: AnchorError thrown in programs/pump-amm/src/instructions/trade.rs:308. Error Code: ExceededSlippage. Error Number: 6004. Error Message: slippage: exceeded.")
		t.fail(35_000, 6004)
		return
	}
	before, userBase, userQuote := p.reserves, p.baseOf(h).amount, p.quoteOf(h).amount
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
	wd, base, quote := t.m.world, p.baseOf(h), p.quoteOf(h)
	if second(kind) {
		t.begin(wd.pumpswap, w(p.account), ws(h.account), r(wd.swapConfig), r(p.base.account), r(p.quote.account), w(base),
			w(quote), w(p.baseVault), w(p.quoteVault), r(p.base.program), r(p.quote.program), r(wd.system), w(h.volume),
			r(wd.swapFeeConfig), w(buyback.wsol), r(wd.swapEvents), r(wd.pumpswap))
		t.log(swapLog[kind])
		return
	}
	list := append(t.refs[:0], w(p.account), ws(h.account), r(wd.swapConfig), r(p.base.account), r(p.quote.account), w(base), w(quote),
		w(p.baseVault), w(p.quoteVault), r(protocol.wallet), w(protocol.wsol), r(p.base.program), r(p.quote.program), r(wd.system),
		r(wd.ata), r(wd.swapEvents), r(wd.pumpswap), w(p.creatorVault), r(p.creatorAuthority))
	if kind != pumpswap.Sell {
		list = append(list, r(wd.swapVolume), w(h.volume))
	}
	list = append(list, r(wd.swapFeeConfig), r(wd.fees))
	if p.creator != nil {
		list = append(list, r(p.poolV2))
	}
	t.begin(wd.pumpswap, append(list, r(buyback.wallet), w(buyback.wsol))...)
	t.log(swapLog[kind])
}

func (t *txn) paySwap(p *swapPool, h *holder, s swap, protocol, buyback recipient) {
	half, from := s.fees.Protocol/2, p.quoteOf(h)
	t.transferChecked(p.baseVault, p.baseOf(h), p.account, s.base)
	if second(s.kind) {
		t.transferChecked(from, p.quoteVault, h.account, s.total-half)
		t.transferChecked(from, buyback.wsol, h.account, half)
		return
	}
	t.transferChecked(from, p.quoteVault, h.account, s.quote+s.fees.LP)
	t.transferChecked(from, protocol.wsol, h.account, s.fees.Protocol-half)
	t.transferChecked(from, buyback.wsol, h.account, half)
	if s.fees.Creator > 0 {
		t.transferChecked(from, p.creatorVault, h.account, s.fees.Creator)
	}
}

func (t *txn) payOut(p *swapPool, h *holder, s swap, protocol, buyback recipient) {
	half := s.fees.Protocol / 2
	t.transferChecked(p.baseOf(h), p.baseVault, h.account, s.base)
	t.transferChecked(p.quoteVault, p.quoteOf(h), p.account, s.total)
	t.transferChecked(p.quoteVault, buyback.wsol, p.account, half)
	if second(s.kind) {
		return
	}
	t.transferChecked(p.quoteVault, protocol.wsol, p.account, s.fees.Protocol-half)
	if s.fees.Creator > 0 {
		t.transferChecked(p.quoteVault, p.creatorVault, p.account, s.fees.Creator)
	}
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
		User: h.key, UserBaseTokenAccount: p.baseOf(h).key, UserQuoteTokenAccount: p.quoteOf(h).key,
		ProtocolFeeRecipient: protocol.wallet.key, ProtocolFeeRecipientTokenAccount: protocol.wsol.key,
		CoinCreator: p.coinCreator(), CoinCreatorFeeBasisPoints: s.rates.Creator, CoinCreatorFee: s.fees.Creator,
		MinBaseAmountOut: s.floor, IxName: append(t.name[:0], s.kind.String()...), BuybackFeeBasisPoints: pumpfun.BuybackShareBps,
		BuybackFee: s.fees.Protocol / 2, VirtualQuoteReserves: before.Virtual, BaseSupply: p.base.supply, CreatorFeeUnclaimed: p.owed,
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
		User: h.key, UserBaseTokenAccount: p.baseOf(h).key, UserQuoteTokenAccount: p.quoteOf(h).key,
		ProtocolFeeRecipient: protocol.wallet.key, ProtocolFeeRecipientTokenAccount: protocol.wsol.key,
		CoinCreator: p.coinCreator(), CoinCreatorFeeBasisPoints: s.rates.Creator, CoinCreatorFee: s.fees.Creator,
		BuybackFeeBasisPoints: pumpfun.BuybackShareBps, BuybackFee: s.fees.Protocol / 2, VirtualQuoteReserves: before.Virtual,
		BaseSupply: p.base.supply, CreatorFeeUnclaimed: p.owed,
	}
	if second(s.kind) {
		t.sold.ProtocolFeeRecipient, t.sold.ProtocolFeeRecipientTokenAccount = dex.Key{}, dex.Key{}
	}
	t.event(t.m.world.swapEvents, &t.sold)
}

func (t *txn) factSwap(p *swapPool, h *holder, s swap, before pumpswap.PoolReserves) {
	f := geysersim.Truth{
		Kind: geysersim.TruthTrade, Venue: geysersim.VenuePumpSwap, Mint: p.token.base58(), QuoteMint: t.m.world.wsol.base58(),
		Pool: p.base58(), Trader: h.base58(), Side: side(s.buy != p.turned()), BaseAmount: s.base, QuoteAmount: s.total,
		PoolQuoteAmount: s.quote, Before: swapReserves(before), After: swapReserves(p.reserves),
	}
	if p.turned() {
		f.BaseAmount, f.QuoteAmount, f.PoolQuoteAmount = s.total, s.base, s.base
		f.Before, f.After = turn(f.Before), turn(f.After)
	}
	in := p.turned()
	f.Fees = append(make([]geysersim.TruthFee, 0, 4), geysersim.TruthFee{Kind: "protocol", Amount: s.fees.Protocol, InBase: in})
	if s.rates.Creator > 0 {
		f.Fees = append(f.Fees, geysersim.TruthFee{Kind: "creator", Amount: s.fees.Creator, InBase: in})
	}
	f.Fees = append(f.Fees, geysersim.TruthFee{Kind: "lp", Amount: s.fees.LP, InBase: in},
		geysersim.TruthFee{Kind: "buyback", Amount: s.fees.Protocol / 2, InBase: in})
	t.fact(f)
}

// turn exchanges base and quote.
func turn(r *geysersim.TruthReserves) *geysersim.TruthReserves {
	return &geysersim.TruthReserves{Base: r.Quote, Quote: r.Base, PriceBase: r.PriceQuote, PriceQuote: r.PriceBase}
}

func swapReserves(p pumpswap.PoolReserves) *geysersim.TruthReserves {
	q, _ := p.Effective()
	return &geysersim.TruthReserves{Base: p.Base, Quote: p.Quote, PriceBase: p.Base, PriceQuote: q}
}
