package dex

import "encoding/binary"

// EventTag is what an Anchor program puts in front of an event when it calls itself to emit it (e4 45 a5 2e 51 cb 9a 1d).
const EventTag = 0xe445a52e51cb9a1d

// Tag returns the first 8 bytes of b as a number that reads, in hex, like the bytes in memory. It is 0 for shorter data,
// which no discriminator is.
func Tag(b []byte) uint64 {
	if len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// CutEvent takes the self-call tag off an inner instruction's data. What is left begins with the event's discriminator. It
// returns false when the data is not an event.
func CutEvent(data []byte) ([]byte, bool) {
	if len(data) < 16 || Tag(data) != EventTag {
		return nil, false
	}
	return data[8:], true
}

// AppendEventTag begins a self-call: the caller appends an event next.
func AppendEventTag(dst []byte) []byte { return binary.BigEndian.AppendUint64(dst, EventTag) }
