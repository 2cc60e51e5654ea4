package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/monitor/process"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// Limits of the way down.
const (
	termGrace  = 2 * time.Second // between SIGTERM and SIGKILL
	exitGrace  = 3 * time.Second // for a process to be seen dead after its stream broke
	closeLimit = 5 * time.Second // for the outputs of a dead plugin to be stored
)

// session is one life of a plugin's process.
type session struct {
	*process.Plugin
	cfg     *Config
	journal Journal
	meters  *meters
	to      func(State, ...any)     // moves the instance's state
	known   func(*session)          // passes on process, plugin and epoch
	feeding func(*session)          // passes on the lane
	watched *atomic.Pointer[shadow] // sees outputs, when an upgrade is on
	shadow  *shadow                 // of a program that is to take over, else nil

	choice  Choice  // that it was started for
	answers answers // to the plugin's questions
	birth   uint64  // first record that the instance was ever given

	digests    *process.Digests
	described  *pluginv1.DescribeResponse
	configHash string
	epoch      uint64
	outputs    Outputs
	clock      *latencyClock
	target     uint64             // last number of the journal when the plugin came up
	after      uint64             // number of the checkpoint, or where a new instance begins
	saved      uint64             // number of the checkpoint, 0 when there is none
	ahead      func() *Checkpoint // what was read of it while the program started
	checkpoint *Checkpoint
	settled    map[uint64]bool   // records that are not tried again
	suspected  span              // records to send one by one
	parked     map[uint64]string // records to leave out, and why

	muted  atomic.Bool // another session speaks for the instance
	lane   *lane       // nil before feed
	fed    bool        // it has got as far as feed
	liveAt time.Time   // when it became live, zero before
}

// run starts the plugin, feeds it until ctx ends, and stops it. It returns nil when that went well, else why the process ended.
func (s *session) run(ctx context.Context) *Crash {
	s.to(Starting)
	defer s.loadAhead(ctx)()
	path, err := s.cfg.Find(s.cfg.Path)
	if err != nil {
		return crashf(CauseStart, "%v", err)
	}
	p, err := process.Launch(ctx, process.Config{
		Path: path, Digests: s.digests, SocketDir: s.cfg.SocketDir, Env: s.cfg.Env, Isolation: s.cfg.Isolation, StartTimeout: s.cfg.StartTimeout, Log: s.cfg.Log,
		Listen: s.answers.listen(ctx, s.cfg.Questions),
	})
	if err != nil {
		return s.blame(ctx, errors.Join(err, s.answers.close()))
	}
	s.Plugin = p
	s.known(s)
	defer s.bury(ctx)
	s.serveQuestions()
	for _, step := range []struct {
		name string
		take func(context.Context) error
	}{{"describe", s.describe}, {"configure", s.configure}, {"own", s.own}, {"open", s.open}, {"restore", s.restore}, {"run", s.feed}} {
		s.cfg.step("start", step.name)
		if err := step.take(ctx); err != nil {
			return s.blame(ctx, err)
		}
	}
	s.stop(ctx)
	return nil
}

// feed runs the lane until ctx ends and what it was given is done.
func (s *session) feed(ctx context.Context) error {
	s.to(Replaying, slog.Uint64("after", s.after), slog.Uint64("epoch", s.epoch))
	s.fed = true
	drain, late := context.WithCancelCause(context.WithoutCancel(ctx))
	defer late(nil)
	drained := context.AfterFunc(ctx, func() {
		s.to(Draining, slog.Uint64("through", s.meters.through.Load()))
		timer := time.AfterFunc(s.cfg.DrainTimeout, func() { late(context.DeadlineExceeded) })
		<-drain.Done()
		timer.Stop()
	})
	defer drained()
	s.lane = s.newLane()
	s.openQuestions()
	s.feeding(s)
	return s.lane.run(ctx, drain)
}

func (s *session) newLane() *lane {
	l := &lane{
		cfg: s.cfg, log: s.cfg.Log, journal: s.journal, frames: s.journal.Frames(s.after), outputs: s.outputs,
		control: s.Control, open: s.Run, gone: s.Exited(), meters: s.meters,
		epoch: s.epoch, filter: newFilter(s.described), digest: s.Digest(), configHash: s.configHash, target: s.target,
		sent: s.after, flight: newFlight(s.cfg.Credit), saving: newSaving(s.saved), allowance: newAllowance(s.cfg.MaxOutput, time.Now()), progress: newProgress(), clock: s.clock,
		through: s.after, cursor: s.outputs.Cursor(), refusals: slowLog{log: s.cfg.Log},
		monitor: s.described.GetName(), settled: s.settled, suspected: s.suspected, parked: s.parked, letters: newLetters(s.journal, s.cfg.Instance, s.cfg.Log), gate: make(chan struct{}, 1), saveAs: s.cfg.Instance,
	}
	if s.divides() {
		l.saving.divide(s.checkpoint)
	}
	l.live = func() {
		s.liveAt = time.Now()
		s.to(Live, slog.Uint64("through", s.meters.through.Load()))
	}
	l.covered.Store(s.after)
	l.owner.Store(s.epoch)
	l.standby.Store(s.shadow != nil)
	l.promised.Store(s.after)
	s.meters.through.Store(s.after)
	return l
}

// blame finds out why a step failed; nil when it is only that ctx ended. A program that did not get as far as describing itself
// never was a plugin.
func (s *session) blame(ctx context.Context, err error) *Crash {
	crash := s.causeOf(ctx, err)
	if crash != nil {
		crash.Version = s.described.GetVersion()
	}
	if crash != nil && s.lane != nil {
		crash.Through, crash.Sent, crash.Frames = s.lane.through, s.lane.promised.Load(), s.lane.trace.lines()
	}
	if crash != nil && s.Plugin != nil && s.described == nil {
		crash.Cause, crash.Detail = CauseStart, fmt.Sprintf("plugin %s: %s", s.cfg.Path, crash.Detail)
	}
	return crash
}

func (s *session) causeOf(ctx context.Context, err error) *Crash {
	if crash := s.offence(); crash != nil {
		return crash
	}
	if crash, ok := errors.AsType[*Crash](err); ok {
		return crash
	}
	switch {
	case s.Plugin == nil && ctx.Err() != nil:
		return nil //nolint:nilerr // it was stopped before it was fed: no crash
	case s.Plugin == nil:
		return crashf(CauseStart, "%v", err)
	}
	code := status.Code(err)
	if code != codes.DeadlineExceeded && s.diedBy(exitGrace) {
		return crashOfExit(s.Exit())
	}
	switch {
	case ctx.Err() != nil && !s.fed:
		return nil
	case code == codes.DeadlineExceeded || errors.Is(err, context.DeadlineExceeded):
		return crashf(CauseDeadline, "it did not answer in time: %v", err)
	case code == codes.ResourceExhausted && s.fed:
		return crashf(CauseProtocol, "a frame is too large: %s", status.Convert(err).Message())
	case code == codes.Unknown:
		return crashf(CauseStream, "%v", err)
	default:
		return crashf(CauseStream, "%s: %s", code, status.Convert(err).Message())
	}
}

// diedBy says whether the process is dead, and waits a little: a broken stream is often seen before the exit.
func (s *session) diedBy(wait time.Duration) bool {
	select {
	case <-s.Exited():
		return true
	case <-time.After(wait):
		return false
	}
}

// stop ends a plugin that has been drained.
func (s *session) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(termGrace, s.cfg.DrainTimeout))
	defer cancel()
	s.cfg.step("call", "close")
	if _, err := s.Control.Close(ctx, &pluginv1.CloseRequest{}); err != nil {
		s.cfg.Log.Warn("plugin did not close", "error", err)
	}
	_ = s.Terminate()
	s.diedBy(min(termGrace, s.cfg.DrainTimeout))
}

// bury kills what still runs and closes what the session holds.
func (s *session) bury(ctx context.Context) {
	if err := s.Kill(ctx); err != nil {
		s.cfg.Log.Error("plugin was not cleaned up", "error", err)
	}
	s.endQuestions()
	if s.outputs == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	if err := s.outputs.Close(ctx); err != nil {
		s.cfg.Log.Error("close outputs", "error", err)
	}
}
