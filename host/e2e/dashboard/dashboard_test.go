// Package dashboard_test looks at the dashboard in a real Chromium.
package dashboard_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-run/weir/host/e2e/npm"
)

// faults cut the only endpoint off for a while, again and again: how far the look has come by then is the machine's business.
const faults = `every 45s refuse UNAVAILABLE "down for a while" for 14s
every 45s drop UNAVAILABLE "down for a while"
`

// TestDashboard runs weir demo and looks at each page while a plugin is killed and the connections are cut. Screenshots go to the folder in
// WEIR_SCREENSHOTS, or to a temporary one.
func TestDashboard(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what needs other processes")
	}
	browser := findBrowser(t)
	modules, missing := npm.Install(".")
	if missing != "" {
		t.Skip(missing)
	}
	d := demo(t)
	shots := os.Getenv("WEIR_SCREENSHOTS")
	if shots == "" {
		shots = t.TempDir()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	look := exec.CommandContext(ctx, "node", "look.js", d.address, shots, browser, strconv.Itoa(d.plugin(t, "weir-trading")))
	look.Env = append(os.Environ(), "WEIR_MODULES="+modules)
	out, err := look.CombinedOutput()
	t.Logf("screenshots in %s\n%s", shots, out)
	if err != nil {
		t.Fatalf("%v\n%s", err, d.errors.String())
	}
	pictures, err := filepath.Glob(filepath.Join(shots, "*.png"))
	if err != nil || len(pictures) < 20 || !bytes.Contains(out, []byte("\ndone")) {
		t.Errorf("%d screenshots, %v", len(pictures), err)
	}
}

// TestSignIn: who shows a wrong token is told so, and a daemon that answers is not called silent.
func TestSignIn(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what needs other processes")
	}
	browser := findBrowser(t)
	modules, missing := npm.Install(".")
	if missing != "" {
		t.Skip(missing)
	}
	const token = "the-token-of-the-desk"
	r := start(t, filepath.Join(build(t), "weir"), "run", "--config", settings(t, token))
	address := r.await(t, regexp.MustCompile(`address=(http://\S+)`))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	login := exec.CommandContext(ctx, "node", "login.js", address, browser, token)
	login.Env = append(os.Environ(), "WEIR_MODULES="+modules)
	if out, err := login.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("done")) {
		t.Fatalf("%v\n%s\n%s", err, out, r.errors.String())
	}
}

// settings writes a configuration without a provider that answers, whose API wants the token.
func settings(t *testing.T, token string) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "weir.yaml")
	text := fmt.Sprintf("data_dir: %s/data\nendpoints: [{url: http://127.0.0.1:1}]\nhttp: {listen: 127.0.0.1:0, tokens: [{name: desk, token: %s}]}\n", dir, token)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium is installed (Debian: apt-get install chromium)")
	return ""
}

// running is a weir demo.
type running struct {
	cmd     *exec.Cmd
	address string
	errors  *output
}

// output collects what a process says.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// build builds weir with its monitors into a folder.
func build(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	build := exec.Command("go", "build", "-o", dir+"/", "./host/cmd/weir", "./plugins/lifecycle/cmd/weir-lifecycle", "./plugins/liquidity/cmd/weir-liquidity", "./plugins/trading/cmd/weir-trading")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return dir
}

// demo starts weir demo.
func demo(t *testing.T) *running {
	t.Helper()
	dir := build(t)
	script := filepath.Join(dir, "faults")
	if err := os.WriteFile(script, []byte(faults), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, filepath.Join(dir, "weir"), "demo", "--seed", "11", "--listen", "127.0.0.1:0", "--faults", script)
	r.address = r.await(t, regexp.MustCompile(`dashboard: (http://\S+)/\n`))
	return r
}

// start runs weir until the test ends.
func start(t *testing.T, program string, args ...string) *running {
	t.Helper()
	r := &running{cmd: exec.Command(program, args...), errors: &output{}}
	r.cmd.Stderr = r.errors
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.cmd.Process.Signal(os.Interrupt)
		if err := r.cmd.Wait(); err != nil {
			t.Errorf("weir: %v\n%s", err, r.errors.String())
		}
	})
	return r
}

// await waits until weir says the line, and returns what is between its brackets.
func (r *running) await(t *testing.T, line *regexp.Regexp) string {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if m := line.FindStringSubmatch(r.errors.String()); m != nil {
			return m[1]
		}
		if time.Now().After(deadline) {
			t.Fatalf("weir names no dashboard:\n%s", r.errors.String())
		}
	}
}

// plugin returns the process id of a child of the demo.
func (r *running) plugin(t *testing.T, name string) (pid int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		stats, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, path := range stats {
			text, err := os.ReadFile(path)
			if err != nil {
				continue // it ended meanwhile
			}
			var parent int
			var state string
			if _, err := fmt.Sscan(string(text[bytes.LastIndexByte(text, ')')+1:]), &state, &parent); err != nil || parent != r.cmd.Process.Pid {
				continue
			}
			target, err := os.Readlink(filepath.Dir(path) + "/exe")
			if err == nil && strings.HasPrefix(filepath.Base(target), name) {
				fmt.Sscan(filepath.Base(filepath.Dir(path)), &pid)
				return pid
			}
		}
	}
	t.Fatalf("%s does not run", name)
	return 0
}
