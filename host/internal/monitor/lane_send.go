package monitor

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// readRetry is the pause after the journal could not be read. The plugin is not to blame and stays.
const readRetry = time.Second

// feed reads the journal and sends what is wanted, until ctx ends.
func (l *lane) feed(ctx context.Context) error {
	for {
		frame, err := l.frames.Next(ctx)
		var gap *journal.GapError
		switch {
		case err == nil:
			err = l.passGate(ctx, func() error { return l.sendFrame(ctx, frame) })
		case errors.As(err, &gap):
			err = l.passGate(ctx, func() error { return l.sendGap(ctx, gap) })
		case ctx.Err() != nil:
		case errors.Is(err, journal.ErrClosed):
			err = crashf(CauseJournal, "%v", err)
		default:
			l.log.Error("journal cannot be read; trying again", "error", err)
			err = pause(ctx, readRetry)
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // whatever failed did so because ctx ended
		}
		if err != nil {
			return err
		}
	}
}

// passGate does something while the lane is not held.
func (l *lane) passGate(ctx context.Context, do func() error) error {
	select {
	case l.gate <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-l.gate }()
	return do()
}

// hold stops the lane between two records, with everything done that was sent and all outputs stored, and returns the last number.
// release lets it go on.
func (l *lane) hold(ctx context.Context) (last uint64, release func(), err error) {
	select {
	case l.gate <- struct{}{}:
	case <-ctx.Done():
		return 0, nil, context.Cause(ctx)
	}
	l.standby.Store(true)
	release = func() { l.standby.Store(false); <-l.gate }
	if err = l.saving.idle(ctx); err == nil {
		err = l.flight.empty(ctx)
	}
	if err == nil {
		err = l.outputs.Flush(ctx)
	}
	if err != nil {
		release()
		return 0, nil, err
	}
	return l.covered.Load(), release, nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *lane) sendFrame(ctx context.Context, f journal.Frame) error {
	if covered := l.covered.Load(); f.First != covered+1 {
		return crashf(CauseJournal, "frame of records %d to %d follows record %d", f.First, f.Last, covered)
	}
	if l.inPieces(f) {
		return l.sendPieces(ctx, f)
	}
	wanted := 0
	part, err := l.filter.cut(f.Payload, func(number uint64, received int64) {
		wanted++
		l.clock.received(number, received)
	})
	if err != nil {
		return crashf(CauseJournal, "frame %d to %d: %v", f.First, f.Last, err)
	}
	if wanted == 0 {
		l.skip(f.Last)
		return nil
	}
	if err := l.flight.board(ctx); err != nil {
		return err
	}
	l.sending.Lock()
	err = l.sendBatch(part, f.Last)
	l.sending.Unlock()
	if err != nil {
		return err
	}
	l.covered.Store(f.Last)
	l.meters.records.Add(uint64(wanted))
	if l.saving.count(wanted) >= l.cfg.CheckpointRecords {
		return l.barrier(ctx)
	}
	return nil
}

// skip passes over records that are not wanted. The next batch covers them, or an empty one before a barrier.
func (l *lane) skip(last uint64) {
	l.covered.Store(last)
	if l.flight.size() == 0 {
		l.reach(last)
	}
}

// sendBatch sends envelopes, which are not copied, as a batch that covers everything after the last one up to a number. The
// caller has credit and holds sending.
func (l *lane) sendBatch(envelopes []byte, last uint64) error {
	before, behind := appendBatch(make([]byte, 0, 64), l.epoch, len(envelopes), l.sent+1, last)
	var raw wire.Raw
	raw.Append(before)
	if len(envelopes) > 0 {
		raw.Append(envelopes)
	}
	raw.Append(behind)
	l.allowance.earn(len(envelopes))
	l.trace.add(true, "batch", l.sent+1, last, len(envelopes))
	return l.depart("batch", &raw, last)
}

// depart sends a frame that will be answered. The plugin may answer before SendMsg returns. sending is held.
func (l *lane) depart(name string, message any, last uint64) error {
	if l.flight.size() == 0 {
		l.progress.move()
	}
	l.sent = last
	l.promised.Store(last)
	l.flight.leave(last)
	return l.post(name, message)
}

// overPatience is how long a sender waits for the receiver to say why the stream is over.
const overPatience = time.Second

// post sends a message. To a sender gRPC says io.EOF when the stream is over; why it is, the receiver alone learns.
func (l *lane) post(name string, message any) error {
	l.cfg.step("send", name)
	err := l.stream.SendMsg(message)
	l.cfg.step("sent", name)
	if !errors.Is(err, io.EOF) {
		return err
	}
	select {
	case <-l.over:
		return l.why()
	case <-time.After(overPatience):
		return err
	}
}

func (l *lane) sendGap(ctx context.Context, gap *journal.GapError) error {
	l.log.Warn("records are missing in the journal", "from", gap.From, "to", gap.To, "reason", gap.Reason)
	l.meters.missing(*gap)
	if err := l.flight.board(ctx); err != nil {
		return err
	}
	l.sending.Lock()
	defer l.sending.Unlock()
	l.trace.add(true, "gap", l.sent+1, gap.To, 0)
	// What was skipped before the gap is inside its range: the plugin did not want it, and ranges must follow each other.
	err := l.depart("gap", l.frame(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Gap{Gap: &pluginv1.JournalGap{
		FromNumber: l.sent + 1, ToNumber: gap.To, Reason: gap.Reason,
	}}}), gap.To)
	l.covered.Store(gap.To)
	return err
}

func (l *lane) frame(f *pluginv1.HostFrame) *pluginv1.HostFrame {
	f.Epoch = l.epoch
	return f
}

// barrier asks for the state, if there is something new to save and no checkpoint on its way. It may be called while feed runs.
func (l *lane) barrier(ctx context.Context) error {
	if l.standby.Load() || !l.saving.begin(l.covered.Load()) {
		return nil
	}
	// Skipped numbers must be told first, by an empty batch: a barrier stands behind the last number sent.
	if err := l.flight.board(ctx); err != nil {
		return err
	}
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.closed {
		return nil
	}
	if covered := l.covered.Load(); l.sent < covered {
		if err := l.sendBatch(nil, covered); err != nil {
			return err
		}
	} else {
		l.flight.stay()
	}
	l.progress.move()
	id, base := l.saving.ask(l.sent)
	l.trace.add(true, "barrier", id, l.sent, 0)
	return l.post("barrier", l.frame(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Barrier{
		Barrier: &pluginv1.Barrier{Checkpoint: id, Number: l.sent, Base: base},
	}}))
}

// sayCutOver tells a program that another one goes on after it.
func (l *lane) sayCutOver() error {
	l.sending.Lock()
	defer l.sending.Unlock()
	l.trace.add(true, "cut_over", l.sent, l.sent, 0)
	return l.post("cut_over", l.frame(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_CutOver{CutOver: &pluginv1.CutOver{Number: l.sent}}}))
}
