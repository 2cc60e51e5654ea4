package figures

import (
	"math/big"
	"slices"

	"github.com/weir-run/weir/host/geysersim"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// inPools looks for sandwiches and back-runs among the trades of one slot.
func inPools(slot []*geysersim.Truth) (all []Found) {
	pools := map[string][]*geysersim.Truth{}
	for _, f := range slot {
		pools[f.Pool] = append(pools[f.Pool], f)
	}
	for _, run := range pools {
		used := map[*geysersim.Truth]bool{}
		all = append(all, sandwiches(run, used)...)
		all = append(all, backRuns(run, used)...)
	}
	return all
}

func linked(f, g *geysersim.Truth) eventv1.FindingLink {
	switch {
	case f.Trader == g.Trader:
		return eventv1.FindingLink_FINDING_LINK_TRADER
	case f.FeePayer == g.FeePayer:
		return eventv1.FindingLink_FINDING_LINK_FEE_PAYER
	case f.Router != "" && f.Router == g.Router && f.BaseAmount == g.BaseAmount:
		return eventv1.FindingLink_FINDING_LINK_ROUTER
	}
	return eventv1.FindingLink_FINDING_LINK_UNSPECIFIED
}

// layers are the trades of a sandwich.
type layers struct{ fronts, victims, backs []*geysersim.Truth }

// sandwiches takes backs in the order of the block, and for each the earliest front that makes a sandwich.
func sandwiches(run []*geysersim.Truth, used map[*geysersim.Truth]bool) (all []Found) {
	for j, back := range run {
		for i, front := range run[:j] {
			if used[back] || used[front] || front.Side == back.Side || linked(front, back) == 0 {
				continue
			}
			s, ok := stack(run, used, i, j)
			if !ok || s.gross() <= 0 {
				continue
			}
			for _, list := range [][]*geysersim.Truth{s.fronts, s.victims, s.backs} {
				for _, f := range list {
					used[f] = true
				}
			}
			all = append(all, s.found(run))
		}
	}
	return all
}

// stack tries one front and one back, then all that their traders did before the first victim and from the back on.
func stack(run []*geysersim.Truth, used map[*geysersim.Truth]bool, i, j int) (layers, bool) {
	front, back := run[i], run[j]
	s := layers{fronts: run[i : i+1], backs: run[j : j+1]}
	s.victims = s.hurt(run, used)
	if len(s.victims) == 0 {
		return s, false
	}
	if s.matches() {
		return s, true
	}
	first, all := slices.Index(run, s.victims[0]), layers{}
	for k, f := range run {
		if used[f] || f.Trader != front.Trader && f.Trader != back.Trader {
			continue
		}
		if k >= i && k < first && f.Side == front.Side {
			all.fronts = append(all.fronts, f)
		}
		if k >= j && f.Side == back.Side {
			all.backs = append(all.backs, f)
		}
	}
	if len(all.fronts) == 0 || len(all.backs) == 0 {
		return all, false
	}
	all.victims = all.hurt(run, used)
	return all, len(all.victims) > 0 && all.matches()
}

// hurt gives the trades between the last front and the first back that go the way of the front, for 1 % of what it moved or more.
func (s *layers) hurt(run []*geysersim.Truth, used map[*geysersim.Truth]bool) (victims []*geysersim.Truth) {
	front, back, moved := s.fronts[0], s.backs[0], uint64(0)
	for _, f := range s.fronts {
		moved += f.PoolQuoteAmount
	}
	from, to := slices.Index(run, s.fronts[len(s.fronts)-1])+1, slices.Index(run, back)
	for k := from; k < to; k++ {
		f := run[k]
		stranger := f.Trader != front.Trader && f.Trader != back.Trader && f.FeePayer != front.FeePayer && f.FeePayer != back.FeePayer
		if stranger && !used[f] && f.Side == front.Side && f.PoolQuoteAmount >= moved/100 {
			victims = append(victims, f)
		}
	}
	return victims
}

func sum(list []*geysersim.Truth) (base, quote *big.Int) {
	base, quote = new(big.Int), new(big.Int)
	for _, f := range list {
		base.Add(base, n(f.BaseAmount))
		quote.Add(quote, n(f.QuoteAmount))
	}
	return base, quote
}

// matches tells whether the base amounts are within 5 % of that of the front.
func (s *layers) matches() bool {
	in, _ := sum(s.fronts)
	out, _ := sum(s.backs)
	apart := new(big.Int).Sub(in, out)
	return in.Sign() > 0 && apart.Abs(apart).Cmp(new(big.Int).Quo(in, big.NewInt(20))) <= 0
}

// gross is what was won on the base amount that both sides have.
func (s *layers) gross() int64 {
	in, spent := sum(s.fronts)
	out, got := sum(s.backs)
	both := in
	if out.Cmp(in) < 0 {
		both = out
	}
	first := new(big.Int).Quo(new(big.Int).Mul(spent, both), in)
	second := new(big.Int).Quo(new(big.Int).Mul(got, both), out)
	if s.fronts[0].Side == "sell" {
		first, second = second, first
	}
	return second.Sub(second, first).Int64()
}

func (s *layers) found(run []*geysersim.Truth) Found {
	v := about(s.backs[0])
	v.Link, v.GrossProfit = linked(s.fronts[0], s.backs[0]), new(s.gross())
	losses, ok := s.losses(run)
	total, wallets := int64(0), map[string]bool{}
	for _, f := range s.fronts {
		v.Evidence = append(v.Evidence, leg(eventv1.FindingRole_FINDING_ROLE_FRONT, f))
	}
	for i, f := range s.victims {
		e := leg(eventv1.FindingRole_FINDING_ROLE_VICTIM, f)
		if ok {
			e.Loss = &losses[i]
			total += losses[i]
		}
		wallets[f.Trader] = true
		v.Evidence = append(v.Evidence, e)
	}
	for _, f := range s.backs {
		v.Evidence = append(v.Evidence, leg(eventv1.FindingRole_FINDING_ROLE_BACK, f))
	}
	if ok {
		v.VictimLoss = &total
	}
	v.Wallets = uint64(len(wallets))
	pay(v, s.fronts[0].QuoteMint, append(slices.Clone(s.fronts), s.backs...)...)
	won := v.GetGrossProfit()
	if v.Profit != nil {
		won = v.GetProfit()
	}
	if won <= 0 {
		return finish("sandwich_attempt", v)
	}
	return finish("sandwich", v)
}

// losses makes all trades from the first front to the last victim again, without the fronts.
func (s *layers) losses(run []*geysersim.Truth) (losses []int64, ok bool) {
	from, to := slices.Index(run, s.fronts[0]), slices.Index(run, s.victims[len(s.victims)-1])
	b, q := n(run[from].Before.PriceBase), n(run[from].Before.PriceQuote)
	for k := from; k <= to; k++ {
		f := run[k]
		if k > from {
			if last := run[k-1].After; last.PriceBase != f.Before.PriceBase || last.PriceQuote != f.Before.PriceQuote {
				return nil, false
			}
		}
		if slices.Contains(s.fronts, f) {
			continue
		}
		loss, ok := again(b, q, f)
		if !ok {
			return nil, false
		}
		if slices.Contains(s.victims, f) {
			losses = append(losses, loss)
		}
	}
	return losses, true
}

// again makes a trade on a pool with b of the coin and q of the quote, and moves them. What the pool kept of the trade beyond the constant
// product, it keeps again.
func again(b, q *big.Int, f *geysersim.Truth) (loss int64, ok bool) {
	_, coinFees := taken(f)
	seen, paid := n(f.BaseAmount), n(f.PoolQuoteAmount)
	coins := new(big.Int).Sub(n(f.After.PriceBase), n(f.Before.PriceBase))
	quotes := new(big.Int).Sub(n(f.After.PriceQuote), n(f.Before.PriceQuote))
	if f.Side == "buy" {
		seen.Add(seen, n(coinFees))
		left := new(big.Int).Sub(b, seen)
		if left.Sign() <= 0 {
			return 0, false
		}
		cost, rest := new(big.Int).QuoRem(new(big.Int).Mul(seen, q), left, new(big.Int))
		if rest.Sign() > 0 || f.Venue == geysersim.VenuePump {
			cost.Add(cost, big.NewInt(1))
		}
		b.Add(left, coins.Add(coins, seen))
		q.Add(q, cost).Add(q, quotes.Sub(quotes, paid))
		return paid.Sub(paid, cost).Int64(), true
	}
	seen.Sub(seen, n(coinFees))
	after := new(big.Int).Add(b, seen)
	got := new(big.Int).Mul(seen, q)
	got.Quo(got, after)
	b.Add(after, coins.Sub(coins, seen))
	q.Sub(q, got).Add(q, quotes.Add(quotes, paid))
	return got.Sub(got, paid).Int64(), true
}

// backRuns looks for trades right behind a large one.
func backRuns(run []*geysersim.Truth, used map[*geysersim.Truth]bool) (all []Found) {
	for i := 1; i < len(run); i++ {
		large, f := run[i-1], run[i]
		if f.TxIndex != large.TxIndex+1 || f.Side == large.Side || used[large] || used[f] {
			continue
		}
		known := slices.ContainsFunc(run[:i], func(g *geysersim.Truth) bool { return g.Trader == f.Trader || g.FeePayer == f.FeePayer })
		before, after := spot(large.Before), spot(large.After)
		if known || before == nil || after == nil {
			continue
		}
		if impact := beyond(after.Quo(after, before)); impact < 10_000 && impact > -10_000 {
			continue
		}
		v := about(f)
		v.Wallets = 1
		v.Evidence = []*eventv1.FindingTrade{
			leg(eventv1.FindingRole_FINDING_ROLE_LEADER, large), leg(eventv1.FindingRole_FINDING_ROLE_BACK, f),
		}
		pay(v, f.QuoteMint, f)
		all = append(all, finish("back_run", v))
	}
	return all
}
