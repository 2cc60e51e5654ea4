package layout

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

// Value is one event or account as read. Its fields are asked for by their place (Layout.Index); one that was not there is zero.
type Value struct {
	dex.Extent
	Layout *Layout
	raw    [][]byte // content without count or option byte
}

// Make is a value with the given content, one item a field in the layout's order; an absent option is nil. It is as old as the
// number of items says.
func (l *Layout) Make(raw ...[]byte) *Value {
	return &Value{Layout: l, raw: raw, Extent: dex.Extent{Fields: uint8(len(raw))}}
}

// Raw returns a field's bytes: the content of a list or option; nil for one that was not there.
func (v *Value) Raw(field int) []byte {
	if field >= len(v.raw) {
		return nil
	}
	return v.raw[field]
}

// Uint64 returns a field of up to 8 bytes as a number.
func (v *Value) Uint64(field int) uint64 {
	var b [8]byte
	copy(b[:], v.Raw(field))
	return binary.LittleEndian.Uint64(b[:])
}

// Int64 returns a field of 8 bytes as a signed number.
func (v *Value) Int64(field int) int64 { return int64(v.Uint64(field)) }

// Key returns the 32 bytes of a key, nil for one that was not there. It aliases the input.
func (v *Value) Key(field int) []byte {
	if b := v.Raw(field); len(b) == 32 {
		return b
	}
	return nil
}

// Append writes the value with its discriminator.
func (v *Value) Append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, v.Layout.Tag)
	for i, raw := range v.raw {
		switch f := &v.Layout.Fields[i]; {
		case f.Kind == List:
			dst = binary.LittleEndian.AppendUint32(dst, uint32(len(raw)/f.Size))
		case f.Kind == Option && len(raw) == 0:
			dst = append(dst, 0)
		case f.Kind == Option:
			dst = append(dst, 1)
		}
		dst = append(dst, raw...)
	}
	return dst
}
