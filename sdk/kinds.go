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
	default:
		return eventv1.Venue_VENUE_UNSPECIFIED
	}
}
