package jsonl_test

import (
	"encoding/json"
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/jsonl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func TestAppendPrintsAsPromised(t *testing.T) {
	record := &eventv1.Record{
		Signature:   []byte{1, 2, 3},
		Number:      1 << 60,
		Instruction: &eventv1.InstructionPath{Outer: 0, Inner: proto.Uint32(0)},
		Strategy:    eventv1.Strategy_STRATEGY_EVENT_CPI,
		Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{
			Venue: eventv1.Venue_VENUE_PUMP, Side: eventv1.Side_SIDE_BUY, Symbol: "a\"\xff",
			Fees: []*eventv1.Fee{{Kind: eventv1.FeeKind_FEE_KIND_LP, Amount: 7}},
		}},
	}
	got := string(jsonl.Append(nil, record))
	want := `{"signature":"Ldp","number":"1152921504606846976","slot":"0","instruction":{"outer":0,"inner":0},"strategy":"STRATEGY_EVENT_CPI",` +
		`"trade":{"venue":"VENUE_PUMP","side":"SIDE_BUY","base_amount":"0","quote_amount":"0","pool_quote_amount":"0",` +
		`"fees":[{"kind":"FEE_KIND_LP","amount":"7"}],"symbol":"a\"\ufffd"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Everything but bytes agrees with protojson, so that tools written for it read our lines.
func TestAppendAgreesWithProtojson(t *testing.T) {
	batch := &eventv1.OutputBatch{Instance: "x", Monitor: "y", Outputs: []*eventv1.Output{{
		Cause: 3, Index: 1, Kind: "k", Key: "é<>&", Slot: 9, BlockTime: proto.Int64(-5),
		Body: &eventv1.Output_Signal{Signal: &eventv1.Signal{Text: "line\nbreak", Fields: map[string]string{"b": "2", "a": "1"}}},
	}}}
	theirs, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(jsonl.Append(nil, batch), &a); err != nil {
		t.Fatalf("our line is not JSON: %v", err)
	}
	if err := json.Unmarshal(theirs, &b); err != nil {
		t.Fatal(err)
	}
	ours, _ := json.Marshal(a)
	want, _ := json.Marshal(b)
	if string(ours) != string(want) {
		t.Errorf("got  %s\nwant %s", ours, want)
	}
}

func TestProgramFields(t *testing.T) {
	field := func(name string, f *eventv1.ProgramField) *eventv1.ProgramField {
		f.Name = name
		return f
	}
	event := &eventv1.ProgramEvent{Name: "E", Fields: []*eventv1.ProgramField{
		field("a", &eventv1.ProgramField{Value: &eventv1.ProgramField_Raw{Raw: []byte{0, 0xff}}}),
		field("b", &eventv1.ProgramField{Value: &eventv1.ProgramField_F64{F64: math.Inf(-1)}}),
		field("c", &eventv1.ProgramField{Value: &eventv1.ProgramField_F64{F64: 1.5}}),
		field("none", &eventv1.ProgramField{}),
	}}
	got := string(jsonl.Append(nil, event))
	want := `{"name":"E","fields":[{"name":"a","raw":"00ff"},{"name":"b","f64":"-Infinity"},{"name":"c","f64":1.5},{"name":"none"}],"missing":0,"unread":0}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
