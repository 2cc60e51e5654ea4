package trading

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// crowdSize is how many different traders of one interval are counted exactly.
const crowdSize = 128

// crowd counts different traders: it keeps the smallest hashes. As long as there is room for all, the count is exact; after that the
// largest one kept tells how thick they lie (K minimum values), with a standard error of about 9 %.
type crowd struct {
	smallest []uint64 // ascending
	full     bool     // one did not fit
}

// hash spreads a key over 64 bits: keys are not random where their owners chose how they begin.
func hash(key []byte) uint64 {
	if len(key) != len(sdk.Key{}) {
		return 0
	}
	var h uint64
	for i := 0; i < len(key); i += 8 {
		h ^= binary.LittleEndian.Uint64(key[i:])
		h ^= h >> 30
		h *= 0xbf58476d1ce4e5b9
		h ^= h >> 27
		h *= 0x94d049bb133111eb
		h ^= h >> 31
	}
	return h
}

func (c *crowd) add(h uint64) {
	at, found := slices.BinarySearch(c.smallest, h)
	switch {
	case found:
	case len(c.smallest) < crowdSize:
		c.smallest = slices.Insert(c.smallest, at, h)
	case at == crowdSize:
		c.full = true
	default:
		copy(c.smallest[at+1:], c.smallest[at:crowdSize-1])
		c.smallest[at], c.full = h, true
	}
}

// join adds another crowd. The result holds all of both until it is counted: intervals that are exact stay exact together.
func (c *crowd) join(d *crowd) {
	c.full = c.full || d.full
	c.smallest = append(c.smallest, d.smallest...)
	slices.Sort(c.smallest)
	c.smallest = slices.Compact(c.smallest)
}

// count is how many there are and whether that is an estimate.
func (c *crowd) count() (n uint64, estimated bool) {
	if !c.full {
		return uint64(len(c.smallest)), false
	}
	last := c.smallest[crowdSize-1]
	if last < crowdSize {
		return math.MaxUint64, true
	}
	n, _ = bits.Div64(crowdSize-1, 0, last)
	return max(n, uint64(len(c.smallest))), true
}

func (c *crowd) append(b []byte) []byte {
	full := uint64(0)
	if c.full {
		full = 1
	}
	b = pack.AppendUvarint(pack.AppendUvarint(b, full), uint64(len(c.smallest)))
	for _, h := range c.smallest {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	return b
}

func readCrowd(r *pack.Reader) (c crowd) {
	c.full = r.Uvarint() == 1
	for range r.Count(8) {
		var h [8]byte
		for i := range h {
			h[i] = r.Byte()
		}
		c.smallest = append(c.smallest, binary.LittleEndian.Uint64(h[:]))
	}
	return c
}
