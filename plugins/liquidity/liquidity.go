// Package liquidity is a monitor that reports pools after each change: opened, liquidity added or removed, traded. New pools,
// liquidity changes and pool trades come in, one report of each goes out. Bonding curves are not pools. It remembers
// nothing.
package liquidity

import (
	"fmt"

	"github.com/weir-run/weir/sdk"
)

// Version of the monitor.
const Version = "0.1.0"

// Config of the monitor.
type Config struct {
	// Trades says whether trades are reported. They are most of what happens to pools.
	Trades bool `json:"trades" doc:"Report the reserves of a pool after each of its trades."`
}

// monitor is one instance at work. report and output are used again for every report: Emit encodes at once.
type monitor struct {
	host   *sdk.Host
	config Config
	report sdk.PoolReported
	output sdk.Output
}

// New makes the monitor.
func New(host *sdk.Host) sdk.Monitor {
	m := &monitor{host: host, config: Config{Trades: true}}
	m.output.Body = &sdk.PoolReportedBody{PoolReported: &m.report}
	return sdk.Monitor{
		Name:               "liquidity",
		Version:            Version,
		Config:             &m.config,
		Emits:              []string{"pool_created", "liquidity_added", "liquidity_removed", "pool_traded"},
		Venues:             []sdk.Venue{sdk.PumpSwap, sdk.RaydiumV4, sdk.RaydiumCPMM, sdk.RaydiumCLMM},
		ReuseRecords:       true,
		OnPoolCreated:      m.created,
		OnLiquidityChanged: m.changed,
		OnTrade:            m.traded,
	}
}

func (m *monitor) created(_ *sdk.Record, p *sdk.PoolCreated) error {
	base, quote := p.GetBaseAmount(), p.GetQuoteAmount()
	m.report = sdk.PoolReported{
		Venue: p.GetVenue(), Pool: p.GetPool(), Change: sdk.PoolOpened, BaseMint: p.GetBaseMint(), QuoteMint: p.GetQuoteMint(),
		BaseAmount: base, QuoteAmount: quote, Owner: p.GetCreator(), LpAmount: p.LpAmount,
		// A pool begins with what its creator put in. The prices that it starts from, the record does not say.
		Reserves: &sdk.Reserves{Base: &base, Quote: &quote},
	}
	m.emit("pool_created")
	return nil
}

func (m *monitor) changed(_ *sdk.Record, l *sdk.LiquidityChanged) error {
	m.report = sdk.PoolReported{
		Venue: l.GetVenue(), Pool: l.GetPool(), BaseMint: l.GetBaseMint(), QuoteMint: l.GetQuoteMint(),
		BaseAmount: l.GetBaseAmount(), QuoteAmount: l.GetQuoteAmount(), Reserves: l.GetReservesAfter(),
		Owner: l.GetOwner(), LpAmount: l.LpAmount,
	}
	switch l.GetDirection() {
	case sdk.LiquidityAdded:
		m.report.Change = sdk.PoolAdded
		m.emit("liquidity_added")
	case sdk.LiquidityRemoved:
		m.report.Change = sdk.PoolRemoved
		m.emit("liquidity_removed")
	default:
		return fmt.Errorf("liquidity of pool %s went in direction %d, which this version does not know",
			sdk.Base58(l.GetPool()), l.GetDirection())
	}
	return nil
}

func (m *monitor) traded(_ *sdk.Record, t *sdk.Trade) error {
	if !m.config.Trades {
		return nil
	}
	m.report = sdk.PoolReported{
		Venue: t.GetVenue(), Pool: t.GetPool(), Change: sdk.PoolTraded, BaseMint: t.GetMint(), QuoteMint: t.GetQuoteMint(),
		// The report is about the pool, so the quote is what its curve saw, not what the trader gave with all fees.
		BaseAmount: t.GetBaseAmount(), QuoteAmount: t.GetPoolQuoteAmount(), Reserves: t.GetReservesAfter(), Owner: t.GetTrader(),
	}
	m.emit("pool_traded")
	return nil
}

func (m *monitor) emit(kind string) {
	m.output.Kind, m.output.Key = kind, sdk.Base58(m.report.GetPool())
	m.host.Emit(&m.output)
}
