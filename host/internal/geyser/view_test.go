package geyser_test

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
	storagepb "github.com/weir-run/weir/proto/gen/yellowstone/storage"
)

func encode(tb testing.TB, m proto.Message) []byte {
	tb.Helper()
	raw, err := proto.Marshal(m)
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// agree reads raw in both ways and reports every field that differs.
func agree(tb testing.TB, v *geyser.View, raw []byte) {
	tb.Helper()
	m := &geyserpb.SubscribeUpdate{}
	if err := proto.Unmarshal(raw, m); err != nil {
		tb.Fatalf("Unmarshal: %v", err)
	}
	if err := v.Read(raw); err != nil {
		tb.Fatalf("Read: %v\n%x", err, raw)
	}
	for _, d := range compare(v, m) {
		tb.Error(d)
	}
	if tb.Failed() {
		tb.Fatalf("bytes: %x", raw)
	}
}

func TestViewAgreesWithUnmarshal(t *testing.T) {
	const seed = 20_261_124
	r := random{rand.New(rand.NewPCG(seed, 0))}
	var v geyser.View // one for all, so that nothing may be left over from the update before
	kinds := map[geyser.Kind]int{}
	for range 4000 {
		agree(t, &v, encode(t, r.update()))
		kinds[v.Kind]++
	}
	for k := geyser.KindUnknown; k <= geyser.KindOther; k++ {
		if kinds[k] < 100 {
			t.Errorf("seed %d gave only %d updates of kind %v", seed, kinds[k], k)
		}
	}
}

// Two encoded messages one after the other are one message with repeated fields: protobuf merges them, so must the view.
func TestViewMergesAsUnmarshalDoes(t *testing.T) {
	r := random{rand.New(rand.NewPCG(7, 7))}
	var v geyser.View
	merged := 0
	for range 4000 {
		a, b := r.update(), r.update()
		raw := append(encode(t, a), encode(t, b)...)
		agree(t, &v, raw)
		if a.GetTransaction() != nil && b.GetTransaction() != nil {
			merged++
		}
	}
	if merged < 20 {
		t.Errorf("only %d pairs of transactions were merged", merged)
	}
}

func TestViewSkipsUnknownFields(t *testing.T) {
	raw := encode(t, trade(1))
	tail := protowire.AppendTag(nil, 1000, protowire.BytesType)
	tail = protowire.AppendBytes(tail, []byte("new"))
	tail = protowire.AppendTag(tail, 4, protowire.VarintType) // a known number with another wire type
	tail = protowire.AppendVarint(tail, 7)
	tail = protowire.AppendTag(tail, 1001, protowire.Fixed64Type)
	tail = protowire.AppendFixed64(tail, 7)
	tail = protowire.AppendTag(tail, 1002, protowire.Fixed32Type)
	tail = protowire.AppendFixed32(tail, 7)
	var v geyser.View
	agree(t, &v, append(raw, tail...))

	// block_footer of the proto 13 line: a member of the oneof that this line does not know.
	if err := v.Read(protowire.AppendBytes(protowire.AppendTag(nil, 12, protowire.BytesType), []byte{8, 1})); err != nil || v.Kind != geyser.KindUnknown {
		t.Errorf("block_footer: kind %v, error %v; want unknown and none", v.Kind, err)
	}
	if err := v.Read(nil); err != nil || v.Kind != geyser.KindUnknown {
		t.Errorf("empty update: kind %v, error %v; want unknown and none", v.Kind, err)
	}
}

// Balances that are not packed, and an index that comes after its instructions, are valid wire forms that no encoder of ours makes.
func TestViewReadsOtherEncodings(t *testing.T) {
	field := func(n protowire.Number, content []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), content)
	}
	inner := append(field(2, []byte{8, 3}), 8, 5)
	meta := append(field(5, inner), 3<<3, 9, 3<<3, 0x80, 1, 3<<3|2, 2, 7, 8)
	info := append(field(1, make([]byte, 64)), field(4, meta)...)
	var v geyser.View
	agree(t, &v, field(4, field(1, info)))
	if len(v.Tx.PreBalances) != 4 || v.Tx.PreBalances[1] != 128 || v.Tx.Inner[0].Outer != 5 {
		t.Errorf("balances %v, inner %+v", v.Tx.PreBalances, v.Tx.Inner)
	}
}

func TestViewRefuses(t *testing.T) {
	with := func(change func(*geyserpb.SubscribeUpdateTransactionInfo)) []byte {
		u := trade(1)
		change(u.GetTransaction().GetTransaction())
		return encode(t, u)
	}
	good := encode(t, trade(1))
	block := &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Block{Block: &geyserpb.SubscribeUpdateBlock{
		Transactions: []*geyserpb.SubscribeUpdateTransactionInfo{{Signature: make([]byte, 64)}, {Signature: make([]byte, 3)}},
	}}}
	for _, c := range []struct {
		name string
		raw  []byte
		want string
	}{
		{"no signature", with(func(i *geyserpb.SubscribeUpdateTransactionInfo) { i.Signature = nil }), "transaction.transaction.signature: 0 bytes, want 64"},
		{"no content", []byte{4<<3 | 2, 0}, "transaction.transaction.signature: 0 bytes"},
		{"short key", with(func(i *geyserpb.SubscribeUpdateTransactionInfo) {
			i.Transaction.Message.AccountKeys[3] = make([]byte, 31)
		}), "transaction.transaction.transaction.message.account_keys[3]: 31 bytes"},
		{"long loaded key", with(func(i *geyserpb.SubscribeUpdateTransactionInfo) { i.Meta.LoadedReadonlyAddresses[1] = make([]byte, 33) }), "transaction.transaction.meta.loaded_readonly_addresses[1]: 33 bytes"},
		{"signers", with(func(i *geyserpb.SubscribeUpdateTransactionInfo) {
			i.Transaction.Message.Header.NumRequiredSignatures = 1 << 31
		}), "message.header: 2147483648 signers"},
		{"amount", with(func(i *geyserpb.SubscribeUpdateTransactionInfo) {
			i.Meta.PostTokenBalances[2].UiTokenAmount.Amount = "12.5"
		}), `meta.post_token_balances[2].ui_token_amount.amount: "12.5" is not an amount`},
		{"amount overflow", with(func(i *geyserpb.SubscribeUpdateTransactionInfo) {
			i.Meta.PreTokenBalances[0].UiTokenAmount.Amount = "18446744073709551616"
		}), "pre_token_balances[0].ui_token_amount.amount"},
		{"cut off", good[:len(good)-1], "field 4 says"},
		{"group", []byte{4<<3 | 3, 4<<3 | 4}, "field 4 is a group"},
		{"field 0", []byte{0, 0}, "field number 0"},
		{"huge field number", []byte{0xf8, 0xff, 0xff, 0xff, 0xff, 1, 0}, "does not exist"},
		{"wire type 7", []byte{1<<3 | 7}, "wire type 7"},
		{"endless varint", []byte{8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}, "field 1 is cut off"},
		{"huge length", []byte{4<<3 | 2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, "field 4 says"},
		{"inner", []byte{3<<3 | 2, 2, 8, 0x80}, "slot: field 1 is cut off"},
		{"status", []byte{10<<3 | 2, 2, 8, 1}, "transaction_status.signature"},
		{"block", encode(t, block), "block.transactions[1].signature: 3 bytes"},
	} {
		var v geyser.View
		err := v.Read(c.raw)
		if err == nil && v.Kind == geyser.KindBlock {
			err = v.Block(func(*geyser.Transaction) error { return nil })
		}
		if !errors.Is(err, geyser.ErrMalformed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

// Every cut and every changed byte of a trade is read without a panic, and where both readers accept it, they agree.
func TestViewSurvivesDamage(t *testing.T) {
	raw := encode(t, trade(2))
	var v geyser.View
	for n := range raw {
		if v.Read(raw[:n]) == nil && n > 0 {
			// A cut between the fields of SubscribeUpdate is a whole message without the rest.
			agree(t, &v, raw[:n])
		}
	}
	r := rand.New(rand.NewPCG(3, 3))
	for range 8000 {
		bad := append([]byte{}, raw...)
		for range 1 + r.IntN(3) {
			bad[r.IntN(len(bad))] = byte(r.Uint32())
		}
		m := &geyserpb.SubscribeUpdate{}
		if v.Read(bad) != nil || proto.Unmarshal(bad, m) != nil {
			continue
		}
		if d := compare(&v, m); len(d) > 0 {
			t.Fatalf("%s\n%x", d[0], bad)
		}
	}
}

func TestBlockStopsAtTheVisitorsError(t *testing.T) {
	u := &geyserpb.SubscribeUpdate{UpdateOneof: &geyserpb.SubscribeUpdate_Block{Block: &geyserpb.SubscribeUpdateBlock{
		Slot: 9, BlockTime: &storagepb.UnixTimestamp{Timestamp: 1_700_000_000},
		Transactions: []*geyserpb.SubscribeUpdateTransactionInfo{{Signature: make([]byte, 64)}, {Signature: make([]byte, 64)}},
	}}}
	var v geyser.View
	if err := v.Read(encode(t, u)); err != nil {
		t.Fatal(err)
	}
	stop, calls := errors.New("stop"), 0
	err := v.Block(func(tx *geyser.Transaction) error {
		calls++
		if tx.Slot != 9 || *tx.BlockTime != 1_700_000_000 {
			t.Errorf("slot %d, time %v", tx.Slot, tx.BlockTime)
		}
		return stop
	})
	if !errors.Is(err, stop) || calls != 1 {
		t.Errorf("error %v after %d calls, want the visitor's after 1", err, calls)
	}
}

func FuzzView(f *testing.F) {
	r := random{rand.New(rand.NewPCG(11, 11))}
	f.Add(encode(f, trade(1)))
	for range 40 {
		f.Add(encode(f, r.update()))
	}
	captured, _ := hex.DecodeString("4a022a08")
	f.Add(captured)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var v geyser.View
		if err := v.Read(raw); err != nil {
			if !errors.Is(err, geyser.ErrMalformed) {
				t.Fatalf("error %v does not wrap ErrMalformed", err)
			}
			return
		}
		m := &geyserpb.SubscribeUpdate{}
		if proto.Unmarshal(raw, m) != nil {
			return // text that is not UTF-8, or damage in content that a view does not look into
		}
		if v.Kind == geyser.KindBlock && errors.Is(v.Block(func(*geyser.Transaction) error { return nil }), geyser.ErrMalformed) {
			return
		}
		for _, d := range compare(&v, m) {
			t.Error(d)
		}
	})
}
