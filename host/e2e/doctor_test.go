package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weir-run/weir/sdk/wire"
)

// TestDoctor breaks one thing at a time: each is named, with what to do about it.
func TestDoctor(t *testing.T) {
	t.Chdir(t.TempDir())
	doctor := func(args ...string) (int, string) {
		t.Helper()
		code, out, _ := run(t, append([]string{"plugin", "doctor"}, args...)...)
		return code, out
	}
	if code, out := doctor(); code != 0 || !strings.Contains(out, "none is configured or installed") {
		t.Errorf("without plugins: exit code %d:\n%s", code, out)
	}
	if code, _, stderr := run(t, "plugin", "install", filepath.Join(bin, "weir-trading")); code != 0 {
		t.Fatal(stderr)
	}
	code, out := doctor()
	for _, what := range []string{"data", "plugins", "sockets", "daemon", "digest", "manifest", "file", "permissions", "handshake", "protocol", "description", "schema", "config", "checkpoint"} {
		if !strings.Contains(out, "\nok    "+what+" ") && !strings.HasPrefix(out, "ok    "+what+" ") {
			t.Errorf("no good word of %s", what)
		}
	}
	if code != 0 || strings.Contains(out, "FAIL") {
		t.Errorf("a good plugin: exit code %d:\n%s", code, out)
	}
	programs, err := filepath.Glob("data/plugins/trading/*/weir-trading")
	if err != nil || len(programs) != 1 {
		t.Fatal(programs, err)
	}
	script := func(text string) func(*testing.T) string {
		return func(t *testing.T) string {
			t.Helper()
			path := filepath.Join(t.TempDir(), "it")
			if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
			return path
		}
	}
	for name, c := range map[string]struct {
		broken func(*testing.T) string // returns what to ask for
		want   []string
	}{
		"no such plugin": {func(*testing.T) string { return "nobody" }, []string{"FAIL  found", "neither configured nor installed", "weir plugin list"}},
		"text":           {script("hello"), []string{"FAIL  file", "is not a program"}},
		"old protocol":   {script("#!/bin/sh\necho \"1|0|unix|$PLUGIN_UNIX_SOCKET_DIR/x|grpc|\"\nexec sleep 60\n"), []string{"FAIL  handshake", "speaks protocol 0 of the contract, and this host 1", "remedy: it is too old"}},
		"silent":         {script("#!/bin/sh\necho I am not ready >&2\nexit 4\n"), []string{"FAIL  handshake", "exited with code 4 before the handshake", "I am not ready"}},
		"others may write it": {func(t *testing.T) string {
			t.Helper()
			if err := os.Chmod(programs[0], 0o777); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod(programs[0], 0o700) })
			return "trading"
		}, []string{"FAIL  permissions", "remedy: chmod go-w"}},
		"others may write the folder": {func(t *testing.T) string {
			t.Helper()
			if err := os.Chmod("data/plugins", 0o777); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Chmod("data/plugins", 0o700) })
			return "trading"
		}, []string{"FAIL  plugins", "may be written by others", "remedy: chmod go-w data/plugins"}},
		"wrong configuration": {func(t *testing.T) string {
			t.Helper()
			text := "endpoints: [{url: http://127.0.0.1:1}]\nplugins: [{name: trading, config: {no_such_key: 1}, limits: {memory: 900TiB}}]\n"
			if err := os.WriteFile("weir.yaml", []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Remove("weir.yaml") })
			return "trading"
		}, []string{"FAIL  config", "no_such_key", "weir plugin docs", "WARN  limits", "lower limits.memory"}},
		"no manifest": {func(t *testing.T) string {
			t.Helper()
			path := filepath.Join(filepath.Dir(programs[0]), "weir-plugin.yaml")
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			os.Remove(path)
			t.Cleanup(func() { os.WriteFile(path, text, 0o600) })
			return "trading"
		}, []string{"FAIL  manifest", "install the plugin again"}},
		"changed program": {func(t *testing.T) string {
			t.Helper()
			text, err := os.ReadFile(programs[0])
			if err != nil {
				t.Fatal(err)
			}
			appendTo(t, programs[0], "x")
			t.Cleanup(func() { os.WriteFile(programs[0], text, 0o700) })
			return "trading"
		}, []string{"FAIL  found", "is not the program that was installed", "install it again"}},
	} {
		t.Run(name, func(t *testing.T) {
			code, out := doctor(c.broken(t))
			if code != 1 {
				t.Errorf("exit code %d", code)
			}
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("it does not say %q:\n%s", want, out)
				}
			}
		})
	}
}

// TestDoctorFindsOrphans of its own data folder, and leaves other hosts' alone.
func TestDoctorFindsOrphans(t *testing.T) {
	t.Chdir(t.TempDir())
	_, out, _ := run(t, "plugin", "doctor")
	_, sockets, _ := strings.Cut(out, "ok    sockets       ")
	sockets, _, _ = strings.Cut(sockets, "\n")
	orphan := func(dir string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "setsid sleep 300 </dev/null >/dev/null 2>&1 & echo $!")
		cmd.Env = []string{wire.CookieKey + "=" + wire.CookieValue, "PLUGIN_UNIX_SOCKET_DIR=" + dir + "/plugin-dir1", "PATH=" + os.Getenv("PATH")}
		text, err := cmd.Output()
		pid, err2 := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL) })
		return strconv.Itoa(pid)
	}
	ours, others := orphan(sockets), orphan(t.TempDir())
	code, out, _ := run(t, "plugin", "doctor")
	if code != 1 || !strings.Contains(out, "FAIL  orphan        process "+ours+" (sleep)") || !strings.Contains(out, "remedy: kill "+ours) || strings.Contains(out, others) {
		t.Errorf("sockets %q, our orphan %s, another's %s: exit code %d:\n%s", sockets, ours, others, code, out)
	}
}

// TestDoctorOfARunningDaemon also tells of state and checkpoint, and disturbs nothing.
func TestDoctorOfARunningDaemon(t *testing.T) {
	c := serve(t, seedOf(t), 60)
	file, data := configure(t, c.url)
	p := start(t, "run", "--config", file)
	eventually(t, 30*time.Second, "checkpoints", func() bool {
		code, _, _ := run(t, "plugin", "checkpoint", "export", "trading", "--config", file, "-o", filepath.Join(t.TempDir(), "x"))
		return code == 0
	})
	code, out, stderr := run(t, "plugin", "doctor", "--config", file)
	if code != 0 || strings.Count(out, "ok    state         live") != 3 || !strings.Contains(out, "the state after record") || !strings.Contains(out, "ok    daemon        runs") {
		t.Errorf("exit code %d:\n%s%s", code, out, stderr)
	}
	if s := pluginStates(t, data)["trading"]; s.State != "live" || s.Starts != "1" {
		t.Errorf("trading is %s after %s starts", s.State, s.Starts)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}
