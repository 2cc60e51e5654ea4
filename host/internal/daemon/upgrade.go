package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/monitor"
	"github.com/weir-run/weir/host/internal/monitor/process"
	"github.com/weir-run/weir/host/internal/monitor/programs"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// initShelf opens what upgrades left.
func (d *Daemon) initShelf(ctx context.Context, dataDir string) error {
	table, err := d.journal.Table(ctx, "programs")
	if err != nil {
		return fmt.Errorf("open table of programs: %w", err)
	}
	d.shelf = programs.NewShelf(table, filepath.Join(dataDir, "programs"), d.log.With("room", "monitor"))
	return nil
}

// program sets which program a member runs: that of its path, unless an upgrade chose another.
func (d *Daemon) program(ctx context.Context, m *member, to *monitor.Config) (err error) {
	name := to.Instance
	to.Path = m.plugin.Path
	if to.Choice, err = d.shelf.Choice(ctx, name, m.plugin.Path); err != nil {
		return err
	}
	to.Keep = func(ctx context.Context, c monitor.Choice) error {
		return d.shelf.Keep(ctx, name, d.roster.configured(m), c)
	}
	to.Find = func(path string) (string, error) {
		if err := d.shelf.Missing(name, path); err != nil {
			return "", err
		}
		return FindPlugin(path)
	}
	return nil
}

// UpgradePlugin changes the program of a plugin; see admin.PluginSource.
func (d *Daemon) UpgradePlugin(ctx context.Context, req *adminv1.UpgradePluginRequest, report func(*adminv1.UpgradePluginResponse) error) error {
	m, err := d.instance(req.GetInstance())
	if err != nil {
		return err
	}
	st := m.Status()
	name := filepath.Base(req.GetPath())
	path, err := d.shelf.Copy(st.Instance, req.GetPath(), name)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	old, err := d.copyRunning(ctx, st, name+".before")
	if err != nil {
		return status.Error(codes.FailedPrecondition, errors.Join(err, d.shelf.Drop(context.WithoutCancel(ctx), st.Instance, path)).Error())
	}
	defer m.upgrade.Store(nil)
	err = m.Upgrade(ctx, monitor.Upgrade{
		Path: path, Shadow: time.Duration(req.GetShadowMillis()) * time.Millisecond, MaxDiff: req.GetMaxDiff(), DryRun: req.GetDryRun(),
		Probation: time.Duration(req.GetProbationMillis()) * time.Millisecond, Previous: old,
		Report: func(r monitor.UpgradeReport) {
			m.upgrade.Store(new(upgradeWords(r)))
			_ = report(upgradeReport(r))
		},
	})
	if err != nil || req.GetDryRun() {
		err = errors.Join(err, d.shelf.Drop(context.WithoutCancel(ctx), st.Instance, path, old))
	}
	if err != nil {
		return status.Error(codes.Aborted, err.Error())
	}
	return nil
}

// copyRunning puts the file that a plugin was started from on the shelf. The one at its path may have been built anew, so it is taken from
// the process: what that executes, or for a script, whose process executes what reads it, the descriptor that it was given.
func (d *Daemon) copyRunning(ctx context.Context, st monitor.Status, name string) (path string, err error) {
	if st.PID == 0 {
		return "", fmt.Errorf("plugin %s does not run", st.Instance)
	}
	for _, from := range []string{fmt.Sprintf("/proc/%d/exe", st.PID), fmt.Sprintf("/proc/%d/fd/3", st.PID), st.Program} {
		if info, err := os.Stat(from); err != nil || !info.Mode().IsRegular() { // to open a pipe could wait for ever
			continue
		}
		if digest, err := process.Inspect(from); err != nil || digest != st.Digest {
			continue
		}
		path, err := d.shelf.Copy(st.Instance, from, name)
		if err != nil {
			return "", err
		}
		if digest, err := process.Inspect(path); err == nil && digest == st.Digest {
			return path, nil
		}
		if err := d.shelf.Drop(context.WithoutCancel(ctx), st.Instance, path); err != nil {
			return "", err
		}
	}
	if st.State != monitor.Live && st.State != monitor.Replaying {
		return "", fmt.Errorf("plugin %s is %s: try again when it is live", st.Instance, st.State)
	}
	return "", fmt.Errorf("the file that plugin %s was started from is gone, so that nothing could be rolled back to: restart weir, then upgrade it", st.Instance)
}

// upgradeWords is what the status says of an upgrade under way.
func upgradeWords(r monitor.UpgradeReport) string {
	text := fmt.Sprintf("%s to %s", r.Step, r.NewVersion)
	if r.Diff.Compared > 0 {
		text += fmt.Sprintf(": %d compared, %d different, %d missing, %d extra", r.Diff.Compared, r.Diff.Different, r.Diff.Missing, r.Diff.Extra)
	}
	return text
}

func upgradeReport(r monitor.UpgradeReport) *adminv1.UpgradePluginResponse {
	return &adminv1.UpgradePluginResponse{
		Step: r.Step, OldVersion: r.OldVersion, NewVersion: r.NewVersion, Compared: r.Diff.Compared, Different: r.Diff.Different,
		Missing: r.Diff.Missing, Extra: r.Diff.Extra, Differences: r.Diff.Examples, Lag: r.Lag, CutOver: r.CutOver,
		PauseMicros: uint64(r.Pause.Microseconds()),
	}
}

// RollbackPlugin takes an upgrade back; see admin.PluginSource.
func (d *Daemon) RollbackPlugin(ctx context.Context, name string) (*adminv1.RollbackPluginResponse, error) {
	m, err := d.instance(name)
	if err != nil {
		return nil, err
	}
	path, after, err := m.Rollback(ctx)
	if err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	return &adminv1.RollbackPluginResponse{Path: path, After: after}, nil
}

var _ admin.PluginSource = (*Daemon)(nil)
