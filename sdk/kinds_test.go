package sdk_test

import (
	"slices"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// TestKindsReachTheirHandlers sends the kinds that no sample monitor uses over the real protocol.
func TestKindsReachTheirHandlers(t *testing.T) {
	h := weirtest.Start(t, func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{
			Name: "kinds", Venues: []sdk.Venue{sdk.Pump},
			OnTransactionFailed: func(_ *sdk.Record, f *sdk.TransactionFailed) error {
				h.Signal("failed", f.GetInstructionError(), "", nil)
				return nil
			},
			OnFeesMoved: func(_ *sdk.Record, f *sdk.FeesMoved) error {
				h.Signal("fees", f.GetMovement().String(), "", nil)
				return nil
			},
			OnReservesChanged: func(_ *sdk.Record, c *sdk.ReservesChanged) error {
				h.Signal("reserves", c.GetChange().String(), "", nil)
				return nil
			},
			OnLpMoved: func(_ *sdk.Record, l *sdk.LpMoved) error {
				h.Signal("lp", l.GetMovement().String(), "", nil)
				return nil
			},
			OnTokenMetadata: func(_ *sdk.Record, m *sdk.TokenMetadata) error {
				h.Signal("named", m.GetSymbol(), "", nil)
				return nil
			},
		}
	})
	outputs := h.Send(
		weirtest.TransactionFailed(nil), weirtest.FeesMoved(&sdk.FeesMoved{Movement: sdk.FeesClaimed}), weirtest.ReservesChanged(nil),
		weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap}), weirtest.Trade(nil),
		weirtest.LpMoved(&sdk.LpMoved{Venue: sdk.Pump}), weirtest.LpMoved(nil),
		weirtest.TokenMetadata(&sdk.TokenMetadata{Symbol: "WEIR"}),
	)
	var got []string
	for _, o := range outputs {
		got = append(got, o.GetKind()+" "+o.GetKey())
	}
	want := []string{"failed Custom", "fees FEES_MOVEMENT_CLAIMED", "reserves RESERVES_CHANGE_MAYHEM", "lp LP_MOVEMENT_BURNED", "named WEIR"}
	if !slices.Equal(got, want) {
		t.Errorf("handlers said %q, want %q", got, want)
	}
}
