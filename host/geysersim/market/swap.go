package market

import (
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
	lp    *account
	rests uint64 // slot up to which it takes nothing out, unless it is staged
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
			r(wd.swapFeeConfig), w(buyback.purse), r(wd.swapEvents), r(wd.pumpswap))
		t.log(swapLog[kind])
		return
	}
	list := append(t.refs[:0], w(p.account), ws(h.account), r(wd.swapConfig), r(p.base.account), r(p.quote.account), w(base), w(quote),
		w(p.baseVault), w(p.quoteVault), r(protocol.wallet), w(protocol.purse), r(p.base.program), r(p.quote.program), r(wd.system),
		r(wd.ata), r(wd.swapEvents), r(wd.pumpswap), w(p.creatorVault), r(p.creatorAuthority))
	if kind != pumpswap.Sell {
		list = append(list, r(wd.swapVolume), w(h.volume))
	}
	list = append(list, r(wd.swapFeeConfig), r(wd.fees))
	if p.creator != nil {
		list = append(list, r(p.poolV2))
	}
	t.begin(wd.pumpswap, append(list, r(buyback.wallet), w(buyback.purse))...)
	t.log(swapLog[kind])
}
