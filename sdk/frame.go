package sdk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Field numbers of weir/plugin/v1/plugin.proto. Frames and batches are walked by hand: a batch goes by without a message, and
// records of unwanted kinds are never decoded.
const (
	frameEpoch    = 1
	frameBatch    = 2
	frameBarrier  = 3
	frameDurable  = 4
	frameGap      = 5
	frameRetract  = 6
	frameCutOver  = 7
	batchRecords  = 1
	batchFirst    = 2
	batchLast     = 3
	envelopeNum   = 1
	envelopeSlot  = 2
	envelopeRecv  = 3
	envelopeKind  = 4
	envelopeVenue = 5
	envelopeBody  = 6

	outputsEntryTag   = 1<<3 | byte(protowire.BytesType) // Outputs.outputs
	outputsThroughTag = 2<<3 | byte(protowire.VarintType)
	framePluginEpoch  = 1<<3 | byte(protowire.VarintType)
	framePluginOutput = 2<<3 | byte(protowire.BytesType)
)

var errFrame = errors.New("malformed frame")

// hostFrame is a frame with its content still encoded. It aliases the received bytes.
type hostFrame struct {
	epoch uint64
	kind  int // field number of the content; 0 when there is none
	body  []byte
}

// field reads one field. Only varints, 64-bit values and bytes have a value; other types are skipped.
func field(b []byte) (num int, value uint64, data, rest []byte, err error) {
	number, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return 0, 0, nil, nil, errFrame
	}
	b = b[n:]
	switch typ {
	case protowire.VarintType:
		value, n = protowire.ConsumeVarint(b)
	case protowire.Fixed64Type:
		if n = 8; len(b) < 8 {
			return 0, 0, nil, nil, errFrame
		}
		value = binary.LittleEndian.Uint64(b)
	case protowire.BytesType:
		data, n = protowire.ConsumeBytes(b)
	default:
		n = protowire.ConsumeFieldValue(number, typ, b)
	}
	if n < 0 {
		return 0, 0, nil, nil, errFrame
	}
	return int(number), value, data, b[n:], nil
}

func readFrame(b []byte) (f hostFrame, err error) {
	for len(b) > 0 {
		var num int
		var value uint64
		var data []byte
		if num, value, data, b, err = field(b); err != nil {
			return f, err
		}
		switch {
		case num == frameEpoch:
			f.epoch = value
		case f.kind != 0 && data != nil:
			return f, fmt.Errorf("%w: two contents in one frame", errFrame)
		case data != nil:
			f.kind, f.body = num, data
		}
	}
	return f, nil
}

// batch is a run of the journal.
type batch struct {
	first, last uint64
	entries     []byte // the encoded batch
}

// readBatch finds the bounds, which the host appends after the records it cut out of the journal.
func readBatch(b []byte) (batch, error) {
	out := batch{entries: b}
	for len(b) > 0 {
		num, value, _, rest, err := field(b)
		if err != nil {
			return out, err
		}
		switch num {
		case batchFirst:
			out.first = value
		case batchLast:
			out.last = value
		}
		b = rest
	}
	return out, nil
}

// next takes the next envelope out of the batch; ok is false at its end.
func (b *batch) next() (e envelope, ok bool, err error) {
	for len(b.entries) > 0 {
		num, _, data, rest, err := field(b.entries)
		if err != nil {
			return e, false, err
		}
		b.entries = rest
		if num == batchRecords {
			e, err = readEnvelope(data)
			return e, true, err
		}
	}
	return e, false, nil
}

// envelope is a record that is not decoded yet. It aliases the received bytes.
type envelope struct {
	number uint64
	kind   eventv1.Kind
	venue  eventv1.Venue
	record []byte
}

func readEnvelope(b []byte) (e envelope, err error) {
	for len(b) > 0 {
		num, value, data, rest, err := field(b)
		if err != nil {
			return e, err
		}
		switch num {
		case envelopeNum:
			e.number = value
		case envelopeKind:
			e.kind = eventv1.Kind(value)
		case envelopeVenue:
			e.venue = eventv1.Venue(value)
		case envelopeBody:
			e.record = data
		}
		b = rest
	}
	return e, nil
}

// decode makes a record of an envelope. With reuse, a trade goes into that memory and aliases the received bytes; without,
// nothing is shared.
func (e envelope) decode(reuse *tradeRecord) (*eventv1.Record, error) {
	if e.kind == KindTrade {
		encoded := e.record
		if reuse == nil {
			// One copy serves all keys of the record. An author who keeps one of them keeps these bytes, not the frame's.
			reuse, encoded = &tradeRecord{}, bytes.Clone(encoded)
		}
		if r := decodeTrade(reuse, encoded); r != nil {
			r.Number = e.number
			return r, nil
		}
	}
	r := &eventv1.Record{}
	if err := proto.Unmarshal(e.record, r); err != nil {
		return nil, fmt.Errorf("decode record: %w", err)
	}
	if kind := KindOf(r); kind != e.kind {
		return nil, fmt.Errorf("decode record: the envelope says %s, the record holds %s", e.kind, kind)
	}
	r.Number = e.number
	return r, nil
}

// outputsFrame encodes a PluginFrame with Outputs: head, then the entries, then tail.
func outputsFrame(epoch uint64, entries []byte, through uint64) (head, tail []byte) {
	if through != 0 {
		tail = protowire.AppendVarint(append(tail, outputsThroughTag), through)
	}
	head = protowire.AppendVarint([]byte{framePluginEpoch}, epoch)
	head = protowire.AppendVarint(append(head, framePluginOutput), uint64(len(entries)+len(tail)))
	return head, tail
}

// firstEntries cuts whole entries off the front of what an outbox encoded: all when they fit into limit bytes, otherwise as many
// as do, and one at least. A record may cause more outputs than one frame holds.
func firstEntries(b []byte, limit int) []byte {
	if len(b) <= limit {
		return b
	}
	end := 0
	for end < len(b) {
		_, n := protowire.ConsumeBytes(b[end+1:])
		if end > 0 && end+1+n > limit {
			break
		}
		end += 1 + n
	}
	return b[:end]
}

// chunks cuts state into messages. Empty state is one empty chunk: the last one carries the version.
func chunks(data []byte, size int) [][]byte {
	out := slices.Collect(slices.Chunk(data, size))
	if len(out) == 0 {
		out = [][]byte{nil}
	}
	return out
}

func stateFrame(epoch, checkpoint uint64, data []byte) *pluginv1.PluginFrame {
	chunk := &pluginv1.StateChunk{Checkpoint: checkpoint, Data: data}
	return &pluginv1.PluginFrame{Epoch: epoch, Frame: &pluginv1.PluginFrame_State{State: chunk}}
}

func errorFrame(epoch, number uint64, err error) *pluginv1.PluginFrame {
	failure := &pluginv1.RecordError{Number: number, Class: classOf(err), Message: plain(err.Error())}
	return &pluginv1.PluginFrame{Epoch: epoch, Frame: &pluginv1.PluginFrame_Error{Error: failure}}
}
