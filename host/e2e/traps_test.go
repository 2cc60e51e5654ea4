package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// lives is what a trap wants that a plugin survives.
const lives = ""

// traps are the ways of testdata/badplugin to misbehave, and the cause that must be named. T numbers are of the survey of plugin
// hosts on which the design rests.
var traps = []struct{ name, cause, detail string }{
	{"badjson", lives, ""},     // T1: a log line that crashed hosts
	{"frozen", "deadline", ""}, // T2
	{"wedged", "deadline", "made no progress"},
	{"pipes", "exit", "exited with code 4"}, // T4: a child holds the pipes
	{"stubborn", lives, ""},                 // T5: until the daemon stops
	{"stdout", lives, ""},                   // T11
	{"longline", lives, ""},                 // T14
	{"panic", "panic", "this is the trap"},  // T15
	{"frame", "protocol", "larger than max"},
	{"environment", lives, ""}, // T23
	{"flood", lives, ""},       // T26
	{"exit", "exit", "exited with code 0"},
	{"segv", "signal", "killed by signal 9"},
	{"forkbomb", "limit", "processes and threads"},
	{"hog", "oom", "memory"},
	{"loop", "deadline", "made no progress"},
	{"epoch", "protocol", "in epoch"},
	{"ahead", "protocol", "the last record sent is"},
	{"unknown", "protocol", "was not sent yet"},
	{"doubled", "protocol", "came after output"},
	{"emits", "output", "limits.output"},
	{"fatal", "fatal", "cannot go on"},
	{"stranger", "start", "must end with exec"},
}

type pluginState struct {
	Instance, State string
	Monitor         string
	Suppressed      string
	PID             string `json:"pid"`
	Starts          string `json:"starts"`
	LastCrash       string `json:"last_crash"`
	Through, Lag    string
	Isolation       string
}

func pluginStates(t *testing.T, data string) map[string]pluginState {
	t.Helper()
	_, text, _ := run(t, "status", "--json", "--data-dir", data)
	var status struct{ Plugins []pluginState }
	_ = json.Unmarshal([]byte(text), &status) // the daemon may not be up yet
	out := map[string]pluginState{}
	for _, p := range status.Plugins {
		out[p.Instance] = p
	}
	return out
}

// TestTraps runs all misbehaving plugins at once beside the three monitors. Those must report everything exactly once, and each
// misbehaviour must be named.
func TestTraps(t *testing.T) {
	t.Setenv("A_SECRET", "hunter2")
	c := serve(t, 11, 100)
	file, data := configure(t, c.url)
	dir := t.TempDir()
	program := filepath.Join(dir, "badplugin")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/badplugin").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	for _, trap := range traps {
		path := filepath.Join(dir, "bad-"+trap.name)
		if err := os.Link(program, path); err != nil {
			t.Fatal(err)
		}
		memory := "96MiB"
		if trap.name == "forkbomb" {
			memory = "1GiB" // its children count too
		}
		limit := 5
		if trap.name == "emits" {
			limit = 1 // each life stores as much as it may emit
		}
		appendTo(t, file, fmt.Sprintf("  - {name: %s, path: %s, stall_timeout: 8s, drain_timeout: 2s, crash_limit: %d, limits: {memory: %s, tasks: 48, output: 16MiB}}\n", trap.name, path, limit, memory))
	}
	p := start(t, "run", "--config", file)
	crashes := map[string]string{} // the first one that was seen
	var states map[string]pluginState
	deadline := time.Now().Add(50 * time.Second)
	for named := 0; named < len(traps) && time.Now().Before(deadline); time.Sleep(250 * time.Millisecond) {
		named = 0
		states = pluginStates(t, data)
		for _, trap := range traps {
			s := states[trap.name]
			if s.LastCrash != "" && crashes[trap.name] == "" {
				crashes[trap.name] = s.LastCrash
			}
			if crashes[trap.name] != "" || (trap.cause == lives && s.State == "live" && c.played() == c.slots) {
				named++
			}
		}
	}
	verify(t, c, data)
	states = pluginStates(t, data)
	log := p.err.String()
	for _, trap := range traps {
		t.Run(trap.name, func(t *testing.T) {
			s, crash := states[trap.name], crashes[trap.name]
			if trap.cause == lives {
				if s.State != "live" || s.Starts != "1" || crash != "" {
					t.Errorf("it is %s after %s starts, crash %q; want it live after one", s.State, s.Starts, crash)
				}
				return
			}
			if !strings.HasPrefix(crash, trap.cause+": ") || !strings.Contains(crash, trap.detail) {
				t.Errorf("the cause is %q; want %s: ... %s", crash, trap.cause, trap.detail)
			}
		})
	}
	if !strings.Contains(log, "msg=\"environment ") || strings.Contains(log, "hunter2") {
		t.Error("the environment of a plugin is not said, or holds the host's secret")
	}
	children := p.children(t)
	if code := p.interrupt(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
	for name, pid := range children {
		if alive(pid) {
			t.Errorf("%s is left behind", name)
		}
	}
}
