package e2e_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bin is the folder with the binaries under test, built once from this checkout.
var bin string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Fprintln(os.Stderr, "the end-to-end tests are not run with -short: they start real processes and take minutes")
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "weir-e2e-")
	if err != nil {
		panic(err)
	}
	bin = dir
	build := exec.Command("go", "build", "-o", dir+"/", "./host/cmd/weir",
		"./plugins/lifecycle/cmd/weir-lifecycle", "./plugins/liquidity/cmd/weir-liquidity", "./plugins/trading/cmd/weir-trading")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

func weir() string { return filepath.Join(bin, "weir") }

// lockedBuffer collects what a process prints.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// process is a weir command that runs in the background.
type process struct {
	cmd      *exec.Cmd
	out, err lockedBuffer
	done     chan struct{}
}

// start runs weir with args. At the end of the test whatever still runs is killed, and its log shown if the test failed.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(weir(), args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		if t.Failed() {
			t.Logf("weir %s:\n%s", strings.Join(args, " "), tail(p.err.String(), 6000))
		}
	})
	return p
}

func tail(s string, n int) string { return s[max(len(s)-n, 0):] }

// kill9 ends it as a crash would and waits until it is gone.
func (p *process) kill9() {
	p.cmd.Process.Kill()
	<-p.done
}

// interrupt sends Ctrl-C and returns the exit code.
func (p *process) interrupt(t *testing.T, limit time.Duration) int {
	t.Helper()
	p.cmd.Process.Signal(os.Interrupt)
	return p.exit(t, limit)
}

// exit waits for the process to end and returns its exit code.
func (p *process) exit(t *testing.T, limit time.Duration) int {
	t.Helper()
	select {
	case <-p.done:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(limit):
		t.Fatalf("process still runs after %s:\n%s", limit, tail(p.err.String(), 6000))
		return -1
	}
}

// children are the processes whose parent is p, by command name.
func (p *process) children(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		open, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
		var pid, parent int
		var state string
		fmt.Sscan(string(text[:open]), &pid)
		fmt.Sscan(string(text[end+1:]), &state, &parent)
		if parent == p.cmd.Process.Pid && state != "Z" {
			if target, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid)); err == nil {
				out[filepath.Base(target)] = pid
			}
		}
	}
	return out
}

// alive tells whether a process runs. One that died but that nobody waited for is not alive: its parent may be gone.
func alive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	state := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])[0]
	return string(state) != "Z" && string(state) != "X"
}

// eventually polls until ok, for at most limit.
func eventually(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within %s: %s", limit, what)
}

// readEvents returns all events that the daemon of dir holds.
func readEvents(t *testing.T, dir string) []event {
	t.Helper()
	cmd := exec.Command(weir(), "events", "--data-dir", dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Logf("weir events: %v: %s", err, stderr.String())
		return nil
	}
	var events []event
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%q: %v", lines.Text(), err)
		}
		events = append(events, e)
	}
	return events
}

// settled waits until as many events are stored as are wanted and then a little longer, so that doubled ones would show.
func settled(t *testing.T, dir string, want outputs, limit time.Duration) []event {
	t.Helper()
	total := 0
	for _, n := range want {
		total += n
	}
	var events []event
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(250 * time.Millisecond) {
		if events = readEvents(t, dir); compared(events) >= total {
			break
		}
	}
	time.Sleep(500 * time.Millisecond)
	return readEvents(t, dir)
}

// run runs a command to its end and returns exit code, stdout and stderr.
func run(t *testing.T, args ...string) (int, string, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), weir(), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
}

func killPID(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		t.Fatal(err)
	}
}
