package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestUpgradeOutlivesTheDaemon: after a kill the next daemon runs the upgraded program, with the plugin's limits; when the copy of it is
// gone it says so and what to do, and that helps. No output is lost or doubled on the way.
func TestUpgradeOutlivesTheDaemon(t *testing.T) {
	t.Parallel()
	first, second := pulse(t, "1.0.0"), pulse(t, "2.0.0")
	c := serve(t, seedOf(t), 200)
	dir := t.TempDir()
	file, data := filepath.Join(dir, "weir.yaml"), filepath.Join(dir, "data")
	configured := func(path string) {
		t.Helper()
		text := fmt.Sprintf("data_dir: %s\nendpoints:\n  - {name: sim, url: %q}\nplugins:\n  - {name: pulse, path: %q, checkpoint_every: 300ms, limits: {files: 77}}\n", data, c.url, path)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runs := func(version string) {
		t.Helper()
		var s pluginState
		eventually(t, 20*time.Second, "pulse "+version+" is live", func() bool {
			s = pluginStates(t, data)["pulse"]
			return s.State == "live" && strings.HasPrefix(s.Monitor, "pulse "+version)
		})
		limits, err := os.ReadFile("/proc/" + s.PID + "/limits")
		if err != nil || !strings.Contains(strings.Join(strings.Fields(string(limits)), " "), "Max open files 77 77") {
			t.Errorf("pulse %s is not limited to 77 open files: %v\n%s", version, err, limits)
		}
	}
	configured(first)
	p := start(t, "run", "--config", file)
	runs("1.0.0")
	if code, out, stderr := run(t, "plugin", "upgrade", "pulse", second, "--data-dir", data, "--shadow", "200ms"); code != 0 {
		t.Fatalf("upgrade: exit code %d: %s%s", code, out, stderr)
	}
	runs("2.0.0")
	p.kill9()
	p = start(t, "run", "--config", file)
	runs("2.0.0")
	copies, err := filepath.Glob(filepath.Join(data, "programs", "pulse", "*"))
	if err != nil || len(copies) != 2 {
		t.Errorf("copies of programs are %v, %v; want the one that runs and the one before", copies, err)
	}

	p.kill9()
	for _, path := range copies {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	p = start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "pulse is rejected", func() bool { return pluginStates(t, data)["pulse"].State == "rejected" })
	_, out, _ := run(t, "status", "--data-dir", data)
	if want := "and the copy of the program that it runs since then is gone"; !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
		t.Errorf("the status does not say %q:\n%s", want, out)
	}
	p.kill9()
	configured(second)
	p = start(t, "run", "--config", file)
	runs("2.0.0")
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	var s pluginState
	eventually(t, 20*time.Second, "pulse has done all", func() bool { s = pluginStates(t, data)["pulse"]; return s.Lag == "0" })
	came := pulses(t, data)
	for i, text := range came {
		if text != strconv.Itoa(i+1) {
			t.Fatalf("pulse no. %d is %s: a trade was lost or came twice", i+1, text)
		}
	}
	if len(came) < 1000 {
		t.Errorf("only %d pulses", len(came))
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}
