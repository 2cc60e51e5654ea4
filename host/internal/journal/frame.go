package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"iter"
	"strconv"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Headers of a frame. Numbers are decimal; the sum is CRC-32C of the payload in hexadecimal.
const (
	headerFirst    = "Weir-First"
	headerCount    = "Weir-Count"
	headerComplete = "Weir-Complete-Slot"
	headerMaxSlot  = "Weir-Max-Slot"
	headerSum      = "Weir-Sum"
	headerWriter   = "Weir-Writer"
)

// Frame is a run of records as it lies in the journal. Payload is a valid pluginv1.Batch of envelopes only; it is shared and must
// not be changed.
type Frame struct {
	// First and Last number in it, inclusive.
	First, Last uint64
	// Payload holds the envelopes, ascending and without holes.
	Payload []byte
}

// Envelope is the header of a record in a frame, with views into the payload.
type Envelope struct {
	Number, Slot      uint64
	ReceivedUnixNanos int64
	Kind              eventv1.Kind
	Venue             eventv1.Venue
	// Record is the encoded eventv1.Record, without its number.
	Record []byte
	// Encoded is the whole entry of pluginv1.Batch.records, tag and length included.
	Encoded []byte
}

var errEnvelope = errors.New("malformed envelope")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) string { return strconv.FormatUint(uint64(crc32.Checksum(b, castagnoli)), 16) }

// Envelopes walks a frame's payload in order. It ends after the first error.
func Envelopes(payload []byte) iter.Seq2[Envelope, error] {
	return func(yield func(Envelope, error) bool) {
		for rest := payload; len(rest) > 0; {
			e, n, err := readEnvelope(rest)
			if !yield(e, err) || err != nil {
				return
			}
			rest = rest[n:]
		}
	}
}

// The layout is pluginv1.Envelope, always written with all six fields in order of their numbers.
const (
	tagEntry    = 1<<3 | 2
	tagNumber   = 1<<3 | 1
	tagSlot     = 2<<3 | 1
	tagReceived = 3<<3 | 1
	tagKind     = 4 << 3
	tagVenue    = 5 << 3
	tagRecord   = 6<<3 | 2

	envelopeFixed = 3*9 + 2*2
)

func envelopeSize(record int) int {
	return envelopeFixed + 1 + protowire.SizeBytes(record)
}

func entrySize(record int) int { return 1 + protowire.SizeBytes(envelopeSize(record)) }

// appendEntry appends r, whose size was just computed, as one entry of a batch.
func appendEntry(b []byte, r *eventv1.Record, size int, number uint64, received int64) ([]byte, error) {
	kind, venue := classify(r)
	b = append(b, tagEntry)
	b = protowire.AppendVarint(b, uint64(envelopeSize(size)))
	b = append(b, tagNumber)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = append(b, tagSlot)
	b = binary.LittleEndian.AppendUint64(b, r.Slot)
	b = append(b, tagReceived)
	b = binary.LittleEndian.AppendUint64(b, uint64(received))
	b = append(b, tagKind, byte(kind), tagVenue, byte(venue), tagRecord)
	b = protowire.AppendVarint(b, uint64(size))
	start := len(b)
	b, err := proto.MarshalOptions{UseCachedSize: true}.MarshalAppend(b, r)
	if err == nil && len(b)-start != size {
		err = fmt.Errorf("record changed while it was encoded: %d bytes instead of %d", len(b)-start, size)
	}
	return b, err
}

// classify returns kind and venue of a record's body. Both fit in 7 bits, which appendEntry relies on.
func classify(r *eventv1.Record) (eventv1.Kind, eventv1.Venue) {
	switch b := r.Body.(type) {
	case *eventv1.Record_Trade:
		return eventv1.Kind_KIND_TRADE, b.Trade.GetVenue() & 0x7f
	case *eventv1.Record_TokenCreated:
		return eventv1.Kind_KIND_TOKEN_CREATED, b.TokenCreated.GetVenue() & 0x7f
	case *eventv1.Record_CurveCompleted:
		return eventv1.Kind_KIND_CURVE_COMPLETED, b.CurveCompleted.GetVenue() & 0x7f
	case *eventv1.Record_TokenMigrated:
		return eventv1.Kind_KIND_TOKEN_MIGRATED, b.TokenMigrated.GetVenue() & 0x7f
	case *eventv1.Record_PoolCreated:
		return eventv1.Kind_KIND_POOL_CREATED, b.PoolCreated.GetVenue() & 0x7f
	case *eventv1.Record_LiquidityChanged:
		return eventv1.Kind_KIND_LIQUIDITY_CHANGED, b.LiquidityChanged.GetVenue() & 0x7f
	case *eventv1.Record_Gap:
		return eventv1.Kind_KIND_GAP, 0
	case *eventv1.Record_SlotRetracted:
		return eventv1.Kind_KIND_SLOT_RETRACTED, 0
	case *eventv1.Record_TransactionFailed:
		return eventv1.Kind_KIND_TRANSACTION_FAILED, b.TransactionFailed.GetVenue() & 0x7f
	case *eventv1.Record_FeesMoved:
		return eventv1.Kind_KIND_FEES_MOVED, b.FeesMoved.GetVenue() & 0x7f
	case *eventv1.Record_ReservesChanged:
		return eventv1.Kind_KIND_RESERVES_CHANGED, b.ReservesChanged.GetVenue() & 0x7f
	case *eventv1.Record_LpMoved:
		return eventv1.Kind_KIND_LP_MOVED, b.LpMoved.GetVenue() & 0x7f
	case *eventv1.Record_TokenMetadata:
		return eventv1.Kind_KIND_TOKEN_METADATA, 0
	case *eventv1.Record_ProgramEvent:
		return eventv1.Kind_KIND_PROGRAM_EVENT, 0
	default:
		return 0, 0
	}
}

// readEnvelope reads the entry at the start of b, in any order of fields, and returns its length.
func readEnvelope(b []byte) (Envelope, int, error) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 || num != 1 || typ != protowire.BytesType {
		return Envelope{}, 0, errEnvelope
	}
	body, m := protowire.ConsumeBytes(b[n:])
	if m < 0 {
		return Envelope{}, 0, errEnvelope
	}
	e := Envelope{Encoded: b[:n+m]}
	for len(body) > 0 {
		used := e.readField(body)
		if used <= 0 {
			return Envelope{}, 0, errEnvelope
		}
		body = body[used:]
	}
	return e, n + m, nil
}

func (e *Envelope) readField(b []byte) int {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return n
	}
	var m int
	switch typ {
	case protowire.Fixed64Type:
		var v uint64
		v, m = protowire.ConsumeFixed64(b[n:])
		switch num {
		case 1:
			e.Number = v
		case 2:
			e.Slot = v
		case 3:
			e.ReceivedUnixNanos = int64(v)
		default:
		}
	case protowire.VarintType:
		var v uint64
		v, m = protowire.ConsumeVarint(b[n:])
		switch num {
		case 4:
			e.Kind = eventv1.Kind(v)
		case 5:
			e.Venue = eventv1.Venue(v)
		default:
		}
	case protowire.BytesType:
		var v []byte
		v, m = protowire.ConsumeBytes(b[n:])
		if num == 6 {
			e.Record = v
		}
	default:
		m = protowire.ConsumeFieldValue(num, typ, b[n:])
	}
	if m < 0 {
		return m
	}
	return n + m
}

// stored is a frame as it came out of the stream.
type stored struct {
	sequence          uint64
	first, last       uint64
	complete, maxSlot uint64
	writer            string
	payload           []byte
	damaged           error // the payload is not what was written
}

// readStored reads a frame's headers and checks its payload. It fails when the headers make no sense.
func readStored(sequence uint64, header nats.Header, payload []byte) (stored, error) {
	s := stored{sequence: sequence, writer: header.Get(headerWriter), payload: payload}
	var count uint64
	var errs [4]error
	s.first, errs[0] = strconv.ParseUint(header.Get(headerFirst), 10, 64)
	count, errs[1] = strconv.ParseUint(header.Get(headerCount), 10, 32)
	s.complete, errs[2] = strconv.ParseUint(header.Get(headerComplete), 10, 64)
	s.maxSlot, errs[3] = strconv.ParseUint(header.Get(headerMaxSlot), 10, 64)
	if err := errors.Join(errs[:]...); err != nil || s.first == 0 || count == 0 {
		return s, fmt.Errorf("message %d of stream %s is not a frame: %v", sequence, framesStream, header)
	}
	s.last = s.first + count - 1
	if sum := checksum(payload); sum != header.Get(headerSum) {
		s.damaged = fmt.Errorf("frame of records %d to %d has checksum %s instead of %s", s.first, s.last, sum, header.Get(headerSum))
	}
	return s, nil
}
