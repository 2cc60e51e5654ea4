package monitor

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/process"
)

// TestUpgradeOutlivesTheHost shows that the next host runs the new program, with its limits, and can still go back.
func TestUpgradeOutlivesTheHost(t *testing.T) {
	j := openJournal(t)
	next := buildProbe(t, "1.3.0", "")
	var kept choices
	limited := func(c *Config) {
		kept.keep(c)
		c.Isolation = process.Isolation{Level: process.L1, Limits: process.Limits{Files: 77}}
	}
	r := start(t, On(j), "up", nil, limited)
	fill(t, j, 0, 300)
	r.until(t, "live", func(s Status) bool { return s.State == Live && s.Checkpoint > 0 })
	if _, err := r.upgrade(t, next, 10*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	checkFiles(t, r.Status().PID)
	fill(t, j, 300, 400)
	r.untilThrough(t, j.Status().Last)
	r.stop()

	fill(t, j, 400, 500)
	again := start(t, On(j), "up", nil, limited)
	s := again.untilThrough(t, j.Status().Last)
	if s.Version != "1.3.0" || s.Crash != nil {
		t.Errorf("the next host runs version %s, crash %v; want 1.3.0", s.Version, s.Crash)
	}
	checkFiles(t, s.PID)
	if path, _, err := again.Rollback(t.Context()); err != nil || path != probePath {
		t.Errorf("rollback to %s: %v", path, err)
	}
	again.until(t, "old version", func(s Status) bool { return s.Version == "1.2.3" && s.State == Live })
	fill(t, j, 500, 600)
	end := j.Status().Last
	again.untilThrough(t, end)
	again.stop()
	calm(t, On(j), end)
	if got, want := eventsOf(t, j, "up"), eventsOf(t, j, "calm"); !slices.Equal(got, want) {
		t.Errorf("%d outputs differ from the %d of an undisturbed run", len(got), len(want))
	}
}

// checkFiles shows that a process has the limit of open files that its configuration names.
func checkFiles(t *testing.T, pid int) {
	t.Helper()
	limits, err := os.ReadFile("/proc/" + itoa(pid) + "/limits")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(limits)) {
		if strings.HasPrefix(line, "Max open files") && strings.Fields(line)[3] == "77" {
			return
		}
	}
	t.Errorf("process %d is not limited to 77 open files:\n%s", pid, limits)
}

// TestFaultyVersionFallsBackForGood shows that a version which breaks after the change is taken back, also where the host dies before
// the older one has its state again, and that later hosts do not try it any more.
func TestFaultyVersionFallsBackForGood(t *testing.T) {
	j := openJournal(t)
	broken := filepath.Join(t.TempDir(), "broken")
	next := buildProbe(t, "2.0.0", broken)
	var kept choices
	limited := func(c *Config) { kept.keep(c); c.CrashLimit = 3 }
	r := start(t, On(j), "up", nil, limited)
	fill(t, j, 0, 300)
	r.until(t, "live", func(s Status) bool { return s.State == Live && s.Checkpoint > 0 })
	last, err := r.upgrade(t, next, 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, j, 300, 400)
	r.untilThrough(t, j.Status().Last)
	r.until(t, "checkpoint of the new one", func(s Status) bool { return s.Checkpoint == j.Status().Last })
	if err := os.WriteFile(broken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	fill(t, j, 400, 500)
	r.until(t, "old version", func(s Status) bool { return s.Version == "1.2.3" && s.State == Live })
	r.untilThrough(t, j.Status().Last)
	r.stop()
	mustContain(t, "log", r.log.String(), "the new version does not run; the one before comes back", "after="+itoa(int(last.CutOver)))
	n := len(kept.kept)
	if c := kept.last(); n < 3 || c != (Choice{Path: probePath}) || kept.kept[n-2].Restore == "" {
		t.Fatalf("kept %+v; want at last %s alone, and before that the state to restore", kept.kept, probePath)
	}

	// Once more from where a host could have died: the choice is made, the state is still the new version's.
	kept.kept = kept.kept[:n-1]
	fill(t, j, 500, 600)
	again := start(t, On(j), "up", nil, limited)
	s := again.untilThrough(t, j.Status().Last)
	again.stop()
	if s.Version != "1.2.3" || s.Crash != nil || s.Records < 250 {
		t.Errorf("the next host runs version %s, sent %d records, crash %v; want 1.2.3, restored at record %d", s.Version, s.Records, s.Crash, last.CutOver)
	}
	end := j.Status().Last
	calm(t, On(j), end)
	if got, want := eventsOf(t, j, "up"), eventsOf(t, j, "calm"); !slices.Equal(got, want) {
		t.Errorf("%d outputs differ from the %d of an undisturbed run", len(got), len(want))
	}
}

// TestRefusedUpgradeLeavesTheWayBack shows that a second upgrade which comes to nothing does not spoil what the first can be taken back to.
func TestRefusedUpgradeLeavesTheWayBack(t *testing.T) {
	j := openJournal(t)
	var kept choices
	r := start(t, On(j), "up", nil, kept.keep)
	fill(t, j, 0, 300)
	r.until(t, "live", func(s Status) bool { return s.State == Live && s.Checkpoint > 0 })
	last, err := r.upgrade(t, buildProbe(t, "1.3.0", ""), 10*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, j, 300, 400)
	r.untilThrough(t, j.Status().Last)
	if _, err := r.upgrade(t, "/nonexistent", time.Minute); err == nil {
		t.Fatal("a program that does not exist was let in")
	}
	if _, after, err := r.Rollback(t.Context()); err != nil || after != last.CutOver {
		t.Errorf("rollback after record %d: %v; want %d", after, err, last.CutOver)
	}
	r.until(t, "old version", func(s Status) bool { return s.Version == "1.2.3" && s.State == Live })
}

func TestChosenProgramIsRefusedWithItsRemedy(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 50)
	first := start(t, On(j), "up", nil, nil)
	first.untilThrough(t, j.Status().Last)
	first.stop()
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"gone", func(c *Config) {
			c.Find = func(string) (string, error) { return "", errors.New("it is gone: put it back") }
		}, "it is gone: put it back"},
		{"another monitor", func(c *Config) { c.Path = link(t, "./testdata/probe", "-X main.name=stranger") }, `is monitor "stranger", but plugin up runs "probe": name a program of that monitor`},
		{"state gone", func(c *Config) { c.Choice = Choice{Path: probePath, Restore: "up_rollback"} }, "is gone from the journal"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, On(j), "up", nil, c.change)
			s := r.until(t, "rejected", func(s Status) bool { return s.State == Rejected })
			r.stop()
			mustContain(t, "reason", s.Reason, c.want)
		})
	}
}
