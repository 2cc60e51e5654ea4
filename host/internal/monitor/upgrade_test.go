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
	path := filepath.Join(t.TempDir(), "probe")
	build := exec.Command("go", "build", "-ldflags", "-X main.version="+version+" -X main.fault="+fault, "-o", path, "./testdata/probe")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build probe: %v\n%s", err, out)
	}
	return path
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

func committed(context.Context, string, Program) error { return nil }

func TestUpgradeUnderLoad(t *testing.T) {
	j := openJournal(t)
	next := buildProbe(t, "1.3.0", "")
	r := start(t, On(j), "up", nil, nil)
	fill(t, j, 0, 500)
	stop := pour(t, j)
	r.until(t, "live", func(s Status) bool { return s.State == Live && s.Checkpoint > 0 })
	var last UpgradeReport
	kept := ""
	err := r.Upgrade(t.Context(), Upgrade{
		Path: next, Shadow: 500 * time.Millisecond, Report: func(u UpgradeReport) { last = u },
		Commit: func(_ context.Context, path string, p Program) error { kept = path + " after " + p.Path; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := r.Status()
	if last.Step != "done" || last.Diff.Compared < 100 || last.Diff.Total() != 0 || s.Version != "1.3.0" || s.State != Live || kept != next+" after "+probePath {
		t.Errorf("ended with %+v, status %+v, kept %q", last, s, kept)
	}
	t.Logf("cut over after record %d, nothing came out for %s, %d outputs compared", last.CutOver, last.Pause, last.Diff.Compared)
	r.untilThrough(t, last.CutOver+500)

	// And back again, with what has come since replayed.
	r.until(t, "checkpoint of the new one", func(s Status) bool { return s.Checkpoint > last.CutOver })
	path, after, err := r.Rollback(t.Context(), func(context.Context, string) error { return nil })
	if err != nil || path != probePath || after != last.CutOver {
		t.Fatalf("rollback to %s after %d (cut over %d): %v", path, after, last.CutOver, err)
	}
	s = r.until(t, "old version", func(s Status) bool { return s.Version == "1.2.3" && s.State == Live })
	if s.Crash != nil {
		t.Errorf("crash %v", s.Crash)
	}
	if _, _, err := r.Rollback(t.Context(), func(context.Context, string) error { return nil }); err == nil {
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
		{"crash", buildProbe(t, "2.0.1", "crash"), "the new program ended: panic: panic: new version is broken"},
		{"no program", "/nonexistent", "the new program ended: start: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := r.Upgrade(t.Context(), Upgrade{Path: c.path, Shadow: 20 * time.Second, Report: func(UpgradeReport) {}, Commit: committed})
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
