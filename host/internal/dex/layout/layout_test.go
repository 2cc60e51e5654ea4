package layout_test

import (
	"strconv"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/layout"
)

var mixed = layout.Event("MixedEvent", "at i64, name string, who opt<pubkey>, keys [pubkey;2] / shares vec<Shareholder>, on bool / left u64")

func parseMixed(b []byte) (dextest.Value, dex.Extent, error) {
	v, err := mixed.Parse(b)
	return &v, v.Extent, err
}

func TestParse(t *testing.T) {
	name, keys, share := []byte("abc"), make([]byte, 64), make([]byte, 34)
	keys[32] = 7
	b := mixed.Make([]byte{1, 0, 0, 0, 0, 0, 0, 0x80}, name, nil, keys, share, []byte{1}).Append(nil)
	v, err := mixed.Parse(b)
	if err != nil || v.Fields != 6 || v.Tail != 0 {
		t.Fatalf("%d fields, %d left: %v", v.Fields, v.Tail, err)
	}
	if v.Int64(mixed.Index("at")) != -1<<63+1 || string(v.Raw(mixed.Index("name"))) != "abc" || v.Key(mixed.Index("who")) != nil ||
		len(v.Raw(mixed.Index("shares"))) != 34 || v.Uint64(mixed.Index("on")) != 1 || v.Uint64(mixed.Index("left")) != 0 {
		t.Errorf("read as %+v", v)
	}
}

// TestMalformedTables: a table with a mistake does not reach a user.
func TestMalformedTables(t *testing.T) {
	for _, table := range []string{"a u7", "a", "a [u7;2]", "a [u8]", "a vec<what>", "a u8 / b"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("table %q was taken", table)
				}
			}()
			layout.Event("E", table)
		}()
	}
}

func FuzzParse(f *testing.F) {
	f.Add(mixed.Make(make([]byte, 8), []byte("abc"), make([]byte, 32), make([]byte, 64), make([]byte, 68), []byte{1}, make([]byte, 8)).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseMixed) })
}

// TestForeignVectors reads events of programs that have no package here.
func TestForeignVectors(t *testing.T) {
	dextest.GoldenRare(t, []*layout.Layout{
		layout.Event("SwapEvent", "amm pubkey, input_mint pubkey, input_amount u64, output_mint pubkey, output_amount u64"), // Jupiter
		layout.Event("FeeEvent", "account pubkey, mint pubkey, amount u64"),                                                 // Jupiter
	}, "A23", "A24")
	e := dextest.Vector(t, "A22") // Meteora DLMM
	swap := layout.Event("Swap", "lb_pair pubkey, from pubkey, start_bin i32, end_bin i32, amount_in u64, amount_out u64, "+
		"swap_for_y bool, fee u64, protocol_fee u64, fee_bps u128, host_fee u64")
	v, err := swap.Parse(e.Bytes)
	if err != nil || v.Tail != 0 || string(v.Append(nil)) != string(e.Bytes) {
		t.Fatalf("%s: %v, %d bytes left", e.File, err, v.Tail)
	}
	for _, name := range []string{"start_bin", "end_bin", "amount_in", "amount_out", "fee", "protocol_fee", "fee_bps"} {
		got := v.Int64(swap.Index(name))
		if len(v.Raw(swap.Index(name))) == 4 {
			got = int64(int32(got))
		}
		if want := e.Fields[name]; strconv.FormatInt(got, 10) != want {
			t.Errorf("%s: %s is %d, want %v", e.File, name, got, want)
		}
	}
}
