package geysersim

import (
	"encoding/binary"
	"math"
	"slices"
)

// backward writes protobuf from the end to the beginning. What is inside a message is written before its length, so that no length has
// to be known in advance: half of what the general encoder does for a transaction is to measure it. Fields come out in ascending
// order when they are written in descending order.
//
// Messages share large buffers: the next one is written in front of the one before. What was written never changes.
type backward struct {
	buf []byte
	at  int // the message begins here
	end int // and ends here
}

// chunk is the size of a buffer. One for each transaction would cost the garbage collector more than the encoding does.
const chunk = 1 << 20

// begin starts a message.
func (w *backward) begin() { w.end = w.at }

// written is the message so far.
func (w *backward) written() []byte { return w.buf[w.at:w.end:w.end] }

// mark is the number of bytes written so far.
func (w *backward) mark() int { return w.end - w.at }

// need makes room for n bytes in front. A message that does not fit any more moves to a new buffer.
func (w *backward) need(n int) {
	if n <= w.at {
		return
	}
	message := w.written()
	w.buf = make([]byte, max(chunk, 2*len(message)+n))
	w.end = len(w.buf)
	w.at = w.end - len(message)
	copy(w.buf[w.at:], message)
}

// raw writes bytes as they are.
func (w *backward) raw(v []byte) {
	w.need(len(v))
	w.at -= len(v)
	copy(w.buf[w.at:], v)
}

func (w *backward) varint(v uint64) {
	w.need(binary.MaxVarintLen64)
	if v < 0x80 { // nearly all of them
		w.at--
		w.buf[w.at] = byte(v)
		return
	}
	var text [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(text[:], v)
	w.at -= n
	copy(w.buf[w.at:], text[:n])
}

func (w *backward) tag(field, wire uint64) { w.varint(field<<3 | wire) }

// close writes the length and the tag of an inner message whose content was written since the mark.
func (w *backward) close(field uint64, mark int) {
	w.varint(uint64(w.mark() - mark))
	w.tag(field, 2)
}

func (w *backward) uint(field, v uint64) {
	if v != 0 {
		w.varint(v)
		w.tag(field, 0)
	}
}

func (w *backward) optional(field uint64, v *uint64) {
	if v != nil {
		w.varint(*v)
		w.tag(field, 0)
	}
}

func (w *backward) optional32(field uint64, v *uint32) {
	if v != nil {
		w.varint(uint64(*v))
		w.tag(field, 0)
	}
}

func (w *backward) bool(field uint64, v bool) {
	if v {
		w.uint(field, 1)
	}
}

func (w *backward) double(field uint64, v float64) {
	if bits := math.Float64bits(v); bits != 0 {
		w.need(8)
		w.at -= 8
		binary.LittleEndian.PutUint64(w.buf[w.at:], bits)
		w.tag(field, 1)
	}
}

func (w *backward) bytes(field uint64, v []byte) {
	if len(v) > 0 {
		w.element(field, v)
	}
}

func (w *backward) string(field uint64, v string) {
	if v != "" {
		w.text(field, v)
	}
}

// element and text write even what is empty, as in lists.
func (w *backward) element(field uint64, v []byte) {
	w.raw(v)
	w.varint(uint64(len(v)))
	w.tag(field, 2)
}

func (w *backward) text(field uint64, v string) {
	w.need(len(v))
	w.at -= len(v)
	copy(w.buf[w.at:], v)
	w.varint(uint64(len(v)))
	w.tag(field, 2)
}

func (w *backward) list(field uint64, v [][]byte) {
	for _, b := range slices.Backward(v) {
		w.element(field, b)
	}
}

func (w *backward) packed(field uint64, v []uint64) {
	if len(v) == 0 {
		return
	}
	mark := w.mark()
	for _, n := range slices.Backward(v) {
		w.varint(n)
	}
	w.close(field, mark)
}

// The functions below follow facts of the wire: field numbers are those of proto/yellowstone. Fields that the schema does not know
// are not sent.
