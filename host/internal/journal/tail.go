package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Tail visits the signature of every record of slots from fromSlot on, in order of the journal, so that what a provider sends a
// second time is known. A transaction with several records is visited once for each; records without a signature are left out.
// The signature is valid during the call only.
func (j *Journal) Tail(ctx context.Context, fromSlot uint64, visit func(slot uint64, signature []byte)) error {
	return j.TailEnvelopes(ctx, fromSlot, func(e Envelope) error {
		if s := e.Signature(); len(s) > 0 {
			visit(e.Slot, s)
		}
		return nil
	})
}

// TailEnvelopes visits every record of slots from fromSlot on, in order of the journal, without decoding it: Envelope.Signature and
// Envelope.Decode do that where it is wanted. It is valid during the call only. An error of visit ends it and is returned.
func (j *Journal) TailEnvelopes(ctx context.Context, fromSlot uint64, visit func(Envelope) error) error {
	at, err := j.findFrame(ctx, func(s stored) bool { return s.maxSlot >= fromSlot })
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find slot %d in journal: %w", fromSlot, err)
	}
	// Max slots run on from frame to frame, so no frame before this one has a record of fromSlot or later.
	r := j.NewReader(at.first - 1)
	for last := j.ring.lastNumber(); r.after < last; {
		f, err := r.Next(ctx)
		if _, ok := errors.AsType[*GapError](err); ok {
			continue // noted by the reader; those transactions will be taken for new
		}
		if err != nil {
			return fmt.Errorf("read tail of journal: %w", err)
		}
		if err := visitFrom(f, fromSlot, visit); err != nil {
			return fmt.Errorf("read tail of journal: frame of records %d to %d: %w", f.First, f.Last, err)
		}
	}
	return nil
}

func visitFrom(f Frame, fromSlot uint64, visit func(Envelope) error) error {
	for e, err := range Envelopes(f.Payload) {
		if err != nil {
			return err
		}
		if e.Slot < fromSlot {
			continue
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// Signature returns the signature of the record, nil when it has none. It aliases the envelope.
func (e Envelope) Signature() []byte { return field(e.Record, 1) }

// Decode decodes the record.
func (e Envelope) Decode() (*eventv1.Record, error) {
	r := &eventv1.Record{}
	if err := proto.Unmarshal(e.Record, r); err != nil {
		return nil, fmt.Errorf("decode record %d: %w", e.Number, err)
	}
	return r, nil
}

// field returns the bytes of the first length-delimited field with a number, nil when there is none.
func field(message []byte, number protowire.Number) []byte {
	for len(message) > 0 {
		num, typ, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil
		}
		if num == number && typ == protowire.BytesType {
			v, m := protowire.ConsumeBytes(message[n:])
			if m < 0 {
				return nil
			}
			return v
		}
		m := protowire.ConsumeFieldValue(num, typ, message[n:])
		if m < 0 {
			return nil
		}
		message = message[n+m:]
	}
	return nil
}
