package dex

import "encoding/binary"

// Writer appends little-endian fields, as many as the layout has that it was made for; later ones are left out.
type Writer struct {
	b    []byte
	left int
}

// NewWriter appends to dst the first 'fields' fields that it is given, all of them for 0.
func NewWriter(dst []byte, fields uint8) Writer {
	if fields == 0 {
		return Writer{b: dst, left: 1 << 30}
	}
	return Writer{b: dst, left: int(fields)}
}

// Written returns what the writer was made with and the fields behind it.
func (w *Writer) Written() []byte { return w.b }

func (w *Writer) next() bool {
	w.left--
	return w.left >= 0
}

// Uint8 writes one byte.
func (w *Writer) Uint8(v uint8) {
	if w.next() {
		w.b = append(w.b, v)
	}
}

// Bool writes one byte, 0 or 1.
func (w *Writer) Bool(v bool) {
	if v {
		w.Uint8(1)
	} else {
		w.Uint8(0)
	}
}

// Uint16 writes two bytes.
func (w *Writer) Uint16(v uint16) {
	if w.next() {
		w.b = binary.LittleEndian.AppendUint16(w.b, v)
	}
}

// Uint32 writes four bytes.
func (w *Writer) Uint32(v uint32) {
	if w.next() {
		w.b = binary.LittleEndian.AppendUint32(w.b, v)
	}
}

// Uint64 writes eight bytes.
func (w *Writer) Uint64(v uint64) {
	if w.next() {
		w.b = binary.LittleEndian.AppendUint64(w.b, v)
	}
}

// Int64 writes eight bytes.
func (w *Writer) Int64(v int64) { w.Uint64(uint64(v)) }

// Int128 writes sixteen bytes.
func (w *Writer) Int128(v Int128) {
	if w.next() {
		w.b = binary.LittleEndian.AppendUint64(w.b, v.Lo)
		w.b = binary.LittleEndian.AppendUint64(w.b, uint64(v.Hi))
	}
}

// Int32 writes four bytes.
func (w *Writer) Int32(v int32) { w.Uint32(uint32(v)) }

// Uint128 writes sixteen bytes.
func (w *Writer) Uint128(v Uint128) { w.Int128(Int128{Hi: int64(v.Hi), Lo: v.Lo}) }

// Key writes 32 bytes.
func (w *Writer) Key(k *Key) {
	if w.next() {
		w.b = append(w.b, k[:]...)
	}
}

// Bytes writes a 4-byte length and v.
func (w *Writer) Bytes(v []byte) { w.Items(v, 1) }

// Items writes a 4-byte count and v, which is whole items of size bytes.
func (w *Writer) Items(v []byte, size int) {
	if w.next() {
		w.b = binary.LittleEndian.AppendUint32(w.b, uint32(len(v)/size))
		w.b = append(w.b, v...)
	}
}
