package trading

import (
	"math"
	"math/bits"
	"slices"

	"github.com/weir-run/weir/sdk"
)

// sandwiches finds them among the trades of one pool in one slot, in order, and gives them out when asked for. Each trade is part of one at
// most.
func (m *monitor) sandwiches(slot uint64, run []*swap) {
	for b, back := range run {
		if back.taken || back.agent || !back.told() {
			continue
		}
		for f, front := range run[:b] {
			if front.taken || front.agent || !front.told() || front.side == back.side || linkOf(front, back) == 0 {
				continue
			}
			// Who won nothing on prices is a trader or a volume bot that happens to stand there.
			if found := match(run, f, b); found != nil && found.gross(run) > 0 {
				m.emitSandwich(slot, run, found)
				break
			}
		}
	}
}

// linkOf says why two trades may be those of one attacker, 0 when nothing says so.
func linkOf(f, b *swap) sdk.FindingLink {
	switch {
	case f.trader == b.trader:
		return sdk.LinkTrader
	case f.payer == b.payer && !f.payer.IsZero():
		return sdk.LinkFeePayer
	case f.router == b.router && !f.router.IsZero() && f.base == b.base:
		return sdk.LinkRouter
	}
	return 0
}

// sandwich is places in a run.
type sandwich struct{ fronts, backs, victims []int }

// match tries one trade on each side, then all legs of the attacker on both.
func match(run []*swap, f, b int) *sandwich {
	one := sandwich{fronts: []int{f}, backs: []int{b}}
	if one.findVictims(run) && one.sizesMatch(run) {
		return &one
	}
	if len(one.victims) == 0 {
		return nil
	}
	all := sandwich{}
	for i, s := range run {
		switch {
		case s.taken || !s.told() || s.trader != run[f].trader && s.trader != run[b].trader:
		case i >= f && i < one.victims[0] && s.side == run[f].side:
			all.fronts = append(all.fronts, i)
		case i >= b && s.side == run[b].side:
			all.backs = append(all.backs, i)
		}
	}
	if len(all.fronts) > 0 && len(all.backs) > 0 && all.findVictims(run) && all.sizesMatch(run) {
		return &all
	}
	return nil
}

// findVictims finds who traded like the front between front and back, for at least 1 % of it.
func (s *sandwich) findVictims(run []*swap) bool {
	front, back := run[s.fronts[0]], run[s.backs[0]]
	spent := s.sum(run, s.fronts).pooled
	for i := s.fronts[len(s.fronts)-1] + 1; i < s.backs[0]; i++ {
		v := run[i]
		own := v.trader == front.trader || v.trader == back.trader || v.payer == front.payer || v.payer == back.payer
		if !own && !v.agent && !v.taken && v.side == front.side && v.pooled >= spent/100 {
			s.victims = append(s.victims, i)
		}
	}
	return len(s.victims) > 0
}

// legs is the sum of several trades.
type legs struct{ base, quote, pooled uint64 }

func (s *sandwich) sum(run []*swap, places []int) (l legs) {
	for _, i := range places {
		l.base += run[i].base
		l.quote += run[i].quoteAmount
		l.pooled += run[i].pooled
	}
	return l
}

// sizesMatch says whether what came back is within 5 % of what went in.
func (s *sandwich) sizesMatch(run []*swap) bool {
	in, out := s.sum(run, s.fronts).base, s.sum(run, s.backs).base
	return max(in, out)-min(in, out) <= in/20 && in > 0
}

// gross is what the attacker won on the base amount that both sides have, raw units of the quote mint.
func (s *sandwich) gross(run []*swap) int64 {
	in, out := s.sum(run, s.fronts), s.sum(run, s.backs)
	matched := min(in.base, out.base)
	first, second := scale(in.quote, matched, in.base), scale(out.quote, matched, out.base)
	if run[s.fronts[0]].side == sdk.Buy {
		return int64(second) - int64(first)
	}
	return int64(first) - int64(second)
}

// scale is a * b / c rounded down, for b <= c.
func scale(a, b, c uint64) uint64 {
	if b == c {
		return a
	}
	high, low := bits.Mul64(a, b)
	q, _ := bits.Div64(high, low, c)
	return q
}

// losses replays the pool without the fronts: what each victim would have paid or got less. It gives nothing where reserves are not known
// or do not follow from trade to trade, as something else changed them.
func (s *sandwich) losses(run []*swap) []int64 {
	at := run[s.fronts[0]].before
	last := run[s.fronts[0]]
	var out []int64
	next := 0
	for i := s.fronts[0]; next < len(s.victims); i++ {
		v := run[i]
		if !v.before.known() || !v.after.known() || (i > s.fronts[0] && v.before != last.after) {
			return nil
		}
		last = v
		if slices.Contains(s.fronts, i) {
			continue
		}
		loss, ok := replay(&at, v)
		if !ok {
			return nil
		}
		if i == s.victims[next] {
			out = append(out, loss)
			next++
		}
	}
	return out
}

// replay makes the trade on other reserves, moving them, and says how much better it does there. The curve is that of a constant
// product; what the pool kept beyond it (LP fees), of either mint, it keeps again.
func replay(at *price, v *swap) (loss int64, ok bool) {
	const most = math.MaxInt64 / 4
	if max(at.base, at.quote, v.before.base, v.before.quote, v.after.base, v.after.quote, v.pooled, v.seen) > most {
		return 0, false
	}
	coins := int64(v.after.base) - int64(v.before.base) // into the pool
	paid := int64(v.after.quote) - int64(v.before.quote)
	switch v.side {
	case sdk.Buy:
		if v.seen == 0 || v.seen >= at.base {
			return 0, false
		}
		high, low := bits.Mul64(v.seen, at.quote)
		if high >= at.base-v.seen {
			return 0, false
		}
		cost, rest := bits.Div64(high, low, at.base-v.seen)
		if rest > 0 || v.venue == sdk.Pump { // pump rounds down and adds one
			cost++
		}
		if cost > most {
			return 0, false
		}
		at.base = uint64(int64(at.base) + coins)
		at.quote = uint64(int64(at.quote+cost) + paid - int64(v.pooled))
		return int64(v.pooled) - int64(cost), true
	case sdk.Sell:
		if v.seen == 0 {
			return 0, false
		}
		got := scale(at.quote, v.seen, at.base+v.seen)
		at.base = uint64(int64(at.base) + coins)
		at.quote = uint64(int64(at.quote-got) + paid + int64(v.pooled))
		return int64(got) - int64(v.pooled), true
	default:
		return 0, false
	}
}

func (m *monitor) emitSandwich(slot uint64, run []*swap, s *sandwich) {
	front, back := run[s.fronts[0]], run[s.backs[0]]
	f := &sdk.Finding{
		Slot: slot, Mint: front.mint.Bytes(), QuoteMint: front.quote.Bytes(), Pool: front.pool.Bytes(), Actor: back.trader.Bytes(),
		Link: linkOf(front, back), GrossProfit: new(s.gross(run)),
	}
	var own []*swap
	for _, part := range []struct {
		role   sdk.FindingRole
		places []int
	}{{sdk.RoleFront, s.fronts}, {sdk.RoleVictim, s.victims}, {sdk.RoleBack, s.backs}} {
		for _, i := range part.places {
			run[i].taken = true
			f.Evidence = append(f.Evidence, run[i].evidence(part.role, slot))
			if part.role != sdk.RoleVictim {
				own = append(own, run[i])
			}
		}
	}
	setCosts(f, own, front.quote)
	if losses := s.losses(run); losses != nil {
		var sum int64
		for i, loss := range losses {
			f.Evidence[len(s.fronts)+i].Loss = new(loss)
			sum += loss
		}
		f.VictimLoss = new(sum)
	}
	wallets := map[sdk.Key]bool{}
	for _, i := range s.victims {
		wallets[run[i].trader] = true
	}
	f.Wallets = uint64(len(wallets))
	won := f.GetGrossProfit()
	if f.Profit != nil {
		won = f.GetProfit()
	}
	kind := "sandwich"
	if won <= 0 {
		kind = "sandwich_attempt"
	}
	if m.wants("sandwich") {
		m.emit(kind, front.mint, f)
	}
}
