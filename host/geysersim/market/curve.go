package market

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

var curveRates = pumpfun.Rates{Protocol: pumpfun.ProtocolFeeBps, Creator: pumpfun.CreatorFeeBps}

// leg is one trade on a curve before it is carried out.
type leg struct {
	kind          pumpfun.Kind
	buy           bool
	tokens, quote uint64 // quote is the curve's leg
	fees          pumpfun.Fees
	total         uint64 // what the user pays or gets
	args          pumpfun.Instruction
	beyond        beyond
}

// beyond is the part of a buy that goes past the end of the curve, into the reserves with which the pool will open.
type beyond struct {
	tokens, quote uint64
	fees          pumpfun.Fees
	before, after pumpfun.Opening
}

// buyLeg works out a buy for about that many lamports. Buys by exact tokens aim at the tokens that the budget would give, so
// the last one asks for exactly what the curve has left.
func (m *Market) buyLeg(c *coin, kind pumpfun.Kind, budget uint64) leg {
	tokens, quote, ok := c.state.Spend(budget, curveRates)
	if !ok || tokens == 0 {
		return leg{}
	}
	if !kind.IsExactIn() {
		if quote, ok = c.state.Cost(tokens); !ok {
			return leg{}
		}
	}
	charged, _ := curveRates.On(quote)
	l := leg{kind: kind, buy: true, tokens: tokens, quote: quote, fees: charged, total: quote + charged.Total()}
	if keeps(kind) && tokens == c.state.RealToken && budget > l.total+sol/100 {
		l.beyond = c.goOn(budget-l.total, kind.IsExactIn())
		l.total += l.beyond.quote + l.beyond.fees.Total()
	}
	l.args = pumpfun.Instruction{Kind: kind, Amount: tokens + l.beyond.tokens, Limit: l.total + l.total/uint64(10+m.rand.IntN(90))}
	if kind.IsExactIn() {
		l.args.Amount, l.args.Limit = budget, tokens-tokens/uint64(10+m.rand.IntN(90))
	}
	return l
}

// goOn works out what is left of a budget buys once the curve is sold out.
func (c *coin) goOn(budget uint64, exact bool) beyond {
	opening, ok := c.state.Beyond(c.vault.amount, pumpfun.MigrationFeeSOL)
	b := beyond{before: opening, quote: budget * dex.BasisPoints / (dex.BasisPoints + pumpfun.ProtocolFeeBps + pumpfun.CreatorFeeBps)}
	b.quote -= 2 // each fee is rounded up
	tokens, fits := opening.Spend(b.quote)
	if !ok || !fits {
		return beyond{}
	}
	b.tokens = tokens
	if !exact {
		b.quote, _ = opening.Cost(tokens)
	}
	b.fees, _ = curveRates.On(b.quote)
	b.after = opening.Bought(b.tokens, b.quote)
	return b
}

func (m *Market) sellLeg(c *coin, kind pumpfun.Kind, tokens uint64) leg {
	quote, ok := c.state.Proceeds(tokens)
	charged, _ := curveRates.On(quote)
	if !ok || quote <= charged.Total() {
		return leg{}
	}
	l := leg{kind: kind, tokens: tokens, quote: quote, fees: charged, total: quote - charged.Total()}
	l.args = pumpfun.Instruction{Kind: kind, Amount: tokens, Limit: l.total - l.total/uint64(5+m.rand.IntN(50))}
	return l
}

// buyCurve buys for about budget lamports, fees included, if the curve has something to sell for them and the holder so much.
func (t *txn) buyCurve(c *coin, h *holder, kind pumpfun.Kind, budget uint64) {
	if l := t.m.buyLeg(c, kind, budget); l.tokens > 0 && h.lamports >= l.total+l.total/5 {
		t.tradeCurve(c, h, l)
	}
}

// sellCurve sells that many tokens, if they are worth something.
func (t *txn) sellCurve(c *coin, h *holder, kind pumpfun.Kind, tokens uint64) {
	if l := t.m.sellLeg(c, kind, tokens); l.tokens > 0 {
		t.tradeCurve(c, h, l)
	}
}

// tradeCurve carries a trade out on the ledger and tells of it.
func (t *txn) tradeCurve(c *coin, h *holder, l leg) {
	protocol, buyback := pick(t.m.rand, t.m.world.recipients), pick(t.m.rand, t.m.world.buybacks)
	t.data = l.args.Append(t.data)
	t.beginCurve(c, h, l.kind, protocol, buyback)
	if t.slips {
		t.refuse(l.buy)
		return
	}
	before := c.state
	if l.buy {
		t.payCurve(c, h, l, protocol, buyback)
		c.state = before.Bought(l.tokens, l.quote)
	} else {
		t.payUser(c, h, l, protocol, buyback)
		c.state = before.Sold(l.tokens, l.quote)
	}
	t.tellCurve(c, h, l, protocol, before)
	if l.buy && c.state.Complete() {
		t.completeCurve(c, h)
		if l.beyond.tokens > 0 {
			t.tellBeyond(c, h, l)
		}
	}
	t.end(38_000)
}

// refuse fails the curve trade that runs: the price moved past the user's limit.
func (t *txn) refuse(buy bool) {
	if buy {
		t.log("Program log: AnchorError thrown in programs/pump/src/lib.rs:769. Error Code: TooMuchSolRequired. Error Number: 6002. Error Message: slippage: Too much SOL required to buy the given amount of tokens..")
		t.fail(31_000, 6002)
		return
	}
	t.log("Program log: AnchorError thrown in programs/pump/src/lib.rs:884. Error Code: TooLittleSolReceived. Error Number: 6003. Error Message: slippage: Too little SOL received to sell the given amount of tokens..")
	t.fail(31_000, 6003)
}

// keeps tells that the kind leaves the fees on the curve.
func keeps(k pumpfun.Kind) bool {
	return k == pumpfun.BuyV3 || k == pumpfun.SellV3 || k == pumpfun.BuyExactQuoteInV3
}

var curveLog = map[pumpfun.Kind]string{
	pumpfun.Buy: "Buy", pumpfun.BuyExactSolIn: "BuyExactSolIn", pumpfun.Sell: "Sell", pumpfun.BuyV2: "BuyV2",
	pumpfun.SellV2: "SellV2", pumpfun.BuyV3: "BuyV3", pumpfun.BuyExactQuoteInV3: "BuyExactQuoteInV3", pumpfun.SellV3: "SellV3",
}

func init() {
	for k, name := range curveLog {
		curveLog[k] = "Program log: Instruction: " + name
	}
}

func (t *txn) beginCurve(c *coin, h *holder, kind pumpfun.Kind, protocol, buyback recipient) {
	wd, user := t.m.world, h.account
	switch kind {
	case pumpfun.Buy, pumpfun.BuyExactSolIn:
		t.begin(wd.pump, r(wd.pumpGlobal), w(protocol.wallet), r(c.account), w(c.curve), w(c.vault), w(h.token), ws(user),
			r(wd.system), r(c.program), w(c.creatorVault), r(wd.pumpEvents), r(wd.pump), r(wd.pumpVolume), w(h.volume),
			r(wd.pumpFeeConfig), r(wd.fees), r(c.curveV2), w(buyback.wallet))
	case pumpfun.Sell:
		t.begin(wd.pump, r(wd.pumpGlobal), w(protocol.wallet), r(c.account), w(c.curve), w(c.vault), w(h.token), ws(user),
			r(wd.system), w(c.creatorVault), r(c.program), r(wd.pumpEvents), r(wd.pump), r(wd.pumpFeeConfig), r(wd.fees),
			r(c.curveV2), w(buyback.wallet))
	case pumpfun.BuyV2:
		t.begin(wd.pump, r(wd.pumpGlobal), r(c.account), r(wd.wsol.account), r(c.program), r(wd.spl), r(wd.ata),
			w(protocol.wallet), w(protocol.purse), w(buyback.wallet), w(buyback.purse), w(c.curve), w(c.vault), w(c.quoteVault),
			ws(user), w(h.token), w(h.wsol), w(c.creatorVault), w(c.creatorQuote), r(c.sharing), r(wd.pumpVolume), w(h.volume),
			w(h.volumeQuote), r(wd.pumpFeeConfig), r(wd.fees), r(wd.system), r(wd.pumpEvents), r(wd.pump))
	case pumpfun.SellV2:
		t.begin(wd.pump, r(wd.pumpGlobal), r(c.account), r(wd.wsol.account), r(c.program), r(wd.spl), r(wd.ata),
			w(protocol.wallet), w(protocol.purse), w(buyback.wallet), w(buyback.purse), w(c.curve), w(c.vault), w(c.quoteVault),
			ws(user), w(h.token), w(h.wsol), w(c.creatorVault), w(c.creatorQuote), r(c.sharing), w(h.volume), w(h.volumeQuote),
			r(wd.pumpFeeConfig), r(wd.fees), r(wd.system), r(wd.pumpEvents), r(wd.pump))
	default:
		t.begin(wd.pump, r(wd.pumpGlobal), r(c.account), r(wd.wsol.account), r(c.program), r(wd.spl), w(c.curve), w(c.vault),
			w(c.quoteVault), ws(user), w(h.token), w(h.wsol), w(h.volume), r(wd.pumpFeeConfig), w(buyback.wallet), r(wd.system),
			r(wd.pumpEvents), r(wd.pump))
	}
	t.log(curveLog[kind])
}

// askFees is the call to the fee program that every trade makes. It answers with three rates.
func (t *txn) askFees(of, config *account, marketCap, amount uint64, lp, protocol, creator uint64) {
	wd := t.m.world
	t.tag(0xe7257e55cf5b3f34).u8(1).u64(marketCap).u64(0).u64(amount)
	t.begin(wd.fees, r(config), r(of))
	t.log("Program log: Instruction: GetFees")
	t.logRates(lp, protocol, creator)
	t.end(3_302)
}
