package idl_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func forms(tb testing.TB) []*idl.Program {
	tb.Helper()
	var out []*idl.Program
	for _, name := range []string{"pump-029.json", "pump-030.json"} {
		p, err := idl.Parse(name, testdata(tb, name))
		if err != nil {
			tb.Fatal(err)
		}
		if p.Key != dex.Pump || p.Name != "pump" || p.Version != "0.1.0" {
			tb.Errorf("%s: program %s, name %q, version %q", name, p.Key, p.Name, p.Version)
		}
		out = append(out, p)
	}
	return out
}

// check compares a decoded field with a field of the venue's own parser by its printed value.
func check(t *testing.T, f *eventv1.ProgramField, want reflect.Value) {
	t.Helper()
	var got any
	switch v := f.GetValue().(type) {
	case *eventv1.ProgramField_U64:
		got = v.U64
	case *eventv1.ProgramField_I64:
		got = v.I64
	case *eventv1.ProgramField_Flag:
		got = v.Flag
	case *eventv1.ProgramField_Key:
		got = dex.Key(v.Key)
	case *eventv1.ProgramField_Text:
		got = []byte(v.Text)
	case *eventv1.ProgramField_List:
		got = fmt.Sprint(len(v.List.GetFields()), " items")
		want = reflect.ValueOf(fmt.Sprint(want.MethodByName("Len").Call(nil)[0].Int(), " items"))
	default:
		t.Fatalf("field %s has a value of type %T", f.GetName(), v)
	}
	if fmt.Sprint(got) != fmt.Sprint(want.Interface()) {
		t.Errorf("%s: got %v, want %v", f.GetName(), got, want.Interface())
	}
}

// What an IDL makes of real events is what the parser written for them makes of them, in each form of the IDL and for each length
// that the event has had.
func TestTradeEventAgreesWithVenue(t *testing.T) {
	events := dextest.Events(t, "pump", "TradeEvent")
	for _, p := range forms(t) {
		lengths := map[int]int{}
		for _, e := range events {
			want, err := pumpfun.ParseTradeEvent(e.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Event(e.Bytes)
			if err != nil {
				t.Fatalf("%s: %s: %v", p.File, e.File, err)
			}
			if got.GetName() != "TradeEvent" || got.GetKind() != eventv1.ProgramEventKind_PROGRAM_EVENT_KIND_EVENT {
				t.Errorf("got %s of kind %s", got.GetName(), got.GetKind())
			}
			if n := len(got.GetFields()); n != int(want.Fields) || got.GetMissing() != uint32(pumpfun.TradeNewest-n) || int(got.GetUnread()) != want.Tail {
				t.Errorf("%s: %d fields, %d missing, %d unread; the venue has %d fields, tail %d",
					e.File, n, got.GetMissing(), got.GetUnread(), want.Fields, want.Tail)
			}
			for _, f := range got.GetFields() {
				name := strings.ReplaceAll(strings.Title(strings.ReplaceAll(f.GetName(), "_", " ")), " ", "") //nolint:staticcheck // ASCII
				check(t, f, reflect.ValueOf(want).FieldByName(name))
			}
			lengths[len(e.Bytes)]++
		}
		t.Logf("%s: %d events, lengths %v", p.File, len(events), lengths)
	}
}

func TestInstructionWithAccounts(t *testing.T) {
	data := append([]byte{0x66, 0x06, 0x3d, 0x12, 0x01, 0xda, 0xeb, 0xea}, 7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0)
	keys := make([][]byte, 9)
	for i := range keys {
		keys[i] = bytes.Repeat([]byte{byte(i + 1)}, 32)
	}
	keys[1] = nil // an index that points nowhere
	var first *eventv1.ProgramEvent
	for _, p := range forms(t) {
		e, err := p.Instruction(data, keys)
		if err != nil {
			t.Fatal(err)
		}
		if e.GetName() != "buy" || len(e.GetFields()) != 2 || e.GetFields()[1].GetName() != "max_sol_cost" || e.GetFields()[1].GetU64() != 9 {
			t.Errorf("%s: got %v", p.File, e)
		}
		if len(e.GetAccounts()) != 6 || e.GetAccounts()[1].GetName() != "mint" || e.GetAccounts()[1].GetKey()[0] != 3 {
			t.Errorf("%s: accounts %v", p.File, e.GetAccounts())
		}
		if first != nil && !proto.Equal(first, e) {
			t.Errorf("the two forms differ:\n%v\n%v", first, e)
		}
		first = e
	}
}
