package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

// swapEvent gives the record of one event of PumpSwap. One that cannot be read is counted, and left to the later strategies.
func (d *Decoder) swapEvent(c *call, f *found) {
	switch dex.Tag(f.raw) {
	case pumpswap.TagBuy:
		d.swapBuy(c, f)
	case pumpswap.TagSell:
		d.swapSell(c, f)
	case pumpswap.TagCreatePool:
		d.swapCreate(c, f)
	case pumpswap.TagDeposit:
		d.swapDeposit(c, f)
	case pumpswap.TagWithdraw:
		d.swapWithdraw(c, f)
	default:
		d.rareEvent(c, f)
	}
}

func (d *Decoder) swapBuy(c *call, f *found) {
	e := d.buys.next()
	if !d.parsed(swap, e.Parse(f.raw), e.Tail) {
		return
	}
	sides, ok := d.sides(c, &e.Pool)
	if !ok {
		sides, ok = d.owned(&e.Pool, e.PoolBaseTokenReserves, e.PoolQuoteTokenReserves)
	}
	if !ok {
		d.lose(c)
		return
	}
	s := swapFacts{
		pool: e.Pool[:], user: e.User[:], baseMint: sides.base, quoteMint: sides.quote, buy: true,
		base: e.BaseAmountOut, legBase: e.BaseAmountOut, quote: e.UserQuoteAmountIn, legQuote: e.QuoteAmountIn,
		limit: e.MaxQuoteAmountIn, limited: pumpswap.Kind(c.kind).IsBuy(), timestamp: e.Timestamp,
	}
	if pumpswap.Kind(c.kind).IsExactIn() {
		s.limit, s.limited = e.MinBaseAmountOut, e.Has(pumpswap.BuyName)
	}
	fees := pumpswap.Fees{LP: e.LpFee, Protocol: e.ProtocolFee, Creator: e.CoinCreatorFee + e.Cashback + e.HolderRewards}
	before := pumpswap.PoolReserves{Base: e.PoolBaseTokenReserves, Quote: e.PoolQuoteTokenReserves, Virtual: e.VirtualQuoteReserves}
	after := before.Bought(e.BaseAmountOut, e.QuoteAmountIn, fees)
	if keepsFees(pumpswap.Kind(c.kind), &e.ProtocolFeeRecipient) {
		after = before.BoughtV2(e.BaseAmountOut, e.QuoteAmountIn, fees, e.BuybackFee)
	}
	if !swapStates(&s, &before, &after) {
		d.stats.of[swap].malformed.Add(1)
		return
	}
	d.decimals(&s, &sides)
	b := d.trade(c, f.strategy, &s)
	b.trade.InstructionName = instructionName(e.IxName)
	b.trade.Boosted = e.CanBoost
	d.worth(b, &s.after, e.BaseSupply)
	d.fees(b, [...]feeLine{
		{e.LpFee, e.LpFeeBasisPoints},
		{e.ProtocolFee, e.ProtocolFeeBasisPoints},
		{e.CoinCreatorFee, e.CoinCreatorFeeBasisPoints},
		{e.Cashback, e.CashbackFeeBasisPoints},
		{e.HolderRewards, e.HolderRewardsBps},
		{e.BuybackFee, e.BuybackFeeBasisPoints},
	})
	total, fit := dex.Add(e.QuoteAmountIn, fees.LP, fees.Protocol, fees.Creator)
	d.stats.of[swap].agree(fit && total == e.UserQuoteAmountIn)
}

func (d *Decoder) swapSell(c *call, f *found) {
	e := d.sells.next()
	if !d.parsed(swap, e.Parse(f.raw), e.Tail) {
		return
	}
	sides, ok := d.sides(c, &e.Pool)
	if !ok {
		sides, ok = d.owned(&e.Pool, e.PoolBaseTokenReserves, e.PoolQuoteTokenReserves)
	}
	if !ok {
		d.lose(c)
		return
	}
	s := swapFacts{
		pool: e.Pool[:], user: e.User[:], baseMint: sides.base, quoteMint: sides.quote,
		base: e.BaseAmountIn, legBase: e.BaseAmountIn, quote: e.UserQuoteAmountOut, legQuote: e.QuoteAmountOut,
		limit: e.MinQuoteAmountOut, limited: pumpswap.Kind(c.kind).IsSell(), timestamp: e.Timestamp,
	}
	fees := pumpswap.Fees{LP: e.LpFee, Protocol: e.ProtocolFee, Creator: e.CoinCreatorFee + e.Cashback + e.HolderRewards}
	before := pumpswap.PoolReserves{Base: e.PoolBaseTokenReserves, Quote: e.PoolQuoteTokenReserves, Virtual: e.VirtualQuoteReserves}
	after := before.Sold(e.BaseAmountIn, e.QuoteAmountOut, fees)
	if keepsFees(pumpswap.Kind(c.kind), &e.ProtocolFeeRecipient) {
		after = before.SoldV2(e.BaseAmountIn, e.QuoteAmountOut, fees, e.BuybackFee)
	}
	if !swapStates(&s, &before, &after) {
		d.stats.of[swap].malformed.Add(1)
		return
	}
	d.decimals(&s, &sides)
	b := d.trade(c, f.strategy, &s)
	b.trade.Boosted = e.CanBoost
	d.worth(b, &s.after, e.BaseSupply)
	d.fees(b, [...]feeLine{
		{e.LpFee, e.LpFeeBasisPoints},
		{e.ProtocolFee, e.ProtocolFeeBasisPoints},
		{e.CoinCreatorFee, e.CoinCreatorFeeBasisPoints},
		{e.Cashback, e.CashbackFeeBasisPoints},
		{e.HolderRewards, e.HolderRewardsBps},
		{e.BuybackFee, e.BuybackFeeBasisPoints},
	})
	total, fit := dex.Add(e.UserQuoteAmountOut, fees.LP, fees.Protocol, fees.Creator)
	d.stats.of[swap].agree(fit && total == e.QuoteAmountOut)
}

// keepsFees tells of the trades that leave the fees in the pool. They say so by a recipient of zero.
func keepsFees(k pumpswap.Kind, recipient *dex.Key) bool {
	return *recipient == (dex.Key{}) || k == pumpswap.BuyV2 || k == pumpswap.BuyExactQuoteInV2 || k == pumpswap.SellV2
}

// swapStates is false for amounts that the reserves cannot have given. Without a price before there is none after.
func swapStates(s *swapFacts, before, after *pumpswap.PoolReserves) bool {
	s.before, s.after = poolState(before), poolState(after)
	if !s.before.priced {
		s.after = state{}
		return true
	}
	return s.after.priced && !wraps(&s.before, &s.after, s.buy)
}

func poolState(p *pumpswap.PoolReserves) state {
	q, ok := p.Effective()
	return state{base: p.Base, quote: p.Quote, priceBase: p.Base, priceQuote: q, held: true, priced: ok}
}

func (d *Decoder) decimals(s *swapFacts, sides *poolSides) {
	s.baseDecimals = d.decimalsOf(s.baseMint, sides.baseHeld)
	s.quoteDecimals = d.decimalsOf(s.quoteMint, sides.quoteHeld)
}
