package spl_test

import (
	"encoding/binary"
	"encoding/hex"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/spl"
)

var kinds = []spl.TokenKind{
	spl.InitializeMint, spl.InitializeAccount, spl.Transfer, spl.Approve, spl.Revoke, spl.SetAuthority, spl.MintTo, spl.Burn,
	spl.CloseAccount, spl.TransferChecked, spl.ApproveChecked, spl.MintToChecked, spl.BurnChecked, spl.SyncNative,
	spl.InitializeAccount2, spl.InitializeAccount3, spl.InitializeMint2, spl.TransferCheckedWithFee,
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseToken(t *testing.T) {
	for data, want := range map[string]spl.TokenInstruction{
		"030100000000000000":                     {Kind: spl.Transfer, Amount: 1},
		"0c010000000000000009":                   {Kind: spl.TransferChecked, Amount: 1, Decimals: 9},
		"1a010200000000000000060100000000000000": {Kind: spl.TransferCheckedWithFee, Amount: 2, Decimals: 6, Fee: 1},
		"07ffffffffffffffff":                     {Kind: spl.MintTo, Amount: 1<<64 - 1},
		"0f050000000000000006":                   {Kind: spl.BurnChecked, Amount: 5, Decimals: 6},
		"09":                                     {Kind: spl.CloseAccount},
		"11":                                     {Kind: spl.SyncNative},
		"060000":                                 {Kind: spl.SetAuthority},
		"0301000000000000000099":                 {Kind: spl.Transfer, Amount: 1},
	} {
		if got, ok := spl.ParseToken(unhex(t, data)); !ok || got != want {
			t.Errorf("%s: %+v %v, want %+v", data, got, ok, want)
		}
	}
	for _, data := range []string{"", "03", "0301000000000000", "0c0100000000000000", "1a", "1a00", "1a010200000000000000", "ff", "19", "0602", "060201aa"} {
		if got, ok := spl.ParseToken(unhex(t, data)); ok {
			t.Errorf("%q is read as %+v", data, got)
		}
	}
}

func TestTokenRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := spl.TokenInstruction{
			Kind:      rapid.SampledFrom(kinds).Draw(t, "kind"),
			Amount:    rapid.Uint64().Draw(t, "amount"),
			Fee:       rapid.Uint64().Draw(t, "fee"),
			Decimals:  rapid.Uint8().Draw(t, "decimals"),
			Authority: rapid.Uint8().Draw(t, "authority"),
			Owner:     dex.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "owner")),
		}
		first, ok := spl.ParseToken(in.Append(nil))
		if !ok || first.Kind != in.Kind {
			t.Fatalf("%s reads as %s %v", in.Kind, first.Kind, ok)
		}
		if second, ok := spl.ParseToken(first.Append(nil)); !ok || second != first {
			t.Fatalf("%+v, then %+v", first, second)
		}
		for name, pair := range map[string][2]uint64{"amount": {first.Amount, in.Amount}, "fee": {first.Fee, in.Fee}} {
			if pair[0] != 0 && pair[0] != pair[1] {
				t.Fatalf("%s is %d, want %d", name, pair[0], pair[1])
			}
		}
		if in.Kind.Moves() && first.Amount != in.Amount {
			t.Fatalf("%s of %d, want %d", in.Kind, first.Amount, in.Amount)
		}
	})
}

func TestPlaces(t *testing.T) {
	for _, k := range kinds {
		if k.Moves() && (k.Places().Source != 0 || k.Places().Destination <= 0) {
			t.Errorf("%s: %+v", k, k.Places())
		}
	}
	if got := spl.TransferChecked.Places(); got != (spl.TokenPlaces{Source: 0, Mint: 1, Destination: 2, Authority: 3}) {
		t.Errorf("transfer_checked: %+v", got)
	}
	if got := spl.TokenKind(99).Places(); got.Source != -1 {
		t.Errorf("no kind: %+v", got)
	}
}

func TestParseSystem(t *testing.T) {
	seeded := func(seed string) []byte {
		b := binary.LittleEndian.AppendUint32(nil, 3)
		b = append(b, make([]byte, 32)...)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(seed)))
		b = append(b, seed...)
		return binary.LittleEndian.AppendUint64(b, 7)
	}
	for name, c := range map[string]struct {
		data []byte
		want spl.SystemInstruction
		ok   bool
	}{
		"transfer":           {spl.AppendTransfer(nil, 5), spl.SystemInstruction{Kind: spl.SystemTransfer, Lamports: 5, To: 1}, true},
		"create":             {spl.AppendCreateAccount(nil, 6, 165, dex.SPLToken), spl.SystemInstruction{Kind: spl.CreateAccount, Lamports: 6, To: 1}, true},
		"create with a seed": {seeded("seed"), spl.SystemInstruction{Kind: spl.CreateAccountWithSeed, Lamports: 7, To: 1}, true},
		"transfer by seed":   {append([]byte{11, 0, 0, 0}, 8, 0, 0, 0, 0, 0, 0, 0), spl.SystemInstruction{Kind: spl.TransferWithSeed, Lamports: 8, To: 2}, true},
		"assign":             {[]byte{1, 0, 0, 0}, spl.SystemInstruction{}, false},
		"cut":                {spl.AppendTransfer(nil, 5)[:11], spl.SystemInstruction{Kind: spl.SystemTransfer, To: 1}, false},
		"nothing":            {nil, spl.SystemInstruction{}, false},
		"cut seed":           {seeded("seed")[:50], spl.SystemInstruction{Kind: spl.CreateAccountWithSeed, To: 1}, false},
	} {
		if got, ok := spl.ParseSystem(c.data); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v %v, want %+v", name, got, ok, c.want)
		}
	}
}

func TestBudget(t *testing.T) {
	var b spl.Budget
	for _, data := range [][]byte{spl.AppendUnitLimit(nil, 200_000), spl.AppendUnitPrice(nil, 1_000_000)} {
		if !b.Read(data) {
			t.Errorf("%x is not read", data)
		}
	}
	if want := (spl.Budget{Units: 200_000, Price: 1_000_000}); b != want {
		t.Errorf("%+v, want %+v", b, want)
	}
	for _, data := range [][]byte{nil, {1, 0, 0, 4, 0}, {2, 1}, {3, 1, 2, 3}, {99}} {
		if b.Read(data) {
			t.Errorf("%x is read", data)
		}
	}
	if !b.Read([]byte{0, 1, 0, 0, 0, 9, 0, 0, 0}) || b.Units != 1 {
		t.Errorf("the deprecated form: %+v", b)
	}
}

func TestParseAccount(t *testing.T) {
	data := append(append(dex.USDC[:], dex.PumpGlobal[:]...), binary.LittleEndian.AppendUint64(nil, 42)...)
	if got, ok := spl.ParseAccount(append(data, make([]byte, 93)...)); !ok || got != (spl.Account{Mint: dex.USDC, Owner: dex.PumpGlobal, Amount: 42}) {
		t.Errorf("%+v %v", got, ok)
	}
	if got, ok := spl.ParseAccount(data); ok {
		t.Errorf("a short account is read as %+v", got)
	}
}

func FuzzToken(f *testing.F) {
	for _, k := range kinds {
		f.Add((&spl.TokenInstruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first, ok := spl.ParseToken(b)
		if !ok {
			return
		}
		if second, ok := spl.ParseToken(first.Append(nil)); !ok || second != first {
			t.Fatalf("%+v, then %+v %v", first, second, ok)
		}
	})
}

func FuzzNative(f *testing.F) {
	f.Add(spl.AppendTransfer(nil, 5))
	f.Add(spl.AppendUnitPrice(nil, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		if in, ok := spl.ParseSystem(b); ok && in.Kind == spl.SystemOther {
			t.Fatalf("%x is read as nothing", b)
		}
		var budget spl.Budget
		if budget.Read(b) && len(b) < 5 {
			t.Fatalf("%x is read as %+v", b, budget)
		}
	})
}
