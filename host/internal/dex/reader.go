package dex

import (
	"encoding/binary"
	"errors"
)

var (
	// ErrShort means that the data ends before the oldest known layout does. The decoder counts it and goes to its next strategy.
	ErrShort = errors.New("data ends inside of its oldest layout")
	// ErrTag means that the data begins with another discriminator than the one asked for.
	ErrTag = errors.New("another discriminator")
)

// Extent tells how much of a value its bytes held. The programs append fields at nearly every upgrade, so "not written yet"
// must differ from zero.
type Extent struct {
	// Fields is how many fields were present, counted from the first. When encoding, it is how many to write; 0 writes all.
	Fields uint8
	// Tail is how many bytes followed the last field that could be read: a newer layout, stray bytes, or a cut field.
	Tail int
}

// Has tells whether field n, counted from 1, was present.
func (e Extent) Has(n uint8) bool { return e.Fields >= n }

// Reader takes little-endian fields off a byte slice. The first field that does not fit ends it: that one and all later ones
// read as zero, and they are not counted. It never panics and never allocates; byte slices alias the input.
//
// It has 32 bytes and every method inlines, so that the compiler can hold it in registers.
type Reader struct {
	rest   []byte
	tail   uint32
	fields uint8
}

// NewReader reads b from its first byte on.
func NewReader(b []byte) Reader { return Reader{rest: b} }

// NewReaderAfter reads b, behind so many fields of the same value that were read otherwise.
func NewReaderAfter(b []byte, fields uint8) Reader { return Reader{rest: b, fields: fields} }

// Extent returns what has been read so far.
func (r *Reader) Extent() Extent { return Extent{Fields: r.fields, Tail: int(r.tail) + len(r.rest)} }

// end makes later fields unreadable, also those that would fit, because they stand behind the cut one.
func (r *Reader) end() {
	r.tail += uint32(len(r.rest))
	r.rest = nil
}

// Uint8 reads one byte.
func (r *Reader) Uint8() uint8 {
	if len(r.rest) < 1 {
		return 0
	}
	v := r.rest[0]
	r.rest = r.rest[1:]
	r.fields++
	return v
}

// Bool reads one byte; every value but 0 is true.
func (r *Reader) Bool() bool { return r.Uint8() != 0 }

// Uint16 reads two bytes.
func (r *Reader) Uint16() uint16 {
	if len(r.rest) < 2 {
		r.end()
		return 0
	}
	v := binary.LittleEndian.Uint16(r.rest)
	r.rest = r.rest[2:]
	r.fields++
	return v
}

// Uint32 reads four bytes.
func (r *Reader) Uint32() uint32 {
	if len(r.rest) < 4 {
		r.end()
		return 0
	}
	v := binary.LittleEndian.Uint32(r.rest)
	r.rest = r.rest[4:]
	r.fields++
	return v
}

// Uint64 reads eight bytes.
func (r *Reader) Uint64() uint64 {
	if len(r.rest) < 8 {
		r.end()
		return 0
	}
	v := binary.LittleEndian.Uint64(r.rest)
	r.rest = r.rest[8:]
	r.fields++
	return v
}

// Int64 reads eight bytes as a signed number.
func (r *Reader) Int64() int64 { return int64(r.Uint64()) }

// Int128 reads sixteen bytes as a signed number.
func (r *Reader) Int128() Int128 {
	if len(r.rest) < 16 {
		r.end()
		return Int128{}
	}
	v := Int128{Lo: binary.LittleEndian.Uint64(r.rest), Hi: int64(binary.LittleEndian.Uint64(r.rest[8:]))}
	r.rest = r.rest[16:]
	r.fields++
	return v
}

// Int32 reads four bytes as a signed number.
func (r *Reader) Int32() int32 { return int32(r.Uint32()) }

// Uint128 reads sixteen bytes.
func (r *Reader) Uint128() Uint128 {
	v := r.Int128()
	return Uint128{Hi: uint64(v.Hi), Lo: v.Lo}
}

// Key reads 32 bytes into k and leaves k alone when they are not there.
func (r *Reader) Key(k *Key) {
	if len(r.rest) < 32 {
		r.end()
		return
	}
	// Two halves: for 32 bytes that might overlap the compiler calls memmove.
	*(*[16]byte)(k[:16]) = [16]byte(r.rest[:16])
	*(*[16]byte)(k[16:]) = [16]byte(r.rest[16:])
	r.rest = r.rest[32:]
	r.fields++
}

// Bytes64 reads an 8-byte length and that many bytes, and leaves a nil slice when they are not there.
func (r *Reader) Bytes64() []byte {
	if len(r.rest) < 8 || binary.LittleEndian.Uint64(r.rest) > uint64(len(r.rest)-8) {
		r.end()
		return nil
	}
	n := binary.LittleEndian.Uint64(r.rest)
	v := r.rest[8 : 8+n : 8+n]
	r.rest = r.rest[8+n:]
	r.fields++
	return v
}

// Bytes reads a 4-byte length and that many bytes, and leaves a nil slice when they are not there.
func (r *Reader) Bytes() []byte { return r.Items(1) }

// Items reads a 4-byte count and that many items of size bytes, undivided.
func (r *Reader) Items(size int) []byte {
	v, rest := cutItems(*r, size)
	*r = rest
	return v
}

// cutItems takes and gives the reader by value: a call with its address would move it to memory for good.
//
//go:noinline
func cutItems(r Reader, size int) ([]byte, Reader) {
	if len(r.rest) < 4 {
		r.end()
		return nil, r
	}
	n := uint64(binary.LittleEndian.Uint32(r.rest)) * uint64(size)
	if n > uint64(len(r.rest)-4) {
		r.end()
		return nil, r
	}
	return r.rest[4 : 4+n : 4+n], Reader{rest: r.rest[4+n:], tail: r.tail, fields: r.fields + 1}
}
