package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protowire"
)

// Headers of a batch of outputs: the epoch that wrote it, how many outputs are in it, and the last of them. A batch of none is the
// mark with which an epoch begins.
const (
	headerEpoch = "Weir-Epoch"
	headerCause = "Weir-Cause"
	headerIndex = "Weir-Index"
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

// Outputs opens the log of an instance for an epoch that Acquire gave. Writers of earlier epochs are refused from then on. durable,
// when not nil, is told of each batch as it becomes durable, in order; it must not block. ErrFenced when the epoch is not the
// latest.
func (j *Journal) Outputs(
	ctx context.Context, instance, monitor string, epoch uint64, durable func(firstCause, lastCause uint64, count int),
) (*OutputLog, error) {
	if err := checkName(instance); err != nil {
		return nil, err
	}
	head := protowire.AppendTag(nil, 1, protowire.BytesType)
	head = protowire.AppendString(head, instance)
	head = protowire.AppendTag(head, 2, protowire.BytesType)
	head = protowire.AppendString(head, monitor)
	l := &OutputLog{
		j: j, instance: instance, epoch: strconv.FormatUint(epoch, 10), number: epoch, head: head, durable: durable,
		ended: make(chan struct{}),
	}
	sequence, err := l.begin(ctx)
	if err != nil {
		return nil, fmt.Errorf("open outputs of %s: %w", instance, err)
	}
	l.pipe, err = newPipe(ctx, pipeConfig{
		node: j.node, subject: eventsPrefix + instance, stream: eventsStream, what: "outputs of " + instance,
		expect: jetstream.ExpectedLastSubjSeqHeader, window: 1, maxHeld: j.cfg.MaxPendingBytes, interval: j.cfg.FlushInterval,
		ackTimeout: j.cfg.AckTimeout, header: l.header, acked: l.acked, reconcile: l.reconcile, log: j.cfg.Log,
	}, sequence)
	if err != nil {
		return nil, fmt.Errorf("open outputs of %s: %w", instance, err)
	}
	go func() { //nolint:contextcheck // the log outlives this call
		defer close(l.ended)
		l.pipe.run()
	}()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.logs[l] = struct{}{}
	return l, nil
}

// begin finds the cursor and writes the mark of this epoch behind it. A writer of an earlier epoch that gets in between makes the
// mark fail, and it is tried again behind that.
func (l *OutputLog) begin(ctx context.Context) (uint64, error) {
	for {
		if err := l.j.checkEpoch(ctx, l.instance, l.number); err != nil {
			return 0, err
		}
		last, err := l.j.lastOutput(ctx, l.instance)
		if err != nil {
			return 0, err
		}
		if last.epoch > l.number {
			return 0, fmt.Errorf("epoch %d of %s has begun: %w", last.epoch, l.instance, ErrFenced)
		}
		l.start = last.cursor
		m, _, err := l.j.loadManifest(ctx, l.instance)
		if err != nil {
			return 0, err
		}
		for _, c := range m.Checkpoints {
			if l.start.Before(c.Outputs) {
				l.start = c.Outputs // retention took the outputs, and their cursor with them
			}
		}
		header := l.header(&parcel{cursor: l.start})
		ack, err := l.j.node.js.PublishMsg(ctx, &nats.Msg{Subject: eventsPrefix + l.instance, Header: header, Data: l.head},
			jetstream.WithExpectLastSequencePerSubject(last.sequence))
		if isWrongSequence(err) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("begin epoch %d: %s", l.number, l.j.node.explain(err))
		}
		return ack.Sequence, nil
	}
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
	l.pipe.commit(true)
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

// lastBatch is the end of an instance's outputs; all zero when there are none.
type lastBatch struct {
	sequence, epoch uint64
	cursor          Cursor
}

func (j *Journal) lastOutput(ctx context.Context, instance string) (lastBatch, error) {
	m, err := j.events.GetLastMsgForSubject(ctx, eventsPrefix+instance)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return lastBatch{}, nil
	}
	if err != nil {
		return lastBatch{}, fmt.Errorf("read last outputs of %s: %w", instance, err)
	}
	out := lastBatch{sequence: m.Sequence}
	var errs [3]error
	out.epoch, errs[0] = strconv.ParseUint(m.Header.Get(headerEpoch), 10, 64)
	if cause := m.Header.Get(headerCause); cause != "" {
		var index uint64
		out.cursor.Any = true
		out.cursor.Cause, errs[1] = strconv.ParseUint(cause, 10, 64)
		index, errs[2] = strconv.ParseUint(m.Header.Get(headerIndex), 10, 32)
		out.cursor.Index = uint32(index)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return out, fmt.Errorf("read last outputs of %s: message %d of stream %s: %w", instance, m.Sequence, eventsStream, err)
	}
	return out, nil
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

// checkName refuses instance and table names that cannot be part of a NATS subject.
func checkName(name string) error {
	bad := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}
	if name == "" || len(name) > 100 || strings.ContainsFunc(name, bad) {
		return fmt.Errorf("name %q: use up to 100 letters, digits, dashes and underscores", name)
	}
	return nil
}
