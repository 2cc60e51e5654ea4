package market

import (
	"github.com/weir-run/weir/host/geysersim"
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

// buyCurve buys for about budget lamports, fees included. It reports whether the curve had something to sell for them.
func (t *txn) buyCurve(c *coin, h *holder, kind pumpfun.Kind, budget uint64) bool {
	l := t.m.buyLeg(c, kind, budget)
	if l.tokens == 0 || h.lamports < l.total+l.total/5 {
		return false
	}
	t.tradeCurve(c, h, l)
	return true
}

// sellCurve sells that many tokens. It reports whether they were worth something.
func (t *txn) sellCurve(c *coin, h *holder, kind pumpfun.Kind, tokens uint64) bool {
	l := t.m.sellLeg(c, kind, tokens)
	if l.tokens == 0 {
		return false
	}
	t.tradeCurve(c, h, l)
	return true
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
	c.lastSlot = t.m.slot
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
			w(protocol.wallet), w(protocol.wsol), w(buyback.wallet), w(buyback.wsol), w(c.curve), w(c.vault), w(c.quoteVault),
			ws(user), w(h.token), w(h.wsol), w(c.creatorVault), w(c.creatorQuote), r(c.sharing), r(wd.pumpVolume), w(h.volume),
			w(h.volumeQuote), r(wd.pumpFeeConfig), r(wd.fees), r(wd.system), r(wd.pumpEvents), r(wd.pump))
	case pumpfun.SellV2:
		t.begin(wd.pump, r(wd.pumpGlobal), r(c.account), r(wd.wsol.account), r(c.program), r(wd.spl), r(wd.ata),
			w(protocol.wallet), w(protocol.wsol), w(buyback.wallet), w(buyback.wsol), w(c.curve), w(c.vault), w(c.quoteVault),
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

// payCurve moves what a buy moves, in the order of the program.
func (t *txn) payCurve(c *coin, h *holder, l leg, protocol, buyback recipient) {
	t.askFees(t.m.world.pump, t.m.world.pumpFeeConfig, c.cap(), l.total, 0, pumpfun.ProtocolFeeBps, pumpfun.CreatorFeeBps)
	t.transferChecked(c.vault, h.token, c.curve, l.tokens+l.beyond.tokens)
	half := l.fees.Protocol / 2
	if keeps(l.kind) {
		half += l.beyond.fees.Protocol / 2
		t.sysTransfer(h.account, c.curve, l.total-half)
		t.sysTransfer(h.account, buyback.wallet, half)
		c.keep(l.fees.Total()+l.beyond.fees.Total()-half, l.fees.Creator+l.beyond.fees.Creator)
		return
	}
	t.sysTransfer(h.account, c.creatorVault, l.fees.Creator)
	t.sysTransfer(h.account, c.curve, l.quote)
	t.sysTransfer(h.account, buyback.wallet, half)
	t.sysTransfer(h.account, protocol.wallet, l.fees.Protocol-half)
}

// payUser moves what a sale moves: the curve gives its lamports without a call.
func (t *txn) payUser(c *coin, h *holder, l leg, protocol, buyback recipient) {
	t.askFees(t.m.world.pump, t.m.world.pumpFeeConfig, c.cap(), l.quote, 0, pumpfun.ProtocolFeeBps, pumpfun.CreatorFeeBps)
	t.transferChecked(h.token, c.vault, h.account, l.tokens)
	half := l.fees.Protocol / 2
	pay(c.curve, h.account, l.total)
	pay(c.curve, buyback.wallet, half)
	if keeps(l.kind) {
		c.keep(l.fees.Total()-half, l.fees.Creator)
		return
	}
	pay(c.curve, c.creatorVault, l.fees.Creator)
	pay(c.curve, protocol.wallet, l.fees.Protocol-half)
}

// keep notes fees that stay on the curve.
func (c *coin) keep(all, creators uint64) {
	c.kept += all
	c.owed += creators
}

// cap is the market capitalisation in lamports.
func (c *coin) cap() uint64 {
	v, _ := c.state.MarketCap(pumpfun.Supply)
	return v
}

// ixName is how the event calls an instruction.
func ixName(k pumpfun.Kind) string {
	switch k {
	case pumpfun.BuyV2:
		return pumpfun.Buy.String()
	case pumpfun.SellV2:
		return pumpfun.Sell.String()
	}
	return k.String()
}

func (t *txn) tellCurve(c *coin, h *holder, l leg, protocol recipient, before pumpfun.Curve) {
	after := c.state
	t.traded = pumpfun.TradeEvent{
		Mint: c.key, SolAmount: l.quote, TokenAmount: l.tokens, IsBuy: l.buy, User: h.key, Timestamp: t.m.time,
		VirtualSolReserves: after.VirtualQuote, VirtualTokenReserves: after.VirtualToken,
		RealSolReserves: after.RealQuote, RealTokenReserves: after.RealToken,
		FeeRecipient: protocol.wallet.key, FeeBasisPoints: pumpfun.ProtocolFeeBps, Fee: l.fees.Protocol,
		Creator: c.creator.key, CreatorFeeBasisPoints: pumpfun.CreatorFeeBps, CreatorFee: l.fees.Creator,
		IxName: append(t.name[:0], ixName(l.kind)...), BuybackFeeBasisPoints: pumpfun.BuybackShareBps, BuybackFee: l.fees.Protocol / 2,
		QuoteAmount: l.quote, VirtualQuoteReserves: after.VirtualQuote, RealQuoteReserves: after.RealQuote,
		CreatorFeeUnclaimed: c.owed,
	}
	if keeps(l.kind) {
		t.traded.FeeRecipient = dex.Key{}
	}
	t.event(t.m.world.pumpEvents, &t.traded)
	more := &l.beyond
	t.fact(geysersim.Truth{
		Kind: geysersim.TruthTrade, Venue: geysersim.VenuePump, Mint: c.base58(), QuoteMint: t.m.world.wsol.base58(),
		Pool: c.curve.base58(), Trader: h.base58(), Side: side(l.buy), BaseAmount: l.tokens + more.tokens, QuoteAmount: l.total,
		PoolQuoteAmount: l.quote + more.quote, Before: curveReserves(before), After: curveReserves(after),
		Fees: []geysersim.TruthFee{
			{Kind: "protocol", Amount: l.fees.Protocol + more.fees.Protocol},
			{Kind: "creator", Amount: l.fees.Creator + more.fees.Creator},
			{Kind: "buyback", Amount: l.fees.Protocol/2 + more.fees.Protocol/2},
		},
	})
}

func side(buy bool) string {
	if buy {
		return "buy"
	}
	return "sell"
}

// completeCurve tells that the buy which runs took the last tokens.
func (t *txn) completeCurve(c *coin, h *holder) {
	t.completed = pumpfun.CompleteEvent{User: h.key, Mint: c.key, BondingCurve: c.curve.key, Timestamp: t.m.time}
	t.event(t.m.world.pumpEvents, &t.completed)
	c.opening, _ = c.state.Migrate(pumpfun.MigrationFeeSOL)
	c.complete, c.due = true, t.m.slot+1+t.m.rand.Uint64N(6)
	t.fact(geysersim.Truth{
		Kind: geysersim.TruthCurveCompleted, Venue: geysersim.VenuePump, Mint: c.base58(), QuoteMint: t.m.world.wsol.base58(),
		Pool: c.curve.base58(), Trader: h.base58(),
	})
}

// tellBeyond tells of the part of a completing buy that the pool-to-be sold. It belongs to the trade that was told before.
func (t *txn) tellBeyond(c *coin, h *holder, l leg) {
	b := &l.beyond
	c.opening = b.after
	t.passed = pumpfun.PostCompleteBuyEvent{
		User: h.key, Mint: c.key, BondingCurve: c.curve.key, Timestamp: t.m.time, BaseOut: b.tokens, QuoteIn: b.quote,
		FeeBasisPoints: pumpfun.ProtocolFeeBps, Fee: b.fees.Protocol, CreatorFeeBasisPoints: pumpfun.CreatorFeeBps,
		CreatorFee: b.fees.Creator, BuybackFee: b.fees.Protocol / 2, PoolBaseReservesBefore: b.before.Base,
		PoolQuoteReservesBefore: b.before.Quote, PoolBaseReservesAfter: b.after.Base, PoolQuoteReservesAfter: b.after.Quote,
	}
	t.event(t.m.world.pumpEvents, &t.passed)
}
