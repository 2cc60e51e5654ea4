package decode

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/orca"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// whirlEvent gives the record of one event of Whirlpool. One that cannot be read is counted, and left to the later strategies.
func (d *Decoder) whirlEvent(c *call, f *found) {
	if dex.Tag(f.raw) != orca.TagTraded {
		return // positions and settings
	}
	e := d.whirlSwaps.next()
	if !d.parsed(whirl, e.Parse(f.raw), e.Tail) {
		return
	}
	leg, ok := e.Leg()
	if !ok {
		d.stats.of[whirl].malformed.Add(1)
		return
	}
	w, ok := d.whirlSides(c, e)
	if !ok { // nothing names the trader or the mints
		d.lose(c)
		return
	}
	in, out := &w.in, &w.out
	in.user, in.fee, in.moved, in.leg = e.InputAmount, e.InputTransferFee, e.InputAmount-e.InputTransferFee, leg
	out.user, out.fee, out.moved, out.leg = e.OutputAmount-e.OutputTransferFee, e.OutputTransferFee, e.OutputAmount, e.OutputAmount
	d.whirlCheck(c, &w)
	b := d.poolTrade(c, f.strategy, &w)
	b.onlyPrice(e.SqrtPriceAfter)
	d.fee(b, eventv1.FeeKind_FEE_KIND_LP, e.LpFee, -1, w.zeroIn)
	d.fee(b, eventv1.FeeKind_FEE_KIND_PROTOCOL, e.ProtocolFee, -1, w.zeroIn)
}

// onlyPrice gives the price of a pool whose liquidity and tick nobody tells.
func (b *tradeBody) onlyPrice(root dex.Uint128) {
	b.price.Reset()
	b.trade.Concentrated = &b.price
	b.price.SqrtPriceX64High, b.price.SqrtPriceX64Low, b.price.PriceOnly = root.Hi, root.Lo, true
}

// whirlSides finds what the event of a swap does not say, in the hop of its pool.
func (d *Decoder) whirlSides(c *call, e *orca.TradedEvent) (poolSwap, bool) {
	p := orca.Kind(c.kind).Places()
	hop := p.First
	if orca.Kind(c.kind).IsTwoHop() && d.isPool(c, p.Second.Pool, &e.Whirlpool) {
		hop = p.Second
	}
	if !d.isPool(c, hop.Pool, &e.Whirlpool) {
		return poolSwap{}, false
	}
	w := poolSwap{pool: e.Whirlpool[:], user: d.account(c, p.User), zeroIn: e.AToB}
	d.whirlHop(c, &w, hop, p.Directed || e.AToB)
	return w, w.user != nil && w.in.mint != nil && w.out.mint != nil
}

// whirlHop takes mints and vaults from a hop, which has tokens A and B in the places of input and output unless forward.
func (d *Decoder) whirlHop(c *call, w *poolSwap, h orca.Hop, forward bool) {
	if !forward {
		h.MintIn, h.MintOut, h.VaultIn, h.VaultOut = h.MintOut, h.MintIn, h.VaultOut, h.VaultIn
	}
	d.side(&w.in, c, h.MintIn, h.VaultIn)
	d.side(&w.out, c, h.MintOut, h.VaultOut)
}

// whirlCheck takes limit and direction from the arguments. Where the price limit stops a swap, less than the exact side moves.
func (d *Decoder) whirlCheck(c *call, w *poolSwap) {
	if c.in == nil {
		return
	}
	in, err := orca.ParseInstruction(c.in.Data)
	if err != nil {
		return
	}
	w.exactIn = exactly(in.ExactIn)
	if in.Kind.IsTwoHop() {
		return // one limit for both
	}
	w.limit, w.limited = in.Limit, true
	exact := w.in.user
	if !in.ExactIn {
		exact = w.out.user
	}
	d.stats.of[whirl].agree(in.AToB == w.zeroIn && (exact == in.Amount || exact < in.Amount && in.SqrtPriceLimit != dex.Uint128{}))
}

// whirl answers for a swap without an event: the oldest have none.
func (l ledger) whirl() bool {
	in, err := orca.ParseInstruction(l.c.in.Data)
	if err != nil {
		return false
	}
	p := in.Kind.Places()
	if in.Kind.IsTwoHop() {
		return l.whirlTwo(&in, p)
	}
	w, places := l.whirlOne(p.User, p.First, in.AToB)
	w.limit, w.limited, w.exactIn = in.Limit, true, exactly(in.ExactIn)
	return l.poolSwap(&w, places, in.Amount)
}

// whirlOne is what the accounts of one hop say.
func (l ledger) whirlOne(user int8, h orca.Hop, forward bool) (poolSwap, poolPlaces) {
	w := poolSwap{pool: l.d.account(l.c, h.Pool), user: l.d.account(l.c, user)}
	l.d.whirlHop(l.c, &w, h, forward)
	if forward {
		return w, poolPlaces{userOut: h.UserOut, vaultIn: h.VaultIn, vaultOut: h.VaultOut}
	}
	return w, poolPlaces{userOut: h.UserIn, vaultIn: h.VaultOut, vaultOut: h.VaultIn}
}

// whirlTwo tells two hops. What leaves the first pool must reach the second, and the ends must be what the arguments say.
func (l ledger) whirlTwo(in *orca.Instruction, p orca.Places) bool {
	one, first := l.whirlOne(p.User, p.First, p.Directed || in.AToB)
	two, second := l.whirlOne(p.User, p.Second, p.Directed || in.AToBSecond)
	gave, ok1 := l.tokens(first.vaultIn)
	left, ok2 := l.tokens(first.vaultOut)
	passed, ok3 := l.tokens(second.vaultIn)
	paid, ok4 := l.tokens(second.vaultOut)
	if !ok1 || !ok2 || !ok3 || !ok4 || gave <= 0 || paid >= 0 || left != -passed || passed <= 0 {
		return false
	}
	exact, other, within := uint64(gave), uint64(-paid), uint64(-paid) >= in.Limit
	if !in.ExactIn {
		exact, other, within = other, exact, uint64(gave) <= in.Limit
	}
	if exact != in.Amount || !within || other == 0 {
		return false
	}
	one.exactIn, two.exactIn = &yes, &yes // the amounts of both are known
	if !l.poolSwap(&one, first, uint64(gave)) {
		return false
	}
	l.c.record.ExactIn = exactly(in.ExactIn)
	if !l.poolSwap(&two, second, uint64(passed)) {
		l.d.stats.of[whirl].unresolved.Add(1)
		return true
	}
	l.c.record.ExactIn = exactly(in.ExactIn)
	return true
}
