package sdk

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Monitor is what a monitor consists of. Only Name and one handler are needed. Handlers are called one at a time, in the
// order of the records, on one goroutine, so they need no locks; a nil handler means that the monitor does not want that
// kind, and the host does not send it. What a handler emits before it returns an error is dropped.
type Monitor struct {
	// Name of the monitor: lower case letters, digits and dashes.
	Name string
	// Version, semver. Empty means 0.0.0.
	Version string

	// Config points to a struct with the defaults set; nil takes no configuration. It is filled from the host's JSON before
	// Check and the first record. Unknown keys are refused. A field's doc tag becomes its description.
	Config any
	// Check looks at the filled Config. Its error refuses the configuration; it must have no effects outside the monitor.
	Check func() error

	// State points to all that the monitor remembers; nil remembers nothing. It is saved as JSON, or by AppendBinary (or
	// MarshalBinary) and UnmarshalBinary when the type has them, which must be deterministic. No record is handled meanwhile: a
	// large state is better Divided, which saves what changed.
	State any
	// StateVersion is written with every state. 0 means 1. Raise it when older programs cannot read what this one writes.
	StateVersion uint32
	// StateReadsMin is the oldest version that can be restored. 0 means StateVersion.
	StateReadsMin uint32
	// Upgrade restores State from an older version. Nil reads it as if it were of this version.
	Upgrade func(version uint32, data []byte) error
	// UpgradeParts is the same for a version that was Divided. It takes those in one piece too, and goes before Upgrade.
	UpgradeParts func(version uint32, parts [][]byte) error

	// Emits lists the kinds of outputs: lower snake case. When set, other kinds are refused.
	Emits []string
	// Venues that are wanted; empty means all.
	Venues []Venue
	// Determinism: Strict when not set. Say Relaxed if handlers read clocks, networks or random numbers.
	Determinism Determinism

	// ReuseRecords says that no handler keeps a record, a message or a byte slice of one beyond its return; KeyOf and strings
	// are copies and may be kept. The SDK then uses the memory again: a trade costs two allocations instead of four large ones.
	ReuseRecords bool

	// OnTrade gets trades on curves and pools.
	OnTrade func(*Record, *Trade) error
	// OnTokenCreated gets launches.
	OnTokenCreated func(*Record, *TokenCreated) error
	// OnCurveCompleted gets curves that sold out.
	OnCurveCompleted func(*Record, *CurveCompleted) error
	// OnTokenMigrated gets curves whose liquidity moved to a pool.
	OnTokenMigrated func(*Record, *TokenMigrated) error
	// OnPoolCreated gets new pools.
	OnPoolCreated func(*Record, *PoolCreated) error
	// OnLiquidityChanged gets deposits and withdrawals.
	OnLiquidityChanged func(*Record, *LiquidityChanged) error
	// OnTransactionFailed gets transactions of venues that failed. They come only from a host that watches failed transactions.
	OnTransactionFailed func(*Record, *TransactionFailed) error
	// OnFeesMoved gets fees that reached a receiver: payouts of what trades had paid before.
	OnFeesMoved func(*Record, *FeesMoved) error
	// OnReservesChanged gets reserves that changed without a trade or liquidity.
	OnReservesChanged func(*Record, *ReservesChanged) error
	// OnLpMoved gets LP tokens, and NFTs of positions, that changed hands, were burned or locked.
	OnLpMoved func(*Record, *LpMoved) error
	// OnTokenMetadata gets names of tokens whose creation was not seen, some time after their first record. A host without an RPC node
	// never sends it.
	OnTokenMetadata func(*Record, *TokenMetadata) error
	// OnProgramEvent gets instructions and events of the programs that the operator dropped an IDL in for, of all of them:
	// look at Program and Name.
	OnProgramEvent func(*Record, *ProgramEvent) error
	// OnGap gets slots whose data could not be had from the chain.
	OnGap func(*Record, *Gap) error

	// OnJournalGap is called when records were lost to this instance, because it lay behind for longer than the journal keeps
	// them. Outputs emitted here are caused by the last number lost. Nil logs a warning.
	OnJournalGap func(*JournalGap) error
	// OnRetract is called when a slot turned out never to have happened: every earlier record of that slot is void. That happens
	// at commitment processed only, and once a slot; should the chain come back to the slot, its records come again. The retraction
	// is a record of the journal like others: outputs emitted here are caused by its number, and a replay brings it again.
	// Host.Retracted tells those who read the outputs.
	OnRetract func(slot uint64) error

	// Close frees what the monitor holds, at the end of its epoch. It is not called when the process is killed.
	Close func() error
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// withDefaults fills what the author left out.
func (m Monitor) withDefaults() Monitor {
	if m.Version == "" {
		m.Version = "0.0.0"
	}
	if m.State != nil && m.StateVersion == 0 {
		m.StateVersion = 1
	}
	if m.StateReadsMin == 0 {
		m.StateReadsMin = m.StateVersion
	}
	if m.Determinism == 0 {
		m.Determinism = Strict
	}
	return m
}

// check finds the mistakes that can be seen before any record comes.
func (m Monitor) check() error {
	if !namePattern.MatchString(m.Name) {
		return fmt.Errorf("Monitor.Name is %q; it must be lower case letters, digits and dashes", m.Name)
	}
	if len(m.kinds()) == 0 {
		return errors.New("Monitor has no record handler; set OnTrade or another one")
	}
	if m.Config != nil && !isPointerTo(m.Config, reflect.Struct) {
		return fmt.Errorf("Monitor.Config is a %T; it must be a pointer to a struct", m.Config)
	}
	if m.State != nil && reflect.ValueOf(m.State).Kind() != reflect.Pointer {
		return fmt.Errorf("Monitor.State is a %T; it must be a pointer", m.State)
	}
	if m.StateReadsMin > m.StateVersion {
		return fmt.Errorf("Monitor.StateReadsMin is %d, above StateVersion %d", m.StateReadsMin, m.StateVersion)
	}
	for _, kind := range m.Emits {
		if !outputKindPattern.MatchString(kind) {
			return fmt.Errorf("Monitor.Emits holds %q; output kinds are lower snake case", kind)
		}
	}
	return nil
}

func isPointerTo(v any, kind reflect.Kind) bool {
	t := reflect.TypeOf(v)
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == kind && !reflect.ValueOf(v).IsNil()
}

// kinds lists what the handlers want, in the order of the numbers.
func (m Monitor) kinds() []eventv1.Kind {
	wanted := []struct {
		kind eventv1.Kind
		set  bool
	}{
		{KindTrade, m.OnTrade != nil},
		{KindTokenCreated, m.OnTokenCreated != nil},
		{KindCompleted, m.OnCurveCompleted != nil},
		{KindTokenMigrated, m.OnTokenMigrated != nil},
		{KindPoolCreated, m.OnPoolCreated != nil},
		{KindLiquidity, m.OnLiquidityChanged != nil},
		{KindGap, m.OnGap != nil},
		{KindRetracted, m.OnRetract != nil},
		{KindFailed, m.OnTransactionFailed != nil},
		{KindFeesMoved, m.OnFeesMoved != nil},
		{KindReserves, m.OnReservesChanged != nil},
		{KindLpMoved, m.OnLpMoved != nil},
		{KindTokenMetadata, m.OnTokenMetadata != nil},
		{KindProgramEvent, m.OnProgramEvent != nil},
	}
	var kinds []eventv1.Kind
	for _, w := range wanted {
		if w.set {
			kinds = append(kinds, w.kind)
		}
	}
	return kinds
}

// call hands a decoded record to its handler.
func (m Monitor) call(r *Record) error {
	switch body := r.GetBody().(type) {
	case *eventv1.Record_Trade:
		return m.OnTrade(r, body.Trade)
	case *eventv1.Record_TokenCreated:
		return m.OnTokenCreated(r, body.TokenCreated)
	case *eventv1.Record_CurveCompleted:
		return m.OnCurveCompleted(r, body.CurveCompleted)
	case *eventv1.Record_TokenMigrated:
		return m.OnTokenMigrated(r, body.TokenMigrated)
	case *eventv1.Record_PoolCreated:
		return m.OnPoolCreated(r, body.PoolCreated)
	case *eventv1.Record_LiquidityChanged:
		return m.OnLiquidityChanged(r, body.LiquidityChanged)
	case *eventv1.Record_Gap:
		return m.OnGap(r, body.Gap)
	case *eventv1.Record_SlotRetracted:
		if err := m.OnRetract(r.GetSlot()); err != nil {
			return fmt.Errorf("retract slot %d: %w", r.GetSlot(), err)
		}
		return nil
	case *eventv1.Record_TransactionFailed:
		return m.OnTransactionFailed(r, body.TransactionFailed)
	case *eventv1.Record_FeesMoved:
		return m.OnFeesMoved(r, body.FeesMoved)
	case *eventv1.Record_ReservesChanged:
		return m.OnReservesChanged(r, body.ReservesChanged)
	case *eventv1.Record_LpMoved:
		return m.OnLpMoved(r, body.LpMoved)
	case *eventv1.Record_TokenMetadata:
		return m.OnTokenMetadata(r, body.TokenMetadata)
	case *eventv1.Record_ProgramEvent:
		return m.OnProgramEvent(r, body.ProgramEvent)
	default:
		return errors.New("record has no body that this SDK knows")
	}
}
