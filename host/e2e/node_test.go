package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/e2e/npm"
)

// nodeExample lays sdk/examples/node-tally out as it is used: with its packages and the .proto files beside it.
func nodeExample(t *testing.T) string {
	t.Helper()
	example, err := filepath.Abs("../../sdk/examples/node-tally")
	if err != nil {
		t.Fatal(err)
	}
	modules, missing := npm.Install(example)
	if missing != "" {
		t.Skip("the example in Node is not run: " + missing)
	}
	dir := t.TempDir()
	for _, name := range []string{"tally.js", "weir.js"} {
		text, err := os.ReadFile(filepath.Join(example, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{"node_modules": modules, "proto": filepath.Join(example, "../../../proto")} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "tally.js")
}

// TestNodeExampleKeepsTheContract runs the conformance kit on a monitor that was not written in Go.
func TestNodeExampleKeepsTheContract(t *testing.T) {
	program := nodeExample(t)
	t.Parallel()
	settings := filepath.Join(t.TempDir(), "settings.json")
	if err := os.WriteFile(settings, []byte(`{"every": 3}`), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := run(t, "plugin", "test", program, "--settings", settings)
	if code != 0 || strings.Contains(out, "FAIL") || strings.Contains(out, "skip") || strings.Contains(out, " 0 outputs") {
		t.Errorf("exit code %d:\n%s%s", code, out, stderr)
	}
}

// TestNodeExampleInTheDaemon: its outputs are exactly once too, through a kill.
func TestNodeExampleInTheDaemon(t *testing.T) {
	t.Parallel()
	program := nodeExample(t)
	c := serve(t, seedOf(t), 100)
	file, data := configure(t, c.url)
	appendTo(t, file, fmt.Sprintf("  - {name: tally, path: %s, config: {every: 5}, checkpoint_every: 300ms}\n", program))
	p := start(t, "run", "--config", file)
	eventually(t, 30*time.Second, "tallies come", func() bool { return len(signals(t, data, "tally")) > 10 })
	pid, _ := strconv.Atoi(pluginStates(t, data)["tally"].PID)
	killPID(t, pid)
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	var came []signal
	highest := map[string]int{}
	eventually(t, 20*time.Second, "the tallies are those of the trades", func() bool {
		trades := map[string]int{}
		for _, e := range readEvents(t, data) {
			if e.Trade != nil {
				trades[e.Trade.Mint]++
			}
		}
		clear(highest)
		came = signals(t, data, "tally")
		for _, one := range came {
			if highest[one.Key] += 5; one.Signal.Fields["trades"] != strconv.Itoa(highest[one.Key]) {
				t.Fatalf("%s says %s trades, want %d: one was lost or came twice", one.Key, one.Signal.Fields["trades"], highest[one.Key])
			}
		}
		for mint, n := range trades {
			if highest[mint] != n/5*5 {
				return false
			}
		}
		return len(trades) > 10
	})
	if s := pluginStates(t, data)["tally"]; s.State != "live" || s.Starts != "2" {
		t.Errorf("it is %s after %s starts, want it live after 2", s.State, s.Starts)
	}
	t.Logf("%d outputs over %d tokens", len(came), len(highest))
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}

// TestNodeExamplePackedAndInstalled: a script goes with its packages, and all of them are held against weir.lock.
func TestNodeExamplePackedAndInstalled(t *testing.T) {
	source := filepath.Dir(nodeExample(t))
	manifest, err := os.ReadFile("../../sdk/examples/node-tally/weir-plugin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(source, "weir-plugin.yaml"), manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	must := func(want string, args ...string) {
		t.Helper()
		if code, out, stderr := run(t, args...); code != 0 || !strings.Contains(out, want) {
			t.Fatalf("weir %s: exit code %d: %s%s", strings.Join(args, " "), code, out, stderr)
		}
	}
	must("packed tally 0.1.0 into tally-0.1.0.weir.tar.gz", "plugin", "pack", source)
	must("as its manifest says", "plugin", "verify", "tally-0.1.0.weir.tar.gz")
	must("installed tally 0.1.0", "plugin", "install", "tally-0.1.0.weir.tar.gz")
	must("tally 0.1.0: good", "plugin", "verify", "tally")
	must("100 trades", "plugin", "replay", "tally", "--market", "120")
	scripts, err := filepath.Glob(filepath.Join("data", "plugins", "tally", "*", "weir.js"))
	if err != nil || len(scripts) != 1 {
		t.Fatal(scripts, err)
	}
	appendTo(t, scripts[0], "// changed\n")
	if code, _, stderr := run(t, "plugin", "verify", "tally"); code != 1 || !strings.Contains(stderr, "are not those that were installed") {
		t.Errorf("a changed file beside the program: exit code %d, %s", code, stderr)
	}
}

// signal is an event of a monitor that says things in words.
type signal struct {
	Key    string `json:"key"`
	Signal struct {
		Text   string            `json:"text"`
		Fields map[string]string `json:"fields"`
	} `json:"signal"`
}

// signals are the events of an instance, in order.
func signals(t *testing.T, data, instance string) (out []signal) {
	t.Helper()
	_, text, _ := run(t, "events", "--data-dir", data, "--instance", instance)
	for line := range strings.Lines(text) {
		var s signal
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		out = append(out, s)
	}
	return out
}
