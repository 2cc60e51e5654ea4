package monitor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// lane moves the data of one epoch: journal frames to the plugin, its outputs to the ledger, its state to the checkpoints.
// Nine goroutines share it; feed, timed barriers and the saver send on the stream, under sending.
type lane struct {
	cfg     *Config
	log     *slog.Logger
	journal Journal
	frames  Frames
	outputs Outputs
	control pluginv1.ControlClient
	open    func(context.Context) (grpc.ClientStream, error)
	gone    <-chan struct{} // closed when the process is
	meters  *meters
	live    func() // called once, when target is reached
	stream  grpc.ClientStream
	over    <-chan struct{} // closed when this epoch has failed, and why says as what
	why     func() error

	epoch      uint64
	filter     filter
	digest     string
	configHash string
	target     uint64 // last number of the journal at the start: what lies up to it is replay

	sending  sync.Mutex    // guards sends on stream, sent and closed
	sent     uint64        // last number sent
	closed   bool          // nothing may be sent any more
	covered  atomic.Uint64 // last number read; those above sent are not wanted
	promised atomic.Uint64 // last number that the plugin may speak of
	flight   *flight
	saving   *saving
	clock    *latencyClock
	progress *progress
	// allowance is for what is appended to outputs: what a replay gives again costs nothing.
	allowance *allowance

	// Only receive uses these.
	through  uint64    // last number that the plugin has done
	advanced time.Time // when it had
	newest   Cursor    // last output that it sent in this epoch
	cursor   Cursor    // last output in the ledger
	batch    [][]byte
	names    []Cursor

	unsaved int // checkpoints in a row that were not saved; only save uses it

	// gate is held while a frame is sent; who holds it stops the lane between two records.
	gate    chan struct{}
	standby atomic.Bool   // takes no checkpoints
	owner   atomic.Uint64 // epoch under which checkpoints are saved; 0 is not checked
	saveAs  string        // name under which they are
	monitor string        // name that the program calls itself by

	replaced atomic.Bool // another program has taken over: the plugin is told that nothing follows

	settled  map[uint64]bool // records whose transient errors count like others
	refusals slowLog
	letters  *letters
	trace    trace

	// What is known of records that crash the plugin; only feed uses these, and who waits for run.
	suspected   span              // to be sent one by one
	parked      map[uint64]string // to be left out, and why
	answering   bool              // the plugin has shown life since its start
	single      uint64            // the one that is alone under way; 0 when none is
	singleBytes []byte

	reached sync.Once
}

// run feeds the plugin until ctx ends, and then drains it; drain bounds that. The error says what went wrong in between: a
// *Crash where the cause is known, else an error of the stream, whose cause is the process's end.
func (l *lane) run(ctx, drain context.Context) error {
	alive, fail := context.WithCancelCause(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	defer all.Wait()
	defer fail(nil)
	// A send to a plugin that stands still blocks until the stream ends, whatever feed's own context says.
	defer context.AfterFunc(drain, func() {
		if errors.Is(context.Cause(drain), context.DeadlineExceeded) {
			fail(crashf(CauseDeadline, "it did not finish within the drain timeout of %s and owes %s", l.cfg.DrainTimeout, l.owed()))
			l.giveUp(drain)
		}
	})()

	stream, err := l.open(alive)
	if err != nil {
		return err
	}
	l.stream, l.over, l.why = stream, alive.Done(), func() error { return context.Cause(alive) }
	l.reach(l.covered.Load())
	for _, part := range []func(context.Context) error{l.receive, l.save, l.tick, l.watch, l.health, l.collect, l.end, l.letters.run} {
		all.Go(func() {
			if err := part(alive); err != nil {
				fail(err)
			}
		})
	}
	if l.saving.last == 0 {
		// A new instance notes at once where it began.
		if err := l.barrier(alive); err != nil {
			return err
		}
	}
	feeding, stop := context.WithCancel(alive)
	defer stop()
	defer context.AfterFunc(ctx, stop)()
	if err := l.feed(feeding); err != nil {
		fail(err)
	}
	if alive.Err() != nil {
		return context.Cause(alive)
	}
	if err := l.finish(alive); alive.Err() == nil {
		return err
	}
	return context.Cause(alive)
}

// end notices that the process is gone.
func (l *lane) end(ctx context.Context) error {
	select {
	case <-l.gone:
		return errGone
	case <-ctx.Done():
		return nil
	}
}

var errGone = errors.New("the process is gone")

// reach notes that everything up to a number is done. Numbers may come in any order.
func (l *lane) reach(number uint64) {
	for {
		old := l.meters.through.Load()
		if old >= number || l.meters.through.CompareAndSwap(old, number) {
			break
		}
	}
	if number >= l.target {
		l.reached.Do(l.live)
	}
}

// finish waits for what is in flight, takes a last checkpoint and drains the plugin.
func (l *lane) finish(ctx context.Context) error {
	if err := l.flight.empty(ctx); err != nil {
		return err
	}
	if err := l.saving.idle(ctx); err != nil {
		return err
	}
	if err := l.barrier(ctx); err != nil {
		return err
	}
	if err := l.saving.idle(ctx); err != nil {
		return err
	}
	if err := l.outputs.Flush(ctx); err != nil {
		return crashf(CauseJournal, "store outputs: %v", err)
	}
	if l.replaced.Load() {
		if err := l.sayCutOver(); err != nil {
			return err
		}
	}
	l.cfg.step("call", "drain")
	if _, err := l.control.Drain(ctx, &pluginv1.DrainRequest{}); err != nil {
		return err
	}
	l.cfg.step("called", "drain")
	l.sending.Lock()
	defer l.sending.Unlock()
	l.closed = true
	return l.stream.CloseSend()
}

// watch kills a plugin that owes answers and makes no progress.
func (l *lane) watch(ctx context.Context) error {
	l.progress.move()
	every := time.NewTicker(max(l.cfg.StallTimeout/20, time.Millisecond))
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		if l.progress.busy.Load() || (l.flight.size() == 0 && !l.saving.waiting()) {
			l.progress.move()
			continue
		}
		if age := l.progress.age(); age > l.cfg.StallTimeout {
			return crashf(CauseDeadline, "it made no progress for %s and owes %s", age.Round(time.Millisecond), l.owed())
		}
	}
}

func (l *lane) owed() string {
	if frames := l.flight.size(); frames > 0 {
		return fmt.Sprintf("answers to %d frames after record %d", frames, l.meters.through.Load())
	}
	return fmt.Sprintf("its state after record %d", l.meters.through.Load())
}

// health kills a plugin that does not answer, and tells of trouble that it sees itself.
func (l *lane) health(ctx context.Context) error {
	every := time.NewTicker(l.cfg.HealthEvery)
	defer every.Stop()
	failed, trouble := 0, ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		call, cancel := context.WithTimeout(ctx, l.cfg.HealthTimeout)
		report, err := l.control.Health(call, &pluginv1.HealthRequest{})
		cancel()
		if err != nil {
			if failed++; failed == healthFailures && ctx.Err() == nil {
				return crashf(CauseDeadline, "it did not answer %d Health calls in a row: %v", failed, err)
			}
			continue
		}
		failed = 0
		if text := shorten(report.GetTrouble()); text != trouble {
			trouble = text
			l.meters.trouble.Store(&text)
			if text != "" {
				l.log.Warn("plugin is in trouble", "trouble", text, "through", report.GetThrough())
			}
		}
	}
}

const healthFailures = 3
