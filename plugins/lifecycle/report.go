package lifecycle

import (
	"github.com/weir-run/weir/sdk"
)

// touched notes that a token's state is to be given out.
func (m *monitor) touched(mint sdk.Key, t *token) {
	if m.config.StateEvery == 0 || t.is(dirty) {
		return
	}
	t.flags |= dirty
	*m.state.pending.Put(mint) = m.state.rest.Clock
}

// giveStates gives out the states that have waited long enough, in the order in which they began to.
func (m *monitor) giveStates() {
	for range outputsPerRecord {
		if m.config.StateEvery == 0 {
			return
		}
		mint, since, any := m.state.pending.Oldest()
		if !any || m.state.rest.Clock-since < m.config.StateEvery {
			return
		}
		m.state.pending.Delete(mint)
		if t := m.state.active.Change(mint); t != nil {
			t.flags &^= dirty
			m.giveState(mint, t)
		}
	}
}

func (m *monitor) giveState(mint sdk.Key, t *token) {
	state := &sdk.TokenState{
		Mint: mint.Bytes(), Name: t.name, Symbol: t.symbol, Creator: t.creator.Bytes(), QuoteMint: t.quote.Bytes(), Phase: sdk.TokenPhase(t.phase),
		Venue: sdk.Venue(t.venue), Pool: t.place.Bytes(), Figures: t.figures(),
	}
	if t.is(sawCreation) {
		state.CreatedSlot = new(t.createdSlot)
	}
	m.host.Emit(&sdk.Output{Kind: kindState, Key: mint.String(), Body: &sdk.TokenStateBody{TokenState: state}})
}
