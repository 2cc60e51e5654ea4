// Package lifecycle is a monitor that follows each token launched on a bonding curve through its phases: created, trading,
// completed, migrated. Launches, curve trades, completions and migrations come in; each phase that a token enters goes out
// once.
package lifecycle

import (
	"errors"

	"github.com/weir-run/weir/sdk"
)

// Version of the monitor.
const Version = "0.1.0"

// Config of the monitor.
type Config struct {
	// MaxTokens is how many tokens are remembered, at least 1.
	MaxTokens int `json:"max_tokens" doc:"How many tokens are remembered. Past it the oldest migrated one is forgotten, or the oldest of all; a forgotten token may be reported again."`
}

// monitor is one instance at work.
type monitor struct {
	host   *sdk.Host
	config Config
	state  state
}

// New makes the monitor.
func New(host *sdk.Host) sdk.Monitor {
	m := &monitor{host: host, config: Config{MaxTokens: 1_000_000}}
	return sdk.Monitor{
		Name:    "lifecycle",
		Version: Version,
		Config:  &m.config,
		Check: func() error {
			if m.config.MaxTokens < 1 {
				return errors.New("max_tokens must be 1 or more")
			}
			return nil
		},
		State: &m.state,
		Emits: []string{"token_created", "token_trading", "token_completed", "token_migrated"},
		// Trades on pools say nothing about a curve, and are most of all trades: they need not be sent.
		Venues:           []sdk.Venue{sdk.Pump, sdk.RaydiumLaunchLab},
		ReuseRecords:     true,
		OnTokenCreated:   m.created,
		OnTrade:          m.traded,
		OnCurveCompleted: m.completed,
		OnTokenMigrated:  m.migrated,
	}
}

func (m *monitor) created(_ *sdk.Record, c *sdk.TokenCreated) error {
	mint := sdk.KeyOf(c.GetMint())
	t := m.token(mint)
	if t == nil {
		return nil
	}
	t.name, t.symbol = c.GetName(), c.GetSymbol()
	t.creator, t.curve, t.quote = sdk.KeyOf(c.GetCreator()), sdk.KeyOf(c.GetCurve()), sdk.KeyOf(c.GetQuoteMint())
	m.enter(mint, t, sdk.PhaseCreated, nil)
	return nil
}

func (m *monitor) traded(_ *sdk.Record, trade *sdk.Trade) error {
	mint := sdk.KeyOf(trade.GetMint())
	t := m.token(mint)
	if t == nil {
		return nil
	}
	t.trades++
	t.see(trade.GetPool(), trade.GetQuoteMint())
	m.enter(mint, t, sdk.PhaseTrading, nil)
	return nil
}

func (m *monitor) completed(_ *sdk.Record, c *sdk.CurveCompleted) error {
	mint := sdk.KeyOf(c.GetMint())
	t := m.token(mint)
	if t == nil {
		return nil
	}
	t.see(c.GetCurve(), c.GetQuoteMint())
	m.enter(mint, t, sdk.PhaseCompleted, nil)
	return nil
}

func (m *monitor) migrated(_ *sdk.Record, g *sdk.TokenMigrated) error {
	mint := sdk.KeyOf(g.GetMint())
	t := m.token(mint)
	if t == nil {
		return nil
	}
	t.see(g.GetCurve(), g.GetQuoteMint())
	m.enter(mint, t, sdk.PhaseMigrated, g)
	m.state.finish(mint)
	return nil
}

// token returns what is known of a token, new when nothing is. Nil: it has migrated, and nothing comes after that.
func (m *monitor) token(mint sdk.Key) *token {
	if m.state.done.Get(mint) != nil {
		return nil
	}
	if t := m.state.live.Get(mint); t != nil {
		return t
	}
	for m.state.live.Len()+m.state.done.Len() >= m.config.MaxTokens {
		m.state.forgetOldest()
	}
	return m.state.live.Put(mint)
}

// enter reports a phase that lies ahead of the token. One that it has passed already is not reported: records may come
// late, steps only go forward, and what was not seen is not invented.
func (m *monitor) enter(mint sdk.Key, t *token, phase sdk.TokenPhase, migration *sdk.TokenMigrated) {
	if phase <= t.phase {
		return
	}
	change := &sdk.TokenPhaseChanged{
		Mint: mint.Bytes(), Phase: phase, Previous: t.phase, Name: t.name, Symbol: t.symbol, Creator: t.creator.Bytes(),
		Curve: t.curve.Bytes(), CurveTrades: t.trades, QuoteMint: t.quote.Bytes(),
	}
	if migration != nil {
		// The pool's quote mint is that of the curve, as far as migrations go today; the record is what counts.
		amount := migration.GetQuoteAmount()
		change.Pool, change.PoolQuoteAmount, change.QuoteMint = migration.GetPool(), &amount, migration.GetQuoteMint()
	}
	t.phase = phase
	m.host.Emit(&sdk.Output{
		Kind: kinds[phase], Key: mint.String(), Body: &sdk.TokenPhaseChangedBody{TokenPhaseChanged: change},
	})
}

var kinds = map[sdk.TokenPhase]string{
	sdk.PhaseCreated:   "token_created",
	sdk.PhaseTrading:   "token_trading",
	sdk.PhaseCompleted: "token_completed",
	sdk.PhaseMigrated:  "token_migrated",
}
