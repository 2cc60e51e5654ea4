package lifecycle

import (
	"github.com/weir-run/weir/sdk"
)

func (m *monitor) traded(r *sdk.Record, trade *sdk.Trade) error {
	m.advance(r)
	mint := sdk.KeyOf(trade.GetMint())
	c := m.state.core(mint)
	switch {
	case !isCurve(trade.GetVenue()):
		m.poolTraded(r, mint, &c, trade)
	case c.phase < phase(sdk.PhaseMigrated):
		m.curveTraded(r, mint, trade)
	default:
		m.tradedElsewhere(r, mint, trade)
	}
	m.paidWithToken(r, trade)
	return nil
}

// curveTraded takes a trade on the curve of a token that has not migrated.
func (m *monitor) curveTraded(r *sdk.Record, mint sdk.Key, trade *sdk.Trade) {
	t := m.known(mint)
	t.see(trade.GetPool(), trade.GetQuoteMint(), trade.GetVenue())
	t.onCurve++
	m.count(r, mint, t, trade, true)
	if t.phase < phase(sdk.PhaseTrading) {
		change := m.change(r, mint, t, sdk.PhaseTrading, sdk.EvidenceCurveTrade)
		change.Decimals, change.Reserves = trade.BaseDecimals, t.now.reserves()
		m.enter(mint, t, change)
	}
	m.measure(mint, t, trade)
	if t.phase < phase(sdk.PhaseCompleted) && soldOut(trade) {
		m.complete(r, mint, t, sdk.EvidenceSoldOut, trade)
	}
}

// poolTraded takes a trade in a pool of a token, of which c is known. It counts when the pool is the one that the token migrated to. A
// pool that pump itself opens for a mint shows that the curve has migrated, where the migration was not seen.
func (m *monitor) poolTraded(r *sdk.Record, mint sdk.Key, c *core, trade *sdk.Trade) {
	pool := sdk.KeyOf(trade.GetPool())
	settled := c.phase == phase(sdk.PhaseMigrated) && !c.place.IsZero()
	switch {
	case settled && c.place == pool:
		t := m.known(mint)
		m.count(r, mint, t, trade, false)
		m.measure(mint, t, trade)
	case !settled && m.canonical.is(pool, trade):
		m.settle(r, mint, m.known(mint), trade)
	default:
		m.tradedElsewhere(r, mint, trade)
	}
}

// settle takes a token to the pool in which it turns out to trade.
func (m *monitor) settle(r *sdk.Record, mint sdk.Key, t *token, trade *sdk.Trade) {
	curve := t.place
	m.migrate(t, sdk.KeyOf(trade.GetPool()), sdk.KeyOf(trade.GetQuoteMint()), trade.GetVenue())
	m.count(r, mint, t, trade, false)
	if t.phase < phase(sdk.PhaseMigrated) { // a state of version 1 knows the phase and not the pool
		change := m.change(r, mint, t, sdk.PhaseMigrated, sdk.EvidencePoolTrade)
		change.Curve, change.Decimals, change.Reserves = curve.Bytes(), trade.BaseDecimals, t.now.reserves()
		m.enter(mint, t, change)
	}
	m.measure(mint, t, trade)
}

// tradedElsewhere takes a trade that is not in the token's own place: it changes who holds the token, and nothing else.
func (m *monitor) tradedElsewhere(r *sdk.Record, mint sdk.Key, trade *sdk.Trade) {
	if t := m.state.counted(mint); t != nil {
		t.elsewhere = max(t.elsewhere, r.GetSlot())
		m.holderTraded(t, trade)
		m.touched(mint, t)
	}
}

// paidWithToken takes the quote side of a trade where that is a launched token too.
func (m *monitor) paidWithToken(r *sdk.Record, trade *sdk.Trade) {
	quote := sdk.KeyOf(trade.GetQuoteMint())
	if quote == solMint || quote == usdcMint || quote == usdtMint || trade.GetAgent() {
		return
	}
	if t := m.state.counted(quote); t != nil {
		t.elsewhere = max(t.elsewhere, r.GetSlot())
		m.held(t, trade.GetTrader(), trade.GetSide() == sdk.Sell, trade.GetQuoteAmount(), true)
		m.touched(quote, t)
	}
}

// count adds a trade to the figures.
func (m *monitor) count(r *sdk.Record, mint sdk.Key, t *token, trade *sdk.Trade, curve bool) {
	t.trades++
	if trade.GetSide() == sdk.Buy {
		t.buys++
	}
	if trade.GetAgent() {
		t.agents++
		t.flags |= mayhem
	}
	if t.symbol == "" {
		t.symbol = trade.GetSymbol()
	}
	m.holderTraded(t, trade)
	t.learn(trade, curve)
	m.active(mint, t, r)
}

// reservesChanged takes reserves that changed without a trade: those that an agent set on a curve, or those of a boosted pool.
func (m *monitor) reservesChanged(r *sdk.Record, c *sdk.ReservesChanged) error {
	m.advance(r)
	mint := sdk.KeyOf(c.GetMint())
	if m.state.core(mint).place != sdk.KeyOf(c.GetPool()) {
		return nil
	}
	t := m.known(mint)
	m.active(mint, t, r)
	if c.GetChange() == sdk.ReservesMayhem {
		t.flags |= mayhem
	}
	t.now.take(c.GetReservesAfter())
	t.weigh(nil, nil)
	return nil
}
