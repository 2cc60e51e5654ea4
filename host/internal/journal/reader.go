package journal

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/nats-io/nats.go/jetstream"
)

// Reader reads frames in order, old ones from the stream and new ones from memory. One goroutine uses it. It holds nothing that
// needs closing: the server forgets its consumer after half a minute.
type Reader struct {
	j     *Journal
	after uint64 // everything up to here was returned, or reported missing

	old consumer // reads the stream while the ring does not reach back
	run []Frame  // memory of Next
}

// NewReader returns a reader of the records after a number; 0 is the start.
func (j *Journal) NewReader(after uint64) *Reader {
	return &Reader{j: j, after: after, old: consumer{j: j}}
}

// A reader that is behind gets small frames joined, up to so many records and bytes: each costs it about as much as a large one does. They
// are not joined further, or one that takes its time with every record would say nothing for long.
const joinRecords, joinBytes = 64, 64 << 10

// Next returns the next run of records: First is one after the Last of the call before. It waits until there is one, ctx ends or
// the journal is closed. A *GapError says that records are gone; the next call goes on after them. Other errors mean that the
// server could not be read, and the next call tries again.
func (r *Reader) Next(ctx context.Context) (Frame, error) {
	first, err := r.next(ctx)
	if err != nil {
		return first, err
	}
	r.run = append(r.run[:0], first)
	for size := len(first.Payload); ; {
		f, old, ok := r.ready()
		size += len(f.Payload)
		if !ok || size > joinBytes || f.Last-first.First >= joinRecords {
			return join(r.run), nil
		}
		if old {
			r.old.ready = r.old.ready[1:]
		}
		r.run, r.after = append(r.run, f), f.Last
	}
}

// ready is the next frame, if it is at hand; old says that the consumer has it.
func (r *Reader) ready() (f Frame, old, ok bool) {
	if len(r.old.ready) > 0 {
		s := r.old.ready[0]
		return Frame{First: s.first, Last: s.last, Payload: s.payload}, true, s.first == r.after+1 && s.damaged == nil
	}
	l := r.j.ring.find(r.after + 1)
	return l.frame, false, l.found && l.frame.First == r.after+1
}

// join makes one frame of some that follow each other.
func join(run []Frame) Frame {
	if len(run) == 1 {
		return run[0]
	}
	size := 0
	for _, f := range run {
		size += len(f.Payload)
	}
	all := Frame{First: run[0].First, Last: run[len(run)-1].Last, Payload: make([]byte, 0, size)}
	for i, f := range run {
		all.Payload = append(all.Payload, f.Payload...)
		run[i] = Frame{}
	}
	return all
}

// next is Next, of frames as they were written.
func (r *Reader) next(ctx context.Context) (Frame, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Frame{}, err
		}
		l := r.j.ring.find(r.after + 1)
		switch {
		case l.found:
			r.old.drop()
			return r.give(l.frame)
		case l.more != nil:
			select {
			case <-l.more:
			case <-ctx.Done():
				return Frame{}, ctx.Err()
			}
		case l.closed:
			return Frame{}, ErrClosed
		default:
			f, found, err := r.older(ctx, l)
			if err != nil {
				return Frame{}, err
			}
			if found {
				return r.give(f)
			}
		}
	}
}

// give returns f from the number after r.after on, or reports the numbers missing before it.
func (r *Reader) give(f Frame) (Frame, error) {
	if f.First > r.after+1 {
		return Frame{}, r.skip(f.First-1, r.j.ledger.reason(r.after+1))
	}
	if f.First <= r.after {
		cut, err := cutFrame(f, r.after)
		if err != nil {
			return Frame{}, fmt.Errorf("read frame of records %d to %d: %w", f.First, f.Last, err)
		}
		f = cut
	}
	r.after = f.Last
	return f, nil
}

// skip makes a gap up to a number.
func (r *Reader) skip(to uint64, reason string) *GapError {
	g := GapError{From: r.after + 1, To: to, Reason: reason}
	r.after = to
	if reason != reasonRetention {
		r.j.ledger.add(g)
	}
	return &g
}

// cutFrame drops the envelopes up to after.
func cutFrame(f Frame, after uint64) (Frame, error) {
	rest := f.Payload
	for e, err := range Envelopes(f.Payload) {
		if err != nil {
			return f, err
		}
		if e.Number > after {
			break
		}
		rest = rest[len(e.Encoded):]
	}
	return Frame{First: after + 1, Last: f.Last, Payload: rest}, nil
}

// older reads the next frame from the stream. found is false when the ring should be looked at again.
func (r *Reader) older(ctx context.Context, l look) (Frame, bool, error) {
	s, err := r.old.next(ctx, r.after+1)
	if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && s.first > r.after+1 {
		// Before numbers are called gone, they are looked for a second time, by another way.
		s, err = r.again(ctx, s, err)
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		// Everything up to the floor of the ring was durable before the stream was asked, so it is gone.
		return Frame{}, false, r.skip(l.floor-1, r.j.gapReason(ctx, r.after+1, math.MaxUint64))
	}
	switch {
	case err != nil:
		return Frame{}, false, fmt.Errorf("read journal after record %d: %w", r.after, err)
	case s.last <= r.after:
		return Frame{}, false, nil
	case s.first > r.after+1:
		r.old.unread(s)
		return Frame{}, false, r.skip(s.first-1, r.j.gapReason(ctx, r.after+1, s.sequence))
	case s.damaged != nil:
		return Frame{}, false, r.skip(s.last, s.damaged.Error())
	}
	return Frame{First: s.first, Last: s.last, Payload: s.payload}, true, nil
}

// again asks the stream for the next number without the consumer, which may just have been cut off.
func (r *Reader) again(ctx context.Context, s stored, cause error) (stored, error) {
	at, err := r.j.findFrame(ctx, func(s stored) bool { return s.last > r.after })
	if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && cause == nil && at.first >= s.first {
		return s, cause
	}
	r.old.drop()
	return at, err
}

// gapReason says why the numbers from number on are gone, up to the frame at sequence.
func (j *Journal) gapReason(ctx context.Context, number, sequence uint64) string {
	reason := j.ledger.reason(number)
	info, err := j.frames.Info(ctx)
	if reason == reasonDamaged && err == nil && (info.State.Msgs == 0 || info.State.FirstSeq >= sequence) {
		return reasonRetention
	}
	return reason
}
