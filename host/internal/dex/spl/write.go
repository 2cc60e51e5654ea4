package spl

import (
	"encoding/binary"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
)

// Append writes the account of a mint without extensions.
func (m Mint) Append(dst []byte) []byte {
	dst = appendOptionalKey(dst, m.Authority)
	dst = binary.LittleEndian.AppendUint64(dst, m.Supply)
	dst = append(dst, m.Decimals, 0)
	if m.Initialized {
		dst[len(dst)-1] = 1
	}
	return appendOptionalKey(dst, m.FreezeAuthority)
}

// AppendExtension writes an extension behind the account of a Token-2022 mint, which alone is dst.
func AppendExtension(dst []byte, kind ExtensionType, content []byte) []byte {
	if len(dst) < extensionsAt {
		dst = append(dst, make([]byte, extensionsAt-len(dst))...)
		dst[typeAt] = 1
	}
	dst = binary.LittleEndian.AppendUint16(dst, uint16(kind))
	dst = binary.LittleEndian.AppendUint16(dst, uint16(len(content)))
	return append(dst, content...)
}

// Append writes the content of the TokenMetadata extension, without additional fields.
func (m Metadata) Append(dst []byte) []byte {
	return binary.LittleEndian.AppendUint32(m.appendHead(dst, 0, 0, 0), 0)
}

// AppendMetaplex writes an account of the Metaplex program in its old size, with padded texts: a coin without creators.
func (m Metadata) AppendMetaplex(dst []byte) []byte {
	const name, symbol, uri, size = 32, 10, 200, 679
	from := len(dst)
	dst = m.appendHead(append(dst, metaplexKey), name, symbol, uri)
	return append(dst, make([]byte, max(0, from+size-len(dst)))...)
}

func (m Metadata) appendHead(dst []byte, name, symbol, uri int) []byte {
	w := dex.NewWriter(dst, 0)
	w.Key(&m.UpdateAuthority)
	w.Key(&m.Mint)
	for _, text := range [...]struct {
		bytes []byte
		size  int
	}{{m.Name, name}, {m.Symbol, symbol}, {m.URI, uri}} {
		w.Bytes(append(slices.Clip(text.bytes), make([]byte, max(0, text.size-len(text.bytes)))...))
	}
	return w.Written()
}

func appendOptionalKey(dst []byte, k dex.Key) []byte {
	if k.IsZero() {
		return append(dst, make([]byte, 4+len(k))...)
	}
	return append(binary.LittleEndian.AppendUint32(dst, 1), k[:]...)
}
