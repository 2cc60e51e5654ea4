package monitor

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/process"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Instance runs one configured plugin. Run may be called once; everything else may be called at any time by anyone.
type Instance struct {
	cfg     Config
	journal Journal
	meters  meters

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
	reason  string // why it is rejected or its configuration refused
}

// New makes an Instance, which does nothing until Run.
func New(cfg Config, journal Journal) *Instance {
	return &Instance{cfg: cfg.withDefaults(), journal: journal, state: Stopped, since: time.Now()}
}

// Run keeps the plugin running until ctx ends, then drains it and stops it within Config.DrainTimeout and a little. A plugin that
// must not be started again is told by Status, not by an error: other instances go on, so Run waits for ctx. The error is nil.
func (i *Instance) Run(ctx context.Context) error {
	defer i.to(Stopped)
	var restarts backoff
	failedStarts := 0
	for ctx.Err() == nil {
		s, crash := i.once(ctx)
		if crash == nil {
			break
		}
		i.crashed(crash)
		if crash.Cause == CauseStart {
			failedStarts++
		} else {
			failedStarts = 0
		}
		if state := verdict(crash, failedStarts); state != Backoff {
			i.give(state, crash.Detail)
			<-ctx.Done()
			break
		}
		if !s.liveAt.IsZero() && time.Since(s.liveAt) >= i.cfg.BackoffReset && i.meters.checkpoint.Load() > s.saved {
			restarts = backoff{}
		}
		wait := restarts.next(i.cfg.BackoffMin, i.cfg.BackoffMax)
		if ctx.Err() != nil {
			break
		}
		i.to(Backoff, slog.Duration("wait", wait))
		_ = pause(ctx, wait)
	}
	return nil
}

// verdict says what follows a crash: Backoff, or a state that only an operator ends.
func verdict(c *Crash, failedStarts int) State {
	switch {
	case c.Cause == CauseConfig:
		return ConfigError
	case c.Cause == CauseState, c.Cause == CauseFatal, failedStarts >= startFailures:
		return Rejected
	default:
		return Backoff
	}
}

func (i *Instance) once(ctx context.Context) (*session, *Crash) {
	s := &session{cfg: &i.cfg, journal: i.journal, meters: &i.meters, to: i.to, known: i.known}
	i.mu.Lock()
	i.starts++
	i.mu.Unlock()
	return s, s.run(ctx)
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
	i.mu.Unlock()
	i.to(Crashed, slog.String("cause", string(c.Cause)), slog.String("detail", c.Detail), slog.Uint64("through", i.meters.through.Load()))
	if len(c.Stack) > 0 {
		i.cfg.Log.Error("plugin panicked", "stack", c.Stack)
	}
}

// give sets a state that only an operator ends.
func (i *Instance) give(state State, reason string) {
	i.mu.Lock()
	i.reason = reason
	i.mu.Unlock()
	i.cfg.Log.Error("plugin will not be started again until the host is", "state", state.String(), "reason", reason)
	i.to(state)
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
