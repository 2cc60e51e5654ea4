// Package clients_test holds the simulator against Yellowstone clients that are not ours: what they get must be what was played.
package clients_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/weir-run/weir/host/e2e/npm"
)

// weir and modules are the binary under test and the folder of the installed clients.
var weir, modules, missing string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "weir-clients-")
	if err != nil {
		panic(err)
	}
	flag.Parse()
	if testing.Short() {
		missing = "-short leaves out what needs other processes"
	} else if modules, missing = npm.Install("."); missing == "" {
		weir = filepath.Join(dir, "weir")
		build := exec.Command("go", "build", "-o", weir, "../../cmd/weir")
		if out, err := build.CombinedOutput(); err != nil {
			panic("build weir: " + err.Error() + "\n" + string(out))
		}
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// plan is what client.js does.
type plan struct {
	Library   string         `json:"library"`
	URL       string         `json:"url"`
	Token     string         `json:"token,omitempty"`
	Request   map[string]any `json:"request,omitempty"`
	Channel   map[string]any `json:"channel,omitempty"`
	Reconnect map[string]any `json:"reconnect,omitempty"`
	Attempts  int            `json:"attempts,omitempty"`
	Unary     bool           `json:"unary,omitempty"`
	Writes    []write        `json:"writes,omitempty"`
	Stop      stop           `json:"stop"`
}

type write struct {
	AfterSlots int            `json:"afterSlots"`
	Request    map[string]any `json:"request"`
}

type stop struct {
	Slots int `json:"slots,omitempty"`
	MS    int `json:"ms"`
}

// got is a line that client.js prints.
type got struct {
	Kind      string          `json:"kind"`
	Filters   []string        `json:"filters"`
	Slot      uint64          `json:"slot,string"`
	Parent    string          `json:"parent"`
	Index     uint64          `json:"index,string"`
	Signature string          `json:"signature"`
	Vote      bool            `json:"vote"`
	Failed    bool            `json:"failed"`
	Fee       uint64          `json:"fee,string"`
	Units     string          `json:"units"`
	Keys      json.RawMessage `json:"keys"` // a number, or the names of what is not known
	Loaded    int             `json:"loaded"`
	Inner     int             `json:"inner"`
	Balances  string          `json:"balances"`
	Logs      int             `json:"logs"`
	Digest    string          `json:"digest"`
	Created   bool            `json:"created"`
	Hash      string          `json:"hash"`
	Count     uint64          `json:"count,string"`
	Status    int             `json:"status"`
	ID        int             `json:"id"`
	Name      string          `json:"name"`
	Value     json.RawMessage `json:"value"`
	Message   string          `json:"message"`
	Why       string          `json:"why"`
	MS        int             `json:"ms"`
}

// sim is a running simulator.
type sim struct {
	url, truth, token string
	log               *lockedBuffer
}

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

var served = regexp.MustCompile(`serving Yellowstone gRPC on (https?://\S+);`)

// simulate starts weir sim on a free port with a script of faults.
func simulate(t *testing.T, faults string) *sim {
	t.Helper()
	if missing != "" {
		t.Skipf("foreign clients cannot run: %s", missing)
	}
	dir := t.TempDir()
	s := &sim{truth: filepath.Join(dir, "truth.jsonl"), token: "secret", log: new(lockedBuffer)}
	script := filepath.Join(dir, "faults.txt")
	if err := os.WriteFile(script, []byte(faults), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(weir,
		"sim", "--generate", "--seed", "7", "--slot-duration", "40ms", "--transactions-per-slot", "20", "--listen", "127.0.0.1:0",
		"--truth", s.truth, "--faults", script, "--token", s.token, "--replay-slots", "2000")
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("weir sim:\n%s", s.log)
		}
	})
	for range 200 {
		if m := served.FindStringSubmatch(s.log.String()); m != nil {
			s.url = m[1]
			return s
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatal("weir sim does not serve")
	return nil
}

// run lets a client follow a plan and gives what it printed. Pings are left out.
func run(t *testing.T, s *sim, p plan) []got {
	t.Helper()
	p.URL = s.url
	if p.Token == "" {
		p.Token = s.token
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "client.js", string(text))
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if err != nil {
		t.Errorf("node: %v\n%s", err, stderr.String())
	}
	var all []got
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var g got
		if err := json.Unmarshal(lines.Bytes(), &g); err != nil {
			t.Fatalf("line %s: %v", lines.Bytes(), err)
		}
		if g.Kind != "ping" {
			all = append(all, g)
		}
	}
	return all
}

// only gives those of one kind.
func only(all []got, kind string) []got {
	var out []got
	for _, g := range all {
		if g.Kind == kind {
			out = append(out, g)
		}
	}
	return out
}
