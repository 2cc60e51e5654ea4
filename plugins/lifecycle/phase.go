package lifecycle

import (
	"github.com/weir-run/weir/sdk"
)

func (m *monitor) created(r *sdk.Record, c *sdk.TokenCreated) error {
	m.advance(r)
	mint := sdk.KeyOf(c.GetMint())
	t := m.find(mint)
	switch {
	case t == nil:
		m.launch(r, mint, c)
	case t.voidBy(r.GetSlot()):
		mixed := t.lastSlot >= r.GetSlot()
		m.state.unmake(mint)
		m.launch(r, mint, c)
		if mixed { // what came of this slot before its creation went with the one that never was
			m.state.spoil(m.state.active.Change(mint))
		}
	case !t.made():
		m.launchLate(r, mint, t, c)
	default: // it is told already
		t.launch(c)
		if !t.is(credited) {
			m.credit(mint, t)
		}
		m.active(mint, t, r)
	}
	return nil
}

// voidBy tells whether what is known of a token never happened, since it is created in this slot: a mint is made once.
func (c *core) voidBy(slot uint64) bool {
	if c.is(unmade) {
		return slot > c.lastSlot
	}
	return c.made() && c.createdSlot > 0 && slot > c.createdSlot
}

// launch begins a token.
func (m *monitor) launch(r *sdk.Record, mint sdk.Key, c *sdk.TokenCreated) {
	t := m.add(mint)
	t.flags |= sawCreation
	t.wallets.absent = 0
	t.launch(c)
	t.begin(c)
	m.enter(mint, t, m.launched(r, mint, t, c))
}

// launchLate tells of the creation of a token that is known by what it did since. It is no step back.
func (m *monitor) launchLate(r *sdk.Record, mint sdk.Key, t *token, c *sdk.TokenCreated) {
	t.launch(c)
	t.flags &^= unmade
	at := t.phase
	m.enter(mint, t, m.launched(r, mint, t, c))
	t.phase = max(at, t.phase)
}

// launched is the message of a creation, which its creator is credited with.
func (m *monitor) launched(r *sdk.Record, mint sdk.Key, t *token, c *sdk.TokenCreated) *sdk.TokenPhaseChanged {
	m.active(mint, t, r)
	t.createdSlot = r.GetSlot()
	history := m.credit(mint, t)
	change := m.change(r, mint, t, sdk.PhaseCreated, sdk.EvidenceEvent)
	change.Curve, change.Venue = c.GetCurve(), c.GetVenue()
	change.Uri, change.TokenProgram, change.TotalSupply, change.Decimals = c.GetUri(), c.GetTokenProgram(), c.TotalSupply, c.Decimals
	change.Reserves, change.CreatorHistory = c.GetReserves(), history
	return change
}

// described takes what accounts say of a token whose creation was not seen, and what no record has said yet.
func (m *monitor) described(r *sdk.Record, d *sdk.TokenMetadata) error {
	m.advance(r)
	mint := sdk.KeyOf(d.GetMint())
	if was, ok := m.state.active.Get(mint); !ok || was.is(sawCreation) {
		return nil
	}
	t := m.state.active.Change(mint)
	if t.name == "" {
		t.name = d.GetName()
	}
	if t.symbol == "" {
		t.symbol = d.GetSymbol()
	}
	if curve := d.GetCurve(); curve != nil {
		t.see(curve.GetCurve(), curve.GetQuoteMint(), curve.GetVenue())
		if t.creator.IsZero() {
			t.creator = sdk.KeyOf(curve.GetCreator())
		}
		if curve.GetMayhem() { // its agent mints and burns: what the supply was says nothing of what it is
			t.flags |= mayhem
			t.supply = 0
		}
	}
	if t.supply == 0 && !t.is(mayhem) {
		t.supply = d.GetSupply()
	}
	m.touched(mint, t)
	return nil
}

func (m *monitor) completed(r *sdk.Record, c *sdk.CurveCompleted) error {
	m.advance(r)
	mint := sdk.KeyOf(c.GetMint())
	t := m.known(mint)
	m.active(mint, t, r)
	if t.phase >= phase(sdk.PhaseCompleted) {
		return nil
	}
	t.see(c.GetCurve(), c.GetQuoteMint(), c.GetVenue())
	m.complete(r, mint, t, sdk.EvidenceEvent, nil)
	return nil
}

// complete reports that the curve sold out.
func (m *monitor) complete(r *sdk.Record, mint sdk.Key, t *token, evidence sdk.TokenEvidence, trade *sdk.Trade) {
	t.now.progress, t.now.progressOut = million, 0
	if c := m.creatorOf(t); c != nil {
		c.completed++
	}
	change := m.change(r, mint, t, sdk.PhaseCompleted, evidence)
	change.Reserves = t.now.reserves()
	if trade != nil {
		change.Decimals, change.SyntheticMigration = trade.BaseDecimals, beyond(trade)
	}
	m.enter(mint, t, change)
}

func (m *monitor) migrated(r *sdk.Record, g *sdk.TokenMigrated) error {
	m.advance(r)
	mint := sdk.KeyOf(g.GetMint())
	t := m.known(mint)
	m.active(mint, t, r)
	if t.phase >= phase(sdk.PhaseMigrated) {
		return nil
	}
	t.see(g.GetCurve(), g.GetQuoteMint(), g.GetVenue())
	m.migrate(t, sdk.KeyOf(g.GetPool()), sdk.KeyOf(g.GetQuoteMint()), g.GetPoolVenue())
	change := m.change(r, mint, t, sdk.PhaseMigrated, sdk.EvidenceEvent)
	change.Curve = g.GetCurve()
	if g.GetBaseAmount() > 0 && g.GetQuoteAmount() > 0 { // no pool opens with nothing: else the record does not know
		change.PoolBaseAmount, change.PoolQuoteAmount = new(g.GetBaseAmount()), new(g.GetQuoteAmount())
		change.Reserves = &sdk.Reserves{Base: change.PoolBaseAmount, Quote: change.PoolQuoteAmount}
	}
	if g.GetVenue() == sdk.Pump { // the others' records tell no fee
		change.MigrationFee = new(g.GetMigrationFee())
	}
	m.enter(mint, t, change)
	return nil
}

// migrate moves a token to its pool. What counts in units of the quote mint begins again where that is another one; a record that names
// none says nothing of it.
func (m *monitor) migrate(t *token, pool, quote sdk.Key, venue sdk.Venue) {
	t.place, t.venue = pool, uint8(venue)
	if t.quote != quote && !quote.IsZero() {
		t.quote, t.marks.cap = quote, 0
	}
	t.now.progress, t.now.progressOut = million, 0
	if c := m.creatorOf(t); c != nil {
		c.migrated++
	}
}

// change is the message of a step, with what every step has.
func (m *monitor) change(r *sdk.Record, mint sdk.Key, t *token, to sdk.TokenPhase, evidence sdk.TokenEvidence) *sdk.TokenPhaseChanged {
	c := &sdk.TokenPhaseChanged{
		Mint: mint.Bytes(), Phase: to, Previous: sdk.TokenPhase(t.phase), Name: t.name, Symbol: t.symbol, Creator: t.creator.Bytes(),
		CurveTrades: uint64(t.onCurve), QuoteMint: t.quote.Bytes(), Program: r.GetProgram(), Venue: sdk.Venue(t.venue), Evidence: evidence, Mayhem: t.is(mayhem),
	}
	if to == sdk.PhaseMigrated {
		c.Pool = t.place.Bytes()
	} else {
		c.Curve = t.place.Bytes()
	}
	return c
}

// enter reports a step, with the figures after it.
func (m *monitor) enter(mint sdk.Key, t *token, change *sdk.TokenPhaseChanged) {
	t.phase = phase(change.GetPhase())
	change.Figures = t.figures()
	kind := phaseKinds[change.GetPhase()]
	if change.GetEvidence() == sdk.EvidencePoolTrade && change.GetPrevious() == sdk.PhaseUnknown {
		kind = kindFound
	}
	m.host.Emit(&sdk.Output{Kind: kind, Key: mint.String(), Body: &sdk.TokenPhaseChangedBody{TokenPhaseChanged: change}})
}
