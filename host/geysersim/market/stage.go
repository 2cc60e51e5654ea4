package market

import (
	"github.com/weir-run/weir/host/geysersim"
)

// plan is a pattern that takes several slots: its steps are done one a slot at most, the first when it is made.
type plan struct {
	due  uint64 // slot from which the next step may be done
	next func() bool
}

// stages are the patterns that Options.Staged makes. Each tells whether the market had what it needs.
var stages = []func(*Market) bool{
	(*Market).stageSandwich, (*Market).stageAttempt, (*Market).stageBackRun, (*Market).stageArbitrage, (*Market).stageWash,
	(*Market).stageSniper, (*Market).stageBundledLaunch, (*Market).stageLPRug, (*Market).stageCreatorDump,
}

// stage makes one pattern after the other, none left out, so that short runs see all.
func (m *Market) stage() {
	for range stages {
		s := stages[m.staged%len(stages)]
		m.staged++
		if s(m) {
			return
		}
	}
}

// proceed does the steps of plans that are due. A step that tells false was the last one.
func (m *Market) proceed() {
	kept := m.plans[:0]
	for _, p := range m.plans {
		if p.due <= m.slot {
			if !p.next() {
				continue
			}
			p.due = m.slot + 1 + m.rand.Uint64N(3)
		}
		kept = append(kept, p)
	}
	m.plans = kept
}

// extra is somebody who plays a part in a pattern and is never seen again, so that nothing else decides what the part comes to.
func (m *Market) extra(mt *mint) *holder {
	u := m.newWallet()
	u.lamports += 500 * sol
	return &holder{u, tokenAccount(m.keys.next(), u.account, mt)}
}

// solo makes a transaction that does not fail, with one tip, and returns its facts.
func (m *Market) solo(u *wallet, tip uint64, run func(t *txn)) []geysersim.Truth {
	t := m.txn
	t.begins(u)
	t.budget(300_000, m.price())
	if tip > 0 {
		t.sysTransfer(u.account, pick(m.rand, m.world.tips), tip)
	}
	run(t)
	m.close()
	return m.block.Transactions[len(m.block.Transactions)-1].Truth
}

// tip of somebody who wants to be in a bundle.
func (m *Market) tip() uint64 { return between(m.rand, 100_000, 2_000_000) }

// patternOf begins the listing of a pattern whose last fact is f.
func patternOf(name string, f *geysersim.Truth) geysersim.Pattern {
	return geysersim.Pattern{Pattern: name, Slot: f.Slot, Mint: f.Mint, QuoteMint: f.QuoteMint, Pool: f.Pool, Actor: f.Trader}
}

// list enters a pattern that is complete.
func (m *Market) list(p geysersim.Pattern) { m.block.Patterns = append(m.block.Patterns, p) }

// venue is where patterns are staged: a curve that will not complete by them, or a PumpSwap pool. Its trades are of the first
// generation and by exact coins, so that all they do to the price is known.
type venue struct {
	mint *mint
	deep uint64 // quote reserve of the price formula
	buy  func(t *txn, h *holder, lamports uint64)
	sell func(t *txn, h *holder, tokens uint64)
	// without tells what each buyer of these facts would have paid to the venue if the trades before them had not been.
	without func() func(f *geysersim.Truth) uint64
	holders []*holder
}

// stall chooses a venue where nobody traded in the block yet: what stood there could make a pattern with what comes.
func (m *Market) stall() (venue, bool) {
	if chance(m.rand, 0.5) {
		fits := func(p *swapPool) bool { return p.creator != nil && p.reserves.Quote > 20*sol && !m.busy(p.account) }
		if p := oneOf(m, m.swaps, fits); p != nil {
			return p.stall(), true
		}
	}
	c := oneOf(m, m.coins, func(c *coin) bool {
		return !c.complete && !c.hot && c.state.RealQuote < 40*sol && c.state.RealQuote > sol/10 && !m.busy(c.curve)
	})
	if c == nil {
		return venue{}, false
	}
	return c.stall(), true
}
