package lifecycle

import (
	"github.com/weir-run/weir/sdk"
)

// outputsPerRecord bounds how many tokens one record can find abandoned, and how many states it gives out. The rest follows with the
// records after it.
const outputsPerRecord = 64

// advance moves chain time on and gives out what falls due by it, before the record itself is looked at. Chain time is the latest block
// time of any record so far; no wall clock is read.
func (m *monitor) advance(r *sdk.Record) {
	m.state.rest.Clock = max(m.state.rest.Clock, r.GetBlockTime())
	m.abandonIdle()
	m.giveStates()
}

// abandonIdle reports the tokens that have been silent for too long, the longest first.
func (m *monitor) abandonIdle() {
	for range outputsPerRecord {
		mint, t, any := m.state.active.Oldest()
		if !any || m.state.rest.Clock == 0 {
			return
		}
		if t.lastTime == 0 { // active before any time was known: it counts from now
			m.state.active.Touch(mint).lastTime = m.state.rest.Clock
			continue
		}
		if m.state.rest.Clock-t.lastTime < m.config.AbandonedAfter {
			return
		}
		m.giveActivity(kindAbandoned, mint, &t, sdk.TokenAbandoned)
		m.state.retire(mint, t.core, retired)
	}
}

func (m *monitor) giveActivity(kind string, mint sdk.Key, t *token, change sdk.TokenActivityChange) {
	m.host.Emit(&sdk.Output{Kind: kind, Key: mint.String(), Body: &sdk.TokenActivityBody{TokenActivity: &sdk.TokenActivity{
		Mint: mint.Bytes(), Symbol: t.symbol, QuoteMint: t.quote.Bytes(), Change: change, Phase: sdk.TokenPhase(t.phase),
		IdleSeconds: uint64(max(m.state.rest.Clock-t.lastTime, 0)), Figures: t.figures(),
	}}})
}

// retire moves a token to those that are idle: holders, names and figures are forgotten; all that keeps it from being reported twice stays.
func (s *state) retire(mint sdk.Key, c core, flags uint16) {
	s.forget(mint)
	c.flags = c.flags&^dirty | flags
	*s.idle.Put(mint) = c
}

// forget drops an active token.
func (s *state) forget(mint sdk.Key) {
	t, _ := s.active.Get(mint)
	s.held -= len(t.wallets.list)
	s.pending.Delete(mint)
	s.active.Delete(mint)
}

// core returns what is remembered of a token, idle or not; the zero core when nothing is.
func (s *state) core(mint sdk.Key) core {
	if t, ok := s.active.Get(mint); ok {
		return t.core
	}
	c, _ := s.idle.Get(mint)
	return c
}

// find returns what is known of a token, nil when nothing is. One that was idle becomes active again.
func (m *monitor) find(mint sdk.Key) *token {
	if t := m.state.active.Change(mint); t != nil {
		return t
	}
	asleep, ok := m.state.idle.Get(mint)
	if !ok {
		return nil
	}
	back := waking(asleep, sdk.AbsentForgotten)
	m.state.idle.Delete(mint)
	if back.is(retired) {
		back.flags &^= retired
		m.giveActivity(kindRevived, mint, &back, sdk.TokenRevived)
	}
	t := m.put(mint)
	*t = back
	return t
}

// known returns what is known of a token, new when nothing is.
func (m *monitor) known(mint sdk.Key) *token {
	if t := m.find(mint); t != nil {
		return t
	}
	return m.add(mint)
}

// add enters a token of which nothing is known.
func (m *monitor) add(mint sdk.Key) *token {
	for m.state.active.Len()+m.state.idle.Len() >= m.config.MaxTokens {
		m.state.forgetOldest()
	}
	t := m.put(mint)
	*t = waking(core{}, sdk.AbsentNotYet)
	t.wallets.absent = absence(sdk.AbsentCreationNotSeen)
	return t
}

// put makes room among the active tokens for one more.
func (m *monitor) put(mint sdk.Key) *token {
	for m.state.active.Len() >= m.config.MaxActive {
		first, t, _ := m.state.active.Oldest()
		m.state.retire(first, t.core, 0)
	}
	return m.state.active.Put(mint)
}

// forgetOldest prefers tokens that are idle.
func (s *state) forgetOldest() {
	if s.idle.DeleteOldest() {
		return
	}
	mint, _, _ := s.active.Oldest()
	s.forget(mint)
}

// active notes that something happened to a token.
func (m *monitor) active(mint sdk.Key, t *token, r *sdk.Record) {
	t.lastSlot = max(t.lastSlot, r.GetSlot())
	if t.lastTime != m.state.rest.Clock || m.state.rest.Clock == 0 {
		t.lastTime = m.state.rest.Clock
		m.state.active.Touch(mint)
	}
	m.touched(mint, t)
}

// loseRecords notes that records are missing: from here on nobody knows who holds what of the tokens so far.
func (s *state) loseRecords() {
	for mint := range s.active.All() {
		s.spoil(s.active.Change(mint))
	}
	for mint := range s.idle.All() {
		s.idle.Change(mint).flags |= lostRecords
	}
}

// retract notes that a slot never happened. Which of a token's trades were in it is not remembered; a token that was made in it never
// was, and one that was made later, perhaps again, has none in it.
func (s *state) retract(slot uint64) {
	var never []sdk.Key
	for mint, t := range s.active.All() {
		switch {
		case t.made() && t.createdSlot == slot, t.is(unmade) && t.lastSlot == slot:
			never = append(never, mint)
		case t.made() && t.createdSlot > slot:
		case t.lastSlot >= slot:
			s.spoil(s.active.Change(mint))
		case t.elsewhere >= slot && t.wallets.absent == 0:
			s.forgetHolders(s.active.Change(mint), sdk.AbsentRecordsMissing)
		}
	}
	for _, mint := range never {
		was := s.unmake(mint)
		if was.lastSlot > slot { // where that is not void too, the creation is to come: it has more records than will be counted then
			t := s.active.Put(mint)
			*t = waking(core{flags: unmade | lostRecords, lastSlot: was.lastSlot, lastTime: was.lastTime}, sdk.AbsentNotYet)
			t.wallets.absent = absence(sdk.AbsentCreationNotSeen)
		}
	}
}

// unmake drops an active token that never was, and returns what was known of it.
func (s *state) unmake(mint sdk.Key) token {
	t, _ := s.active.Get(mint)
	if t.is(credited) {
		s.uncredit(mint, t)
	}
	s.forget(mint)
	return t
}

// spoil notes that the records of an active token are not those of the chain.
func (s *state) spoil(t *token) {
	t.flags |= lostRecords
	if t.wallets.absent == 0 {
		s.forgetHolders(t, sdk.AbsentRecordsMissing)
	}
}
