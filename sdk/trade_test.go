package sdk

import (
	"bytes"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"pgregory.net/rapid"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// fill sets fields of a message at random. It goes by the descriptor, so that a field added to the contract is tried as well.
func fill(t *rapid.T, m protoreflect.Message) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if one := f.ContainingOneof(); one != nil && !one.IsSynthetic() || !rapid.Bool().Draw(t, string(f.Name())) {
			continue
		}
		switch {
		case f.IsList():
			for range rapid.IntRange(0, 6).Draw(t, "count") {
				fill(t, m.Mutable(f).List().AppendMutable().Message())
			}
		case f.Message() != nil:
			fill(t, m.Mutable(f).Message())
		default:
			m.Set(f, value(t, f.Kind()))
		}
	}
}

func value(t *rapid.T, kind protoreflect.Kind) protoreflect.Value {
	switch kind {
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "bytes"))
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(rapid.String().Draw(t, "text"))
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(rapid.Bool().Draw(t, "bool"))
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(rapid.Int32().Draw(t, "enum")))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(rapid.Uint32().Draw(t, "uint32"))
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(rapid.Uint64().Draw(t, "uint64"))
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(rapid.Int32().Draw(t, "int32"))
	case protoreflect.Int64Kind, protoreflect.Sint64Kind:
		return protoreflect.ValueOfInt64(rapid.Int64().Draw(t, "int64"))
	default:
		t.Fatalf("the test does not know fields of kind %s", kind)
		return protoreflect.Value{}
	}
}

// Every field of the contract must be read by hand, and as protobuf reads it.
func TestDecodeTradeAgreesWithProtobuf(t *testing.T) {
	var used tradeRecord // nothing of one record may show in the next
	rapid.Check(t, func(t *rapid.T) {
		trade := &Trade{}
		fill(t, trade.ProtoReflect())
		want := &Record{Body: &eventv1.Record_Trade{Trade: trade}}
		fill(t, want.ProtoReflect())
		want.Number = 0 // it is in the envelope
		encoded, err := proto.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := decodeTrade(&used, encoded)
		if got == nil {
			t.Fatalf("left to protobuf: %v", want)
		}
		if !proto.Equal(got, want) {
			t.Fatalf("got %v\nwant %v", got, want)
		}
	})
}

// On bytes that nobody wrote it may give up, but not differ.
func FuzzDecodeTrade(f *testing.F) {
	run, err := readBatch(exampleBatch(f, 1))
	if err != nil {
		f.Fatal(err)
	}
	e, _, err := run.next()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(e.record)
	f.Add([]byte{20<<3&0x7f | 2 | 0x80, 1, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		got := decodeTrade(&tradeRecord{}, b)
		if got == nil {
			return
		}
		var want Record
		if err := proto.Unmarshal(b, &want); err != nil {
			t.Fatalf("%x was read, but protobuf says: %v", b, err)
		}
		if !proto.Equal(got, &want) {
			t.Fatalf("%x was read as %v, by protobuf as %v", b, got, &want)
		}
	})
}

func TestDecodeTradeLeavesTheRestToProtobuf(t *testing.T) {
	body := func(trade []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, 20, protowire.BytesType), trade)
	}
	later := protowire.AppendVarint(protowire.AppendTag(nil, 99, protowire.VarintType), 1)
	fee := []byte{11<<3 | 2, 0}
	for name, b := range map[string][]byte{
		"nothing":                     nil,
		"no trade":                    {3 << 3, 5},
		"a later field of the record": append(body(nil), later...),
		"a later field of the trade":  body(later),
		"two trades":                  append(body(nil), body(nil)...),
		"more fees than expected":     body(bytes.Repeat(fee, maxFees+1)),
		"text that is not text":       body([]byte{0x92, 1, 1, 0xff}),
		"another type of field":       body(protowire.AppendFixed64(protowire.AppendTag(nil, 8, protowire.Fixed64Type), 1)),
		"a length past the end":       {1<<3 | 2, 64},
	} {
		if r := decodeTrade(&tradeRecord{}, b); r != nil {
			t.Errorf("%s was read as %v", name, r)
		}
	}
	e := envelope{kind: KindTrade, number: 4, record: body(later)}
	if r, err := e.decode(nil); err != nil || r.GetNumber() != 4 || len(r.GetTrade().ProtoReflect().GetUnknown()) == 0 {
		t.Errorf("a later version's trade is %v, %v", r, err)
	}
}

// A handler may keep what it is given, unless its monitor says that none does.
func TestRecordsAreKeptOrReused(t *testing.T) {
	for _, reuse := range []bool{false, true} {
		var kept []*Trade
		c := &control{newMonitor: func(*Host) Monitor {
			return Monitor{Name: "keeper", ReuseRecords: reuse, OnTrade: func(_ *Record, t *Trade) error {
				kept = append(kept, t)
				return nil
			}}
		}}
		w, err := c.create(nil)
		if err != nil {
			t.Fatal(err)
		}
		w.stream = &sink{}
		frame := exampleBatch(t, 2)
		want, err := proto.Marshal(exampleTrade(0).GetTrade())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.batch(frame); err != nil {
			t.Fatal(err)
		}
		if (kept[0] == kept[1]) != reuse {
			t.Errorf("reuse %t: the same memory: %t", reuse, kept[0] == kept[1])
		}
		if reuse {
			continue
		}
		clear(frame) // gRPC uses it again
		if got, err := proto.Marshal(kept[0]); err != nil || !bytes.Equal(got, want) {
			t.Errorf("the trade that was kept is %v, %v", kept[0], err)
		}
	}
}
