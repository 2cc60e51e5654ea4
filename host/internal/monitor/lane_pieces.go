package monitor

import (
	"context"
	"fmt"

	"github.com/weir-run/weir/host/internal/journal"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// inPieces says whether a frame must be taken apart: because one of its records is parked, or because one of them is suspected.
func (l *lane) inPieces(f journal.Frame) bool {
	if l.suspected.holds(f.First, f.Last) {
		return true
	}
	for number := range l.parked {
		if f.First <= number && number <= f.Last {
			return true
		}
	}
	return false
}

// sendPieces sends each record of a frame by itself. A suspected one is alone under way, so that a crash names it; a parked one is
// left out and told as a gap.
func (l *lane) sendPieces(ctx context.Context, f journal.Frame) error {
	for e, err := range journal.Envelopes(f.Payload) {
		if err != nil {
			return crashf(CauseJournal, "frame %d to %d: %v", f.First, f.Last, err)
		}
		if e.Number <= l.covered.Load() || !l.filter.wants(uint64(e.Kind), uint64(e.Venue)) {
			continue
		}
		if cause, ok := l.parked[e.Number]; ok {
			err = l.sendParked(ctx, e.Number, cause)
		} else {
			l.clock.received(e.Number, e.ReceivedUnixNanos)
			err = l.sendOne(ctx, e.Number, e.Encoded)
		}
		if err != nil {
			return err
		}
	}
	if l.covered.Load() < f.Last {
		l.skip(f.Last)
	}
	if l.saving.count(0) >= l.cfg.CheckpointRecords {
		return l.barrier(ctx)
	}
	return nil
}

func (l *lane) sendOne(ctx context.Context, number uint64, envelope []byte) error {
	suspected := l.suspected.holds(number, number)
	if suspected {
		if err := l.alone(ctx); err != nil {
			return err
		}
		l.single, l.singleBytes = number, append(l.singleBytes[:0], envelope...)
	}
	if err := l.flight.board(ctx); err != nil {
		return err
	}
	l.sending.Lock()
	err := l.sendBatch(envelope, number)
	l.sending.Unlock()
	if err != nil {
		return err
	}
	l.covered.Store(number)
	l.meters.records.Add(1)
	l.saving.count(1)
	if !suspected {
		return nil
	}
	if err := l.flight.empty(ctx); err != nil {
		return err
	}
	l.single = 0
	return nil
}

// alone waits until nothing is under way and the plugin answers: one that dies by itself shortly after its start must not have a
// record blamed for it.
func (l *lane) alone(ctx context.Context) error {
	if err := l.flight.empty(ctx); err != nil {
		return err
	}
	if l.answering {
		return nil
	}
	call, cancel := context.WithTimeout(ctx, l.cfg.CallTimeout)
	defer cancel()
	if _, err := l.control.Health(call, &pluginv1.HealthRequest{}); err != nil {
		return fmt.Errorf("ask for health: %w", err)
	}
	l.answering = true
	return nil
}

// sendParked tells of a record that is kept from the plugin.
func (l *lane) sendParked(ctx context.Context, number uint64, cause string) error {
	if err := l.flight.board(ctx); err != nil {
		return err
	}
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.sent+1 < number { // what it did not want is not missing
		if err := l.sendBatch(nil, number-1); err != nil {
			return err
		}
		if err := l.flight.board(ctx); err != nil {
			return err
		}
	}
	err := l.depart("gap", l.frame(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Gap{Gap: &pluginv1.JournalGap{
		FromNumber: number, ToNumber: number, Reason: "parked: it crashed this plugin twice (" + cause + ")",
	}}}), number)
	l.covered.Store(number)
	return err
}
