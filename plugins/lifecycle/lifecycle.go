// Package lifecycle is a monitor that follows each token launched on a bonding curve through its life: creation, trading, completion of
// the curve, migration to a pool, milestones on the way, and its end in silence. Records come in; what a token reached goes out, once.
package lifecycle

import (
	"github.com/weir-run/weir/sdk"
)

// Version of the monitor.
const Version = "0.2.0"

// monitor is one instance at work.
type monitor struct {
	host       *sdk.Host
	config     Config
	thresholds *thresholds
	state      *state
	canonical  canonical
}

// New makes the monitor.
func New(host *sdk.Host) sdk.Monitor {
	m := &monitor{host: host, config: defaults(), state: newState()}
	return sdk.Monitor{
		Name:          "lifecycle",
		Version:       Version,
		Config:        &m.config,
		Check:         m.config.check,
		State:         m.state,
		StateVersion:  stateVersion,
		StateReadsMin: 1,
		UpgradeParts:  m.state.upgrade,
		Emits: []string{
			kindCreated, kindTrading, kindCompleted, kindMigrated, kindFound, kindMilestone, kindNear, kindAbandoned, kindRevived, kindState, sdk.KindSlotRetracted,
		},
		ReuseRecords:       true,
		OnTokenCreated:     m.created,
		OnTrade:            m.traded,
		OnCurveCompleted:   m.completed,
		OnTokenMigrated:    m.migrated,
		OnPoolCreated:      m.poolCreated,
		OnLiquidityChanged: m.liquidityChanged,
		OnReservesChanged:  m.reservesChanged,
		OnTokenMetadata:    m.described,
		OnGap:              func(*sdk.Record, *sdk.Gap) error { m.state.loseRecords(); return nil },
		OnJournalGap:       func(*sdk.JournalGap) error { m.state.loseRecords(); return nil },
		OnRetract:          func(slot uint64) error { m.state.retract(slot); host.Retracted(slot); return nil },
	}
}

// Kinds of outputs.
const (
	kindCreated   = "token_created"
	kindTrading   = "token_trading"
	kindCompleted = "token_completed"
	kindMigrated  = "token_migrated"
	kindFound     = "token_found"
	kindMilestone = "token_milestone"
	kindNear      = "token_near_graduation"
	kindAbandoned = "token_abandoned"
	kindRevived   = "token_revived"
	kindState     = "token_state"
)

// phaseKinds name the outputs of phases.
var phaseKinds = map[sdk.TokenPhase]string{
	sdk.PhaseCreated: kindCreated, sdk.PhaseTrading: kindTrading, sdk.PhaseCompleted: kindCompleted, sdk.PhaseMigrated: kindMigrated,
}

// levels are the thresholds of the configuration, which stands when the first record comes.
func (m *monitor) levels() *thresholds {
	if m.thresholds == nil {
		t, _ := m.config.thresholds() // Check has looked at it
		m.thresholds = &t
	}
	return m.thresholds
}

// isCurve tells bonding curves from pools.
func isCurve(v sdk.Venue) bool {
	return v == sdk.Pump || v == sdk.RaydiumLaunchLab || v == sdk.MeteoraDBC
}
