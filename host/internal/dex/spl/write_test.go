package spl_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/spl"
)

// TestMintsAreReadAsWritten writes mints and their metadata, both ways, and reads them again.
func TestMintsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.Custom(func(t *rapid.T) dex.Key { return dex.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key")) })
		text := rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 32)
		mint := spl.Mint{
			Authority: key.Draw(t, "authority"), FreezeAuthority: rapid.SampledFrom([]dex.Key{{}, dex.USDC}).Draw(t, "freeze"), Supply: rapid.Uint64().Draw(t, "supply"),
			Decimals: rapid.Uint8().Draw(t, "decimals"), Initialized: rapid.Bool().Draw(t, "initialized"),
		}
		named := spl.Metadata{UpdateAuthority: key.Draw(t, "update"), Mint: key.Draw(t, "mint"), Name: text.Draw(t, "name"), Symbol: text.Draw(t, "symbol"), URI: text.Draw(t, "uri")}
		extended := spl.AppendExtension(spl.AppendExtension(mint.Append(nil), spl.ExtMetadataPointer, make([]byte, 64)), spl.ExtTokenMetadata, named.Append(nil))
		for _, account := range [][]byte{mint.Append(nil), extended} {
			if got, ok := spl.ParseMint(account); !ok || got != mint {
				t.Fatalf("%d bytes are %+v %v, want %+v", len(account), got, ok, mint)
			}
		}
		inMint, ok1 := spl.ParseTokenMetadata(spl.Extension(extended, spl.ExtTokenMetadata))
		metaplex := named.AppendMetaplex(nil)
		beside, ok2 := spl.ParseMetaplex(metaplex)
		for _, got := range []spl.Metadata{inMint, beside} {
			if !ok1 || !ok2 || got.Mint != named.Mint || got.UpdateAuthority != named.UpdateAuthority || !bytes.Equal(got.Name, named.Name) || !bytes.Equal(got.Symbol, named.Symbol) || !bytes.Equal(got.URI, named.URI) {
				t.Fatalf("%+v, want %+v", got, named)
			}
		}
		if len(metaplex) != 679 && len(named.Symbol) <= 10 {
			t.Fatalf("a Metaplex account of %d bytes", len(metaplex))
		}
	})
}
