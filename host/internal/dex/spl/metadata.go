package spl

import (
	"bytes"

	"github.com/weir-run/weir/host/internal/dex"
)

// Metadata is the name of a coin as its creator wrote it: an extension of its mint, or an account of the Metaplex program. The
// slices alias the input and are cut of the zeros that pad them; UTF-8 is not certain.
type Metadata struct {
	UpdateAuthority, Mint dex.Key // no update authority: zero
	Name, Symbol, URI     []byte
}

// ParseTokenMetadata reads the content of the TokenMetadata extension. It is false when a field is cut.
func ParseTokenMetadata(b []byte) (Metadata, bool) { return readMetadata(b) }

// metaplexKey begins a Metadata account of Metaplex: the first version of it.
const metaplexKey = 4

// ParseMetaplex reads an account of the Metaplex program. It is false when that is no metadata or a field is cut.
func ParseMetaplex(b []byte) (Metadata, bool) {
	if len(b) == 0 || b[0] != metaplexKey {
		return Metadata{}, false
	}
	return readMetadata(b[1:])
}

func readMetadata(b []byte) (Metadata, bool) {
	var m Metadata
	r := dex.NewReader(b)
	r.Key(&m.UpdateAuthority)
	r.Key(&m.Mint)
	for _, text := range [...]*[]byte{&m.Name, &m.Symbol, &m.URI} {
		*text = bytes.TrimRight(r.Bytes(), "\x00")
	}
	return m, r.Extent().Has(5)
}
