package raydium_test

import (
	"encoding/binary"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

func TestVectors(t *testing.T) {
	names := map[string]string{
		"type": "", "max_in": "MaxIn", "user_source": "UserSource", "deduct_in": "DeductIn",
	}
	in := dextest.Vector(t, "A25")
	delete(in.Fields, "type")
	if l, err := raydium.ParseSwapBaseInLog(in.Bytes); err != nil || string(l.Append(nil)) != string(in.Bytes) {
		t.Errorf("%s: %v", in.File, err)
	} else {
		in.Check(t, &l, names)
	}
	out := dextest.Vector(t, "A26")
	delete(out.Fields, "type")
	if l, err := raydium.ParseSwapBaseOutLog(out.Bytes); err != nil || string(l.Append(nil)) != string(out.Bytes) {
		t.Errorf("%s: %v", out.File, err)
	} else {
		out.Check(t, &l, names)
	}
}

func TestAmmInfo(t *testing.T) {
	b := make([]byte, raydium.AmmInfoSize)
	for at, v := range map[int]uint64{0: 6, 32: 9, 40: 6, 176: 25, 184: 10_000, 192: 100, 200: 50, 224: 1_700_000_000, 720: 77} {
		binary.LittleEndian.PutUint64(b[at:], v)
	}
	copy(b[400:], dex.WSOL[:])
	copy(b[432:], dex.USDC[:])
	a, err := raydium.ParseAmmInfo(b)
	if err != nil || a.Status != 6 || a.CoinMint != dex.WSOL || a.PcMint != dex.USDC || a.SwapFeeNumerator != raydium.SwapFeeBps ||
		a.PoolOpenTime != 1_700_000_000 || a.CoinDecimals != 9 || a.PcDecimals != 6 {
		t.Fatalf("%+v, %v", a, err)
	}
	if r, ok := a.Reserves(1_000, 500); !ok || r != (raydium.PoolReserves{Coin: 900, Pc: 450, LPSupply: 77}) {
		t.Errorf("reserves %+v %v", r, ok)
	}
	if _, ok := a.Reserves(99, 500); ok {
		t.Error("a vault that holds less than is owed gives reserves")
	}
	if _, err := raydium.ParseAmmInfo(b[:751]); err == nil {
		t.Error("751 bytes are read")
	}
}
