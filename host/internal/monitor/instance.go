package monitor

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/ask"
	"github.com/weir-run/weir/host/internal/monitor/process"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Instance runs one configured plugin. Run may be called once; everything else may be called at any time by anyone.
type Instance struct {
	cfg     Config
	journal Journal
	meters  atomic.Pointer[meters]
	asked   ask.Meters
	watched atomic.Pointer[shadow] // sees outputs, when an upgrade is on
	digests process.Digests        // of the programs it ran

	mu      sync.Mutex // guards all below
	state   State
	since   time.Time // of state
	starts  uint64
	plugin  *process.Plugin // the newest
	monitor string          // what the plugin calls itself
	version string
	venues  []eventv1.Venue // that it wants; empty means all
	epoch   uint64
	crash   *Crash
	crashes map[string]uint64 // by cause
	reason  string            // why it is quarantined or rejected, or its configuration refused
	retryAt time.Time

	resume chan struct{} // ends a wait

	choice   Choice          // of the program
	active   *active         // the session that is fed; nil when none is
	next     *successor      // session that has taken over
	running  context.Context // of Run; nil before
	standbys sync.WaitGroup

	// Locked in this order, before mu.
	upgrading sync.Mutex // held for the time of an upgrade
	changing  sync.Mutex // held while the program is changed: Run starts no session meanwhile
}

// New makes an Instance, which does nothing until Run.
func New(cfg Config, journal Journal) *Instance {
	i := &Instance{
		cfg: cfg.withDefaults(), journal: journal, state: Stopped, since: time.Now(), resume: make(chan struct{}, 1), crashes: map[string]uint64{},
		choice: cfg.Choice,
	}
	i.cfg.place = i.cfg.Rota.join()
	or(&i.choice.Path, cfg.Path)
	i.meters.Store(&meters{})
	return i
}

// Run keeps the plugin running until ctx ends, then drains it and stops it within Config.DrainTimeout and a little. A plugin that
// must not be started again is told by Status, not by an error: other instances go on, so Run waits for ctx or Resume. The error
// is nil.
func (i *Instance) Run(ctx context.Context) error {
	defer i.to(Stopped)
	defer i.standbys.Wait()
	i.mu.Lock()
	i.running = ctx
	i.mu.Unlock()
	i.countParked(ctx)
	policy := policy{cfg: &i.cfg}
	var suspects suspects
	var retries retries
	for ctx.Err() == nil {
		s, crash := i.once(ctx, suspects.oneByOne(), retries.settled)
		if i.changed(s) {
			policy.trust()
			suspects.clear()
			continue
		}
		if crash == nil {
			continue
		}
		i.crashed(crash)
		if !s.liveAt.IsZero() && time.Since(s.liveAt) >= i.cfg.BackoffReset && i.meters.Load().checkpoint.Load() > s.saved {
			policy.trust()
		}
		if crash.Cause == CauseRetry {
			i.wait(ctx, retries.after(crash, &i.cfg, i.meters.Load().checkpoint.Load()))
			continue
		}
		next := policy.after(crash)
		if tooMany, parked := i.isolate(ctx, s, crash, &suspects); tooMany {
			next = policy.quarantine(fmt.Sprintf("more than %d records within an hour crashed it, the last by %s", i.cfg.ParkLimit, crash))
		} else if parked {
			policy.solved()
			next = policy.again()
		}
		if (next.state != Backoff && ctx.Err() == nil && i.fallBack(ctx, next.reason)) || i.wait(ctx, next) {
			policy.trust()
			suspects.clear()
		}
	}
	return nil
}

// countParked says how many records were parked in earlier runs before anything else is said: whoever sees the count grow later knows that
// it is news.
func (i *Instance) countParked(ctx context.Context) {
	letters, err := i.journal.DeadLetters(ctx, i.cfg.Instance, LetterParked)
	if err != nil {
		i.cfg.Log.Warn("parked records are not counted before the plugin is started", "error", err)
		return
	}
	i.meters.Load().parked.Store(uint64(len(letters)))
}

// isolate parks the record that a crash was of, when that is known.
func (i *Instance) isolate(ctx context.Context, s *session, c *Crash, known *suspects) (tooMany, parked bool) {
	if s.lane == nil {
		return false, false
	}
	number := known.judge(c, span{c.Through, c.Sent}, s.lane.single)
	if number == 0 {
		return false, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), journalLimit)
	defer cancel()
	err := i.journal.SaveDeadLetter(ctx, i.cfg.Instance, DeadLetter{
		Number: number, Reason: LetterParked, Detail: c.Error(), At: c.At, Record: s.lane.singleBytes,
	})
	if err != nil {
		i.cfg.Log.Error("a record that crashes the plugin cannot be parked", "record", number, "error", err)
		return false, false
	}
	i.cfg.Log.Error("a record crashed the plugin twice; it goes on without it, and the record is in the dead letters", "record", number, "cause", c.Error())
	return known.park(c.At, i.cfg.ParkLimit), true
}

// wait waits as a verdict says, and tells whether Resume ended that.
func (i *Instance) wait(ctx context.Context, v verdict) (resumed bool) {
	var due <-chan time.Time
	i.mu.Lock()
	select {
	case <-i.resume: // of an earlier state
	default:
	}
	i.reason, i.retryAt = v.reason, time.Time{}
	if v.wait > 0 {
		timer := time.NewTimer(v.wait)
		defer timer.Stop()
		due, i.retryAt = timer.C, time.Now().Add(v.wait)
	}
	i.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	switch v.state {
	case Backoff:
	case ConfigError:
		i.cfg.Log.Error("plugin is not started again until its configuration is corrected and weir restarted", "state", v.state.String(), "reason", v.reason)
	default:
		i.cfg.Log.Error("plugin is not started again until an operator says so: weir plugin resume "+i.cfg.Instance, "state", v.state.String(), "reason", v.reason, "tried_again_in", v.wait)
	}
	i.to(v.state, slog.Duration("wait", v.wait))
	select {
	case <-ctx.Done():
	case <-due:
	case <-i.resume:
		resumed = true
	}
	i.mu.Lock()
	i.reason, i.retryAt = "", time.Time{}
	i.mu.Unlock()
	return resumed
}

// Resume starts a plugin at once that waits in backoff or for an operator, and forgets its crashes. It returns the state before, and
// false when there was nothing to resume. The file of the program is opened anew, so it may have been replaced.
func (i *Instance) Resume() (was State, ok bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch i.state {
	case Backoff, Quarantined, Rejected, ConfigError:
		select {
		case i.resume <- struct{}{}:
		default:
		}
		return i.state, true
	default:
		return i.state, false
	}
}

// DeadLetters returns the records that the plugin could not handle, by number.
func (i *Instance) DeadLetters(ctx context.Context) ([]DeadLetter, error) {
	return i.journal.DeadLetters(ctx, i.cfg.Instance, "")
}

// known notes what a session found out about its process.
func (i *Instance) known(s *session) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.plugin, i.epoch = s.Plugin, s.epoch
	i.monitor, i.version, i.venues = s.described.GetName(), s.described.GetVersion(), s.described.GetVenues()
}

// to moves the state and logs it. Live is only reached from Replaying: a plugin that catches up while it drains stays draining.
func (i *Instance) to(state State, attrs ...any) {
	i.mu.Lock()
	from := i.state
	if from == state || (state == Live && from != Replaying) {
		i.mu.Unlock()
		return
	}
	i.state, i.since = state, time.Now()
	i.mu.Unlock()
	say := i.cfg.Log.Info
	if state == Crashed {
		say = i.cfg.Log.Warn
	}
	say("plugin is "+state.String(), append(attrs, slog.String("from", from.String()))...)
}

func (i *Instance) crashed(c *Crash) {
	i.mu.Lock()
	i.crash = c
	i.crashes[string(c.Cause)]++
	i.mu.Unlock()
	i.to(Crashed, slog.String("cause", string(c.Cause)), slog.String("detail", c.Detail), slog.Uint64("through", i.meters.Load().through.Load()))
	if len(c.Stack) > 0 {
		i.cfg.Log.Error("plugin panicked", "stack", c.Stack)
	}
}

// backoff doubles a random wait ("full jitter").
type backoff struct{ tries int }

func (b *backoff) next(lowest, highest time.Duration) time.Duration {
	limit := highest
	if b.tries < 20 {
		limit = min(highest, lowest<<b.tries)
	}
	b.tries++
	return rand.N(limit) + 1
}
