package drive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// A frame is sent at so many records, or bytes of them.
const (
	frameRecords = 64
	frameBytes   = 256 << 10
)

// send sends all records and returns the last number.
func (p *play) send(ctx context.Context) (last uint64, err error) {
	for run, err := range p.Records {
		if err != nil {
			return last, err
		}
		if run.Missing != "" {
			p.stand.Reach(run.Last)
			gap := &pluginv1.JournalGap{FromNumber: run.First, ToNumber: run.Last, Reason: run.Missing}
			if err := p.frame(ctx, &pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Gap{Gap: gap}}); err != nil {
				return last, err
			}
		} else if err := p.batches(ctx, run); err != nil {
			return last, err
		}
		last = run.Last
	}
	return last, nil
}

// batches sends what the program wants of a run.
func (p *play) batches(ctx context.Context, run Run) error {
	b, size := &pluginv1.Batch{FirstNumber: run.First}, 0
	flush := func(through uint64) error {
		b.LastNumber = through
		err := p.frame(ctx, &pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: b}})
		b, size = &pluginv1.Batch{FirstNumber: through + 1}, 0
		return err
	}
	for _, e := range run.Records {
		p.stand.Give(e)
		if !p.wants(e) {
			p.Progress.Skipped.Add(1)
			continue
		}
		if len(b.GetRecords()) > 0 && (len(b.GetRecords()) >= frameRecords || size+len(e.GetRecord()) > frameBytes) {
			if err := flush(e.GetNumber() - 1); err != nil {
				return err
			}
		}
		b.Records = append(b.Records, e)
		size += len(e.GetRecord()) + 64
		p.Progress.Sent.Add(1)
	}
	return flush(run.Last)
}

// wants tells by kind and venue, as the host does. A record without a venue passes every venue filter.
func (p *play) wants(e *pluginv1.Envelope) bool {
	kinds, venues := p.described.GetKinds(), p.described.GetVenues()
	return (len(kinds) == 0 || slices.Contains(kinds, e.GetKind())) &&
		(len(venues) == 0 || e.GetVenue() == 0 || slices.Contains(venues, e.GetVenue()))
}

func (p *play) frame(ctx context.Context, f *pluginv1.HostFrame) error {
	select {
	case p.credit <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	f.Epoch = p.epoch
	if err := p.stream.Send(f); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("send frame: %w", err)
	}
	return nil // after io.EOF the next receive says why
}

// What ends the stream besides the caller's context.
var (
	errDone    = errors.New("all is answered")
	errStalled = errors.New("no answer in time")
)

// answered waits until a number is done.
func (p *play) answered(ctx context.Context, last uint64) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for p.Progress.Through.Load() < last {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// receive takes answers until the stream is stopped.
func (p *play) receive(ctx context.Context, stop context.CancelCauseFunc) error {
	progress := func() {}
	if p.StallTimeout > 0 {
		watch := time.AfterFunc(p.StallTimeout, func() { stop(errStalled) })
		defer watch.Stop()
		progress = func() { watch.Reset(p.StallTimeout) }
	}
	for {
		f, err := p.stream.Recv()
		if cause := context.Cause(ctx); err != nil && cause != nil {
			return cause // it was stopped from here
		}
		if err := p.answer(f, err); err != nil {
			return err
		}
		progress()
	}
}

func (p *play) answer(f *pluginv1.PluginFrame, err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return fmt.Errorf("it ended the stream after record %d", p.Progress.Through.Load())
	case err != nil:
		return err
	case f.GetEpoch() != p.epoch:
		return fmt.Errorf("it sent a frame of epoch %d in epoch %d", f.GetEpoch(), p.epoch)
	}
	for _, o := range f.GetOutputs().GetOutputs() {
		p.Progress.Outputs.Add(1)
		if err := p.Output(o); err != nil {
			return err
		}
	}
	if refused := f.GetError(); refused != nil {
		p.Progress.Refused.Add(1)
		if err := p.Refused(refused); err != nil {
			return err
		}
		if refused.GetClass() == pluginv1.ErrorClass_ERROR_CLASS_FATAL {
			return fmt.Errorf("it stops for good at record %d: %s", refused.GetNumber(), refused.GetMessage())
		}
	}
	if through := f.GetOutputs().GetThrough(); through > 0 {
		p.Progress.Through.Store(through)
		select {
		case <-p.credit:
		default:
		}
	}
	return nil
}
