package decode

import (
	"bytes"
	"math"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// clmmEvent gives the record of one event of CLMM. One that cannot be read is counted, and left to the later strategies.
func (d *Decoder) clmmEvent(c *call, f *found) {
	switch tag := dex.Tag(f.raw); tag {
	case clmm.TagSwap:
		d.clmmSwap(c, f)
	case clmm.TagPoolCreated:
		d.clmmCreate(c, f)
	case clmm.TagCreatePosition:
		d.clmmOpen(c, f)
	case clmm.TagIncreaseLiquidity:
		d.clmmIncrease(c, f)
	case clmm.TagDecreaseLiquidity:
		d.clmmDecrease(c, f)
	case clmm.TagCalculate:
		d.clmmCalculated(f)
	default:
		d.unknownEvent(clmmPool, tag)
	}
}

func (d *Decoder) clmmSwap(c *call, f *found) {
	e := d.clmmSwaps.next()
	if !d.parsed(clmmPool, e.Parse(f.raw), e.Tail) {
		return
	}
	gave, got, ok1 := e.Trader()
	legIn, legOut, fees, ok2 := e.Leg()
	if !ok1 || !ok2 {
		d.stats.of[clmmPool].malformed.Add(1)
		return
	}
	w, ok := d.clmmSides(c, e)
	if !ok {
		d.lose(c)
		return
	}
	in, out := &w.in, &w.out
	in.user, in.leg, out.user, out.leg = gave, legIn, got, legOut
	in.moved, out.moved = e.Pool()
	in.fee, out.fee = in.user-in.moved, out.moved-out.user
	d.clmmCheck(c, &w)
	b := d.poolTrade(c, f.strategy, &w)
	b.price.Reset()
	b.trade.Concentrated = &b.price
	concentrated(&b.price, e.SqrtPriceX64, e.Liquidity, e.Tick)
	if fees {
		d.fee(b, eventv1.FeeKind_FEE_KIND_SWAP, e.TradeFee0, -1, true)
		d.fee(b, eventv1.FeeKind_FEE_KIND_SWAP, e.TradeFee1, -1, false)
	}
}

func concentrated(p *eventv1.ConcentratedPrice, root, liquidity dex.Uint128, tick int32) {
	p.SqrtPriceX64High, p.SqrtPriceX64Low = root.Hi, root.Lo
	p.LiquidityHigh, p.LiquidityLow = liquidity.Hi, liquidity.Lo
	p.Tick = tick
}

// clmmSides finds the mints and vaults of a swap: by the instruction, in the hop of that pool for one of several hops, and the mints
// else by the sender's token accounts, which the event names.
func (d *Decoder) clmmSides(c *call, e *clmm.SwapEvent) (poolSwap, bool) {
	kind := clmm.Kind(c.kind)
	p := kind.Places()
	if kind == clmm.SwapRouterBaseIn {
		p = d.clmmHop(c, &e.PoolState)
	} else if !kind.IsSwap() || !d.isPool(c, p.Pool, &e.PoolState) {
		d.stats.of[clmmPool].agree(!kind.IsSwap())
		p = clmm.Other.Places()
	}
	w := poolSwap{pool: e.PoolState[:], user: e.Sender[:], zeroIn: e.ZeroForOne}
	d.side(&w.in, c, p.MintIn, p.VaultIn)
	d.side(&w.out, c, p.MintOut, p.VaultOut)
	in, out := &e.TokenAccount0, &e.TokenAccount1
	if !e.ZeroForOne {
		in, out = out, in
	}
	d.mintByAccount(&w.in, in)
	d.mintByAccount(&w.out, out)
	if w.in.mint == nil || w.out.mint == nil {
		return w, false
	}
	d.stats.of[clmmPool].agree(before0(w.in.mint, w.out.mint) == e.ZeroForOne)
	return w, true
}

// mintByAccount finds the mint of a side by a token account that holds it, when nothing else tells it.
func (d *Decoder) mintByAccount(s *poolSide, account *dex.Key) {
	if s.mint != nil {
		return
	}
	for i, key := range d.tx.Keys {
		if bytes.Equal(key, account[:]) {
			if held := d.balanceOf(uint32(i)); held.mint != nil {
				s.mint, s.decimals = held.mint[:], int(held.decimals)
			}
			return
		}
	}
}

// clmmHop finds the accounts of one pool among those of all hops. They have no fixed places: each hop ends with as many tick arrays
// as it needs.
func (d *Decoder) clmmHop(c *call, pool *dex.Key) clmm.Places {
	p := clmm.Other.Places()
	for i := clmm.HopsFrom + 1; i+clmm.HopMintOut < min(accounts(c), math.MaxInt8); i++ {
		if d.isPool(c, int8(i), pool) {
			p.Pool, p.Config = int8(i), int8(i-1)
			p.UserOut, p.VaultIn = int8(i+clmm.HopUserOut), int8(i+clmm.HopVaultIn)
			p.VaultOut, p.MintOut = int8(i+clmm.HopVaultOut), int8(i+clmm.HopMintOut)
			break
		}
	}
	return p
}

// clmmCheck takes limit and direction from the arguments. Where the price limit stops a swap, less than the exact side moves.
func (d *Decoder) clmmCheck(c *call, w *poolSwap) {
	kind := clmm.Kind(c.kind)
	if c.in == nil || !kind.IsSwap() {
		return
	}
	in, err := clmm.ParseInstruction(c.in.Data)
	if err != nil {
		return
	}
	w.exactIn = exactly(in.IsBaseInput)
	if kind == clmm.SwapRouterBaseIn {
		return // one limit for all hops
	}
	w.limit, w.limited = in.Limit, true
	exact := w.in.user
	if !in.IsBaseInput {
		exact = w.out.user
	}
	d.stats.of[clmmPool].agree(exact == in.Amount || exact < in.Amount && in.SqrtPriceLimitX64 != dex.Uint128{})
}

func (d *Decoder) clmmCreate(c *call, f *found) {
	e := new(clmm.PoolCreatedEvent)
	if !d.parsed(clmmPool, e.Parse(f.raw), e.Tail) {
		return
	}
	created := &eventv1.PoolCreated{
		Pool: e.PoolState[:], BaseMint: e.TokenMint0[:], QuoteMint: e.TokenMint1[:], Concentrated: &eventv1.ConcentratedPrice{},
		TickSpacing: d.pool.u32.of(uint32(e.TickSpacing)),
	}
	concentrated(created.Concentrated, e.SqrtPriceX64, dex.Uint128{}, e.Tick)
	d.clmmCreated(c, f.strategy, created)
}

// clmmCreated finishes the record of a new pool with what the instruction says.
func (d *Decoder) clmmCreated(c *call, s eventv1.Strategy, created *eventv1.PoolCreated) {
	created.Venue = eventv1.Venue_VENUE_RAYDIUM_CLMM
	if kind := clmm.Kind(c.kind); kind.IsCreate() && c.in != nil {
		p := kind.Places()
		created.Creator, created.Config = d.account(c, p.User), d.account(c, p.Config)
		if in, err := clmm.ParseInstruction(c.in.Data); err == nil && kind == clmm.CreatePool && in.OpenTime != 0 {
			created.OpenTime = d.pool.i64.of(int64(in.OpenTime))
		}
	}
	created.BaseDecimals = d.knownDecimals(created.BaseMint, balance{})
	created.QuoteDecimals = d.knownDecimals(created.QuoteMint, balance{})
	d.seldom(c, s, 0).Body = &eventv1.Record_PoolCreated{PoolCreated: created}
}

// clmm answers for a swap whose event is lost, and for new pools. What a position got or gave mixes with its fees: only an event tells.
func (l ledger) clmm() bool {
	d, c := l.d, l.c
	in, err := clmm.ParseInstruction(c.in.Data)
	if err != nil {
		return false
	}
	p := in.Kind.Places()
	switch {
	case in.Kind.IsCreate():
		created := &eventv1.PoolCreated{
			Pool: d.account(c, p.Pool), BaseMint: d.account(c, p.MintIn), QuoteMint: d.account(c, p.MintOut),
			Concentrated: &eventv1.ConcentratedPrice{SqrtPriceX64High: in.SqrtPriceX64.Hi, SqrtPriceX64Low: in.SqrtPriceX64.Lo},
		}
		if created.Pool == nil || created.BaseMint == nil || created.QuoteMint == nil {
			return false
		}
		created.Concentrated.Tick = 0
		d.clmmCreated(c, l.strategy(), created)
		return true
	case in.Kind == clmm.Swap || in.Kind == clmm.SwapV2:
		w := poolSwap{pool: d.account(c, p.Pool), user: d.account(c, p.User), limit: in.Limit, limited: true, exactIn: exactly(in.IsBaseInput)}
		d.side(&w.in, c, p.MintIn, p.VaultIn)
		d.side(&w.out, c, p.MintOut, p.VaultOut)
		return l.poolSwap(&w, poolPlaces{p.UserOut, p.VaultIn, p.VaultOut}, in.Amount)
	}
	return false
}
