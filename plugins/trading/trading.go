// Package trading is a monitor that reports every trade in one form, whatever the venue, with running counts and volumes of
// the traded coin. Trades come in, one report of each goes out.
package trading

import (
	"errors"

	"github.com/weir-run/weir/sdk"
)

// Version of the monitor.
const Version = "0.1.0"

// Config of the monitor.
type Config struct {
	// MaxTokens is how many coins have running totals, at least 1.
	MaxTokens int `json:"max_tokens" doc:"How many coins have running totals. Past it the one whose last trade is oldest is forgotten; its totals begin again at its next trade."`
}

// monitor is one instance at work. report and output are used again for every trade: Emit encodes at once.
type monitor struct {
	host   *sdk.Host
	config Config
	state  state
	report report
	output sdk.Output
}

// New makes the monitor.
func New(host *sdk.Host) sdk.Monitor {
	m := &monitor{host: host, config: Config{MaxTokens: 1_000_000}}
	m.output = sdk.Output{Kind: "trade", Body: &sdk.TradeReportedBody{TradeReported: &m.report.message}}
	return sdk.Monitor{
		Name:    "trading",
		Version: Version,
		Config:  &m.config,
		Check: func() error {
			if m.config.MaxTokens < 1 {
				return errors.New("max_tokens must be 1 or more")
			}
			return nil
		},
		State:        &m.state,
		Emits:        []string{"trade"},
		ReuseRecords: true,
		OnTrade:      m.traded,
	}
}

func (m *monitor) traded(_ *sdk.Record, t *sdk.Trade) error {
	mint, quote := sdk.KeyOf(t.GetMint()), sdk.KeyOf(t.GetQuoteMint())
	total := m.state.count(mint, m.config.MaxTokens)
	total.add(t)
	m.fill(t, total, total.addQuote(quote, t.GetPoolQuoteAmount()))
	m.output.Key = mint.String()
	m.host.Emit(&m.output)
	return nil
}
