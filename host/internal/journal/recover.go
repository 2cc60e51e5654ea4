package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// recover brings a pipe whose sending failed back to work: it finds out what is stored, sends the rest again, and waits between
// tries. It returns false when the pipe is fenced or must end.
func (p *pipe) recover(cause error) bool {
	began := time.Now()
	silent := errors.Is(cause, errSilent)
	if text := p.cfg.node.damage.Load(); text != nil {
		p.unwell(errors.New(*text))
	}
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, 2*time.Second) {
		err := p.resume(silent)
		switch {
		case err == nil:
			p.well(time.Since(began))
			return true
		case errors.Is(err, ErrFenced):
			p.cfg.log.Error("another writer took over", "subject", p.cfg.subject, "error", err)
			p.fail(err)
			return false
		}
		if !errors.Is(err, errWrongSequence) {
			p.unwell(err)
		}
		silent = silent || errors.Is(err, context.DeadlineExceeded)
		if !p.pause(wait) {
			return false
		}
	}
}

// pause waits before the next try, and returns false when the pipe must end.
func (p *pipe) pause(wait time.Duration) bool {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-p.ctx.Done():
		return false
	}
}

var errWrongSequence = errors.New("the stream has moved on")

// resume finds out what of the parcels in flight is stored and sends the others again: the first alone, to see whether it works.
func (p *pipe) resume(silent bool) error {
	ctx, cancel := context.WithTimeout(p.ctx, p.cfg.ackTimeout)
	defer cancel()
	if err := p.cfg.node.roomy(); err != nil {
		return err
	}
	if err := p.cfg.node.repair(ctx, silent); err != nil {
		return err
	}
	count, last, err := p.cfg.reconcile(ctx, p.inflight)
	if err != nil {
		return err
	}
	if p.cfg.window > 1 && count == 0 && last < p.last {
		p.cfg.log.Error("the server lost what it had acknowledged", "stream", p.cfg.stream, "from", last+1, "to", p.last)
	}
	p.settle(count, last)
	if len(p.inflight) == 0 {
		return nil
	}
	return p.resend(ctx)
}

// resend sends everything in flight again, in order.
func (p *pipe) resend(ctx context.Context) error {
	rest := p.inflight
	for i := range rest {
		rest[i].seq = p.last + 1 + uint64(i)
	}
	first := p.message(&rest[0], p.last)
	first.Reply = ""
	m, err := p.cfg.node.nc.RequestMsgWithContext(ctx, first)
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	seq, err := readAck(m)
	if isWrongSequence(err) {
		return errWrongSequence
	}
	if err != nil {
		return err
	}
	p.settle(1, seq)
	rest = p.inflight
	p.inflight = nil
	for i := range rest {
		if err := p.send(rest[i]); err != nil {
			p.inflight = append(p.inflight, rest[i+1:]...)
			return err
		}
	}
	return nil
}

func isWrongSequence(err error) bool {
	var refused *jetstream.APIError
	return errors.As(err, &refused) && (refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		refused.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// unwell remembers what is wrong and says it once.
func (p *pipe) unwell(err error) {
	text := p.cfg.node.explain(err)
	p.mu.Lock()
	told := p.trouble != ""
	p.trouble = text
	p.mu.Unlock()
	if !told {
		p.cfg.log.Error("cannot store "+p.cfg.what+": they wait in memory, then the intake waits", "stream", p.cfg.stream, "reason", text)
	}
}

func (p *pipe) well(after time.Duration) {
	p.mu.Lock()
	told := p.trouble != ""
	p.trouble = ""
	p.mu.Unlock()
	if told {
		p.cfg.log.Info("stores "+p.cfg.what+" again, nothing was lost", "stream", p.cfg.stream, "after", after)
	}
}
