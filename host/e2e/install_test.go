package e2e_test

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pulse builds testdata/pulse as a version.
func pulse(t *testing.T, version string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "weir-pulse")
	if out, err := exec.Command("go", "build", "-ldflags", "-X main.version="+version, "-o", path, "./testdata/pulse").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// TestInstallWhileRunning: a daemon takes an installed plugin, another version of it without a gap, keeps the old one where the new one cannot
// read its state, and lets a removed one go. All without a restart.
func TestInstallWhileRunning(t *testing.T) {
	t.Parallel()
	programs := map[string]string{}
	for _, version := range []string{"1.0.0", "2.0.0", "3.0.0"} {
		programs[version] = pulse(t, version)
	}
	c := serve(t, seedOf(t), 200)
	file, data := configure(t, c.url)
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "the monitors are live", func() bool { return pluginStates(t, data)["trading"].State == "live" })

	install := func(version, daemon string) {
		t.Helper()
		code, out, stderr := run(t, "plugin", "install", programs[version], "--config", file)
		if code != 0 || !strings.Contains(out, daemon) {
			t.Fatalf("install of %s exits with %d and says %s%s", version, code, out, stderr)
		}
	}
	install("1.0.0", "daemon  has it: live")
	eventually(t, 10*time.Second, "pulses come", func() bool { return len(pulses(t, data)) > 10 })
	install("2.0.0", "daemon  has it: live")
	_, out, _ := run(t, "plugin", "install", programs["3.0.0"], "--config", file, "--wait", "3s")
	if !strings.Contains(out, "does not have pulse 3.0.0") {
		t.Errorf("an install of a program that reads no state of the one before says %s", out)
	}
	if s := pluginStates(t, data)["pulse"]; s.State != "live" || s.Starts != "1" || !strings.HasPrefix(s.Monitor, "pulse 2.0.0") {
		t.Errorf("the old version is %+v; want 2.0.0 live after one start and a change", s)
	}
	if !strings.Contains(p.err.String(), "does not take over") {
		t.Error("the log does not say that version 3.0.0 does not take over")
	}
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	var states map[string]pluginState
	eventually(t, 20*time.Second, "all have done all", func() bool {
		states = pluginStates(t, data)
		return states["pulse"].Lag == "0" && states["pulse"].Through == states["trading"].Through
	})
	came := pulses(t, data)
	for i, text := range came {
		if text != strconv.Itoa(i+1) {
			t.Fatalf("pulse no. %d is %s: a trade was lost or came twice", i+1, text)
		}
	}
	if len(came) < 1000 {
		t.Errorf("only %d pulses", len(came))
	}
	for _, name := range []string{"lifecycle", "trading", "liquidity"} {
		if s := states[name]; s.State != "live" || s.Starts != "1" {
			t.Errorf("%s is %s after %s starts", name, s.State, s.Starts)
		}
	}

	pid, _ := strconv.Atoi(pluginStates(t, data)["pulse"].PID)
	if code, _, stderr := run(t, "plugin", "remove", "pulse", "--config", file); code != 0 {
		t.Fatal(stderr)
	}
	eventually(t, 15*time.Second, "the removed plugin is gone", func() bool {
		_, there := pluginStates(t, data)["pulse"]
		return !there && !alive(pid)
	})
	if code, _, stderr := run(t, "plugin", "remove", "pulse", "--config", file); code != 1 || !strings.Contains(stderr, "is not installed") {
		t.Errorf("a second removal exits with %d and says %s", code, stderr)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}

// pulses are the texts of the plugin's outputs, in order.
func pulses(t *testing.T, data string) (out []string) {
	t.Helper()
	for _, s := range signals(t, data, "pulse") {
		out = append(out, s.Signal.Text)
	}
	return out
}
