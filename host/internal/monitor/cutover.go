package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// cutOver changes the programs between two records.
func (i *Instance) cutOver(ctx context.Context, u Upgrade, old *active, fresh *successor, r *UpgradeReport) error {
	r.Step = "cut_over"
	u.Report(*r)
	// Run starts no other session meanwhile: should the old program die in here, the new one is what it finds next.
	i.changing.Lock()
	defer i.changing.Unlock()
	if !i.isActive(old) {
		return errors.New("the running program ended meanwhile")
	}
	began := time.Now()
	last, release, err := i.meet(ctx, old, fresh)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	if r.Diff = fresh.shadow.compare(last); r.Diff.Total() > u.MaxDiff {
		err = differs(r.Diff, u.MaxDiff)
		return err
	}
	if err = i.hand(context.WithoutCancel(ctx), u, old, fresh, last); err != nil {
		return err
	}
	r.CutOver, r.Pause = last, time.Since(began)
	i.cfg.Log.Info("plugin was upgraded", slog.String("from", r.OldVersion), slog.String("to", r.NewVersion), slog.Uint64("after", last), slog.Duration("pause", r.Pause))
	return nil
}

// meet stops the old program between two records and waits for the new one to get there. release lets the old one go on.
func (i *Instance) meet(ctx context.Context, old *active, fresh *successor) (last uint64, release func(), err error) {
	still, cancel := context.WithTimeout(ctx, upgradeHold)
	defer cancel()
	i.cfg.step("upgrade", "hold")
	last, release, err = old.session.lane.hold(still)
	if err != nil {
		return 0, nil, fmt.Errorf("stop the running program between two records: %w", err)
	}
	i.cfg.step("upgrade", "held")
	for fresh.meters.through.Load() < last {
		if err := pause(still, time.Millisecond); err != nil {
			release()
			return 0, nil, fmt.Errorf("wait for the new program to reach record %d: %w", last, err)
		}
	}
	return last, release, nil
}

// hand notes the choice and makes the change. When it fails after the note, the note is taken back.
func (i *Instance) hand(ctx context.Context, u Upgrade, old *active, fresh *successor, last uint64) error {
	before := i.chosen()
	choice := Choice{Path: u.Path, Previous: Program{
		Path: cmp.Or(u.Previous, old.session.cfg.Path), Checkpoint: i.spareState(), Until: time.Now().Add(u.Probation),
	}}
	i.cfg.step("upgrade", "choose")
	if err := i.cfg.Keep(ctx, choice); err != nil {
		return fmt.Errorf("note which program %s runs: %w", i.cfg.Instance, err)
	}
	i.cfg.step("upgrade", "chosen")
	if err := i.handOver(ctx, fresh, last); err != nil {
		return errors.Join(err, i.cfg.Keep(ctx, before))
	}
	i.install(choice, old, fresh)
	i.cfg.step("upgrade", "installed")
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
	i.cfg.step("upgrade", "acquired")
	log, err := i.journal.OpenOutputs(ctx, i.cfg.Instance, fresh.described.GetName(), epoch, fresh.clock.durable)
	if err != nil {
		return err
	}
	i.cfg.step("upgrade", "opened")
	i.watched.Store(nil) // the comparison is over, and its lock is held while the log is filled
	if err := fresh.shadow.takeOver(last, tee{log, &i.watched}); err != nil {
		return err
	}
	i.cfg.step("upgrade", "filled")
	fresh.lane.saving.whole() // the parts that it was restored from are gone
	fresh.lane.owner.Store(epoch)
	fresh.lane.standby.Store(false)
	return nil
}

// install has Run go on with the new session. The old one saves its state as what Rollback goes back to, and ends.
func (i *Instance) install(choice Choice, old *active, fresh *successor) {
	old.session.muted.Store(true)
	l := old.session.lane
	l.saveAs = choice.Previous.Checkpoint
	l.owner.Store(0)
	l.saving.again()
	fresh.meters.inherit(old.session.meters)
	i.mu.Lock()
	i.choice, fresh.choice = choice, choice
	i.next, i.active = fresh, &active{fresh.session, fresh.cancel}
	i.meters.Store(fresh.meters)
	i.mu.Unlock()
	fresh.muted.Store(false)
	i.known(fresh.session)
	// The gate stays closed: nothing more goes to the old one. Ending it takes its last checkpoint.
	l.standby.Store(false)
	l.replaced.Store(true)
	old.cancel()
}
