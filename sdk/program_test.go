package sdk_test

import (
	"strconv"
	"testing"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func u64(name string, v uint64) *sdk.ProgramField {
	return &sdk.ProgramField{Name: name, Value: &eventv1.ProgramField_U64{U64: v}}
}

// Records of a dropped-in IDL reach the monitor that asks for them, also one that wants a single venue.
func TestProgramEventsReachTheirHandler(t *testing.T) {
	h := weirtest.Start(t, func(h *sdk.Host) sdk.Monitor {
		return sdk.Monitor{Name: "generic", Venues: []sdk.Venue{sdk.Pump}, OnProgramEvent: func(_ *sdk.Record, e *sdk.ProgramEvent) error {
			f := sdk.FindField(e.GetFields(), "fees", "protocol")
			h.Signal("seen", e.GetName(), strconv.FormatUint(f.GetU64(), 10), nil)
			return nil
		}}
	})
	fees := &sdk.ProgramField{Name: "fees", Value: &eventv1.ProgramField_Members{Members: &eventv1.ProgramFields{Fields: []*sdk.ProgramField{u64("lp", 2), u64("protocol", 5)}}}}
	out := h.Send(trade("A"), weirtest.ProgramEvent(&sdk.ProgramEvent{Name: "Swapped", Fields: []*sdk.ProgramField{u64("amount", 1), fees}}))
	if len(out) != 1 || out[0].GetKey() != "Swapped" || out[0].GetSignal().GetText() != "5" || out[0].GetCause() != 2 {
		t.Errorf("outputs are %v", out)
	}
}

func TestFindField(t *testing.T) {
	side := &sdk.ProgramField{Name: "side", Value: &eventv1.ProgramField_Variant{Variant: &eventv1.ProgramVariant{Name: "Ask", Fields: []*sdk.ProgramField{u64("0", 7)}}}}
	fields := []*sdk.ProgramField{u64("a", 1), side, {Name: "none"}}
	for _, c := range []struct {
		path []string
		want *sdk.ProgramField
	}{
		{[]string{"a"}, fields[0]},
		{[]string{"side"}, side},
		{[]string{"side", "0"}, side.GetVariant().GetFields()[0]},
		{[]string{"none"}, fields[2]},
		{[]string{"a", "b"}, nil},
		{[]string{"c"}, nil},
		{nil, nil},
	} {
		if got := sdk.FindField(fields, c.path...); got != c.want {
			t.Errorf("%v: got %v, want %v", c.path, got, c.want)
		}
	}
}
