package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Program is a plugin's file.
type Program struct {
	// Path of the file, empty when there is none.
	Path string
	// Until is when it stops being what Rollback goes back to.
	Until time.Time
}

// Upgrade says what to run instead of an instance's program.
type Upgrade struct {
	// Path of the new program.
	Path string
	// Shadow is how long both run side by side before the change.
	Shadow time.Duration
	// MaxDiff is how many outputs may not be the same.
	MaxDiff uint64
	// DryRun only compares.
	DryRun bool
	// Probation is how long Rollback goes back to the old program. Default 10 min.
	Probation time.Duration
	// Previous is a copy of the running program for Rollback; empty means its path.
	Previous string
	// Commit is called once, just before the change, and makes it last: the next host runs path. An error gives the upgrade up.
	Commit func(ctx context.Context, path string, previous Program) error
	// Report is told how far it is, from one goroutine.
	Report func(UpgradeReport)
}

// UpgradeReport is one step of an upgrade.
type UpgradeReport struct {
	// Step is verify, restore, shadow, cut_over or done.
	Step string
	// OldVersion and NewVersion as the programs call themselves.
	OldVersion, NewVersion string
	// Diff so far, and how many records the new program is behind.
	Diff Diff
	Lag  uint64
	// CutOver is the last record of the old program, Pause how long nothing could come out; of done.
	CutOver uint64
	Pause   time.Duration
}

// Limits of an upgrade.
const (
	upgradeHold  = 2 * time.Second // for the old program to be still; else it goes on
	upgradeStart = time.Minute     // for the new one to be fed
	upgradeTick  = 10 * time.Millisecond
)

// active is a session that is fed, and how to end it.
type active struct {
	session *session
	cancel  func()
}

// successor is a session that runs already.
type successor struct {
	*session

	cancel func()
	ended  chan *Crash
}

func (i *Instance) feeding(s *session, cancel func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.active = &active{s, cancel}
}

// Upgrade runs another program beside the one of the instance, from the same checkpoint, and compares what both give. When they agree
// for long enough it stops the old one between two records and lets the new one go on from there: no output is missing and none comes
// twice. An error means that the old program goes on as if nothing had been. One upgrade at a time.
func (i *Instance) Upgrade(ctx context.Context, u Upgrade) error {
	if !i.upgrading.TryLock() {
		return errors.New("an upgrade of this plugin is on already")
	}
	defer i.upgrading.Unlock()
	or(&u.Probation, 10*time.Minute)
	i.mu.Lock()
	old, running, state := i.active, i.running, i.state
	i.mu.Unlock()
	if old == nil || state != Live {
		return fmt.Errorf("plugin %s is %s: only one that is live can be upgraded", i.cfg.Instance, state)
	}
	report := UpgradeReport{Step: "verify", OldVersion: old.session.described.GetVersion()}
	u.Report(report)
	fresh, err := i.standBy(ctx, running, old, u.Path)
	defer i.watched.Store(nil)
	if err != nil {
		return err
	}
	if err = i.shadowRun(ctx, u, old, fresh, &report); err == nil && !u.DryRun {
		err = i.cutOver(ctx, u, old, fresh, &report)
	}
	if err != nil || u.DryRun {
		fresh.cancel()
		<-fresh.ended //nolint:errcheck // not a crash: it was told to end
	}
	if err == nil {
		report.Step = "done"
		u.Report(report)
	}
	return err
}

// standBy starts the new program with a checkpoint of the old one, from which on the outputs of both are watched.
func (i *Instance) standBy(ctx, running context.Context, old *active, path string) (*successor, error) {
	s := i.newSession(span{})
	s.cfg.Path, s.cfg.Log = path, i.cfg.Log.With("program", path)
	s.meters, s.known = &meters{}, func(*session) {}
	s.muted.Store(true)
	s.epoch = old.session.epoch + 1 // only a name between host and plugin, until it takes over
	s.shadow = &shadow{}
	s.parked = old.session.parked
	checkpoint, err := i.watchFrom(ctx, old.session.lane, s.shadow)
	if err != nil {
		return nil, fmt.Errorf("checkpoint of the running program: %w", err)
	}
	s.checkpoint = checkpoint
	fed := make(chan struct{})
	s.feeding = func(*session) { close(fed) }
	own, cancel := context.WithCancel(running)
	fresh := &successor{session: s, cancel: cancel, ended: make(chan *Crash, 1)}
	i.standbys.Go(func() { defer cancel(); fresh.ended <- s.run(own) })
	select {
	case <-fed:
		return fresh, nil
	case crash := <-fresh.ended:
		return nil, i.failed(crash)
	case <-time.After(upgradeStart):
		err = fmt.Errorf("the new program did not come up within %s", upgradeStart)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	cancel()
	<-fresh.ended //nolint:errcheck // not a crash: it was told to end
	return nil, err
}

func (i *Instance) failed(c *Crash) error {
	if c == nil {
		return errors.New("the host stops")
	}
	return fmt.Errorf("the new program ended: %w", c)
}

// watchFrom has the shadow see all outputs from a record on, and returns a checkpoint after it.
func (i *Instance) watchFrom(ctx context.Context, l *lane, s *shadow) (*Checkpoint, error) {
	ctx, cancel := context.WithTimeout(ctx, journalLimit)
	defer cancel()
	from, release, err := l.hold(ctx)
	if err != nil {
		return nil, err
	}
	s.after = from
	i.watched.Store(s)
	release()
	for {
		if err := l.barrier(ctx); err != nil {
			return nil, err
		}
		if err := l.saving.idle(ctx); err != nil {
			return nil, err
		}
		c, err := i.journal.LoadCheckpoint(ctx, i.cfg.Instance)
		if err != nil {
			return nil, err
		}
		if c != nil && c.Number >= from {
			s.begin(c.Number)
			return c, nil
		}
		if err := pause(ctx, upgradeTick); err != nil {
			return nil, err
		}
	}
}

// shadowRun compares until the time is up and the new program has caught up.
func (i *Instance) shadowRun(ctx context.Context, u Upgrade, old *active, fresh *successor, r *UpgradeReport) error {
	r.Step, r.NewVersion = "shadow", fresh.described.GetVersion()
	tick := time.NewTicker(upgradeTick)
	defer tick.Stop()
	began, said := time.Now(), time.Time{}
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case crash := <-fresh.ended:
			fresh.ended <- nil
			return i.failed(crash)
		case <-tick.C:
		}
		at, behind := old.session.meters.through.Load(), fresh.meters.through.Load()
		if r.Diff = fresh.shadow.compare(min(at, behind)); r.Diff.Total() > u.MaxDiff {
			return differs(r.Diff, u.MaxDiff)
		}
		r.Lag = at - min(at, behind)
		switch {
		case fresh.shadow.full():
			return fmt.Errorf("the new program is %d records behind and more than %d MiB of outputs wait to be compared", r.Lag, shadowHeld>>20)
		case !i.isActive(old):
			return errors.New("the running program ended meanwhile")
		}
		if time.Since(said) > time.Second {
			said = time.Now()
			u.Report(*r)
		}
		if time.Since(began) >= u.Shadow && fresh.caughtUp() {
			return nil
		}
	}
}

func differs(d Diff, limit uint64) error {
	first := ""
	if len(d.Examples) > 0 {
		first = "; the first: " + d.Examples[0]
	}
	return fmt.Errorf("%d of %d outputs are not the same (%d differ, %d are missing, %d are new), and %d may be%s",
		d.Total(), d.Compared+d.Missing+d.Extra, d.Different, d.Missing, d.Extra, limit, first)
}

func (i *Instance) isActive(a *active) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.active == a
}

// caughtUp says whether it has reached the end of what the journal held when it started, and has a frame at most in hand.
func (s *successor) caughtUp() bool {
	return s.meters.through.Load() >= s.target && s.lane.flight.size() <= 1
}

// cutOver changes the programs between two records.
func (i *Instance) cutOver(ctx context.Context, u Upgrade, old *active, fresh *successor, r *UpgradeReport) error {
	r.Step = "cut_over"
	u.Report(*r)
	began := time.Now()
	still, cancel := context.WithTimeout(ctx, upgradeHold)
	defer cancel()
	last, release, err := old.session.lane.hold(still)
	if err != nil {
		return fmt.Errorf("stop the running program between two records: %w", err)
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	for fresh.meters.through.Load() < last {
		if err = pause(still, time.Millisecond); err != nil {
			return fmt.Errorf("wait for the new program to reach record %d: %w", last, err)
		}
	}
	if r.Diff = fresh.shadow.compare(last); r.Diff.Total() > u.MaxDiff {
		err = differs(r.Diff, u.MaxDiff)
		return err
	}
	previous := Program{Path: cmp.Or(u.Previous, old.session.cfg.Path), Until: time.Now().Add(u.Probation)}
	if err = u.Commit(ctx, u.Path, previous); err != nil {
		return err
	}
	if err = i.handOver(context.WithoutCancel(ctx), fresh, last); err != nil {
		err = errors.Join(err, u.Commit(context.WithoutCancel(ctx), previous.Path, Program{}))
		return err
	}
	r.CutOver, r.Pause = last, time.Since(began)
	i.install(u.Path, previous, old, fresh)
	i.cfg.Log.Info("plugin was upgraded", slog.String("from", r.OldVersion), slog.String("to", r.NewVersion), slog.Uint64("after", last), slog.Duration("pause", r.Pause))
	return nil
}

// handOver makes the new program the owner of the instance. From then on the old one's outputs and checkpoints are refused.
func (i *Instance) handOver(ctx context.Context, fresh *successor, last uint64) error {
	ctx, cancel := context.WithTimeout(ctx, journalLimit)
	defer cancel()
	epoch, err := i.journal.Acquire(ctx, i.cfg.Instance)
	if err != nil {
		return err
	}
	log, err := i.journal.OpenOutputs(ctx, i.cfg.Instance, fresh.described.GetName(), epoch, fresh.clock.durable)
	if err != nil {
		return err
	}
	i.watched.Store(nil) // the comparison is over, and its lock is held while the log is filled
	if err := fresh.shadow.takeOver(last, tee{log, &i.watched}); err != nil {
		return err
	}
	fresh.lane.owner.Store(epoch)
	fresh.lane.standby.Store(false)
	return nil
}

// install has Run go on with the new session. The old one saves its state as what Rollback goes back to, and ends.
func (i *Instance) install(path string, previous Program, old *active, fresh *successor) {
	old.session.muted.Store(true)
	l := old.session.lane
	l.saveAs = rollbackName(i.cfg.Instance)
	l.owner.Store(0)
	l.saving.again()
	fresh.meters.inherit(old.session.meters)
	i.mu.Lock()
	i.path, i.previous = path, previous
	i.next, i.active = fresh, &active{fresh.session, fresh.cancel}
	i.meters.Store(fresh.meters)
	i.mu.Unlock()
	fresh.muted.Store(false)
	i.known(fresh.session)
	// The gate stays closed: nothing more goes to the old one. Ending it takes its last checkpoint.
	l.standby.Store(false)
	old.cancel()
}

// rollbackName is where the state for a rollback is kept: no instance can have this name.
func rollbackName(instance string) string { return instance + "_rollback" }

// Rollback puts the program back that the last upgrade replaced, with the state that it had then; what came since is replayed, and
// outputs that are stored stay as they are. It returns the program and the record after which it goes on.
func (i *Instance) Rollback(ctx context.Context, commit func(ctx context.Context, path string) error) (path string, after uint64, err error) {
	c, err := i.journal.LoadCheckpoint(ctx, rollbackName(i.cfg.Instance))
	if err != nil {
		return "", 0, err
	}
	if err := i.rollBack(); err != nil {
		return "", 0, err
	}
	i.mu.Lock()
	path = i.previous.Path
	a := i.active
	i.mu.Unlock()
	if err := commit(ctx, path); err != nil {
		return "", 0, err
	}
	if a != nil {
		a.cancel()
	} else {
		i.Resume()
	}
	if c != nil {
		after = c.Number
	}
	return path, after, nil
}

// rollBack has Run go back before its next session; an error when there is nothing to go back to.
func (i *Instance) rollBack() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	previous := i.previous
	if previous.Path == "" || time.Now().After(previous.Until) {
		return fmt.Errorf("there is no version of %s to go back to: it was not upgraded, or its probation is over", i.cfg.Instance)
	}
	i.change = func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, journalLimit)
		defer cancel()
		c, err := i.journal.LoadCheckpoint(ctx, rollbackName(i.cfg.Instance))
		if err != nil {
			return err
		}
		if c != nil {
			if c.Epoch, err = i.journal.Acquire(ctx, i.cfg.Instance); err != nil {
				return err
			}
			if err := i.journal.SaveCheckpoint(ctx, i.cfg.Instance, *c); err != nil {
				return err
			}
		}
		i.mu.Lock()
		defer i.mu.Unlock()
		i.path, i.previous = previous.Path, Program{}
		return nil
	}
	return nil
}

// changed does what was asked to be done between two sessions, and tells whether there was anything.
func (i *Instance) changed(ctx context.Context) (bool, error) {
	i.mu.Lock()
	change := i.change
	i.change = nil
	next := i.next != nil
	i.mu.Unlock()
	if change == nil {
		return next, nil
	}
	return true, change(ctx)
}
