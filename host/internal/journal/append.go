package journal

import (
	"context"
	"fmt"
	"strconv"

	"github.com/mr-tron/base58"
	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Append numbers and encodes the records of one transaction, received at the given Unix time in nanoseconds. They stay together in
// one frame, which becomes durable a moment later; Flush waits for that. Append blocks while too much is pending, also for as long
// as the store takes nothing, and then fails only when the journal is closed, fenced or in a Hurry. Nothing of the records is kept; their
// Number is set to 0. A transaction of more than 900 KiB is an error that names it, and is not stored.
func (j *Journal) Append(records []*eventv1.Record, receivedUnixNanos int64) error {
	if len(records) == 0 {
		return nil
	}
	size := 0
	for _, r := range records {
		r.Number = 0
		size += entrySize(proto.MarshalOptions{}.Size(r))
	}
	if size > maxTransaction {
		return fmt.Errorf("append to journal: the %d records of transaction %s take %d bytes, more than the %d that a frame can hold",
			len(records), base58.Encode(records[0].Signature), size, maxTransaction)
	}
	if err := j.pipe.begin(size); err != nil {
		return fmt.Errorf("append to journal: %w", err)
	}
	if err := j.encode(records, receivedUnixNanos); err != nil {
		j.pipe.withdraw(size)
		return fmt.Errorf("append transaction %s to journal: %w", base58.Encode(records[0].Signature), err)
	}
	j.pipe.commit()
	return nil
}

// encode appends the records to the open frame, all or none. The pipe is locked.
func (j *Journal) encode(records []*eventv1.Record, received int64) error {
	open := &j.pipe.open
	b, number, maxSlot := open.data, j.next, open.maxSlot
	for _, r := range records {
		var err error
		// Size was called on r and nothing touched it since: the cached value stands, and is read without a second walk.
		b, err = appendEntry(b, r, proto.MarshalOptions{UseCachedSize: true}.Size(r), number, received)
		if err != nil {
			return err
		}
		number++
		maxSlot = max(maxSlot, r.Slot)
	}
	if open.count == 0 {
		open.first = j.next
	}
	open.data, open.maxSlot, open.last, open.count = b, maxSlot, number-1, open.count+len(records)
	j.next = number
	return nil
}

// Next returns the number that the next record to be appended gets. It holds as long as nobody else appends.
func (j *Journal) Next() uint64 {
	j.pipe.mu.Lock()
	defer j.pipe.mu.Unlock()
	return j.next
}

// Complete says that everything of slots up to slot was appended. It travels with the next frame, or alone when none comes for a
// second. A slot below an earlier one is ignored.
func (j *Journal) Complete(slot uint64) {
	j.pipe.mu.Lock()
	defer j.pipe.mu.Unlock()
	j.pipe.open.complete = max(j.pipe.open.complete, slot)
}

// Hurry has Append fail with ErrClosed from now on where it would wait: the host stops, and may not wait for a store that takes nothing.
func (j *Journal) Hurry() { j.pipe.hurry() }

// Flush waits until everything appended before the call is durable.
func (j *Journal) Flush(ctx context.Context) error {
	if err := j.pipe.flush(ctx); err != nil {
		return fmt.Errorf("flush journal: %w", err)
	}
	return nil
}

func (j *Journal) frameHeader(p *parcel) nats.Header {
	return nats.Header{
		headerFirst:    {strconv.FormatUint(p.first, 10)},
		headerCount:    {strconv.Itoa(p.count)},
		headerComplete: {strconv.FormatUint(p.complete, 10)},
		headerMaxSlot:  {strconv.FormatUint(p.maxSlot, 10)},
		headerSum:      {checksum(p.data)},
		headerWriter:   {j.writer},
	}
}

// frameAcked hands a durable frame to readers. The pipe calls it in order.
func (j *Journal) frameAcked(p *parcel) {
	j.mu.Lock()
	j.complete = max(j.complete, p.complete)
	j.bytes += uint64(len(p.data))
	if j.first == 0 {
		j.first = p.first
	}
	j.mu.Unlock()
	j.ring.push(Frame{First: p.first, Last: p.last, Payload: p.data})
}

// reconcileFrames finds out what of the frames in flight is in the stream after all, and whether someone else wrote there.
func (j *Journal) reconcileFrames(ctx context.Context, inflight []parcel) (int, uint64, error) {
	info, err := j.frames.Info(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("ask for the end of stream %s: %w", framesStream, err)
	}
	last := info.State.LastSeq
	count := 0
	for i := range inflight {
		if inflight[i].seq > last {
			break
		}
		at, err := j.frameAtOrAfter(ctx, inflight[i].seq, last)
		if err != nil {
			return 0, 0, err
		}
		if at.writer != j.writer {
			return 0, 0, fmt.Errorf("another daemon (%s) writes to stream %s: stop one of the two, or give each its own store: %w",
				at.writer, framesStream, ErrFenced)
		}
		count++
	}
	return count, last, nil
}
