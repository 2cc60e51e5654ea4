package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func (d *Decoder) swapCreate(c *call, f *found) {
	var e pumpswap.CreatePoolEvent
	if !d.parsed(swap, e.Parse(f.raw), e.Tail) {
		return
	}
	p := &eventv1.PoolCreated{
		Venue: eventv1.Venue_VENUE_PUMPSWAP, Pool: e.Pool[:], Creator: e.Creator[:], BaseMint: e.BaseMint[:],
		QuoteMint: e.QuoteMint[:], LpMint: e.LpMint[:], BaseAmount: e.BaseAmountIn, QuoteAmount: e.QuoteAmountIn,
		LpAmount: d.pool.u64.of(e.LpTokenAmountOut), LpSupply: d.pool.u64.of(e.InitialLiquidity), BaseDecimals: d.pool.u32.of(uint32(e.BaseMintDecimals)),
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
	d.ownerLP(c, pumpswap.Kind(c.kind).Places(accounts(c)).UserLP, l)
	after = d.changed(swap, l, before, after)
	l.ReservesBefore = d.reserves(&eventv1.Reserves{}, &before, false)
	l.ReservesAfter = d.reserves(&eventv1.Reserves{}, &after, false)
	d.seldom(c, s, at).Body = &eventv1.Record_LiquidityChanged{LiquidityChanged: l}
}
