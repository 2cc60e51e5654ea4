package pumpfun_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseInstruction(t *testing.T) {
	amounts := "6c5ca8662c1f0000" + "00f7cb3c00000000"
	for name, c := range map[string]struct {
		data string
		want pumpfun.Instruction
	}{
		"buy of 2024":        {"66063d1201daebea" + amounts, pumpfun.Instruction{Kind: pumpfun.Buy, Extent: dex.Extent{Fields: 2}}},
		"buy tracking":       {"66063d1201daebea" + amounts + "01", pumpfun.Instruction{Kind: pumpfun.Buy, TrackVolume: true, Extent: dex.Extent{Fields: 3}}},
		"buy, partial":       {"66063d1201daebea" + amounts + "0001", pumpfun.Instruction{Kind: pumpfun.Buy, PartialFill: true, Extent: dex.Extent{Fields: 4}}},
		"buy v2, partial":    {"b817ee6167c5d33d" + amounts + "01", pumpfun.Instruction{Kind: pumpfun.BuyV2, PartialFill: true, Extent: dex.Extent{Fields: 3}}},
		"sell, stray bytes":  {"33e685a4017f83ad" + amounts + "0100", pumpfun.Instruction{Kind: pumpfun.Sell, Extent: dex.Extent{Fields: 2, Tail: 2}}},
		"exact in, stray":    {"e1f7501ed5b38488" + amounts + "01ff", pumpfun.Instruction{Kind: pumpfun.BuyExactQuoteInV3, PartialFill: true, Extent: dex.Extent{Fields: 3, Tail: 1}}},
		"sell v3":            {"1c92de7726c469d5" + amounts, pumpfun.Instruction{Kind: pumpfun.SellV3, Extent: dex.Extent{Fields: 2}}},
		"buy exact SOL":      {"38fc74089edfcd5f" + amounts, pumpfun.Instruction{Kind: pumpfun.BuyExactSolIn, Extent: dex.Extent{Fields: 2}}},
		"buy exact quote v2": {"c2ab1c46684d5b2f" + amounts, pumpfun.Instruction{Kind: pumpfun.BuyExactQuoteInV2, Extent: dex.Extent{Fields: 2}}},
	} {
		c.want.Amount, c.want.Limit = 0x1f2c66a85c6c, 0x3ccbf700
		got, err := pumpfun.ParseInstruction(unhex(t, c.data))
		if err != nil || got.Kind != c.want.Kind || got.Extent != c.want.Extent || !dextest.Equal(&got, &c.want) {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, c.want)
		}
	}
}

func TestParseInstructionErrors(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"nothing":          {"", dex.ErrTag},
		"an event":         {"e445a52e51cb9a1dbddb7fd34ee661ee", dex.ErrTag},
		"a cut buy":        {"66063d1201daebea6c5ca8662c1f0000", dex.ErrShort},
		"a hostile create": {"181ec828051c0777ffffffff", dex.ErrShort},
		"migrate":          {"9beae792ec9ea21e", nil},
		"withdraw":         {"b712469c946da122", nil},
	} {
		if _, err := pumpfun.ParseInstruction(unhex(t, c.data)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

var kinds = []pumpfun.Kind{
	pumpfun.CreateV1, pumpfun.CreateV2, pumpfun.Buy, pumpfun.BuyExactSolIn, pumpfun.Sell, pumpfun.BuyV2, pumpfun.BuyExactQuoteInV2,
	pumpfun.SellV2, pumpfun.BuyV3, pumpfun.BuyExactQuoteInV3, pumpfun.SellV3, pumpfun.MultiHopCurveSwap, pumpfun.Migrate,
	pumpfun.MigrateV2, pumpfun.Withdraw, pumpfun.ExtendAccount,
}

func TestInstructionRoundTrip(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := pumpfun.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				return settle(&in)
			}, parseInstruction)
		})
	}
}

// settle drops what the kind does not have, by way of its own bytes.
func settle(in *pumpfun.Instruction) *pumpfun.Instruction {
	b := in.Append(nil)
	if out, err := pumpfun.ParseInstruction(b); err == nil && bytes.Equal(out.Append(nil), b) {
		out.Extent = dex.Extent{}
		return &out
	}
	return in
}

// TestKindNames checks that every discriminator is the hash that Anchor makes of the instruction's name.
func TestKindNames(t *testing.T) {
	for _, k := range kinds {
		data := (&pumpfun.Instruction{Kind: k}).Append(nil)
		if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want {
			t.Errorf("%s has discriminator %x, its name makes %x", k, got, want)
		}
		if got := pumpfun.KindOf(data); got != k {
			t.Errorf("%s is read as %s", k, got)
		}
	}
	for name, tag := range map[string]uint64{
		"TradeEvent": pumpfun.TagTrade, "CreateEvent": pumpfun.TagCreate, "CompleteEvent": pumpfun.TagComplete,
		"CompletePumpAmmMigrationEvent": pumpfun.TagMigration, "PostCompleteBuyEvent": pumpfun.TagPostCompleteBuy,
	} {
		if want := dextest.Discriminator("event:" + name); tag != want {
			t.Errorf("%s has discriminator %x, its name makes %x", name, tag, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		kind     pumpfun.Kind
		accounts int
		place    func(pumpfun.Places) int8
		want     int8
	}{
		{pumpfun.CreateV2, 16, func(p pumpfun.Places) int8 { return p.QuoteMint }, -1},
		{pumpfun.CreateV2, 19, func(p pumpfun.Places) int8 { return p.QuoteMint }, 16},
		{pumpfun.Buy, 12, func(p pumpfun.Places) int8 { return p.User }, 6},
		{pumpfun.Buy, 18, func(p pumpfun.Places) int8 { return p.User }, 6},
		{pumpfun.Buy, 6, func(p pumpfun.Places) int8 { return p.User }, -1},
		{pumpfun.Buy, 0, func(p pumpfun.Places) int8 { return p.Mint }, -1},
		{pumpfun.SellV2, 26, func(p pumpfun.Places) int8 { return p.User }, 13},
		{pumpfun.SellV3, 17, func(p pumpfun.Places) int8 { return p.User }, 8},
		{pumpfun.MigrateV2, 29, func(p pumpfun.Places) int8 { return p.Pool }, 10},
		{pumpfun.MultiHopCurveSwap, 30, func(p pumpfun.Places) int8 { return p.Mint }, -1},
		{pumpfun.Kind(200), 30, func(p pumpfun.Places) int8 { return p.Mint }, -1},
	} {
		if got := c.place(c.kind.Places(c.accounts)); got != c.want {
			t.Errorf("%s of %d accounts: %d, want %d", c.kind, c.accounts, got, c.want)
		}
	}
	for _, k := range kinds { // "enough" must be enough: no place past it, and the same places for every longer list
		for n := range 30 {
			if got, all := k.Places(n), k.Places(100); n >= 20 && got != all {
				t.Errorf("%s of %d accounts: %+v, want %+v", k, n, got, all)
			}
		}
	}
}

func FuzzInstruction(f *testing.F) {
	for _, k := range kinds {
		f.Add((&pumpfun.Instruction{Kind: k, Name: []byte("n")}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseInstruction) })
}

func BenchmarkParseInstruction(b *testing.B) {
	data := (&pumpfun.Instruction{Kind: pumpfun.Buy, Amount: 1}).Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pumpfun.ParseInstruction(data); err != nil {
			b.Fatal(err)
		}
	}
}
