package monitor

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
)

// buildProbe makes another version of the probe.
func buildProbe(t *testing.T, version, fault string) string {
	t.Helper()
	return link(t, "./testdata/probe", "-X main.version="+version+" -X main.fault="+fault)
}

func link(t *testing.T, program, flags string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(program))
	build := exec.Command("go", "build", "-ldflags", flags, "-o", path, program)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build probe: %v\n%s", err, out)
	}
	return path
}

// choices keeps what an instance chooses, as a host does.
type choices struct {
	mu   sync.Mutex
	kept []Choice
}

// keep is a change of a Config: what was kept counts.
func (c *choices) keep(cfg *Config) {
	cfg.Choice = c.last()
	cfg.Keep = func(_ context.Context, choice Choice) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.kept = append(c.kept, choice)
		return nil
	}
}

func (c *choices) last() Choice {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) == 0 {
		return Choice{}
	}
	return c.kept[len(c.kept)-1]
}

// upgrade returns the last report.
func (r *running) upgrade(t *testing.T, path string, shadow time.Duration) (last UpgradeReport, err error) {
	t.Helper()
	err = r.Upgrade(t.Context(), Upgrade{Path: path, Shadow: shadow, Report: func(u UpgradeReport) { last = u }})
	return last, err
}

// pour appends about 2,000 transactions a second until stopped, and returns the last number.
func pour(t *testing.T, j *journal.Journal) (stop func() uint64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for n := 10_000; ctx.Err() == nil; n += 10 {
			fill(t, j, n, n+10) //nolint:contextcheck // stopped between two calls
			time.Sleep(5 * time.Millisecond)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return func() uint64 { cancel(); done.Wait(); return j.Status().Last }
}

func TestUpgradeUnderLoad(t *testing.T) {
	j := openJournal(t)
	next := buildProbe(t, "1.3.0", "")
	var kept choices
	r := start(t, On(j), "up", nil, kept.keep)
	fill(t, j, 0, 500)
	stop := pour(t, j)
	r.until(t, "live", func(s Status) bool { return s.State == Live && s.Checkpoint > 0 })
	last, err := r.upgrade(t, next, 500*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	s, c := r.Status(), kept.last()
	if last.Step != "done" || last.Diff.Compared < 100 || last.Diff.Total() != 0 || s.Version != "1.3.0" || s.State != Live || c.Path != next || c.Previous.Path != probePath {
		t.Errorf("ended with %+v, status %+v, kept %+v", last, s, c)
	}
	t.Logf("cut over after record %d, nothing came out for %s, %d outputs compared", last.CutOver, last.Pause, last.Diff.Compared)
	r.untilThrough(t, last.CutOver+500)

	// And back again, with what has come since replayed.
	r.until(t, "checkpoint of the new one", func(s Status) bool { return s.Checkpoint > last.CutOver })
	path, after, err := r.Rollback(t.Context())
	if err != nil || path != probePath || after != last.CutOver {
		t.Fatalf("rollback to %s after %d (cut over %d): %v", path, after, last.CutOver, err)
	}
	s = r.until(t, "old version", func(s Status) bool { return s.Version == "1.2.3" && s.State == Live })
	if s.Crash != nil {
		t.Errorf("crash %v", s.Crash)
	}
	if _, _, err := r.Rollback(t.Context()); err == nil {
		t.Error("a second rollback went well")
	}
	end := stop()
	r.untilThrough(t, end)
	r.stop()
	calm(t, On(j), end)
	if got, want := eventsOf(t, j, "up"), eventsOf(t, j, "calm"); !slices.Equal(got, want) {
		t.Errorf("%d outputs differ from the %d of an undisturbed run", len(got), len(want))
	}
}

func TestUpgradeIsRefused(t *testing.T) {
	j := openJournal(t)
	r := start(t, On(j), "up", nil, nil)
	fill(t, j, 0, 500)
	stop := pour(t, j)
	r.until(t, "live", func(s Status) bool { return s.State == Live && s.Checkpoint > 0 })
	pid := r.Status().PID
	for _, c := range []struct{ name, path, want string }{
		{"wrong", buildProbe(t, "2.0.0", "wrong"), "outputs are not the same"},
		{"crash", buildProbe(t, "2.0.1", "crash"), "the new program ended: panic: new version is broken"},
		{"no program", "/nonexistent", "the new program ended: start: "},
		{"another monitor", link(t, "./testdata/probe", "-X main.name=stranger"), `is monitor "stranger", but plugin up runs "probe"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := r.upgrade(t, c.path, 20*time.Second)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("upgrade: %v; want %q", err, c.want)
			}
		})
	}
	t.Run("dry run", func(t *testing.T) {
		err := r.Upgrade(t.Context(), Upgrade{Path: probePath, DryRun: true, Report: func(UpgradeReport) {}})
		if err != nil {
			t.Error(err)
		}
	})
	end := stop()
	s := r.untilThrough(t, end)
	r.stop()
	if s.PID != pid || s.Starts != 1 || s.Crash != nil {
		t.Errorf("pid %d after %d, %d starts, crash %v; want the old program to go on", s.PID, pid, s.Starts, s.Crash)
	}
	calm(t, On(j), end)
	if got, want := eventsOf(t, j, "up"), eventsOf(t, j, "calm"); !slices.Equal(got, want) {
		t.Errorf("%d outputs differ from the %d of an undisturbed run", len(got), len(want))
	}
}
