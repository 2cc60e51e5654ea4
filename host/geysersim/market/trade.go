package market

import (
	"slices"
)

// Ways in which a transaction fails.
const (
	failsNot     = iota
	failsOnLimit // the venue refuses the price
	failsLater   // an instruction behind the trade fails, and events of a trade that never was stand in the log
)

// deal is one trade that somebody is about to make: prepare opens accounts, run trades, finish closes accounts.
type deal struct {
	user    *wallet
	prepare func(t *txn)
	run     func(t *txn)
	finish  func(t *txn)
	save    func() func() // gives what puts the venue back as it was
}

// actTrade makes a transaction with a trade of the kind, or with two of the same person.
func (m *Market) actTrade(what action) {
	d, ok := m.deal(what, nil)
	if !ok {
		m.actNoise()
		return
	}
	deals := append(m.deals[:0], d)
	if chance(m.rand, m.opt.DoubleShare) {
		if second, ok := m.deal(pick(m.rand, []action{doCurve, doSwap, doRay}), d.user); ok {
			deals = append(deals, second)
		}
	}
	m.deals = deals
	m.perform(deals)
	m.sweep()
}

// perform makes the transaction of the deals.
func (m *Market) perform(deals []deal) {
	t, u := m.txn, deals[0].user
	fails := failsNot
	var restore []func()
	if chance(m.rand, m.opt.FailedShare) {
		fails = failsOnLimit + m.rand.IntN(2)
		for _, d := range deals {
			restore = append(restore, d.save())
		}
	}
	m.beginTrade(u)
	for _, d := range deals {
		d.prepare(t)
	}
	t.slips = fails == failsOnLimit
	if chance(m.rand, m.opt.RoutedShare) {
		t.routed(pick(m.rand, m.world.routers), u, deals)
	} else {
		for _, d := range deals {
			if t.failed == nil {
				d.run(t)
			}
		}
	}
	if fails == failsLater && t.failed == nil {
		t.failTransfer(u.account)
	}
	if t.failed == nil {
		for _, d := range deals {
			d.finish(t)
		}
	}
	failed := t.failed != nil
	m.close()
	if failed {
		for _, back := range slices.Backward(restore) {
			back()
		}
	}
}

// beginTrade writes what stands before the trade: budget, sometimes a tip, sometimes somebody else's payment.
func (m *Market) beginTrade(u *wallet) {
	t := m.txn
	payer := u
	if chance(m.rand, 0.04) {
		payer = m.wallet(sol)
	}
	t.begins(payer)
	t.budget(between(m.rand, 180, 420)*1_000, m.price())
	if chance(m.rand, 0.2) {
		t.sysTransfer(u.account, pick(m.rand, m.world.tips), between(m.rand, 10_000, 3_000_000))
	}
}

// sweep moves coins that completed to those that wait for their migration.
func (m *Market) sweep() {
	for i := 0; i < len(m.coins); i++ {
		if c := m.coins[i]; c.complete {
			m.coins = slices.Delete(m.coins, i, i+1)
			m.ripe = append(m.ripe, c)
			i--
		}
	}
}
