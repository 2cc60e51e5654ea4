package monitor

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"
)

// Rota spreads the checkpoints of the instances that share it: they begin at different times, and one that is due waits while another
// is taken, so that states do not all go to the disk at once. Safe for concurrent use.
type Rota struct {
	began time.Time
	turn  chan struct{} // holds one token while a checkpoint is taken

	mu     sync.Mutex
	joined int
}

// NewRota makes a Rota for the instances of one host.
func NewRota() *Rota { return &Rota{began: time.Now(), turn: make(chan struct{}, 1)} }

// join returns where in the time between two checkpoints, 0 to 1, the next instance takes its own. However many there are, they lie
// far apart: each falls into one of the widest spaces that those before it left, by the golden section.
func (r *Rota) join() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.joined++
	_, place := math.Modf(float64(r.joined) * (math.Phi - 1))
	return place
}

// wait is how long it is to the next time of a place, when one comes every so often: more than 0, and every at most.
func (r *Rota) wait(place float64, every time.Duration) time.Duration {
	behind := (time.Since(r.began) - time.Duration(place*float64(every))) % every
	if behind < 0 {
		behind += every
	}
	return every - behind
}

// take waits for the turn, but no longer than patience: a plugin that does not come to an end with its state holds nobody up. done
// gives the turn back.
func (r *Rota) take(ctx context.Context, patience time.Duration) (done func()) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r.turn <- struct{}{}:
		return sync.OnceFunc(func() { <-r.turn })
	case <-timer.C:
	case <-ctx.Done():
	}
	return func() {}
}

// catchUp is how long a plugin that is behind takes no checkpoint by time. In the time that a state takes, it handles what came while it was
// away.
const catchUp = 2 * time.Second

// tick takes checkpoints by time, at the instance's place in the rota.
func (l *lane) tick(ctx context.Context) error {
	grace := time.Duration(0)
	if l.covered.Load() < l.target {
		grace = min(catchUp, l.cfg.CheckpointEvery/2)
	}
	for ; pause(ctx, max(grace, l.cfg.Rota.wait(l.cfg.place, l.cfg.CheckpointEvery))) == nil; grace = 0 {
		if err := l.timely(ctx); err != nil {
			return err
		}
	}
	return nil
}

// timely takes a checkpoint when its turn has come, and waits for its end.
func (l *lane) timely(ctx context.Context) error {
	done := l.cfg.Rota.take(ctx, l.cfg.CheckpointEvery/2)
	defer done()
	if err := l.barrier(ctx); err != nil {
		return fmt.Errorf("send barrier: %w", err)
	}
	if err := l.saving.idle(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}
