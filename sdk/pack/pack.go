// Package pack writes and reads the bytes of a monitor's state: numbers as varints, keys as they are, text with its length
// before it. Equal values give equal bytes.
package pack

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/weir-run/weir/sdk"
)

// ErrShort is the error of a Reader whose bytes end too early.
var ErrShort = errors.New("the state ends in the middle of a value")

// ErrLong is the error of a Reader with bytes left over.
var ErrLong = errors.New("the state goes on after its last value")

// AppendText adds text with its length.
func AppendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// AppendKey adds the 32 bytes of a key.
func AppendKey(b []byte, k sdk.Key) []byte { return append(b, k[:]...) }

// AppendOptionalKey adds a key that is often absent: one byte when it is zero, 33 when not.
func AppendOptionalKey(b []byte, k sdk.Key) []byte {
	if k.IsZero() {
		return append(b, 0)
	}
	return AppendKey(append(b, 1), k)
}

// AppendUvarint adds a number.
func AppendUvarint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

// Reader reads what the Append functions wrote. After an error it gives zero values; Close returns that error.
type Reader struct {
	b   []byte
	err error
}

// NewReader reads b.
func NewReader(b []byte) *Reader { return &Reader{b: b} }

// Uvarint reads a number.
func (r *Reader) Uvarint() uint64 {
	if len(r.b) > 0 && r.b[0] < 0x80 {
		v := uint64(r.b[0])
		r.b = r.b[1:]
		return v
	}
	return r.long()
}

// long reads a number of several bytes. Those of up to eight are read at once: most of a state is numbers, and most of the time that a
// restart takes it goes to reading it.
func (r *Reader) long() uint64 {
	if len(r.b) >= 8 {
		w := binary.LittleEndian.Uint64(r.b)
		if ends := ^w & 0x8080808080808080; ends != 0 {
			n := bits.TrailingZeros64(ends)>>3 + 1
			r.b = r.b[n:]
			w &= 1<<(8*n) - 1
			w = w&0x007f007f007f007f | w&0x7f007f007f007f00>>1
			w = w&0x00003fff00003fff | w&0x3fff00003fff0000>>2
			return w&0x000000000fffffff | w&0x0fffffff00000000>>4
		}
	}
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

// Count reads the number of values that follow, each of at least size bytes. A number that the bytes cannot hold is an error,
// so that damaged state does not ask for all memory.
func (r *Reader) Count(size int) int {
	n := r.Uvarint()
	if n > uint64(len(r.b)/size) {
		r.fail()
		return 0
	}
	return int(n)
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if b := r.Take(1); b != nil {
		return b[0]
	}
	return 0
}

// Key reads a key.
func (r *Reader) Key() sdk.Key { return sdk.KeyOf(r.Take(len(sdk.Key{}))) }

// OptionalKey reads a key that may be absent.
func (r *Reader) OptionalKey() sdk.Key {
	switch r.Byte() {
	case 0:
		return sdk.Key{}
	case 1:
		return r.Key()
	default:
		r.fail()
		return sdk.Key{}
	}
}

// Text reads text.
func (r *Reader) Text() string { return string(r.Take(r.Count(1))) }

// Close returns the first error, or ErrLong when bytes are left.
func (r *Reader) Close() error {
	if r.err == nil && len(r.b) > 0 {
		return ErrLong
	}
	return r.err
}

// Failed says whether there is an error. A loop over many values stops by it.
func (r *Reader) Failed() bool { return r.err != nil }

// Take reads n bytes, which are not copied: they belong to the state that is read.
func (r *Reader) Take(n int) []byte {
	if n < 0 || len(r.b) < n {
		r.fail()
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *Reader) fail() {
	r.b, r.err = nil, ErrShort
}
