package process

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// probePath is the plugin of ../testdata/probe, built once.
var probePath string

func TestMain(m *testing.M) {
	if path := os.Getenv("WEIR_TEST_PROGRAM"); path != "" {
		fmt.Fprintln(os.Stderr, carelessHost(path))
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "weir-probe")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	probePath = filepath.Join(dir, "probe")
	if out, err := exec.Command("go", "build", "-o", probePath, "../testdata/probe").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build probe: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// carelessHost is the main of a host that the tests kill: this test's own binary, run again. It starts a program that does not
// care whether its host lives, and says its number.
func carelessHost(path string) error {
	program, err := openProgram(path, nil)
	if err != nil {
		return err
	}
	p := newProcess(program, slog.New(slog.DiscardHandler), Isolation{})
	p.env = []string{"PATH=" + os.Getenv("PATH")}
	if err := p.Start(context.Background()); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, p.running())
	return p.Wait(context.Background())
}

// logBuffer is a buffer that many may write.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func mustContain(t *testing.T, where, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: want %q in %q", where, part, text)
		}
	}
}
