package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/damm"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// dammEvent gives the record of one event of DAMM v2. One that cannot be read is counted, and left to the later strategies.
func (d *Decoder) dammEvent(c *call, f *found) {
	switch dex.Tag(f.raw) {
	case damm.TagSwap2:
		d.dammSwap(c, f)
	case damm.TagLiquidityChange:
		d.dammLiquidity(c, f)
	case damm.TagInitializePool:
		d.dammCreate(c, f)
	}
}

func (d *Decoder) dammSwap(c *call, f *found) {
	e := d.dammSwaps.next()
	if c.record != nil || !d.parsed(dammPool, e.Parse(f.raw), e.Tail) {
		return
	}
	in, out, onInput, ok := e.Legs()
	if !ok {
		d.stats.of[dammPool].malformed.Add(1)
		return
	}
	kind := damm.Kind(c.kind)
	w, ok := d.dammSides(c, e.TradeDirection == damm.AToB)
	if !ok || !d.isPool(c, kind.Places().Pool, &e.Pool) {
		d.lose(c)
		return
	}
	w.in.user, w.in.moved, w.in.leg, w.in.fee = e.GivenIn, e.IncludedFeeIn, in, e.GivenIn-e.IncludedFeeIn
	w.out.user, w.out.moved, w.out.leg, w.out.fee = e.GotOut, e.SentOut, out, e.SentOut-e.GotOut
	d.dammCheck(c, e, &w)
	b := d.poolTrade(c, f.strategy, &w)
	b.onlyPrice(e.NextSqrtPrice)
	inBase := w.zeroIn == onInput
	d.fee(b, eventv1.FeeKind_FEE_KIND_SWAP, e.TradingFee, -1, inBase)
	d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, e.ProtocolFee, -1, inBase)
	d.fee(b, eventv1.FeeKind_FEE_KIND_PLATFORM, e.PartnerFee, -1, inBase)
	d.fee(b, eventv1.FeeKind_FEE_KIND_REFERRER, e.ReferralFee, -1, inBase)
}

// dammSides are what the instruction of a swap says. Token A, which records call base, is what the pool's creator put first.
func (d *Decoder) dammSides(c *call, aIn bool) (poolSwap, bool) {
	kind := damm.Kind(c.kind)
	p := kind.Places()
	w := poolSwap{pool: d.account(c, p.Pool), user: d.account(c, p.User), zeroIn: aIn, named: true}
	a, b := &w.in, &w.out
	if !aIn {
		a, b = b, a
	}
	d.side(a, c, p.MintA, p.VaultA)
	d.side(b, c, p.MintB, p.VaultB)
	return w, kind.IsSwap() && w.pool != nil && w.user != nil && a.mint != nil && b.mint != nil
}

// dammCheck takes the limit from the arguments, and holds the event against them.
func (d *Decoder) dammCheck(c *call, e *damm.SwapEvent, w *poolSwap) {
	in, err := damm.ParseInstruction(c.in.Data)
	if err != nil {
		return
	}
	exactOut := in.Kind == damm.Swap2 && in.Mode == damm.ExactOut
	w.limit, w.limited, w.exactIn = in.Limit, true, exactly(!exactOut)
	exact := w.in.user
	if exactOut {
		exact = w.out.user
	}
	d.stats.of[dammPool].agree(e.SentOut == e.Output && (exact == in.Amount || !exactOut && exact < in.Amount))
}

func (d *Decoder) dammLiquidity(c *call, f *found) {
	e := new(damm.LiquidityChangeEvent)
	if !d.parsed(dammPool, e.Parse(f.raw), e.Tail) {
		return
	}
	l := &eventv1.LiquidityChanged{
		Venue: eventv1.Venue_VENUE_METEORA_DAMM_V2, Pool: e.Pool[:], Owner: e.Owner[:], BaseAmount: e.TokenA, QuoteAmount: e.TokenB,
		Direction: eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_ADDED,
		Position:  &eventv1.Position{LiquidityHigh: e.LiquidityDelta.Hi, LiquidityLow: e.LiquidityDelta.Lo},
	}
	switch e.ChangeType {
	case damm.ChangeAdded:
	case damm.ChangeRemoved:
		l.Direction = eventv1.LiquidityDirection_LIQUIDITY_DIRECTION_REMOVED
	default:
		d.stats.of[dammPool].malformed.Add(1)
		return
	}
	if p := damm.Kind(c.kind).Places(); d.isPool(c, p.Pool, &e.Pool) {
		l.BaseMint, l.QuoteMint = d.account(c, p.MintA), d.account(c, p.MintB)
	}
	d.seldom(c, f.strategy, 0).Body = &eventv1.Record_LiquidityChanged{LiquidityChanged: l}
}

func (d *Decoder) dammCreate(c *call, f *found) {
	e := new(damm.InitializePoolEvent)
	if !d.parsed(dammPool, e.Parse(f.raw), 0) { // what follows depends on the pool's fees
		return
	}
	kind := damm.Kind(c.kind)
	p := kind.Places()
	created := &eventv1.PoolCreated{
		Venue: eventv1.Venue_VENUE_METEORA_DAMM_V2, Pool: e.Pool[:], Creator: e.Creator[:], BaseMint: e.MintA[:], QuoteMint: e.MintB[:],
		Config: d.account(c, p.Config), BaseDecimals: d.knownDecimals(e.MintA[:], d.balanceAt(c, p.VaultA)),
		QuoteDecimals: d.knownDecimals(e.MintB[:], d.balanceAt(c, p.VaultB)),
	}
	d.seldom(c, f.strategy, 0).Body = &eventv1.Record_PoolCreated{PoolCreated: created}
}

// damm answers for a swap whose event is lost or of the oldest form, and for new pools.
func (l ledger) damm() bool {
	in, err := damm.ParseInstruction(l.c.in.Data)
	if err != nil {
		return false
	}
	p := in.Kind.Places()
	if !in.Kind.IsSwap() {
		return l.dammCreate(in.Kind, p)
	}
	return l.sidedSwap(p.VaultA, p.VaultB, p.UserOut, in.Amount, func(aIn bool) (poolSwap, bool) {
		w, ok := l.d.dammSides(l.c, aIn)
		w.limit, w.limited, w.exactIn = in.Limit, true, exactly(in.Kind != damm.Swap2 || in.Mode != damm.ExactOut)
		return w, ok
	})
}

// dammCreate tells of a new pool by its instruction. What a position got or gave, only an event tells.
func (l ledger) dammCreate(kind damm.Kind, p damm.Places) bool {
	d, c := l.d, l.c
	created := &eventv1.PoolCreated{
		Venue: eventv1.Venue_VENUE_METEORA_DAMM_V2, Pool: d.account(c, p.Pool), Creator: d.account(c, p.User), Config: d.account(c, p.Config),
		BaseMint: d.account(c, p.MintA), QuoteMint: d.account(c, p.MintB),
	}
	if !kind.IsInitialize() || created.Pool == nil || created.BaseMint == nil || created.QuoteMint == nil {
		return false
	}
	d.seldom(c, l.strategy(), 0).Body = &eventv1.Record_PoolCreated{PoolCreated: created}
	return true
}
