package geysersim

import (
	"context"
	"time"
)

// pace says when a transaction is due. It counts from fixed points in time, so that late wakeups do not add up.
type pace struct {
	o     *Options
	start time.Time     // of the slot
	due   time.Time     // of the next transaction
	step  time.Duration // between transactions
	n     int           // of the slot
	i     int           // of the next transaction
}

// tooShort is the longest time that is not worth a sleep: the runtime's timers are about that exact.
const tooShort = 200 * time.Microsecond

func newPace(o *Options) *pace { return &pace{o: o, due: time.Now()} }

// slot begins a slot of n transactions where the one before ended.
func (p *pace) slot(n int) {
	p.start, p.n, p.i, p.step = p.due, n, 0, 0
	switch {
	case p.o.Unpaced:
	case p.o.Rate > 0 && n > 0 && !p.o.Burst:
		p.step = time.Duration(float64(time.Second) / p.o.Rate)
	case n > 0 && !p.o.Burst:
		p.step = p.o.SlotDuration / time.Duration(n)
	}
}

// length is the time from the slot's start to the next one's.
func (p *pace) length() time.Duration {
	if p.o.Rate > 0 && p.n > 0 {
		return time.Duration(float64(p.n) / p.o.Rate * float64(time.Second))
	}
	return p.o.SlotDuration
}

func (p *pace) next() {
	p.i++
	p.due = p.start.Add(time.Duration(p.i) * p.step)
}

// early tells whether the next transaction is not due yet.
func (p *pace) early() bool { return !p.o.Unpaced && time.Until(p.due) > tooShort }

// wait sleeps until the next transaction is due.
func (p *pace) wait(ctx context.Context) error { return sleepUntil(ctx, p.due) }

// end sleeps until the slot's end.
func (p *pace) end(ctx context.Context) error {
	if p.o.Unpaced {
		return nil
	}
	p.due = p.start.Add(p.length())
	return sleepUntil(ctx, p.due)
}

// behind is how late the play is.
func (p *pace) behind() time.Duration {
	if p.o.Unpaced {
		return 0
	}
	return max(0, time.Since(p.due))
}

func sleepUntil(ctx context.Context, at time.Time) error {
	d := time.Until(at)
	if d <= tooShort {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
