package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

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
	if i.choice != s.choice { // since it was started
		cancel()
	}
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
	i.cfg.step("upgrade", "verify")
	fresh, err := i.standBy(ctx, running, old, u)
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

func (i *Instance) isActive(a *active) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.active == a
}
