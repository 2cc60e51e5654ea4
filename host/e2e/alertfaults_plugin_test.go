package e2e_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// pluginFaults are what monitors do wrong. That some of them crash is plugin_crashed's, which TestAlerts shows.
var pluginFaults = []fault{
	{name: "a record crashes a monitor whenever it is given", rule: "record_parked", subject: "poisoned"},
	{name: "a monitor has not what it needs", rule: "plugin_quarantined", subject: "ill", cause: makeIll, mend: makeWell},
	{name: "a monitor stands still", rule: "plugin_behind", subject: "trading", cause: stopTrading, mend: continueTrading},
}

// weakPlugin builds the plugin that has a weakness.
func weakPlugin(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bad-weak")
	if out, err := exec.Command("go", "build", "-o", path, "./testdata/badplugin").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

func makeIll(s *scene) {
	if err := os.WriteFile(s.ill, nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func makeWell(s *scene) {
	if err := os.Remove(s.ill); err != nil {
		s.t.Fatal(err)
	}
	if code, _, stderr := run(s.t, "plugin", "resume", "ill", "--data-dir", s.data); code != 0 {
		s.t.Errorf("weir plugin resume: exit code %d: %s", code, stderr)
	}
}

func stopTrading(s *scene) {
	s.still = s.p.children(s.t)["weir-trading"]
	signalPID(s.t, s.still, syscall.SIGSTOP)
}

func continueTrading(s *scene) { signalPID(s.t, s.still, syscall.SIGCONT) }

func signalPID(t *testing.T, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
}
