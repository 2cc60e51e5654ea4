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
	report sdk.TradeReported
	output sdk.Output
}

// New makes the monitor.
func New(host *sdk.Host) sdk.Monitor {
	m := &monitor{host: host, config: Config{MaxTokens: 1_000_000}}
	m.output = sdk.Output{Kind: "trade", Body: &sdk.TradeReportedBody{TradeReported: &m.report}}
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
	quoteVolume := total.addQuote(quote, t.GetPoolQuoteAmount())
	m.report = sdk.TradeReported{
		Venue:           t.GetVenue(),
		Pool:            t.GetPool(),
		Trader:          t.GetTrader(),
		Mint:            t.GetMint(),
		QuoteMint:       t.GetQuoteMint(),
		Side:            t.GetSide(),
		BaseAmount:      t.GetBaseAmount(),
		QuoteAmount:     t.GetQuoteAmount(),
		PoolQuoteAmount: t.GetPoolQuoteAmount(),
		QuoteFees:       quoteFees(t.GetFees()),
		Symbol:          t.GetSymbol(),
		Trades:          total.trades,
		Buys:            total.buys,
		Sells:           total.sells,
		BaseVolume:      total.base.String(),
		QuoteVolume:     quoteVolume.String(),
		BaseDecimals:    t.BaseDecimals,
		QuoteDecimals:   t.QuoteDecimals,
	}
	m.output.Key = mint.String()
	m.host.Emit(&m.output)
	return nil
}

// quoteFees sums what was taken in the quote mint. The buyback share is inside the protocol fee already.
func quoteFees(fees []*sdk.Fee) uint64 {
	var sum uint64
	for _, fee := range fees {
		if !fee.GetInBase() && fee.GetKind() != sdk.FeeBuyback {
			sum += fee.GetAmount()
		}
	}
	return sum
}
