package pumpfun_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

func parseBondingCurve(b []byte) (dextest.Value, dex.Extent, error) {
	c, err := pumpfun.ParseBondingCurve(b)
	return &c, c.Extent, err
}

func TestVectors(t *testing.T) {
	dextest.Golden(t, parseTrade, nil, "A1", "A2", "A3", "A4", "A5", "A6")
	dextest.Golden(t, parseCreate, nil, "A7", "A8", "A9")
	dextest.Golden(t, parseMigration, nil, "A13")
	dextest.Golden(t, parseBondingCurve, nil, "A27")
	dextest.GoldenRare(t, pumpfun.Rare[:], "A10", "A11", "A12")
}

func TestBondingCurve(t *testing.T) {
	dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
		v := new(pumpfun.BondingCurve)
		dextest.Fill(t, v)
		return v
	}, parseBondingCurve)
	for fields, want := range map[uint8]int{
		pumpfun.CurveOldest: 49, pumpfun.CurveCreator: 81, pumpfun.CurveCreator + 1: 82, pumpfun.CurveCreator + 2: 83,
		pumpfun.CurveQuote: 115, pumpfun.CurveEdit: 124, pumpfun.CurveHolders: 125, pumpfun.CurveNewest: 166,
	} {
		c := pumpfun.BondingCurve{Extent: dex.Extent{Fields: fields}}
		if got := len(c.Append(nil)); got != want {
			t.Errorf("%d fields have %d bytes, want %d", fields, got, want)
		}
	}
}

// TestCorpusAccounts reads real accounts of three sizes. The reserves obey the curve's invariants.
func TestCorpusAccounts(t *testing.T) {
	for _, a := range dextest.Accounts(t, "pump-bonding-curve-") {
		c, err := pumpfun.ParseBondingCurve(a.Data)
		if err != nil {
			t.Errorf("%s: %v", a.File, err)
			continue
		}
		if !c.Complete && !c.Curve().Standard(pumpfun.InitialVirtualSOL) || c.TokenTotalSupply != pumpfun.Supply {
			t.Errorf("%s: %+v is no standard curve", a.File, c)
		}
		if c.Complete != (c.RealTokenReserves == 0) {
			t.Errorf("%s: complete %v with %d tokens left", a.File, c.Complete, c.RealTokenReserves)
		}
	}
	for _, a := range dextest.Accounts(t, "pump-global-") {
		g, err := pumpfun.ParseGlobal(a.Data)
		if err != nil || a.Pubkey != dex.PumpGlobal.String() || g.InitialVirtualToken != pumpfun.InitialVirtualToken ||
			g.InitialVirtualSOL != pumpfun.InitialVirtualSOL || g.InitialRealToken != pumpfun.InitialRealToken || g.Supply != pumpfun.Supply {
			t.Errorf("%s: %+v %v", a.File, g, err)
		}
	}
	for _, a := range dextest.Accounts(t, "pump-last-withdraw") {
		if _, err := pumpfun.ParseBondingCurve(a.Data); !errors.Is(err, dex.ErrTag) {
			t.Errorf("%s: read as a curve, %v", a.File, err)
		}
	}
	if pda.BondingCurve(dex.MustKey("CWiTGbCiDd8BKtNYNE2boT9fJGFG2MU53Uf6HQk4pump")).String() != "3jJ83NDorkbFkF1JKbEfFWGeX16aXUiwby9RwJm9kat3" {
		t.Error("the corpus's curve is not that of the vector's coin")
	}
}

// TestAccountSizes holds the lengths that the settings had, and those of the other accounts.
func TestAccountSizes(t *testing.T) {
	dextest.Sizes(t, pumpfun.GlobalAccount, 0xa7e8e8b1c86c727f, 386, 418, 450, 516, 740, 741, 1045, 1054, 1087, 1088)
	dextest.Sizes(t, pumpfun.UserVolumeAccount, 0x56ff700e66359afa, 73, 74, 90, 106)
	dextest.Sizes(t, pumpfun.QuoteControlAccount, 0x38f423eec1d5a2c9, 108)
}

func FuzzBondingCurve(f *testing.F) {
	f.Add((&pumpfun.BondingCurve{}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		dextest.Stable(t, b, parseBondingCurve)
		_, _ = pumpfun.ParseGlobal(b)
	})
}
