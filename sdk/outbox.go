package sdk

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var outputKindPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// maxOutput keeps one output well inside a frame.
const maxOutput = 256 << 10

// outbox encodes the outputs of a batch, one after the other, as entries of pluginv1.Outputs. Only the work loop uses it.
type outbox struct {
	kinds []string // that Emits lists; nil allows all

	buf     []byte // entries of earlier records and of this one
	start   int    // where this record's entries begin
	cause   uint64 // number of the record at hand, 0 outside of a handler
	index   uint32 // of the next output
	record  *eventv1.Record
	failure error // first refused output of this record

	total uint64 // outputs kept since the start
}

// begin opens the outputs of one record. A journal gap has no record.
func (b *outbox) begin(number uint64, r *eventv1.Record) {
	b.start, b.cause, b.index, b.record, b.failure = len(b.buf), number, 0, r, nil
}

// end closes them. When the handler or one of its outputs failed, nothing of the record stays.
func (b *outbox) end(err error) error {
	if err == nil {
		err = b.failure
	}
	if err != nil {
		b.buf = b.buf[:b.start]
	} else {
		b.total += uint64(b.index)
	}
	b.cause, b.record = 0, nil
	return err
}

func (b *outbox) emit(o *eventv1.Output) {
	if b.cause == 0 {
		panic("sdk: Emit outside of a record handler: outputs are named by the record that caused them")
	}
	if err := b.checkKind(o.GetKind()); err != nil {
		b.fail(err)
		return
	}
	o.Cause, o.Index = b.cause, b.index
	o.Slot, o.BlockTime, o.Signature = 0, nil, nil
	if b.record != nil {
		o.Slot, o.BlockTime, o.Signature = b.record.GetSlot(), b.record.BlockTime, b.record.GetSignature()
	}
	if err := b.append(o); err != nil {
		b.fail(fmt.Errorf("emit %s: %w", o.GetKind(), err))
		return
	}
	b.index++
}

func (b *outbox) checkKind(kind string) error {
	if b.kinds != nil {
		if !slices.Contains(b.kinds, kind) {
			return fmt.Errorf("emit %q: Monitor.Emits does not list this kind", kind)
		}
		return nil
	}
	if !outputKindPattern.MatchString(kind) {
		return fmt.Errorf("emit %q: an output kind is lower snake case", kind)
	}
	return nil
}

// append writes tag, length and message. The length's place is guessed at two bytes, which fits 128 to 16,383 bytes, so that
// nearly every output is encoded in place, without a sizing pass of ours.
func (b *outbox) append(o *eventv1.Output) error {
	head := len(b.buf)
	buf := append(b.buf, outputsEntryTag, 0, 0)
	body := len(buf)
	// Deterministic orders the fields of a Signal: a replay must give the same bytes.
	buf, err := proto.MarshalOptions{Deterministic: true}.MarshalAppend(buf, o)
	if err != nil {
		return err
	}
	size := len(buf) - body
	if size > maxOutput {
		return errors.New("the output is larger than 256 KiB")
	}
	if n := protowire.SizeVarint(uint64(size)); n != 2 {
		buf = append(buf, make([]byte, max(0, n-2))...)
		copy(buf[head+1+n:], buf[body:body+size])
		buf = buf[:head+1+n+size]
	}
	protowire.AppendVarint(buf[head+1:head+1], uint64(size))
	b.buf = buf
	return nil
}

func (b *outbox) fail(err error) {
	if b.failure == nil {
		b.failure = err
	}
}
