package process

import (
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func launchProbe(t *testing.T, cfg Config) *Plugin {
	t.Helper()
	cfg.Path, cfg.StartTimeout, cfg.Log = probePath, 10*time.Second, slog.New(slog.DiscardHandler)
	p, err := Launch(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestOneConfigStartsManyTimes: a hash that is kept between starts refuses the second one.
func TestOneConfigStartsManyTimes(t *testing.T) {
	want, err := Inspect(probePath)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{SocketDir: t.TempDir()}
	for range 3 {
		p := launchProbe(t, cfg)
		if p.Digest() != want {
			t.Errorf("the digest is %s, that of the file %s", p.Digest(), want)
		}
		if err := p.Kill(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// TestNoTLS: certificates cost 90 ms a start and a third of the throughput, and protect nothing in a private folder.
func TestNoTLS(t *testing.T) {
	p := launchProbe(t, Config{SocketDir: t.TempDir()})
	defer p.Kill(t.Context())
	for _, variable := range p.process.env {
		if strings.HasPrefix(variable, "PLUGIN_CLIENT_CERT=") || strings.HasPrefix(variable, "PLUGIN_MULTIPLEX_GRPC=") {
			t.Errorf("the plugin is given %.40s", variable)
		}
	}
	if fields := strings.Split(p.process.firstLine(), "|"); len(fields) > 5 && fields[5] != "" {
		t.Errorf("the handshake has a certificate: %s", p.process.firstLine())
	}
}

// TestDeadPluginIsNotSignalled: its number may be another process's by then.
func TestDeadPluginIsNotSignalled(t *testing.T) {
	p := launchProbe(t, Config{SocketDir: t.TempDir()})
	if err := p.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sleep", "60")
	other.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = other.Process.Kill()
		_ = other.Wait()
	}()
	p.process.mu.Lock()
	p.process.last = other.Process.Pid
	p.process.mu.Unlock()
	if p.PID() != 0 {
		t.Errorf("a dead plugin has process %d", p.PID())
	}
	if err := p.Terminate(); err != nil {
		t.Error(err)
	}
	if err := p.Kill(t.Context()); err != nil {
		t.Error(err)
	}
	if gone := awaitExitFor(other, 200*time.Millisecond); gone {
		t.Error("a process that got the number of a dead plugin was killed")
	}
}

func awaitExitFor(cmd *exec.Cmd, limit time.Duration) bool {
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if state, err := os.ReadFile("/proc/" + itoa(cmd.Process.Pid) + "/stat"); err == nil && strings.Contains(string(state), ") Z ") {
			return true
		}
	}
	return false
}

// TestCrashesLeakNothing: a client of go-plugin that is not killed after a crash leaves goroutines; its socket folder stays as well.
func TestCrashesLeakNothing(t *testing.T) {
	dir := t.TempDir()
	cycle := func() {
		t.Helper()
		p := launchProbe(t, Config{SocketDir: dir})
		if err := syscall.Kill(p.PID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		select {
		case <-p.Exited():
		case <-time.After(5 * time.Second):
			t.Fatal("the crash was not seen")
		}
		if err := p.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	cycle()
	goroutines, files := settledGoroutines(runtime.NumGoroutine()), openFiles(t)
	for range 10 {
		cycle()
	}
	if now := settledGoroutines(goroutines); now > goroutines {
		t.Errorf("%d goroutines after ten crashes, %d before", now, goroutines)
	}
	if now := openFiles(t); now > files {
		t.Errorf("%d open files after ten crashes, %d before", now, files)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("%d socket folders are left", len(left))
	}
}

// settledGoroutines counts them, once there are no more than expected or after two seconds.
func settledGoroutines(expected int) int {
	for deadline := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > expected && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	return runtime.NumGoroutine()
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system does not tell open files")
	}
	return len(files)
}
