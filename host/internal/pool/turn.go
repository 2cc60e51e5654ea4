package pool

import (
	"context"
	"errors"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
)

// errOverflow ends a stream on purpose: its reader cannot wait, and the provider replays what is dropped.
var errOverflow = errors.New("the queue is full: the pipeline is slower than the stream; dropped the stream, resuming when half of the queue is free")

// hopelessWait is the pace against an endpoint that refuses what it served before: a token that ran out may be renewed.
const hopelessWait = 5 * time.Minute

// usefulTime is how long updates must come before an end counts as a new trouble and not as the old one.
const usefulTime = 30 * time.Second

// turn is the life of one stream. It returns why it ended.
func (p *Pool) turn(ctx context.Context) error {
	if err := p.admit(ctx); err != nil {
		return err
	}
	p.state.Store(Connecting)
	subscription := p.config.Subscription
	subscription.FromSlot = p.resume.plan()
	p.opens.Add(1)
	opened := time.Now()
	stream, err := geyser.Open(ctx, p.config.Endpoint, subscription.Request())
	if err != nil {
		return p.verdict(err, false)
	}
	defer stream.Close()
	p.log.Info("stream open", "from_slot", subscription.FromSlot)
	return p.receive(stream, opened)
}

// admit waits until a stream may be opened: half of the queue is free, the breaker lets it through, the budget has an open left.
func (p *Pool) admit(ctx context.Context) error {
	p.state.Store(Waiting)
	if err := p.queue.waitRoom(ctx); err != nil {
		return err
	}
	if err := sleep(ctx, p.breaker.Wait()); err != nil {
		return err
	}
	if err := p.config.Budget.Take(ctx); err != nil {
		return err
	}
	for !p.breaker.Allow() {
		if err := sleep(ctx, max(p.breaker.Wait(), time.Second)); err != nil {
			return err
		}
	}
	return nil
}

// receive moves updates from the stream into the queue until the stream ends. It never waits for anything but the stream.
func (p *Pool) receive(stream *geyser.Stream, opened time.Time) error {
	useful, first, crowded := false, true, false
	for {
		u, err := stream.Recv()
		if err != nil {
			return p.verdict(err, useful)
		}
		kind, slot := u.Kind(), u.Slot()
		p.count(u)
		if first && isContent(kind) {
			first = false
			p.state.Store(Streaming)
			p.gap(slot)
		}
		if crowded {
			u.Detach()
		}
		var ok bool
		if ok, crowded = p.queue.push(Item{Update: u}); !ok {
			u.Release()
			p.overflows.Add(1)
			return p.verdict(errOverflow, useful)
		}
		if !useful && p.isUseful(kind, slot, opened) {
			useful = true
			p.proven = true
			p.backoff.reset()
			p.breaker.Success()
		}
	}
}

func isContent(k geyser.Kind) bool {
	return k == geyser.KindTransaction || k == geyser.KindBlockMeta || k == geyser.KindBlock
}

// isUseful tells a stream that brought us further from one that only repeats what an earlier one brought before it ended.
func (p *Pool) isUseful(kind geyser.Kind, slot uint64, opened time.Time) bool {
	if kind == geyser.KindBlockMeta && slot > p.best {
		p.best = slot
		return true
	}
	return isContent(kind) && time.Since(opened) >= usefulTime
}

// gap puts a gap into the flow when the stream begins after what is needed.
func (p *Pool) gap(slot uint64) {
	g := p.resume.first(slot)
	if g == nil {
		return
	}
	p.gaps.Add(1)
	p.log.Error("slots are missing", "from", g.From, "to", g.To, "reason", g.Reason)
	p.queue.push(Item{Gap: g})
}

func (p *Pool) count(u *geyser.Update) {
	p.updates.Add(1)
	p.bytes.Add(uint64(u.Size()))
	if slot := u.Slot(); slot > p.slot.Load() {
		p.slot.Store(slot)
	}
	if created := u.Created(); created > 0 {
		p.lag.Store(u.Received() - created)
	}
}

// verdict tells the breaker how an open went. An endpoint that answers, if only with a refusal, is not broken.
func (p *Pool) verdict(err error, useful bool) error {
	var end *geyser.Error
	switch {
	case useful: // was told when it became so
	case errors.As(err, &end) && (end.Class == geyser.Retry || end.Class == geyser.Lagged):
		p.breaker.Failure()
	default:
		p.breaker.Success()
	}
	return err
}

// judge decides how long to wait after a stream ended and prepares what the next one asks for.
func (p *Pool) judge(err error) (wait time.Duration, hopeless bool) {
	wait = p.backoff.next()
	var end *geyser.Error
	if !errors.As(err, &end) {
		return wait, false
	}
	switch end.Class {
	case geyser.Fatal, geyser.Refused:
		if !p.proven {
			return 0, true
		}
		return hopelessWait, false
	case geyser.Older:
		p.resume.refused(end)
	case geyser.Newer, geyser.NoReplay:
		// The server is well, and its oldest slot runs away while we wait. It is asked a few times only before the present will do.
		p.resume.refused(end)
		return jitterUp(firstWait), false
	default:
	}
	return max(wait, jitterUp(end.Wait)), false
}
