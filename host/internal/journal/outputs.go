package journal

import (
	"context"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"google.golang.org/protobuf/encoding/protowire"
)

// Headers of a batch of outputs: the epoch that wrote it, how many outputs are in it, and the last of them. A batch of none is the
// mark with which an epoch begins.
const (
	headerEpoch = "Weir-Epoch"
	headerCause = "Weir-Cause"
	headerIndex = "Weir-Index"
)

// OutputLog appends the outputs of one instance in one epoch. Calls of Append come from one goroutine; the rest may be called from
// any.
type OutputLog struct {
	j        *Journal
	instance string
	epoch    string
	number   uint64 // the epoch
	head     []byte // instance and monitor, encoded
	start    Cursor
	durable  func(firstCause, lastCause uint64, count int)
	pipe     *pipe
	ended    chan struct{}
}

// Cursor returns the cursor at which the log was opened: what a replay gives up to it must not be appended again.
func (l *OutputLog) Cursor() Cursor { return l.start }

// Append adds outputs, encoded eventv1.Output messages in order, of which last is the cursor of the last. They become durable a
// moment later. It blocks while too much is pending. ErrFenced: a later epoch writes, and nothing more is stored.
func (l *OutputLog) Append(outputs [][]byte, last Cursor) error {
	if len(outputs) == 0 {
		return nil
	}
	size := 0
	for _, o := range outputs {
		size += 1 + protowire.SizeBytes(len(o))
	}
	if size+len(l.head) > maxTransaction {
		return l.appendHalves(outputs, last)
	}
	if err := l.pipe.begin(size); err != nil {
		return fmt.Errorf("append outputs of %s: %w", l.instance, err)
	}
	open := &l.pipe.open
	if open.count == 0 {
		open.data = append(open.data, l.head...)
		l.pipe.held += int64(len(l.head))
		open.first = causeOf(outputs[0])
	}
	for _, o := range outputs {
		open.data = protowire.AppendTag(open.data, 3, protowire.BytesType)
		open.data = protowire.AppendBytes(open.data, o)
	}
	open.count += len(outputs)
	open.last, open.cursor = last.Cause, last
	l.pipe.commit()
	return nil
}

// appendHalves stores outputs that are too much for one message.
func (l *OutputLog) appendHalves(outputs [][]byte, last Cursor) error {
	if len(outputs) == 1 {
		return fmt.Errorf("append outputs of %s: output %d of record %d takes %d bytes, more than the %d that a message can hold",
			l.instance, last.Index, last.Cause, len(outputs[0]), maxTransaction)
	}
	half := len(outputs) / 2
	if err := l.Append(outputs[:half], cursorOf(outputs[half-1])); err != nil {
		return err
	}
	return l.Append(outputs[half:], last)
}

// Flush waits until everything appended before the call is durable.
func (l *OutputLog) Flush(ctx context.Context) error {
	if err := l.pipe.flush(ctx); err != nil {
		return fmt.Errorf("flush outputs of %s: %w", l.instance, err)
	}
	return nil
}

// Close makes everything appended durable, waiting at most until ctx ends, and ends the log. Closing twice is safe.
func (l *OutputLog) Close(ctx context.Context) error {
	err := l.pipe.close(ctx)
	<-l.ended
	l.j.mu.Lock()
	delete(l.j.logs, l)
	l.j.mu.Unlock()
	if err != nil {
		return fmt.Errorf("close outputs of %s: %w", l.instance, err)
	}
	return nil
}

func (l *OutputLog) header(p *parcel) nats.Header {
	h := nats.Header{
		headerEpoch: {l.epoch}, headerCount: {strconv.Itoa(p.count)}, headerSum: {checksum(p.data)}, headerWriter: {l.j.writer},
	}
	if p.cursor.Any {
		h[headerCause] = []string{strconv.FormatUint(p.cursor.Cause, 10)}
		h[headerIndex] = []string{strconv.FormatUint(uint64(p.cursor.Index), 10)}
	}
	return h
}

func (l *OutputLog) acked(p *parcel) {
	if l.durable != nil {
		l.durable(p.first, p.last, p.count)
	}
}

// reconcile finds out whether the batch in flight is stored after all.
func (l *OutputLog) reconcile(ctx context.Context, inflight []parcel) (int, uint64, error) {
	last, err := l.j.lastOutput(ctx, l.instance)
	if err != nil {
		return 0, 0, err
	}
	if last.epoch > l.number {
		return 0, 0, fmt.Errorf("epoch %d of %s has begun: %w", last.epoch, l.instance, ErrFenced)
	}
	if err := l.j.checkEpoch(ctx, l.instance, l.number); err != nil {
		return 0, 0, err
	}
	count := 0
	for i := range inflight {
		if last.epoch == l.number && !last.cursor.Before(inflight[i].cursor) {
			count++
		}
	}
	return count, last.sequence, nil
}
