package pumpswap_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

func parsePool(b []byte) (dextest.Value, dex.Extent, error) {
	p, err := pumpswap.ParsePool(b)
	return &p, p.Extent, err
}

func TestVectors(t *testing.T) {
	dextest.Golden(t, parseBuy, nil, "A14", "A15", "A16")
	dextest.Golden(t, parseSell, nil, "A17", "A18")
	dextest.Golden(t, parseCreatePool, nil, "A19")
}

func TestPool(t *testing.T) {
	dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
		v := new(pumpswap.Pool)
		dextest.Fill(t, v)
		return v
	}, parsePool)
	for fields, want := range map[uint8]int{
		pumpswap.PoolOldest: 211, pumpswap.PoolCreator: 243, pumpswap.PoolCreator + 1: 244, pumpswap.PoolCreator + 2: 245,
		pumpswap.PoolVirtual: 261, pumpswap.PoolEdit: 270, pumpswap.PoolHolders: 271, pumpswap.PoolNewest: 287,
	} {
		p := pumpswap.Pool{Extent: dex.Extent{Fields: fields}}
		if got := len(p.Append(nil)); got != want {
			t.Errorf("%d fields have %d bytes, want %d", fields, got, want)
		}
	}
}

// TestPoolPlaces reads fields where the program's account filters say they are.
func TestPoolPlaces(t *testing.T) {
	want := pumpswap.Pool{Creator: dex.Pump, BaseMint: dex.PumpCoin, QuoteMint: dex.WSOL, CoinCreator: dex.PumpGlobal}
	b := want.Append(nil)
	for at, key := range map[int]dex.Key{11: dex.Pump, 43: dex.PumpCoin, 75: dex.WSOL, 211: dex.PumpGlobal} {
		if dex.KeyAt(b[at:]) != key {
			t.Errorf("at %d stands %s, want %s", at, dex.KeyAt(b[at:]), key)
		}
	}
}

func TestGlobalConfig(t *testing.T) {
	dextest.Sizes(t, pumpswap.GlobalConfigAccount, 0x95089ccaa0fcb0d9, 313, 321, 353, 418, 642, 643, 907, 940, 949)
	key, rate := make([]byte, 32), []byte{25, 0, 0, 0, 0, 0, 0, 0}
	v := pumpswap.GlobalConfigAccount.Make(key, rate, []byte{5, 0, 0, 0, 0, 0, 0, 0}, []byte{8}, make([]byte, 256))
	c, err := pumpswap.ParseGlobalConfig(v.Append(nil))
	if err != nil || c.Rates != (pumpswap.Rates{LP: 25, Protocol: 5}) || c.Disabled != 8 {
		t.Errorf("%+v, %v", c, err)
	}
}

func FuzzPool(f *testing.F) {
	f.Add((&pumpswap.Pool{}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		dextest.Stable(t, b, parsePool)
		_, _ = pumpswap.ParseGlobalConfig(b)
	})
}
