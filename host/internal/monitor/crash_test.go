package monitor

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// calm makes an undisturbed run's outputs.
func calm(t *testing.T, j Journal, last uint64) {
	t.Helper()
	r := start(t, j, "calm", nil, nil)
	r.untilThrough(t, last)
	r.stop()
}

func TestCrashesAreNamedAndLoseNothing(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 600)
	last := j.Status().Last
	calm(t, On(j), last)
	want := eventsOf(t, j, "calm")
	for _, c := range []struct {
		do     string
		cause  Cause
		detail string
	}{
		{"panic", CausePanic, "probe was told to (exited"},
		{"exit", CauseExit, "exited with code 3"},
		{"child", CauseExit, "exited with code 4"},
		{"badlog", "", ""},
		{"flood", "", ""},
	} {
		t.Run(c.do, func(t *testing.T) {
			mark := filepath.Join(t.TempDir(), "mark")
			r := start(t, On(j), "do-"+c.do, map[string]any{"at": 333, "do": c.do, "mark": mark}, nil)
			s := r.untilThrough(t, last)
			r.stop()
			if pid, err := os.ReadFile(mark + ".pid"); err == nil {
				_ = syscall.Kill(atoi(string(pid)), syscall.SIGKILL)
			}
			if got := eventsOf(t, j, "do-"+c.do); !slices.Equal(got, want) {
				t.Errorf("%d outputs differ from the %d of an undisturbed run", len(got), len(want))
			}
			if _, err := os.Stat(mark); err != nil {
				t.Errorf("it did not do it: %v", err)
			}
			if c.cause == "" {
				if s.Crash != nil || s.Starts != 1 {
					t.Errorf("it crashed: %v", s.Crash)
				}
				return
			}
			if s.Crash == nil || s.Crash.Cause != c.cause || s.Starts != 2 {
				t.Fatalf("crash is %v after %d starts; want cause %s after 2", s.Crash, s.Starts, c.cause)
			}
			mustContain(t, "detail", s.Crash.Detail, c.detail)
			if c.do == "panic" && (len(s.Crash.Stack) < 3 || s.Crash.Stack[0] != "panic: probe was told to") {
				t.Errorf("stack is %q", s.Crash.Stack)
			}
		})
	}
}

// TestBadLogLines shows that log lines which panic go-plugin's own parser are logged like others.
func TestBadLogLines(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 10)
	r := start(t, On(j), "badlog", map[string]any{"at": 1, "do": "badlog", "mark": filepath.Join(t.TempDir(), "mark")}, nil)
	r.untilThrough(t, j.Status().Last)
	r.stop()
	mustContain(t, "log", r.log.String(), `level=INFO msg=1`, `level=INFO msg="" instance`, `msg=[1]`, `level=WARN msg=good instance=badlog plugin.n=7`)
}

func TestFloodIsDropped(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 10)
	r := start(t, On(j), "flood", map[string]any{"at": 1, "do": "flood", "mark": filepath.Join(t.TempDir(), "mark")}, nil)
	r.untilThrough(t, j.Status().Last)
	s := r.until(t, "drops", func(s Status) bool { return s.LinesDropped >= 500 })
	r.stop()
	if s.LinesDropped > 1100 {
		t.Errorf("%d lines were dropped; want about 1000 of 2000", s.LinesDropped)
	}
}

// TestKilledAtRandom kills the process at random points, hard, and compares with an undisturbed run.
func TestKilledAtRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	j := openJournal(t)
	const name = "victim"
	r := start(t, On(j), name, nil, nil)
	for n := 0; n < 6000; n += 500 {
		begin := j.Status().Last
		fill(t, j, n, n+500)
		// Somewhere in what was just written, or well after it, when a checkpoint lies behind.
		r.untilThrough(t, begin+uint64(random.Int64N(int64(j.Status().Last-begin))))
		time.Sleep(time.Duration(random.IntN(2)*random.IntN(100)) * time.Millisecond)
		if pid := r.Status().PID; pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	last := j.Status().Last
	s := r.untilThrough(t, last)
	r.stop()
	calm(t, On(j), last)
	got, want := eventsOf(t, j, name), eventsOf(t, j, "calm")
	if !slices.Equal(got, want) {
		t.Errorf("seed %d: %d outputs after %d starts differ from the %d of an undisturbed run", seed, len(got), s.Starts, len(want))
	}
	if s.Starts < 5 || s.Crash == nil || s.Crash.Cause != CauseSignal {
		t.Errorf("%d starts, last crash %v; want several, by signal", s.Starts, s.Crash)
	}
	t.Logf("%d starts, %d outputs, %d suppressed, checkpoint %d of %d", s.Starts, len(got), s.Suppressed, s.Checkpoint, last)
}

// freeze stops a process and waits until all of it stands.
func freeze(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	for range 500 {
		stopped := true
		threads, err := filepath.Glob("/proc/" + itoa(pid) + "/task/*/stat")
		if err != nil || len(threads) == 0 {
			t.Fatalf("process %d: no threads (%v)", pid, err)
		}
		for _, path := range threads {
			stat, err := os.ReadFile(path)
			_, state, _ := strings.Cut(string(stat), ") ")
			stopped = stopped && (err != nil || strings.HasPrefix(state, "T"))
		}
		if stopped {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("process %d does not stop", pid)
}

func TestFrozenPluginIsKilled(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		detail string
	}{
		{"no progress", func(c *Config) { c.StallTimeout, c.HealthEvery = 300*time.Millisecond, time.Hour }, "made no progress for"},
		{"no health", func(c *Config) { c.HealthEvery, c.HealthTimeout = 50*time.Millisecond, 100*time.Millisecond }, "did not answer 3 Health calls"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := openJournal(t)
			fill(t, j, 0, 50)
			r := start(t, On(j), "frozen", nil, c.change)
			s := r.untilThrough(t, j.Status().Last)
			freeze(t, s.PID)
			fill(t, j, 50, 100)
			s = r.untilThrough(t, j.Status().Last)
			r.stop()
			if s.Crash == nil || s.Crash.Cause != CauseDeadline || s.Starts != 2 {
				t.Fatalf("crash is %v after %d starts; want a deadline and 2", s.Crash, s.Starts)
			}
			mustContain(t, "detail", s.Crash.Detail, c.detail)
		})
	}
}

// TestStopOfFrozenPlugin shows that a graceful stop is bounded, also when a send is blocked by flow control.
func TestStopOfFrozenPlugin(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 50)
	r := start(t, On(j), "frozen", nil, func(c *Config) { c.DrainTimeout, c.Credit = 500*time.Millisecond, 100_000 })
	s := r.untilThrough(t, j.Status().Last)
	freeze(t, s.PID)
	fill(t, j, 50, 40_000) // 10 MB, more than the stream's window of 4 MiB
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("stop took %s; the limit is 500 ms", took)
	}
	if crash := r.Status().Crash; crash == nil || crash.Cause != CauseDeadline {
		t.Errorf("crash is %v; want a deadline", crash)
	} else {
		mustContain(t, "detail", crash.Detail, "did not finish within the drain timeout of 500ms")
	}
	if !gone(s.PID) {
		t.Errorf("process %d lives", s.PID)
	}
}

func TestVerdicts(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 50)
	for _, c := range []struct {
		name   string
		config map[string]any
		path   string
		state  State
		starts uint64
		reason string
	}{
		{"text", nil, write(t, "text", "hello\n", 0o755), Rejected, 3, "is not a program"},
		{"liar", nil, write(t, "liar", "#!/bin/sh\necho \"1|1|unix|$PLUGIN_UNIX_SOCKET_DIR/x|grpc|\"\nexec sleep 60\n", 0o755), Rejected, 3, "Unavailable"},
		{"refused", map[string]any{"refuse": true}, probePath, ConfigError, 1, "refuse: set, so the configuration is refused"},
		{"unknown-key", map[string]any{"nonsense": 1}, probePath, ConfigError, 1, "nonsense"},
		{"fatal", map[string]any{"at": 5, "do": "fatal"}, probePath, Rejected, 1, "probe gives up"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, On(j), c.name, c.config, func(cfg *Config) { cfg.Path = c.path })
			s := r.until(t, c.state.String(), func(s Status) bool { return s.State == c.state })
			time.Sleep(30 * time.Millisecond)
			if again := r.Status(); again.Starts != c.starts || again.State != c.state {
				t.Errorf("after %d starts it is %s; want to stay %s after %d", again.Starts, again.State, c.state, c.starts)
			}
			mustContain(t, "reason", s.Reason, c.reason)
			remedy := "weir plugin resume " + c.name
			if c.state == ConfigError { // a resume hands over what was read at the daemon's start
				remedy = "until its configuration is corrected and weir restarted"
			}
			mustContain(t, "log", r.log.String(), remedy)
			r.stop()
		})
	}
	t.Run("data error goes on", func(t *testing.T) {
		r := start(t, On(j), "data", map[string]any{"at": 5, "do": "data", "mark": filepath.Join(t.TempDir(), "m")}, nil)
		s := r.untilThrough(t, j.Status().Last)
		r.stop()
		if s.Refused != 1 || s.Crash != nil {
			t.Errorf("refused %d, crash %v; want one refused record and no crash", s.Refused, s.Crash)
		}
	})
}

func write(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(text string) (n int) {
	for _, c := range text {
		n = n*10 + int(c-'0')
	}
	return n
}

// gone waits for a process that is not ours to be dead, or a zombie.
func gone(pid int) bool {
	for range 500 {
		state, err := os.ReadFile("/proc/" + itoa(pid) + "/stat")
		if err != nil {
			return true
		}
		if _, rest, ok := strings.Cut(string(state), ") "); ok && rest[0] == 'Z' {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}
