package market

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// actNoise makes a transaction in which there is nothing to report.
func (m *Market) actNoise() {
	t, u := m.txn, m.wallet(sol)
	t.begins(u)
	switch m.rand.IntN(6) {
	case 0, 1:
		t.sysTransfer(u.account, m.wallet(0).account, between(m.rand, 1, sol))
	case 2:
		t.budget(40_000, m.price())
		to := m.wallet(0)
		t.transferChecked(u.usdc, to.usdc, u.account, u.usdc.amount/between(m.rand, 2, 50))
	case 3:
		t.alienTrade(u)
	case 4:
		t.collect()
	case 5:
		t.data = append(t.data, "gm 🌊"...)
		t.begin(m.world.memo, s(u.account))
		t.log(`Program log: Memo (len 7): "gm 🌊"`)
		t.end(9_000)
		if chance(m.rand, 0.3) {
			t.failTransfer(u.account)
		}
	}
	m.close()
}

// alienTrade is an event of another launchpad with the discriminator of pump's TradeEvent and something else behind it.
func (t *txn) alienTrade(u *wallet) {
	wd := t.m.world
	t.budget(90_000, t.m.price())
	t.tag(0x66063d1201daebea).u64(t.m.rand.Uint64N(sol)).u64(sol)
	t.begin(wd.moonshot, ws(u.account), r(wd.spl), r(wd.system))
	t.log("Program log: Instruction: Buy")
	t.scratch = binary.BigEndian.AppendUint64(t.scratch[:0], pumpfun.TagTrade)
	for range 30 {
		t.scratch = binary.LittleEndian.AppendUint64(t.scratch, t.m.rand.Uint64())
	}
	t.logData("Program data: ", t.scratch)
	t.data = append(dex.AppendEventTag(t.data), t.scratch...)
	t.call(900, wd.moonshot, r(wd.tips[2]))
	t.end(31_000)
}

// collect lets the creator of a coin take the fees that wait for it: a known program, an event, and nothing to report.
func (t *txn) collect() {
	c := oneOf(t.m, t.m.coins, func(c *coin) bool { return c.creatorVault.lamports > rentWallet })
	if c == nil {
		return
	}
	wd, vault := t.m.world, c.creatorVault
	amount := vault.lamports - rentWallet
	t.budget(60_000, t.m.price())
	t.tag(0x1416567bc61cdb84)
	t.begin(wd.pump, w(c.creator.account), w(vault), r(wd.system), r(wd.pumpEvents), r(wd.pump))
	t.log("Program log: Instruction: CollectCreatorFee")
	t.sysTransfer(vault, c.creator.account, amount)
	t.scratch = binary.BigEndian.AppendUint64(t.scratch[:0], 0x7a027f010ebf0caf)
	t.scratch = binary.LittleEndian.AppendUint64(t.scratch, uint64(t.m.time))
	t.scratch = append(t.scratch, c.creator.key[:]...)
	t.scratch = binary.LittleEndian.AppendUint64(t.scratch, amount)
	t.scratch = append(t.scratch, make([]byte, 32)...)
	t.logData("Program data: ", t.scratch)
	t.data = append(dex.AppendEventTag(t.data), t.scratch...)
	t.call(2_125, wd.pump, r(wd.pumpEvents))
	t.end(11_000)
}

// actVote makes a simple vote.
func (m *Market) actVote() {
	t := m.txn
	t.begins(m.wallet(sol))
	t.v0, t.vote = false, true
	t.u32(14).u64(m.slot).u64(m.slot - 31).key(&m.recent).u64(uint64(m.time))
	t.call(2_100, m.world.voting, w(m.newAccount(27_074_400)), s(t.used[0].account))
	m.close()
}
