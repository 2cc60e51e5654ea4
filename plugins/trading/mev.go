package trading

import (
	"bytes"
	"math"
	"slices"

	"github.com/weir-run/weir/sdk"
)

// wrappedSOL is the mint of wrapped SOL, which names native SOL too: only in it can costs be taken from profits.
var wrappedSOL = func() sdk.Key {
	k, err := sdk.ParseKey("So11111111111111111111111111111111111111112")
	if err != nil {
		panic(err)
	}
	return k
}()

// largeImpact is the price impact from which a trade is worth running behind, in millionths: 1 %.
const largeImpact = 10_000

// findInSlot looks at all trades of a slot that is over, in order.
func (m *monitor) findInSlot(slot uint64, all []*swap) {
	if m.wants("sandwich") || m.wants("back_run") {
		pools := slices.Clone(all)
		slices.SortStableFunc(pools, func(a, b *swap) int { return bytes.Compare(a.pool[:], b.pool[:]) })
		for run := range chunks(pools, func(a, b *swap) bool { return a.pool == b.pool }) {
			m.sandwiches(slot, run) // what is part of one is no back-run
			if m.wants("back_run") {
				m.backRuns(slot, run)
			}
		}
	}
	var transactions [][]*swap
	people := slices.DeleteFunc(slices.Clone(all), func(s *swap) bool { return s.agent })
	for run := range chunks(people, func(a, b *swap) bool { return a.tx == b.tx && a.signature == b.signature }) {
		transactions = append(transactions, run)
		if m.wants("arbitrage") {
			m.arbitrage(slot, run)
		}
	}
	if m.wants("bundle") {
		m.bundles(slot, transactions)
	}
	if m.wants("bundled_launch") {
		m.bundledLaunches(slot, all)
	}
}

// chunks cuts where neighbours do not belong together.
func chunks(all []*swap, together func(a, b *swap) bool) func(func([]*swap) bool) {
	return func(yield func([]*swap) bool) {
		for start, i := 0, 1; i <= len(all); i++ {
			if i == len(all) || !together(all[i-1], all[i]) {
				if !yield(all[start:i]) {
					return
				}
				start = i
			}
		}
	}
}

// setCosts sums what an actor's transactions paid, each once, and takes it from a profit in SOL.
func setCosts(f *sdk.Finding, own []*swap, quote sdk.Key) {
	var costs uint64
	known := true
	for i, s := range own {
		if slices.ContainsFunc(own[:i], func(t *swap) bool { return t.signature == s.signature }) {
			continue
		}
		costs += s.costs
		f.Tips += s.tip
		known = known && s.costsKnown
	}
	if !known {
		return
	}
	f.Costs = new(costs)
	if quote == wrappedSOL && f.GrossProfit != nil {
		f.Profit = new(f.GetGrossProfit() - int64(costs))
	}
}

// backRuns finds trades right behind a large one in the same pool, the other way, by someone who did not trade there before.
func (m *monitor) backRuns(slot uint64, run []*swap) {
	for i := 1; i < len(run); i++ {
		v, b := run[i-1], run[i]
		if b.tx != v.tx+1 || b.side == v.side || v.taken || b.taken || v.agent || b.agent || v.trader == b.trader || v.payer == b.payer {
			continue
		}
		if !v.before.known() || !v.after.known() {
			continue
		}
		if impact := change(v.after, v.before); impact < largeImpact && impact > -largeImpact {
			continue
		}
		if slices.ContainsFunc(run[:i], func(s *swap) bool { return s.trader == b.trader || s.payer == b.payer }) {
			continue
		}
		f := &sdk.Finding{
			Slot: slot, Mint: b.mint.Bytes(), QuoteMint: b.quote.Bytes(), Pool: b.pool.Bytes(), Actor: b.trader.Bytes(), Wallets: 1,
			Evidence: []*sdk.FindingTrade{v.evidence(sdk.RoleLeader, slot), b.evidence(sdk.RoleBack, slot)},
		}
		setCosts(f, []*swap{b}, b.quote)
		m.emit("back_run", b.mint, f)
	}
}

// flow is a swap as what went in and what came out.
func (s *swap) flow() (in, out sdk.Key, given, got uint64) {
	if s.side == sdk.Buy {
		return s.quote, s.mint, s.quoteAmount, s.base
	}
	return s.mint, s.quote, s.base, s.quoteAmount
}

// arbitrage finds a transaction whose swaps lead from a mint back to it, each giving no more than the one before got, with more at the end.
func (m *monitor) arbitrage(slot uint64, run []*swap) {
	if len(run) < 2 || slices.ContainsFunc(run, func(s *swap) bool { return !s.told() }) {
		return
	}
	start, at, spent, held := run[0].flow()
	for _, s := range run[1:] {
		in, out, given, got := s.flow()
		if in != at || given > held || s.trader != run[0].trader {
			return
		}
		at, held = out, got
	}
	if at != start || held <= spent {
		return
	}
	f := &sdk.Finding{Slot: slot, Mint: start.Bytes(), Actor: run[0].trader.Bytes()}
	if won := held - spent; won <= math.MaxInt64 {
		f.GrossProfit = new(int64(won))
	}
	for _, s := range run {
		e := s.evidence(sdk.RoleLeg, slot)
		e.Pool, e.Mint = s.pool.Bytes(), s.mint.Bytes()
		f.Evidence = append(f.Evidence, e)
	}
	setCosts(f, run, start)
	m.emit("arbitrage", start, f)
}

// bundles finds runs of 2 to 5 transactions that stand one behind the other, with a tip among them, neighbours sharing a wallet or a pool.
func (m *monitor) bundles(slot uint64, transactions [][]*swap) {
	for start := 0; start < len(transactions); {
		end := start + 1
		for end < len(transactions) && neighbours(transactions[end-1], transactions[end]) {
			end++
		}
		m.bundle(slot, transactions[start:end])
		start = end
	}
}

func neighbours(a, b []*swap) bool {
	if b[0].tx != a[0].tx+1 {
		return false
	}
	for _, s := range a {
		for _, t := range b {
			if s.pool == t.pool || s.trader == t.trader || s.payer == t.payer {
				return true
			}
		}
	}
	return false
}

func (m *monitor) bundle(slot uint64, transactions [][]*swap) {
	if len(transactions) < 2 || len(transactions) > 5 {
		return
	}
	first := transactions[0][0]
	f := &sdk.Finding{Slot: slot, Mint: first.mint.Bytes(), QuoteMint: first.quote.Bytes(), Pool: first.pool.Bytes(), Count: uint64(len(transactions))}
	wallets := map[sdk.Key]bool{}
	for _, run := range transactions {
		f.Tips += run[0].tip
		for _, s := range run {
			e := s.evidence(sdk.RoleLeg, slot)
			if s.mint != first.mint {
				e.Mint = s.mint.Bytes()
			}
			if s.quote != first.quote {
				f.QuoteMint = nil
			}
			if s.pool != first.pool {
				e.Pool, f.Pool = s.pool.Bytes(), nil
			}
			f.Evidence = append(f.Evidence, e)
			wallets[s.trader] = true
		}
	}
	if f.Tips == 0 {
		return
	}
	f.Wallets = uint64(len(wallets))
	m.emit("bundle", first.mint, f)
}
