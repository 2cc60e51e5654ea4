package spl_test

import (
	"encoding/binary"
	"slices"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/spl"
)

func TestAccountVector(t *testing.T) {
	e := dextest.Vector(t, "A28")
	a, ok := spl.ParseAccount(e.Bytes)
	if !ok || a.Mint.String() != e.Fields["mint"] || a.Owner.String() != e.Fields["owner"] || a.Amount != 598_832_477_505_293 ||
		a.State != spl.Initialized || a.Native || !a.Delegate.IsZero() || !a.CloseAuthority.IsZero() {
		t.Errorf("%+v %v, want %v", a, ok, e.Fields)
	}
	var kinds []spl.ExtensionType
	whole := spl.Extensions(e.Bytes, func(kind spl.ExtensionType, content []byte) bool {
		kinds = append(kinds, kind)
		return len(content) == 0
	})
	if !whole || !slices.Equal(kinds, []spl.ExtensionType{spl.ExtImmutableOwner}) {
		t.Errorf("extensions %v %v", kinds, whole)
	}
	if _, ok := spl.ParseMint(e.Bytes); ok {
		t.Error("a token account is read as a mint")
	}
}

// TestCorpusMints reads real mints. Those that end in pump are of standard coins.
func TestCorpusMints(t *testing.T) {
	for _, a := range dextest.Accounts(t, "spl-mint-") {
		m, ok := spl.ParseMint(a.Data)
		if !ok || !m.Initialized || m.Decimals > 18 {
			t.Errorf("%s: %+v %v", a.File, m, ok)
		}
		if len(a.Pubkey) > 4 && a.Pubkey[len(a.Pubkey)-4:] == "pump" && (m.Decimals != 6 || !m.Authority.IsZero() || !m.FreezeAuthority.IsZero()) {
			t.Errorf("%s: %+v is no coin of pump", a.File, m)
		}
	}
}

// TestCorpusToken2022 reads real accounts of Token-2022 to their last extension.
func TestCorpusToken2022(t *testing.T) {
	seen := map[spl.ExtensionType]int{}
	for _, a := range dextest.Accounts(t, "token2022-") {
		_, mint := spl.ParseMint(a.Data)
		_, account := spl.ParseAccount(a.Data)
		if mint == account {
			t.Errorf("%s: mint %v, token account %v", a.File, mint, account)
		}
		if !spl.Extensions(a.Data, func(kind spl.ExtensionType, _ []byte) bool { seen[kind]++; return true }) {
			t.Errorf("%s: an extension runs past the end", a.File)
		}
		if b := spl.Extension(a.Data, spl.ExtTokenMetadata); b != nil {
			m, ok := spl.ParseTokenMetadata(b)
			if !ok || m.Mint.String() != a.Pubkey || len(m.Name) == 0 || len(m.Symbol) == 0 {
				t.Errorf("%s: %+v %v", a.File, m, ok)
			}
		}
		if b := spl.Extension(a.Data, spl.ExtTransferFeeConfig); b != nil {
			c, ok := spl.ParseTransferFeeConfig(b)
			if !ok || c.Newer.BasisPoints > 10_000 || c.Older.Epoch > c.Newer.Epoch {
				t.Errorf("%s: %+v %v", a.File, c, ok)
			}
		}
	}
	t.Logf("extensions %v", seen)
}

// TestCorpusMetaplex reads real metadata, padded and short.
func TestCorpusMetaplex(t *testing.T) {
	for _, a := range dextest.Accounts(t, "metaplex-metadata-") {
		m, ok := spl.ParseMetaplex(a.Data)
		if !ok || m.Mint.IsZero() || len(m.Symbol) == 0 || len(m.Name) > 32 || len(m.Symbol) > 10 || len(m.URI) > 200 {
			t.Errorf("%s: %q %q %q %v", a.File, m.Name, m.Symbol, m.URI, ok)
		}
		if slices.Contains(m.Name, 0) || slices.Contains(m.Symbol, 0) || slices.Contains(m.URI, 0) {
			t.Errorf("%s: %q %q %q keep their padding", a.File, m.Name, m.Symbol, m.URI)
		}
	}
}

func TestTransferFee(t *testing.T) {
	b := make([]byte, 108)
	binary.LittleEndian.PutUint64(b[72:], 10)
	binary.LittleEndian.PutUint64(b[80:], 1_000)
	binary.LittleEndian.PutUint16(b[88:], 100)
	binary.LittleEndian.PutUint64(b[90:], 12)
	binary.LittleEndian.PutUint64(b[98:], 5)
	binary.LittleEndian.PutUint16(b[106:], 10_000)
	c, ok := spl.ParseTransferFeeConfig(b)
	if !ok {
		t.Fatal("not read")
	}
	for _, want := range []struct{ epoch, amount, fee uint64 }{
		{11, 0, 0}, {11, 1, 1}, {11, 101, 2}, {11, 1 << 63, 1_000}, {12, 3, 3}, {13, 1_000, 5},
	} {
		rate := c.At(want.epoch)
		if got := rate.Of(want.amount); got != want.fee {
			t.Errorf("epoch %d: a transfer of %d pays %d, want %d", want.epoch, want.amount, got, want.fee)
		}
	}
	if _, ok := spl.ParseTransferFeeConfig(b[:107]); ok {
		t.Error("107 bytes are read")
	}
}

func FuzzAccounts(f *testing.F) {
	f.Add(make([]byte, 82))
	f.Add(append(make([]byte, 165), 2, 7, 0, 0, 0))
	f.Add(append([]byte{4}, make([]byte, 76)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, mint := spl.ParseMint(b)
		_, account := spl.ParseAccount(b)
		if mint && account && len(b) != 165 {
			t.Errorf("%d bytes are both", len(b))
		}
		spl.Extensions(b, func(_ spl.ExtensionType, content []byte) bool {
			spl.ParseTransferFeeConfig(content)
			spl.ParseTokenMetadata(content)
			return true
		})
		if m, ok := spl.ParseMetaplex(b); ok && m.Mint != dex.KeyAt(b[33:]) {
			t.Error("another mint")
		}
	})
}
