package sdk

import eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"

// KindOf returns the kind that belongs to a record's body.
func KindOf(r *Record) eventv1.Kind {
	switch r.GetBody().(type) {
	case *eventv1.Record_Trade:
		return KindTrade
	case *eventv1.Record_TokenCreated:
		return KindTokenCreated
	case *eventv1.Record_CurveCompleted:
		return KindCompleted
	case *eventv1.Record_TokenMigrated:
		return KindTokenMigrated
	case *eventv1.Record_PoolCreated:
		return KindPoolCreated
	case *eventv1.Record_LiquidityChanged:
		return KindLiquidity
	case *eventv1.Record_Gap:
		return KindGap
	case *eventv1.Record_SlotRetracted:
		return KindRetracted
	case *eventv1.Record_TransactionFailed:
		return KindFailed
	case *eventv1.Record_FeesMoved:
		return KindFeesMoved
	case *eventv1.Record_ReservesChanged:
		return KindReserves
	case *eventv1.Record_LpMoved:
		return KindLpMoved
	case *eventv1.Record_TokenMetadata:
		return KindTokenMetadata
	case *eventv1.Record_ProgramEvent:
		return KindProgramEvent
	default:
		return eventv1.Kind_KIND_UNSPECIFIED
	}
}

// VenueOf returns the venue that a record speaks of; unspecified for a gap. For a migration it is the curve's.
func VenueOf(r *Record) Venue {
	switch body := r.GetBody().(type) {
	case *eventv1.Record_Trade:
		return body.Trade.GetVenue()
	case *eventv1.Record_TokenCreated:
		return body.TokenCreated.GetVenue()
	case *eventv1.Record_CurveCompleted:
		return body.CurveCompleted.GetVenue()
	case *eventv1.Record_TokenMigrated:
		return body.TokenMigrated.GetVenue()
	case *eventv1.Record_PoolCreated:
		return body.PoolCreated.GetVenue()
	case *eventv1.Record_LiquidityChanged:
		return body.LiquidityChanged.GetVenue()
	case *eventv1.Record_TransactionFailed:
		return body.TransactionFailed.GetVenue()
	case *eventv1.Record_FeesMoved:
		return body.FeesMoved.GetVenue()
	case *eventv1.Record_ReservesChanged:
		return body.ReservesChanged.GetVenue()
	case *eventv1.Record_LpMoved:
		return body.LpMoved.GetVenue()
	default:
		return eventv1.Venue_VENUE_UNSPECIFIED
	}
}

// FindField returns the value that a path of names leads to, such as "pool" or "fees", "protocol": into structs and the payload of
// enums. Nil when there is no such field: older layouts of a program have fewer. The getters of a nil field give zero.
func FindField(fields []*ProgramField, path ...string) *ProgramField {
	var found *ProgramField
	for _, name := range path {
		found = nil
		for _, f := range fields {
			if f.GetName() == name {
				found = f
				break
			}
		}
		if found == nil {
			return nil
		}
		fields = found.GetMembers().GetFields()
		if v := found.GetVariant(); v != nil {
			fields = v.GetFields()
		}
	}
	return found
}
