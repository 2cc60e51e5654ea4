package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Rollback puts the program back that the last upgrade replaced, with the state that it had then; what came since is replayed, and
// outputs that are stored stay as they are. It returns the program and the record after which it goes on.
func (i *Instance) Rollback(ctx context.Context) (path string, after uint64, err error) {
	if !i.upgrading.TryLock() {
		return "", 0, errors.New("an upgrade of this plugin is on: try again when it is over")
	}
	defer i.upgrading.Unlock()
	i.changing.Lock()
	path, after, err = i.goBack(ctx)
	i.changing.Unlock()
	if err != nil {
		return "", 0, err
	}
	i.mu.Lock()
	a := i.active
	i.mu.Unlock()
	if a != nil {
		a.cancel()
	} else {
		i.Resume()
	}
	return path, after, nil
}

// goBack chooses the previous program, durably. Run puts its state in place and starts it. changing is held.
func (i *Instance) goBack(ctx context.Context) (path string, after uint64, err error) {
	previous := i.chosen().Previous
	if previous.Path == "" || time.Now().After(previous.Until) {
		return "", 0, fmt.Errorf("there is no version of %s to go back to: it was not upgraded, or its probation is over", i.cfg.Instance)
	}
	if _, err := i.cfg.Find(previous.Path); err != nil {
		return "", 0, fmt.Errorf("go back: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, journalLimit)
	defer cancel()
	c, err := i.journal.LoadCheckpoint(ctx, previous.Checkpoint, nil)
	if err != nil {
		return "", 0, err
	}
	if c == nil {
		return "", 0, fmt.Errorf("the state that the version of %s before had is gone from the journal: upgrade to that version instead", i.cfg.Instance)
	}
	if err := i.keep(ctx, Choice{Path: previous.Path, Restore: previous.Checkpoint}); err != nil {
		return "", 0, err
	}
	return previous.Path, c.Number, nil
}

// fallBack takes an upgrade back by itself, when the new version is not started any more. It tells whether there is another to start.
func (i *Instance) fallBack(ctx context.Context, reason string) bool {
	i.changing.Lock()
	defer i.changing.Unlock()
	path, after, err := i.goBack(ctx)
	if err != nil {
		i.cfg.Log.Debug("no older version comes back", "cause", err)
		return false
	}
	i.cfg.Log.Error("the new version does not run; the one before comes back", "reason", reason, "program", path, "after", after)
	return true
}

// putBack makes the state of a program that comes back the newest one. A host that dies meanwhile does it again.
func (i *Instance) putBack(ctx context.Context) error {
	choice := i.chosen()
	if choice.Restore == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, journalLimit)
	defer cancel()
	c, err := i.journal.LoadCheckpoint(ctx, choice.Restore, nil)
	if err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	if c == nil {
		return crashf(CauseState, "the state that %s had before its upgrade is gone from the journal: run the newer version, or give the plugin another name", choice.Path)
	}
	if c.Epoch, err = i.journal.Acquire(ctx, i.cfg.Instance); err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	i.cfg.step("rollback", "acquired")
	if err := i.journal.SaveCheckpoint(ctx, i.cfg.Instance, *c); err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	i.cfg.step("rollback", "saved")
	choice.Restore = ""
	if err := i.keep(ctx, choice); err != nil {
		return crashf(CauseJournal, "%v", err)
	}
	i.cfg.step("rollback", "restored")
	return nil
}
