package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/weir-run/weir/host/internal/admin"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/monitor"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// programs remembers which program an upgrade put in place of a configured one.
type programs struct {
	table *journal.Table
	dir   string // copies of the programs lie here: the files that were named may be built anew
}

// programRow is what is stored of an instance.
type programRow struct {
	// Configured is the path that the configuration gave at the time. When it gives another one, that wins.
	Configured string `json:"configured"`
	// Path is what runs.
	Path string `json:"path"`
	// Previous is what a rollback goes back to, until a time.
	Previous string    `json:"previous,omitempty"`
	Until    time.Time `json:"until,omitzero"`
}

func openPrograms(ctx context.Context, j *journal.Journal, dataDir string) (*programs, error) {
	table, err := j.Table(ctx, "programs")
	if err != nil {
		return nil, fmt.Errorf("open table of programs: %w", err)
	}
	return &programs{table: table, dir: filepath.Join(dataDir, "programs")}, nil
}

// find returns what to run for an instance, and what a rollback goes back to.
func (p *programs) find(ctx context.Context, instance, configured string) (string, monitor.Program, error) {
	value, found, err := p.table.Get(ctx, instance)
	if err != nil || !found {
		return configured, monitor.Program{}, err
	}
	var row programRow
	if err := json.Unmarshal(value, &row); err != nil {
		return "", monitor.Program{}, fmt.Errorf("read program of %s: %w", instance, err)
	}
	if _, err := os.Stat(row.Path); err != nil || row.Configured != configured {
		return configured, monitor.Program{}, nil //nolint:nilerr // the configured one runs instead
	}
	return row.Path, monitor.Program{Path: row.Previous, Until: row.Until}, nil
}

func (p *programs) put(ctx context.Context, instance string, row programRow) error {
	value, err := json.Marshal(row)
	if err != nil {
		return err
	}
	return p.table.Put(ctx, instance, value)
}

// keep copies a program beside those of earlier upgrades.
func (p *programs) keep(instance, from, name string) (_ string, err error) {
	dir := filepath.Join(p.dir, instance)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder of programs: %w", err)
	}
	in, err := os.Open(from)
	if err != nil {
		return "", fmt.Errorf("open program: %w", err)
	}
	defer func() { _ = in.Close() }()
	path := filepath.Join(dir, fmt.Sprintf("%s.%d", name, time.Now().UnixNano()))
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return "", fmt.Errorf("copy program: %w", err)
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", fmt.Errorf("copy program: %w", err)
	}
	return path, nil
}

// UpgradePlugin changes the program of a plugin; see admin.PluginSource.
func (d *Daemon) UpgradePlugin(ctx context.Context, req *adminv1.UpgradePluginRequest, report func(*adminv1.UpgradePluginResponse) error) error {
	m, err := d.instance(req.GetInstance())
	if err != nil {
		return err
	}
	st := m.Status()
	name := filepath.Base(req.GetPath())
	path, err := d.upgrades.keep(st.Instance, req.GetPath(), name)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	// The running file itself, since the one at its path may have been built anew.
	old, err := d.upgrades.keep(st.Instance, fmt.Sprintf("/proc/%d/exe", st.PID), name+".before")
	if err != nil {
		return status.Errorf(codes.FailedPrecondition, "plugin %s does not run: %v", st.Instance, err)
	}
	used := false
	defer func() {
		if !used {
			_, _ = os.Remove(path), os.Remove(old)
		}
	}()
	configured := d.roster.configured(m)
	err = m.Upgrade(ctx, monitor.Upgrade{
		Path: path, Shadow: time.Duration(req.GetShadowMillis()) * time.Millisecond, MaxDiff: req.GetMaxDiff(), DryRun: req.GetDryRun(),
		Probation: time.Duration(req.GetProbationMillis()) * time.Millisecond, Previous: old,
		Commit: func(ctx context.Context, path string, previous monitor.Program) error {
			used = true
			return d.upgrades.put(ctx, st.Instance, programRow{Configured: configured, Path: path, Previous: previous.Path, Until: previous.Until})
		},
		Report: func(r monitor.UpgradeReport) { _ = report(upgradeReport(r)) },
	})
	if err != nil {
		return status.Error(codes.Aborted, err.Error())
	}
	return nil
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
	path, after, err := m.Rollback(ctx, func(ctx context.Context, path string) error {
		return d.upgrades.put(ctx, name, programRow{Configured: d.roster.configured(m), Path: path})
	})
	if err != nil {
		return nil, status.Error(codes.FailedPrecondition, err.Error())
	}
	return &adminv1.RollbackPluginResponse{Path: path, After: after}, nil
}

var _ admin.PluginSource = (*Daemon)(nil)
