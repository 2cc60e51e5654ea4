package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestDev edits a new monitor while weir plugin dev looks on: a change that does not build, one that does, and then a run under what stands
// for a debugger.
func TestDev(t *testing.T) {
	t.Chdir(t.TempDir())
	if code, _, stderr := run(t, "plugin", "new", "whale-watch"); code != 0 {
		t.Fatal(stderr)
	}
	t.Chdir("whale-watch")
	source, err := os.ReadFile("monitor.go")
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile("monitor.go", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dev := start(t, "plugin", "dev", "--market", "40", "--show", "2")
	says := func(what string) {
		t.Helper()
		eventually(t, 2*time.Minute, what, func() bool {
			out := dev.out.String()
			return strings.Contains(out, what) && strings.HasSuffix(out, "waiting for a change; Ctrl-C ends\n")
		})
	}
	says("large buy no. 1")
	write(string(source) + "\nvar broken int = \"\"\n")
	says("failed: build: exit status 1")
	write(strings.ReplaceAll(string(source), "large buy no.", "enormous buy no."))
	says("enormous buy no. 1")
	if out := dev.out.String(); !strings.Contains(out, "\n- ") || !strings.Contains(out, "\n+ ") || !strings.Contains(out, "more\n") {
		t.Errorf("the differences are not shown:\n%s", out)
	}
	if code := dev.interrupt(t, 10*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}

	if out, err := exec.Command("go", "build", "-o", "whales", ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	socket := filepath.Join(t.TempDir(), "s")
	attached := start(t, "plugin", "dev", "--attach", socket, "--market", "40", "--show", "2")
	eventually(t, 10*time.Second, "it waits", func() bool { return strings.Contains(attached.out.String(), "start it with WEIR_DEBUG="+socket) })
	for range 2 { // started anew, as after a change
		program := exec.Command("./whales")
		program.Env = append(os.Environ(), "WEIR_DEBUG="+socket)
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		played := strings.Count(attached.out.String(), "records/s")
		eventually(t, 20*time.Second, "it is fed", func() bool { return strings.Count(attached.out.String(), "records/s") > played })
		if code, out, stderr := run(t, "plugin", "dev", "--attach", socket, "--market", "40", "--once"); code != 0 || !strings.Contains(out, "enormous buy no. 1") {
			t.Errorf("a second host: exit code %d: %s%s", code, out, stderr)
		}
		program.Process.Signal(os.Interrupt)
		if err := program.Wait(); err != nil {
			t.Errorf("the monitor ends with %v", err)
		}
	}
	if out := attached.out.String(); !strings.Contains(out, "enormous buy no. 1") || !strings.Contains(out, "outputs as before") {
		t.Errorf("it says %s", out)
	}
}
