package decode

import (
	"bytes"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// swapEvent gives the record of one event of PumpSwap. One that cannot be read is counted, and left to the later strategies.
func (d *Decoder) swapEvent(c *call, f *found) {
	switch tag := dex.Tag(f.raw); tag {
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
		d.unknownEvent(swap, tag)
	}
}

// poolSides are the accounts of the pool that an event tells of, found in its instruction.
type poolSides struct {
	base, quote         []byte // mints
	baseHeld, quoteHeld balance
	lpMint              []byte
}

// sides finds the mints and vaults of a pool among an instruction's accounts, in the hop of that pool for a multi-hop swap.
// It is false when the instruction does not name the pool where its kind has it.
func (d *Decoder) sides(c *call, pool *dex.Key) (poolSides, bool) {
	kind := pumpswap.Kind(c.kind)
	if kind == pumpswap.MultiHopSwap && c.in != nil {
		for i := range pumpswap.Hops(len(c.in.Accounts)) {
			h := pumpswap.Hop(i)
			if h.QuoteVault > 127 {
				break // more than fit a transaction
			}
			if bytes.Equal(d.account(c, int8(h.Venue)), pool[:]) {
				return d.poolSides(c, int8(h.BaseMint), int8(h.QuoteMint), int8(h.BaseVault), int8(h.QuoteVault))
			}
		}
		return poolSides{}, false
	}
	p := kind.Places(accounts(c))
	if !bytes.Equal(d.account(c, p.Pool), pool[:]) {
		return poolSides{}, false
	}
	s, ok := d.poolSides(c, p.BaseMint, p.QuoteMint, p.BaseVault, p.QuoteVault)
	s.lpMint = d.account(c, p.LPMint)
	return s, ok
}

func (d *Decoder) poolSides(c *call, base, quote, baseVault, quoteVault int8) (poolSides, bool) {
	s := poolSides{base: d.account(c, base), quote: d.account(c, quote)}
	s.baseHeld, s.quoteHeld = d.balanceAt(c, baseVault), d.balanceAt(c, quoteVault)
	return s, s.base != nil && s.quote != nil
}

// owned finds a pool's vaults by their owner, for instructions that are not recorded or not known: the one pair of token accounts
// that hold the reserves of the event before the transaction.
func (d *Decoder) owned(pool *dex.Key, base, quote uint64) (poolSides, bool) {
	var s poolSides
	owner := pool.String() // seldom
	baseTimes, quoteTimes := 0, 0
	for i := range d.tx.PreTokens {
		if string(d.tx.PreTokens[i].Owner) != owner {
			continue
		}
		b := d.balanceOf(d.tx.PreTokens[i].Account)
		if b.mint != nil && b.pre == base {
			s.base, s.baseHeld = b.mint[:], b
			baseTimes++
		}
		if b.mint != nil && b.pre == quote {
			s.quote, s.quoteHeld = b.mint[:], b
			quoteTimes++
		}
	}
	return s, baseTimes == 1 && quoteTimes == 1 && !bytes.Equal(s.base, s.quote)
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
	d.swapStates(&s, &before, &after)
	d.decimals(&s, &sides)
	b := d.trade(c, f.strategy, &s)
	b.trade.InstructionName = instructionName(e.IxName)
	d.fee(b, eventv1.FeeKind_FEE_KIND_LP, e.LpFee, int64(e.LpFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, e.ProtocolFee, int64(e.ProtocolFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_CREATOR, e.CoinCreatorFee, int64(e.CoinCreatorFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_CASHBACK, e.Cashback, int64(e.CashbackFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_HOLDER_REWARDS, e.HolderRewards, int64(e.HolderRewardsBps), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_BUYBACK, e.BuybackFee, int64(e.BuybackFeeBasisPoints), false)
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
	d.swapStates(&s, &before, &after)
	d.decimals(&s, &sides)
	b := d.trade(c, f.strategy, &s)
	d.fee(b, eventv1.FeeKind_FEE_KIND_LP, e.LpFee, int64(e.LpFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, e.ProtocolFee, int64(e.ProtocolFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_CREATOR, e.CoinCreatorFee, int64(e.CoinCreatorFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_CASHBACK, e.Cashback, int64(e.CashbackFeeBasisPoints), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_HOLDER_REWARDS, e.HolderRewards, int64(e.HolderRewardsBps), false)
	d.fee(b, eventv1.FeeKind_FEE_KIND_BUYBACK, e.BuybackFee, int64(e.BuybackFeeBasisPoints), false)
	total, fit := dex.Add(e.UserQuoteAmountOut, fees.LP, fees.Protocol, fees.Creator)
	d.stats.of[swap].agree(fit && total == e.QuoteAmountOut)
}

// keepsFees tells of the trades that leave the fees in the pool. They say so by a recipient of zero.
func keepsFees(k pumpswap.Kind, recipient *dex.Key) bool {
	return *recipient == (dex.Key{}) || k == pumpswap.BuyV2 || k == pumpswap.BuyExactQuoteInV2 || k == pumpswap.SellV2
}

func (d *Decoder) swapStates(s *swapFacts, before, after *pumpswap.PoolReserves) {
	s.before, s.after = poolState(before), poolState(after)
	if wraps(&s.before, &s.after, s.buy) {
		d.stats.of[swap].disagreement.Add(1)
		s.after = state{}
	}
}

func poolState(p *pumpswap.PoolReserves) state {
	q, ok := p.Effective()
	return state{base: p.Base, quote: p.Quote, priceBase: p.Base, priceQuote: q, held: true, priced: ok}
}

func (d *Decoder) decimals(s *swapFacts, sides *poolSides) {
	s.baseDecimals = d.decimalsOf(s.baseMint, sides.baseHeld)
	s.quoteDecimals = d.decimalsOf(s.quoteMint, sides.quoteHeld)
}

func (d *Decoder) swapCreate(c *call, f *found) {
	var e pumpswap.CreatePoolEvent
	if !d.parsed(swap, e.Parse(f.raw), e.Tail) {
		return
	}
	p := &eventv1.PoolCreated{
		Venue: eventv1.Venue_VENUE_PUMPSWAP, Pool: e.Pool[:], Creator: e.Creator[:], BaseMint: e.BaseMint[:],
		QuoteMint: e.QuoteMint[:], LpMint: e.LpMint[:], BaseAmount: e.BaseAmountIn, QuoteAmount: e.QuoteAmountIn,
		LpAmount: d.pool.u64.of(e.LpTokenAmountOut), BaseDecimals: d.pool.u32.of(uint32(e.BaseMintDecimals)),
		QuoteDecimals: d.pool.u32.of(uint32(e.QuoteMintDecimals)),
	}
	if e.CoinCreator != (dex.Key{}) {
		p.CoinCreator = e.CoinCreator[:]
	}
	d.seldom(c, f.strategy, e.Timestamp).Body = &eventv1.Record_PoolCreated{PoolCreated: p}
}

func (d *Decoder) swapDeposit(c *call, f *found) {
	e, err := pumpswap.ParseDepositEvent(f.raw)
	if !d.parsed(swap, err, e.Tail) {
		return
	}
	l := &eventv1.LiquidityChanged{
		Venue: eventv1.Venue_VENUE_PUMPSWAP, Pool: e.Pool[:], Owner: e.User[:],
		Direction: eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED, BaseAmount: e.BaseAmountIn, QuoteAmount: e.QuoteAmountIn,
		LpAmount: d.pool.u64.of(e.LpTokenAmountOut), LpSupplyBefore: d.pool.u64.of(e.LpMintSupply),
	}
	before := state{base: e.PoolBaseTokenReserves, quote: e.PoolQuoteTokenReserves, held: true}
	after := state{base: before.base + e.BaseAmountIn, quote: before.quote + e.QuoteAmountIn, held: true}
	d.liquidity(c, f.strategy, e.Timestamp, &e.Pool, l, before, after)
}

func (d *Decoder) swapWithdraw(c *call, f *found) {
	e, err := pumpswap.ParseWithdrawEvent(f.raw)
	if !d.parsed(swap, err, e.Tail) {
		return
	}
	l := &eventv1.LiquidityChanged{
		Venue: eventv1.Venue_VENUE_PUMPSWAP, Pool: e.Pool[:], Owner: e.User[:],
		Direction: eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED, BaseAmount: e.BaseAmountOut, QuoteAmount: e.QuoteAmountOut,
		LpAmount: d.pool.u64.of(e.LpTokenAmountIn), LpSupplyBefore: d.pool.u64.of(e.LpMintSupply),
	}
	before := state{base: e.PoolBaseTokenReserves, quote: e.PoolQuoteTokenReserves, held: true}
	after := state{base: before.base - e.BaseAmountOut, quote: before.quote - e.QuoteAmountOut, held: true}
	d.liquidity(c, f.strategy, e.Timestamp, &e.Pool, l, before, after)
}

// liquidity finishes the record of a deposit or withdrawal of PumpSwap.
func (d *Decoder) liquidity(c *call, s eventv1.Strategy, at int64, pool *dex.Key, l *eventv1.LiquidityChanged, before, after state) {
	sides, ok := d.sides(c, pool)
	if !ok {
		sides, ok = d.owned(pool, before.base, before.quote)
	}
	if ok {
		l.BaseMint, l.QuoteMint, l.LpMint = sides.base, sides.quote, sides.lpMint
	}
	l.ReservesBefore = d.reserves(&eventv1.Reserves{}, &before, false)
	l.ReservesAfter = d.reserves(&eventv1.Reserves{}, &after, false)
	d.seldom(c, s, at).Body = &eventv1.Record_LiquidityChanged{LiquidityChanged: l}
}
