package geysersim

import (
	"bytes"
	"encoding/hex"
	"math/rand/v2"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// fill sets fields of a message by chance, all kinds of them, zero values and empty elements too.
func fill(r *rand.Rand, m protoreflect.Message, depth int) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case r.IntN(4) == 0:
		case f.IsList():
			list := m.Mutable(f).List()
			for range r.IntN(4) {
				if f.Message() != nil {
					fill(r, list.AppendMutable().Message(), depth+1)
				} else {
					list.Append(value(r, f))
				}
			}
		case f.Message() != nil:
			fill(r, m.Mutable(f).Message(), depth+1)
		default:
			m.Set(f, value(r, f))
		}
	}
}

func value(r *rand.Rand, f protoreflect.FieldDescriptor) protoreflect.Value {
	n := r.Uint64() >> r.IntN(65)
	text := make([]byte, r.IntN(200))
	for i := range text {
		text[i] = 'a' + byte(r.IntN(26))
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(n%2 == 0)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(n % 6))
	case protoreflect.Uint32Kind:
		return protoreflect.ValueOfUint32(uint32(n))
	case protoreflect.Uint64Kind:
		return protoreflect.ValueOfUint64(n)
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(float64(n) / 7)
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(string(text))
	default:
		return protoreflect.ValueOfBytes(text)
	}
}

// The hand-written encoder gives byte for byte what the general one gives, for every field that the schema has.
func TestBackwardEqualsTheGeneralEncoder(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // reproducible on purpose
	var w backward
	for i := range 2000 {
		info := new(geyserpb.SubscribeUpdateTransactionInfo)
		fill(r, info.ProtoReflect(), 0)
		want, err := proto.MarshalOptions{Deterministic: true}.Marshal(info)
		if err != nil {
			t.Fatal(err)
		}
		w.begin()
		w.info(info)
		if !bytes.Equal(w.written(), want) {
			t.Fatalf("seed %d, message %d:\ngot  %s\nwant %s", seed, i, hex.EncodeToString(w.written()), hex.EncodeToString(want))
		}
	}
}

// A whole update is what a client decodes to the same transaction.
func TestEncodedTransactionIsAnUpdate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0)) //nolint:gosec // reproducible on purpose
	info := new(geyserpb.SubscribeUpdateTransactionInfo)
	fill(r, info.ProtoReflect(), 0)
	var e encoder
	var encoded transaction
	now := time.Unix(1_700_000_000, 5)
	e.transaction(&encoded, 77, info, now)
	update := new(geyserpb.SubscribeUpdate)
	if err := proto.Unmarshal(append(filterNames("a", "b").ReadOnlyData(), encoded.update.ReadOnlyData()...), update); err != nil {
		t.Fatal(err)
	}
	if got := update.GetTransaction(); got.GetSlot() != 77 || !proto.Equal(got.GetTransaction(), info) {
		t.Errorf("got %v", got)
	}
	if len(update.GetFilters()) != 2 || !update.GetCreatedAt().AsTime().Equal(now) {
		t.Errorf("filters %v, created at %v", update.GetFilters(), update.GetCreatedAt().AsTime())
	}
	again := new(geyserpb.SubscribeUpdateTransactionInfo)
	if err := proto.Unmarshal(encoded.info, again); err != nil || !proto.Equal(again, info) {
		t.Errorf("info differs: %v", err)
	}
	if n := protowire.ConsumeFieldValue(updateCreatedAt, protowire.BytesType, encoded.createdAt[1:]); n != len(encoded.createdAt)-1 {
		t.Errorf("created_at is not one field: %d", n)
	}
}

// No request, however odd, and no transaction makes the filters panic; one that is accepted is accepted the same way again.
func FuzzFilter(f *testing.F) {
	seed := rand.New(rand.NewPCG(2, 0)) //nolint:gosec // reproducible on purpose
	for range 20 {
		info := new(geyserpb.SubscribeUpdateTransactionInfo)
		fill(seed, info.ProtoReflect(), 0)
		r := &geyserpb.SubscribeRequest{Transactions: map[string]*geyserpb.SubscribeRequestFilterTransactions{
			"a": {AccountInclude: []string{"So11111111111111111111111111111111111111112"}}, "b": {Failed: new(bool)},
		}}
		request, _ := proto.Marshal(r)
		tx, _ := proto.Marshal(info)
		f.Add(request, tx)
	}
	f.Fuzz(func(t *testing.T, request, tx []byte) {
		r, info := new(geyserpb.SubscribeRequest), new(geyserpb.SubscribeUpdateTransactionInfo)
		if proto.Unmarshal(request, r) != nil || proto.Unmarshal(tx, info) != nil {
			t.Skip()
		}
		compiled, err := compile(r, &bounds{limits: Limits{NameLength: 128, Pubkeys: 50}})
		if err != nil {
			return
		}
		var e encoder
		var encoded transaction
		e.transaction(&encoded, 1, info, time.Unix(0, 0))
		names := compiled.transactions.match(&encoded)
		again := compiled.transactions.match(&encoded)
		if (names == nil) != (again == nil) || names != nil && !bytes.Equal(names.ReadOnlyData(), again.ReadOnlyData()) {
			t.Errorf("matched %v, then %v", names, again)
		}
		for _, status := range []geyserpb.SlotStatus{0, 1, 2, 3, 6} {
			compiled.slotNames(status)
		}
	})
}
