package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

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
	default:
		return k.String()
	}
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
		PoolQuoteAmount: l.quote + more.quote, Limit: l.args.Limit, ExactIn: !l.buy || l.kind.IsExactIn(),
		BaseDecimals: uint32(c.decimals), QuoteDecimals: uint32(t.m.world.wsol.decimals), Before: curveReserves(before), After: curveReserves(after),
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
