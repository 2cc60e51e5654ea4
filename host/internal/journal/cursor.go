package journal

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// Cursor names the last output of an instance: outputs at or before it are stored.
type Cursor struct {
	// Cause is the number of the causing record, Index the place among its outputs.
	Cause uint64 `json:"cause"`
	Index uint32 `json:"index"`
	// Any is false when there is no output yet.
	Any bool `json:"any"`
}

// Before tells whether c comes before another cursor.
func (c Cursor) Before(d Cursor) bool {
	if c.Any != d.Any {
		return d.Any
	}
	return c.Cause < d.Cause || c.Cause == d.Cause && c.Index < d.Index
}

// causeOf returns the cause in an encoded output, 0 when there is none.
func causeOf(output []byte) uint64 { return cursorOf(output).Cause }

// cursorOf reads cause and index of an encoded output.
func cursorOf(output []byte) Cursor {
	c := Cursor{Any: true}
	for len(output) > 0 {
		num, typ, n := protowire.ConsumeTag(output)
		if n < 0 {
			return c
		}
		if typ == protowire.VarintType && num <= 2 {
			v, _ := protowire.ConsumeVarint(output[n:])
			if num == 1 {
				c.Cause = v
			} else {
				c.Index = uint32(v)
			}
		}
		m := protowire.ConsumeFieldValue(num, typ, output[n:])
		if m < 0 {
			return c
		}
		output = output[n+m:]
	}
	return c
}
