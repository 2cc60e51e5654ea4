package figures

import (
	"math/big"
	"slices"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// depthOutput is the depth of a pool, by roots of 400 bits: none of them is a whole number.
func (p *standing) depthOutput() *eventv1.Output {
	return &eventv1.Output{Kind: "pool_depth", Body: &eventv1.Output_PoolDepth{PoolDepth: p.depth()}}
}

func (p *standing) depth() *eventv1.PoolDepth {
	d := &eventv1.PoolDepth{Venue: venues[p.Venue], Pool: key(p.Pool), BaseMint: key(p.coin()), QuoteMint: key(p.currency())}
	const precision = 400
	far := func(amount uint64, up, down int64) uint64 { // amount * |sqrt(up / down) - 1|
		root := new(big.Float).SetPrec(precision).SetRat(big.NewRat(up, down))
		root.Sqrt(root).Sub(root, big.NewFloat(1))
		v, _ := root.Mul(root.Abs(root), new(big.Float).SetPrec(precision).SetInt(n(amount))).Int(nil)
		return v.Uint64()
	}
	for _, percent := range []int64{1, 2, 5} {
		d.Steps = append(d.Steps, &eventv1.DepthStep{
			MovePpm: uint32(percent * 10_000), UpQuoteIn: far(p.makes.currency, 100+percent, 100), UpBaseOut: far(p.makes.coin, 100, 100+percent),
			DownBaseIn: far(p.makes.coin, 100, 100-percent), DownQuoteOut: far(p.makes.currency, 100-percent, 100),
		})
	}
	return d
}

// drain looks at a withdrawal or sale that took a part of what was there: from.
func (b *LiquidityBook) drain(f *geysersim.Truth, p *standing, part *big.Rat, from uint64) []*eventv1.Output {
	sale := f.Kind == geysersim.TruthTrade
	least := leastWithdrawal
	if sale {
		least = leastSale
	}
	if p.drained[f.Kind] || part.Cmp(least) < 0 {
		return nil
	}
	step := *f
	step.Before = &geysersim.TruthReserves{PriceBase: from} // remembered there
	step.Limit = uint64(len(p.states) - 1)
	p.takes = append(p.takes, step)
	own, share := p.longestDrain(f, new(big.Int).Sub(n(from), n(amountTaken(f))))
	if len(own) == 0 {
		return nil
	}
	p.drained[f.Kind] = true
	p.takes = slices.DeleteFunc(p.takes, func(t geysersim.Truth) bool { return t.Kind == f.Kind })
	d := &eventv1.PoolDrained{
		Venue: venues[f.Venue], Pool: key(f.Pool), BaseMint: key(p.coin()), QuoteMint: key(p.currency()), Actor: key(f.Trader),
		Cause: eventv1.DrainCause_DRAIN_CAUSE_LIQUIDITY_REMOVED, Creator: p.born && p.Trader == f.Trader, FromSlot: own[0].Slot,
		TakenPpm: min(uint64(ppm(share)), 1_000_000), ReservesBefore: p.states[own[0].Limit].contract(), ReservesAfter: reservesAt{p.held, p.makes}.contract(),
		StepCount: uint64(len(own)),
	}
	if sale {
		d.Cause = eventv1.DrainCause_DRAIN_CAUSE_SOLD_OFF
	}
	for _, t := range own {
		moved := p.turn(t.BaseAmount, t.QuoteAmount)
		e := &eventv1.DrainStep{Signature: key(t.Signature), Slot: t.Slot, LpAmount: &t.LPAmount}
		if sale {
			moved, e.LpAmount = two{t.BaseAmount, t.PoolQuoteAmount}, nil
		} else {
			d.BaseAmount += moved.coin
		}
		e.BaseAmount, e.QuoteAmount = moved.coin, moved.currency
		d.QuoteAmount += moved.currency
		d.Steps = append(d.Steps, e)
	}
	d.UsdMicros, _ = b.inDollars(p.currency(), d.GetQuoteAmount(), f.Slot)
	return []*eventv1.Output{{Kind: "pool_drained", Body: &eventv1.Output_PoolDrained{PoolDrained: d}}}
}

// longestDrain gives the row of takes by the actor of the last one that took enough of what was there before it, where no more than the
// rest is left, and the part that they took.
func (p *standing) longestDrain(f *geysersim.Truth, left *big.Int) (own []geysersim.Truth, share *big.Rat) {
	for _, t := range p.takes {
		if t.Slot+drainSlots >= f.Slot && t.Trader == f.Trader && t.Kind == f.Kind {
			own = append(own, t)
		}
	}
	for ; len(own) > 0; own = own[1:] {
		there, taken := n(own[0].Before.PriceBase), new(big.Int)
		for i := range own {
			taken.Add(taken, n(amountTaken(&own[i])))
		}
		share = new(big.Rat).SetFrac(taken, there)
		if gone := new(big.Rat).SetFrac(new(big.Int).Sub(there, left), there); share.Cmp(drainPart) >= 0 && gone.Cmp(drainPart) >= 0 {
			return own, share
		}
	}
	return nil, nil
}

func amountTaken(t *geysersim.Truth) uint64 {
	if t.Kind == geysersim.TruthTrade {
		return t.PoolQuoteAmount
	}
	return t.LPAmount
}
