package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func (d *Decoder) clmmOpen(c *call, f *found) {
	e := new(clmm.CreatePersonalPositionEvent)
	if !d.parsed(clmmPool, e.Parse(f.raw), e.Tail) {
		return
	}
	p := clmm.Kind(c.kind).Places()
	position := &eventv1.Position{
		NftMint: d.account(c, p.NftMint), LiquidityHigh: e.Liquidity.Hi, LiquidityLow: e.Liquidity.Lo, TickLower: new(e.TickLower), TickUpper: new(e.TickUpper),
	}
	l := &eventv1.LiquidityChanged{
		Pool: e.PoolState[:], Owner: e.NftOwner[:], BaseAmount: e.DepositAmount0, QuoteAmount: e.DepositAmount1, Position: position,
		Direction: eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED,
	}
	d.clmmLiquidity(c, f.strategy, l, e.DepositAmount0, e.DepositAmount1)
}

func (d *Decoder) clmmIncrease(c *call, f *found) {
	e := new(clmm.IncreaseLiquidityEvent)
	if !d.parsed(clmmPool, e.Parse(f.raw), e.Tail) {
		return
	}
	l := &eventv1.LiquidityChanged{
		BaseAmount: e.Amount0, QuoteAmount: e.Amount1, Position: position(&e.PositionNftMint, e.Liquidity),
		Direction: eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED,
	}
	d.clmmLiquidity(c, f.strategy, l, e.Amount0, e.Amount1)
}

func (d *Decoder) clmmDecrease(c *call, f *found) {
	e := new(clmm.DecreaseLiquidityEvent)
	if !d.parsed(clmmPool, e.Parse(f.raw), e.Tail) {
		return
	}
	l := &eventv1.LiquidityChanged{
		BaseAmount: e.DecreaseAmount0, QuoteAmount: e.DecreaseAmount1, Position: position(&e.PositionNftMint, e.Liquidity),
		FeesBaseAmount: d.pool.u64.of(e.FeeAmount0), FeesQuoteAmount: d.pool.u64.of(e.FeeAmount1),
		Direction: eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED,
	}
	d.clmmLiquidity(c, f.strategy, l, -(e.DecreaseAmount0 + e.FeeAmount0), -(e.DecreaseAmount1 + e.FeeAmount1))
}

// clmmCalculated keeps the price that a change of a position tells before it tells of itself.
func (d *Decoder) clmmCalculated(f *found) {
	var e clmm.LiquidityCalculateEvent
	if d.parsed(clmmPool, e.Parse(f.raw), e.Tail) {
		d.calculated = calculated{call: &d.calls[f.call], root: e.PoolSqrtPriceX64}
	}
}

// calculated is the root of a pool's price, as a call told it.
type calculated struct {
	call *call
	root dex.Uint128
}

func position(nft *dex.Key, liquidity dex.Uint128) *eventv1.Position {
	return &eventv1.Position{NftMint: nft[:], LiquidityHigh: liquidity.Hi, LiquidityLow: liquidity.Lo}
}

// clmmLiquidity finishes the record of a position's change: the event names the NFT at most, the instruction the pool and owner.
func (d *Decoder) clmmLiquidity(c *call, s eventv1.Strategy, l *eventv1.LiquidityChanged, moved0, moved1 uint64) {
	kind := clmm.Kind(c.kind)
	p := kind.Places()
	if kind.IsPosition() {
		if l.Pool == nil {
			l.Pool = d.account(c, p.Pool)
		}
		if l.Owner == nil {
			l.Owner = d.account(c, p.User)
		}
		l.BaseMint, l.QuoteMint = d.account(c, p.MintIn), d.account(c, p.MintOut)
	} else {
		p = clmm.Other.Places()
	}
	if l.Pool == nil {
		d.lose(c)
		return
	}
	if d.calculated.call == c {
		l.Concentrated = &eventv1.ConcentratedPrice{SqrtPriceX64High: d.calculated.root.Hi, SqrtPriceX64Low: d.calculated.root.Lo, PriceOnly: true}
	}
	d.poolLiquidity(c, s, poolChange{record: l, vault0: p.VaultIn, vault1: p.VaultOut, moved0: moved0, moved1: moved1})
}
