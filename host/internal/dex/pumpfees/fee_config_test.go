package pumpfees_test

import (
	"encoding/binary"
	"testing"

	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpfees"
)

func words(values ...uint64) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

func TestFeeConfig(t *testing.T) {
	tiers := words(0, 0, 2, 93, 30, 420e9, 0, 20, 5, 95, 0, 1, 20, 5, 1)
	config := pumpfees.FeeConfigAccount.Make([]byte{255}, make([]byte, 32), words(25, 5, 0), tiers, nil, words(0, 95, 30))
	c, err := pumpfees.ParseFeeConfig(config.Append(nil))
	if err != nil || c.Flat != (pumpfees.Rates{LP: 25, Protocol: 5}) || c.Exotic.Protocol != 95 || c.Tiers.Len() != 3 || c.Stable.Len() != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	for marketCap, creator := range map[uint64]uint64{0: 30, 420e9 - 1: 30, 420e9: 95, 1<<64 - 1: 95} {
		if r, ok := c.Tiers.For(marketCap); !ok || r.Creator != creator {
			t.Errorf("at %d the creator gets %d, want %d", marketCap, r.Creator, creator)
		}
	}
	if _, ok := c.Stable.For(1); ok {
		t.Error("no tiers give rates")
	}
	old, err := pumpfees.ParseFeeConfig(config.Append(nil)[:8+1+32+24+4+len(tiers)])
	if err != nil || old.Fields != 4 || old.Tiers.Len() != 3 || old.Exotic != (pumpfees.Rates{}) {
		t.Errorf("oldest form: %+v, %v", old, err)
	}
}

func TestAccountSizes(t *testing.T) {
	dextest.Sizes(t, pumpfees.FeeConfigAccount, 0x8f3492bbdb7b4c9b, 69, 73, 97)
	dextest.Sizes(t, pumpfees.SharingConfigAccount, 0xd84a0900388c5d4b, 80)
}

func FuzzFeeConfig(f *testing.F) {
	f.Add(pumpfees.FeeConfigAccount.Make([]byte{1}, make([]byte, 32), words(25, 5, 0), make([]byte, 80), nil, words(0, 95, 30)).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := pumpfees.ParseFeeConfig(b)
		if err != nil {
			return
		}
		for _, tiers := range []pumpfees.Tiers{c.Tiers, c.Stable} {
			if _, ok := tiers.For(1 << 40); ok != (tiers.Len() > 0) {
				t.Errorf("%d tiers give rates: %v", tiers.Len(), ok)
			}
		}
	})
}
