package rows

import (
	"reflect"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// kind is how outputs of one body become rows.
type kind struct {
	name string
	add  func(b *Batch, h head)
}

// kinds are the bodies that have tables made for them. A new one is a file with its table and function, a line here, and a migration.
// All others go to table signals.
var kinds = map[reflect.Type]kind{
	on[*eventv1.Output_TokenPhaseChanged](): {"phases", addPhase},
	on[*eventv1.Output_TradeReported]():     {"trades", addTrade},
	on[*eventv1.Output_PoolReported]():      {"pools", addPool},
	on[*eventv1.Output_CandleClosed]():      {"candles", addCandle},
	on[*eventv1.Output_WindowClosed]():      {"windows", addWindow},
	on[*eventv1.Output_Finding]():           {"findings", addFinding},
	on[*eventv1.Output_Signal]():            {"signals", addOther},
	on[*eventv1.Output_TokenMilestone]():    {"milestones", addMilestone},
	on[*eventv1.Output_TokenActivity]():     {"activity", addActivity},
	on[*eventv1.Output_TokenState]():        {"token_states", addTokenState},
	on[*eventv1.Output_PoolPosition]():      {"positions", addPosition},
	on[*eventv1.Output_PoolFee]():           {"fees", addFee},
	on[*eventv1.Output_PoolDepth]():         {"depths", addDepth},
	on[*eventv1.Output_PoolPeriod]():        {"pool_periods", addPeriod},
	on[*eventv1.Output_PoolDrained]():       {"drained", addDrained},
	on[*eventv1.Output_SlotRetracted]():     {"retractions", addRetraction},
}

// other is for bodies that nothing is made for, and for those of a newer monitor that this program cannot read.
var other = kind{"other", addOther}

func on[Body any]() reflect.Type { return reflect.TypeFor[Body]() }
