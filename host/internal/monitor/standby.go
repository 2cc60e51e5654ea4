package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// standBy starts the new program with a checkpoint of the old one, from which on the outputs of both are watched.
func (i *Instance) standBy(ctx, running context.Context, old *active, u Upgrade) (*successor, error) {
	s := i.newSession(span{}, old.session.settled)
	s.cfg.Path, s.cfg.Log = u.Path, i.cfg.Log.With("program", u.Path)
	s.meters, s.known = &meters{}, func(*session) {}
	s.muted.Store(true)
	s.epoch = old.session.epoch + 1 // only a name between host and plugin, until it takes over
	s.shadow = &shadow{}
	s.parked = old.session.parked
	checkpoint, err := i.watchFrom(ctx, old.session.lane, s.shadow)
	if err != nil {
		return nil, fmt.Errorf("checkpoint of the running program: %w", err)
	}
	if err := i.spare(ctx, u, *checkpoint); err != nil {
		return nil, err
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

// spare puts a state aside for a rollback before anything is changed. The old program leaves a newer one when it ends; a host that dies
// in between has this one.
func (i *Instance) spare(ctx context.Context, u Upgrade, c Checkpoint) error {
	if u.DryRun {
		return nil
	}
	i.cfg.step("upgrade", "checkpoint")
	c.Epoch = 0 // nobody owns that name
	if err := i.journal.SaveCheckpoint(ctx, i.spareState(), c); err != nil {
		return fmt.Errorf("put the state aside for a rollback: %w", err)
	}
	i.cfg.step("upgrade", "spared")
	return nil
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
	i.cfg.step("upgrade", "watched")
	for {
		if err := l.barrier(ctx); err != nil {
			return nil, err
		}
		if err := l.saving.idle(ctx); err != nil {
			return nil, err
		}
		c, err := i.journal.LoadCheckpoint(ctx, i.cfg.Instance, nil)
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
	i.cfg.step("upgrade", "shadow")
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

// caughtUp says whether it has reached the end of what the journal held when it started, and has a frame at most in hand.
func (s *successor) caughtUp() bool {
	return s.meters.through.Load() >= s.target && s.lane.flight.size() <= 1
}
