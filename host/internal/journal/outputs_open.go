package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/encoding/protowire"
)

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
		l.j.cfg.Step("mark")
		return ack.Sequence, nil
	}
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
