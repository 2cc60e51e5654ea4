package market

import (
	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

func (t *txn) paySwap(p *swapPool, h *holder, s swap, protocol, buyback recipient) {
	half, from := s.fees.Protocol/2, p.quoteOf(h)
	t.transferChecked(p.baseVault, p.baseOf(h), p.account, s.base)
	if second(s.kind) {
		t.transferChecked(from, p.quoteVault, h.account, s.total-half)
		t.transferChecked(from, buyback.purse, h.account, half)
		return
	}
	t.transferChecked(from, p.quoteVault, h.account, s.quote+s.fees.LP)
	t.transferChecked(from, protocol.purse, h.account, s.fees.Protocol-half)
	t.transferChecked(from, buyback.purse, h.account, half)
	if s.fees.Creator > 0 {
		t.transferChecked(from, p.creatorVault, h.account, s.fees.Creator)
	}
}

func (t *txn) payOut(p *swapPool, h *holder, s swap, protocol, buyback recipient) {
	half := s.fees.Protocol / 2
	t.transferChecked(p.baseOf(h), p.baseVault, h.account, s.base)
	t.transferChecked(p.quoteVault, p.quoteOf(h), p.account, s.total)
	t.transferChecked(p.quoteVault, buyback.purse, p.account, half)
	if second(s.kind) {
		return
	}
	t.transferChecked(p.quoteVault, protocol.purse, p.account, s.fees.Protocol-half)
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
		ProtocolFeeRecipient: protocol.wallet.key, ProtocolFeeRecipientTokenAccount: protocol.purse.key,
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
		ProtocolFeeRecipient: protocol.wallet.key, ProtocolFeeRecipientTokenAccount: protocol.purse.key,
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
		PoolQuoteAmount: s.quote, Limit: s.args.Limit, ExactIn: !s.buy || s.kind.IsExactIn(),
		BaseDecimals: uint32(p.token.decimals), QuoteDecimals: uint32(t.m.world.wsol.decimals), Before: swapReserves(before), After: swapReserves(p.reserves),
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
