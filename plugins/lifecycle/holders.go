package lifecycle

import (
	"encoding/binary"
	"slices"

	"github.com/weir-run/weir/sdk"
)

// wallets are the holders of one token, by what they bought and sold. While absent is set there are none.
type wallets struct {
	absent absence
	list   []holding // by wallet
}

// holding is what a wallet holds, more than nothing. A wallet is told from others by 64 bits of its key: keys are points of a curve, and
// as good as random.
type holding struct{ wallet, amount uint64 }

func walletOf(key []byte) (uint64, bool) {
	if len(key) != len(sdk.Key{}) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(key[8:]), true
}

func (w *wallets) find(id uint64) (int, bool) {
	return slices.BinarySearchFunc(w.list, id, func(h holding, id uint64) int {
		switch {
		case h.wallet < id:
			return -1
		case h.wallet > id:
			return 1
		}
		return 0
	})
}

// give adds to what a wallet holds.
func (w *wallets) give(id, amount uint64) {
	if amount == 0 {
		return
	}
	at, there := w.find(id)
	if !there {
		w.list = slices.Insert(w.list, at, holding{wallet: id})
	}
	if w.list[at].amount += amount; w.list[at].amount < amount {
		w.list[at].amount = 1<<64 - 1 // more than any supply
	}
}

// take takes from it, and says whether there was that much.
func (w *wallets) take(id, amount uint64) bool {
	at, there := w.find(id)
	if !there {
		return amount == 0
	}
	if w.list[at].amount > amount {
		w.list[at].amount -= amount
		return true
	}
	enough := w.list[at].amount == amount
	w.list = slices.Delete(w.list, at, at+1)
	return enough
}

// drop forgets the holders and says why.
func (w *wallets) drop(why sdk.Absence) { *w = wallets{absent: absence(why)} }

// held moves tokens into a wallet or out of it, and keeps the bounds.
func (m *monitor) held(t *token, owner []byte, in bool, amount uint64, traded bool) {
	id, ok := walletOf(owner)
	if !ok || t.wallets.absent != 0 {
		return
	}
	before := len(t.wallets.list)
	if in {
		t.wallets.give(id, amount)
	} else if !t.wallets.take(id, amount) && traded {
		t.flags |= moved
	}
	m.state.held += len(t.wallets.list) - before
	if len(t.wallets.list) > m.config.MaxHolders {
		m.state.forgetHolders(t, sdk.AbsentTooMany)
	}
	if m.state.held > m.config.MaxWallets {
		m.state.thinHolders(m.config.MaxWallets)
	}
}

// forgetHolders drops the holders of one token.
func (s *state) forgetHolders(t *token, why sdk.Absence) {
	s.held -= len(t.wallets.list)
	t.wallets.drop(why)
}

// thinHolders takes the holders of the tokens that were silent longest until an eighth of the room is free.
func (s *state) thinHolders(most int) {
	for mint, t := range s.active.All() {
		if s.held <= most-most/8 {
			return
		}
		if len(t.wallets.list) > 0 {
			s.forgetHolders(s.active.Change(mint), sdk.AbsentTooMany)
		}
	}
}

// traded in any pool changes what the trader holds, also of a quote mint that is a launched token itself.
func (m *monitor) holderTraded(t *token, trade *sdk.Trade) {
	if !trade.GetAgent() {
		m.held(t, trade.GetTrader(), trade.GetSide() == sdk.Buy, trade.GetBaseAmount(), true)
	}
}

// liquidityChanged moves tokens between a provider and a pool, whichever pool it is.
func (m *monitor) liquidityChanged(r *sdk.Record, l *sdk.LiquidityChanged) error {
	m.advance(r)
	out := l.GetDirection() == sdk.LiquidityRemoved
	m.provided(r, l.GetBaseMint(), l.GetOwner(), out, l.GetBaseAmount()+l.GetFeesBaseAmount())
	m.provided(r, l.GetQuoteMint(), l.GetOwner(), out, l.GetQuoteAmount()+l.GetFeesQuoteAmount())
	return nil
}

// poolCreated takes the first liquidity from who opened the pool. For a migration that is the curve's own authority, which holds nothing.
func (m *monitor) poolCreated(r *sdk.Record, p *sdk.PoolCreated) error {
	m.advance(r)
	if isCurve(p.GetVenue()) {
		return nil
	}
	m.provided(r, p.GetBaseMint(), p.GetCreator(), false, p.GetBaseAmount())
	m.provided(r, p.GetQuoteMint(), p.GetCreator(), false, p.GetQuoteAmount())
	return nil
}

func (m *monitor) provided(r *sdk.Record, mint, owner []byte, in bool, amount uint64) {
	key := sdk.KeyOf(mint)
	if t := m.state.counted(key); t != nil {
		t.elsewhere = max(t.elsewhere, r.GetSlot())
		m.held(t, owner, in, amount, false)
		m.touched(key, t)
	}
}

// counted returns a token whose holders are counted, nil where they are not.
func (s *state) counted(mint sdk.Key) *token {
	if t, _ := s.active.Get(mint); t.wallets.absent != 0 {
		return nil
	}
	return s.active.Change(mint)
}
