package market

import (
	"github.com/weir-run/weir/host/internal/dex"
)

// begins starts a transaction that u pays for.
func (t *txn) begins(u *wallet) {
	t.reset()
	t.v0 = chance(t.m.rand, t.m.opt.LoadedShare)
	t.use(u.account, writable|signer)
}

// routed runs the deals within a program that calls the venues: Jupiter, or the program of a bot that takes its share first.
func (t *txn) routed(router *account, u *wallet, deals []deal) {
	wd := t.m.world
	outer := len(t.calls)
	if router == wd.jupiter {
		t.tag(0xe517cb977ae3ad2a).u32(uint32(len(deals))).u8(47).u8(100).u8(0).u8(1).u64(t.m.rand.Uint64N(sol)).u64(1).u8(50).u8(0)
		t.begin(router, r(wd.spl), ws(u.account), r(wd.jupiterEvents), r(router))
		t.log("Program log: Instruction: Route")
	} else {
		t.u8(0).u64(t.m.rand.Uint64N(sol))
		t.begin(router, r(wd.system), r(wd.spl), ws(u.account), w(wd.tips[0]))
		t.sysTransfer(u.account, wd.tips[0], between(t.m.rand, 50_000, 2_000_000))
	}
	for _, d := range deals {
		if d.run(t); t.failed != nil {
			break
		}
		if router == wd.jupiter {
			t.swapped(t.m.rand.Uint64N(sol))
		}
	}
	if t.failed == nil {
		t.end(12_000)
	}
	t.hand(outer)
}

// swapped is Jupiter's own event: its discriminator is that of other programs' SwapEvent.
func (t *txn) swapped(amount uint64) {
	wd := t.m.world
	last := &t.calls[len(t.calls)-1]
	t.tag(dex.EventTag).tag(0x40c6cde8260871e2).key(&t.used[last.program].key).key(&wd.wsol.key).u64(amount).key(&wd.usdc.key).u64(amount)
	t.call(500, wd.jupiter, r(wd.jupiterEvents))
}

// hand gives the outer call the accounts of what it called, as routers need them to.
func (t *txn) hand(outer int) {
	from := len(t.index)
	o := &t.calls[outer]
	t.index = append(t.index, t.index[o.accounts.from:o.accounts.to]...)
	for _, c := range t.calls[outer+1:] {
		if c.height == 2 {
			t.index = append(append(t.index, c.program), t.index[c.accounts.from:c.accounts.to]...)
		}
	}
	o.accounts = span{from, len(t.index)}
}

// failTransfer asks for more lamports than the user has, which ends the transaction.
func (t *txn) failTransfer(u *account) {
	t.u32(2).u64(1 << 60)
	t.begin(t.m.world.system, ws(u), w(t.m.world.tips[1]))
	n := len(t.notes)
	t.notes = append(t.notes, "Transfer: insufficient lamports "...)
	t.notes = appendPoint(t.notes, u.lamports, 0)
	t.notes = append(t.notes, ", need 1152921504606846976"...)
	t.logText(n)
	t.fail(150, 1)
}
