// Package liquidity is a monitor of pools: what they hold and are worth, who provides how much, what fees they make, how deep they are,
// and when one is emptied. New pools, liquidity changes, trades, swept fees, boosts and LP tokens that move come in. Bonding curves are not pools.
package liquidity

import (
	"fmt"

	"github.com/weir-run/weir/sdk"
)

// Version of the monitor.
const Version = "0.3.0"

// kinds of outputs.
var kinds = []string{
	"pool_created", "liquidity_added", "liquidity_removed", "pool_traded", "lp_position", "fees_swept", "pool_depth", "pool_period", "pool_drained",
	sdk.KindSlotRetracted,
}

// monitor is one instance at work. report and output are used again for every report: Emit encodes at once.
type monitor struct {
	host   *sdk.Host
	config Config
	state  *state
	report report
	output sdk.Output
}

// New makes the monitor.
func New(host *sdk.Host) sdk.Monitor {
	m := &monitor{host: host, config: defaults(), state: newState()}
	m.output.Body = &sdk.PoolReportedBody{PoolReported: &m.report.message}
	return sdk.Monitor{
		Name:               "liquidity",
		Version:            Version,
		Config:             &m.config,
		Check:              m.config.check,
		State:              m.state.saved(),
		StateVersion:       stateVersion,
		StateReadsMin:      1,
		UpgradeParts:       m.state.upgrade,
		Emits:              kinds,
		Venues:             []sdk.Venue{sdk.PumpSwap, sdk.RaydiumV4, sdk.RaydiumCPMM, sdk.RaydiumCLMM},
		ReuseRecords:       true,
		OnPoolCreated:      m.created,
		OnLiquidityChanged: m.changed,
		OnTrade:            m.traded,
		OnFeesMoved:        m.moved,
		OnReservesChanged:  m.boosted,
		OnLpMoved:          m.lpMoved,
		OnGap:              func(r *sdk.Record, _ *sdk.Gap) error { m.state.doubt(r.GetSlot()); return nil },
		OnJournalGap:       func(*sdk.JournalGap) error { m.state.doubt(0); return nil },
		OnRetract:          func(slot uint64) error { m.state.doubt(slot); host.Retracted(slot); return nil },
	}
}

func (m *monitor) created(r *sdk.Record, c *sdk.PoolCreated) error {
	key := sdk.KeyOf(c.GetPool())
	p := m.open(key, r.GetSlot())
	p.open(c)
	m.report.created(c)
	m.report.worth(m, p, r.GetSlot())
	m.emit("pool_created", key)
	if c.LpAmount != nil && p.creator != (sdk.Key{}) {
		base, quote := p.turn(c.GetBaseAmount(), c.GetQuoteAmount())
		m.enter(key, p, p.creator, amount{low: c.GetLpAmount()}, base, quote)
	}
	m.tick(r, key, p, func(b *bucket) { b.opened(p, c) })
	m.deep(key, p)
	return nil
}

func (m *monitor) changed(r *sdk.Record, l *sdk.LiquidityChanged) error {
	var kind string
	switch l.GetDirection() {
	case sdk.LiquidityAdded:
		kind = "liquidity_added"
	case sdk.LiquidityRemoved:
		kind = "liquidity_removed"
	default:
		return fmt.Errorf("liquidity of pool %s went in direction %d, which this version does not know",
			sdk.Base58(l.GetPool()), l.GetDirection())
	}
	key := sdk.KeyOf(l.GetPool())
	p := m.open(key, r.GetSlot())
	before := p.change(l)
	m.report.changed(p, l, before)
	m.report.worth(m, p, r.GetSlot())
	m.emit(kind, key)
	m.provide(key, p, l)
	m.tick(r, key, p, func(b *bucket) { b.change(p, l) })
	if l.GetDirection() == sdk.LiquidityRemoved {
		m.withdrawn(r, key, p, l, before)
	} else {
		p.refilled()
	}
	m.deep(key, p)
	return nil
}

func (m *monitor) traded(r *sdk.Record, t *sdk.Trade) error {
	key := sdk.KeyOf(t.GetPool())
	p := m.open(key, r.GetSlot())
	p.trade(t)
	p.fees.accrue(t.GetFees())
	m.state.rest.prices.learn(t)
	if m.config.Trades {
		m.report.traded(p, t)
		m.report.worth(m, p, r.GetSlot())
		m.emit("pool_traded", key)
	}
	m.tick(r, key, p, func(b *bucket) { b.trade(t) })
	m.sold(r, key, p, t)
	return nil
}

// boosted takes what a pool's boost changed. A pool that is not known stays so: the record does not name both of its mints.
func (m *monitor) boosted(r *sdk.Record, c *sdk.ReservesChanged) error {
	key := sdk.KeyOf(c.GetPool())
	if !m.state.pools.Has(key) {
		return nil
	}
	p := m.open(key, r.GetSlot())
	p.boosted(c)
	m.tick(r, key, p, func(*bucket) {})
	return nil
}

func (m *monitor) emit(kind string, pool sdk.Key) {
	m.output.Kind, m.output.Key = kind, pool.String()
	m.host.Emit(&m.output)
}

// open returns the pool, which becomes the one that changed last.
func (m *monitor) open(key sdk.Key, slot uint64) *pool {
	pools := m.state.pools
	if p := pools.Touch(key); p != nil {
		if p.since == 0 {
			p.since = slot
		}
		return p
	}
	for pools.Len() >= m.config.MaxPools {
		pools.DeleteOldest()
	}
	p := pools.Put(key)
	p.since = slot
	return p
}
