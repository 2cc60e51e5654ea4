package process

import (
	"log/slog"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ran runs a shell script to its end, or until a limit ends it, and returns what it wrote to its error output and how it ended.
func ran(t *testing.T, isolation Isolation, script string) (string, Exit) {
	t.Helper()
	program, err := openProgram(write(t, "script", "#!/bin/sh\n"+script+"\n", 0o755), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer program.file.Close()
	buffer := &logBuffer{}
	p := newProcess(program, slog.New(slog.NewTextHandler(buffer, nil)), isolation)
	p.env, p.dir = []string{"PATH=" + os.Getenv("PATH")}, t.TempDir()
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.exited:
	case <-time.After(10 * time.Second):
		t.Error("it runs after 10s")
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Error(err)
	}
	return buffer.String(), p.exit()
}

func TestWhatAPluginMayNot(t *testing.T) {
	const look = `sleep 0.2; pwd; ulimit -n; ulimit -c; cat /proc/$$/oom_score_adj; grep NoNewPrivs /proc/$$/status`
	text, exit := ran(t, Isolation{Level: L1, Limits: Limits{Files: 77}}, "exec >&2; "+look)
	if exit.Code != 0 {
		t.Fatalf("it %s", exit)
	}
	mustContain(t, "L1", text, "msg="+os.TempDir(), "msg=77\n", "msg=0\n", "msg=500\n", `NoNewPrivs:\t1`)

	text, _ = ran(t, Isolation{Level: L0, Limits: Limits{Files: 77}}, "exec >&2; "+look)
	mustContain(t, "L0", text, `NoNewPrivs:\t0`)
	if strings.Contains(text, "msg=77\n") {
		t.Errorf("L0 has limits: %s", text)
	}
}

// TestThisProcessKeepsItsRights shows that what a plugin's thread gives up stays with that thread, which ends, and its children. The
// process's first thread cannot end: Go puts it aside when a plugin had it.
func TestThisProcessKeepsItsRights(t *testing.T) {
	ran(t, Isolation{Level: L1}, "exit 0")
	var without []string
	for range 100 {
		if without = threadsWithoutRights(t); len(without) == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("threads %v lost their rights", without)
}

func threadsWithoutRights(t *testing.T) (without []string) {
	t.Helper()
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Skip(err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile("/proc/self/task/" + task.Name() + "/status")
		if err == nil && task.Name() != itoa(os.Getpid()) && strings.Contains(string(text), "NoNewPrivs:\t1") {
			without = append(without, task.Name())
		}
	}
	return without
}

func TestLimitsAreHeld(t *testing.T) {
	for _, c := range []struct {
		name, script string
		limits       Limits
		kind         OffenceKind
		want         string
	}{
		// Both are bounded themselves: ten sleepers, and a string of 64 MiB.
		{"tasks", "for i in 1 2 3 4 5 6 7 8 9 10; do sleep 5 & done; wait", Limits{Tasks: 6}, Tasks, "its limit is 6"},
		{"memory", "x=$(head -c 67108864 /dev/zero | tr '\\0' x); sleep 5", Limits{Memory: 32 << 20}, Memory, "its limit is 32 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, exit := ran(t, Isolation{Level: L1, Limits: c.limits}, c.script)
			if exit.Offence == nil || exit.Offence.Kind != c.kind || exit.Signal != syscall.SIGKILL {
				t.Fatalf("it %s, offence %v; want it killed for %s", exit, exit.Offence, c.kind)
			}
			mustContain(t, "offence", exit.Offence.Detail, c.want, "raise limits."+string(c.kind))
		})
	}
	if _, exit := ran(t, Isolation{Level: L1, Limits: Limits{Tasks: 6, Memory: 32 << 20}}, "sleep 0.6"); exit.Offence != nil || exit.Code != 0 {
		t.Errorf("a program within its limits %s: %v", exit, exit.Offence)
	}
}

// TestTheHashedFileRuns shows that a program swapped between the hash and the start does not run.
func TestTheHashedFileRuns(t *testing.T) {
	path := write(t, "swapped", "#!/bin/sh\nexit 5\n", 0o755)
	program, err := openProgram(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer program.file.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\nexit 6\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := newProcess(program, slog.New(slog.DiscardHandler), Isolation{})
	p.env = []string{"PATH=" + os.Getenv("PATH")}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-p.exited
	if err := p.Kill(t.Context()); err != nil || p.exit().Code != 5 {
		t.Errorf("it %s, kill %v; want the code of the file that was hashed, 5", p.exit(), err)
	}
}

func TestEnvironment(t *testing.T) {
	t.Setenv("SECRET_TOKEN", "hunter2")
	t.Setenv("WANTED", "yes")
	t.Setenv("GOMEMLIMIT", "1GiB")
	cfg := Config{Env: []string{"WANTED"}, Log: slog.New(slog.DiscardHandler), Isolation: Isolation{Level: L1, Limits: Limits{Memory: 100 << 20, CPU: 1.5}}}
	env := environment(t.Context(), &cfg)
	for name, want := range map[string]string{"SECRET_TOKEN": "", "WANTED": "yes", "GOMEMLIMIT": "94371840", "GOMAXPROCS": "2"} {
		if got := last(env, name); got != want {
			t.Errorf("%s=%q; want %q", name, got, want)
		}
	}
	cfg.Isolation.Level = L0
	if got := last(environment(t.Context(), &cfg), "SECRET_TOKEN"); got != "hunter2" {
		t.Errorf("at L0 a variable of the host is %q; want it as it is", got)
	}
}

// last is the value that a process would see: later ones win.
func last(env []string, name string) string {
	for _, line := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(line, name+"="); ok {
			return value
		}
	}
	return ""
}

func TestStrangersOnTheSocketAreNamed(t *testing.T) {
	t.Setenv("REAL", probePath)
	// The shell stays, so the probe that answers is its child and not the process that was started.
	path := write(t, "wrapper", "#!/bin/sh\n$REAL\nexit $?\n", 0o755)
	p, err := Launch(t.Context(), Config{Path: path, SocketDir: t.TempDir(), Env: []string{"REAL"}, StartTimeout: 5 * time.Second, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err) // it is the first call that fails
	}
	<-p.Exited()
	if o := p.Exit().Offence; o == nil || o.Kind != Stranger || !strings.Contains(o.Detail, "must end with exec") {
		t.Errorf("offence %v; want a stranger", o)
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Error(err)
	}
}
