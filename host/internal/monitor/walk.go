package monitor

import (
	"encoding/binary"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/weir-run/weir/sdk/wire"
)

// Field numbers of weir/plugin/v1/plugin.proto and of weir.event.v1.Output that are walked by hand: the bulk of what passes
// here is never decoded.
const (
	batchFirst = 2
	batchLast  = 3

	hostEpoch = 1
	hostBatch = 2

	restoreData     = 1
	restorePart     = 2
	restorePartSize = 3

	pluginEpoch   = 1
	pluginOutputs = 2
	pluginState   = 3
	pluginError   = 4

	outputsOutput  = 1
	outputsThrough = 2

	outputCause = 1
	outputIndex = 2
)

var errWire = errors.New("malformed message")

// field reads one field and returns what follows it. data is set for bytes, value for numbers.
func field(b []byte) (num int, value uint64, data, rest []byte, err error) {
	number, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, 0, nil, nil, errWire
	}
	b = b[n:]
	switch typ {
	case protowire.VarintType:
		value, n = protowire.ConsumeVarint(b)
	case protowire.BytesType:
		data, n = protowire.ConsumeBytes(b)
	case protowire.Fixed64Type:
		if n = -1; len(b) >= 8 {
			value, n = binary.LittleEndian.Uint64(b), 8
		}
	default:
		n = protowire.ConsumeFieldValue(number, typ, b)
	}
	if n < 0 {
		return 0, 0, nil, nil, errWire
	}
	return int(number), value, data, b[n:], nil
}

// appendBatch encodes what goes before and after size bytes of envelopes to make a HostFrame with a Batch of them. Both parts
// are appended to dst, which is returned as before and after.
func appendBatch(dst []byte, epoch uint64, size int, first, last uint64) (before, after []byte) {
	tail := protowire.SizeTag(batchFirst) + protowire.SizeVarint(first) + protowire.SizeTag(batchLast) + protowire.SizeVarint(last)
	dst = protowire.AppendTag(dst, hostEpoch, protowire.VarintType)
	dst = protowire.AppendVarint(dst, epoch)
	dst = protowire.AppendTag(dst, hostBatch, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(size+tail))
	cut := len(dst)
	dst = protowire.AppendTag(dst, batchFirst, protowire.VarintType)
	dst = protowire.AppendVarint(dst, first)
	dst = protowire.AppendTag(dst, batchLast, protowire.VarintType)
	dst = protowire.AppendVarint(dst, last)
	return dst[:cut:cut], dst[cut:]
}

// answer is a PluginFrame. Exactly one content is set; all alias the received bytes.
type answer struct {
	epoch   uint64
	content int // field number
	body    []byte
}

func readAnswer(b []byte) (a answer, err error) {
	for len(b) > 0 {
		num, value, data, rest, err := field(b)
		if err != nil {
			return a, err
		}
		switch num {
		case pluginEpoch:
			a.epoch = value
		case pluginOutputs, pluginState, pluginError:
			if a.content != 0 {
				return a, fmt.Errorf("%w: two contents in one frame", errWire)
			}
			a.content, a.body = num, data
		}
		b = rest
	}
	return a, nil
}

// readOutputs walks an Outputs message. Each encoded output is appended to outputs, its name to names.
func readOutputs(b []byte, outputs [][]byte, names []Cursor) (_ [][]byte, _ []Cursor, through uint64, err error) {
	for len(b) > 0 {
		num, value, data, rest, err := field(b)
		if err != nil {
			return outputs, names, 0, err
		}
		switch num {
		case outputsOutput:
			name, err := readName(data)
			if err != nil {
				return outputs, names, 0, fmt.Errorf("output: %w", err)
			}
			outputs, names = append(outputs, data), append(names, name)
		case outputsThrough:
			through = value
		}
		b = rest
	}
	return outputs, names, through, nil
}

func readName(b []byte) (name Cursor, err error) {
	name.Any = true
	for len(b) > 0 {
		num, value, _, rest, err := field(b)
		if err != nil {
			return name, err
		}
		switch num {
		case outputCause:
			name.Cause = value
		case outputIndex:
			name.Index = uint32(value)
		}
		b = rest
	}
	return name, nil
}

// restoreRequest is a RestoreRequest with a chunk of a part, and the size of the part where that is to be said. The chunk is not copied.
func restoreRequest(part, size int, chunk []byte) *wire.Raw {
	b := protowire.AppendVarint(protowire.AppendTag(nil, restorePart, protowire.VarintType), uint64(part))
	if size > 0 {
		b = protowire.AppendVarint(protowire.AppendTag(b, restorePartSize, protowire.VarintType), uint64(size))
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, restoreData, protowire.BytesType), uint64(len(chunk)))
	raw := &wire.Raw{}
	raw.Append(b)
	raw.Append(chunk)
	return raw
}
