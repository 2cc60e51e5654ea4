package monitor

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// probePath is the plugin of testdata/probe, built once.
var probePath string

func TestMain(m *testing.M) {
	if os.Getenv("WEIR_TEST_HOST") != "" {
		fmt.Fprintln(os.Stderr, hostInstance())
		os.Exit(1)
	}
	if os.Getenv(stageEnv) != "" {
		if err := stageHost(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	dir, err := os.MkdirTemp("", "weir-probe")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	probePath = filepath.Join(dir, "probe")
	build := exec.Command("go", "build", "-o", probePath, "./testdata/probe")
	if out, err := build.CombinedOutput(); err != nil {
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

// shortDir is a temporary folder whose path leaves room for sockets.
func shortDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "weir") //nolint:usetesting // TempDir holds the test's name and gets too long
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { os.RemoveAll(dir) })
	if err := PrepareSocketDir(dir); err != nil {
		tb.Fatal(err)
	}
	return dir
}

func openJournal(tb testing.TB) *journal.Journal {
	tb.Helper()
	return openJournalWith(tb, journal.Config{})
}

func openJournalWith(tb testing.TB, cfg journal.Config) *journal.Journal {
	tb.Helper()
	cfg.Dir = tb.TempDir()
	j, err := journal.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := j.Close(); err != nil {
			tb.Errorf("close journal: %v", err)
		}
	})
	return j
}

// fill appends transactions of one to three records: mostly trades, some token launches.
func fill(tb testing.TB, j *journal.Journal, from, to int) {
	tb.Helper()
	for n := from; n < to; n++ {
		var records []*eventv1.Record
		for k := range 1 + n%3 {
			signature := make([]byte, 64)
			copy(signature, fmt.Sprintf("signature %d", n))
			r := &eventv1.Record{Signature: signature, Slot: uint64(1000 + n/10)}
			if (n+k)%7 == 0 {
				r.Body = &eventv1.Record_TokenCreated{TokenCreated: &eventv1.TokenCreated{Symbol: "WEIR"}}
			} else {
				r.Body = &eventv1.Record_Trade{Trade: &eventv1.Trade{Venue: eventv1.Venue(1 + n%2), BaseAmount: uint64(n)}}
			}
			records = append(records, r)
		}
		if err := j.Append(records, time.Now().UnixNano()); err != nil {
			tb.Fatal(err)
		}
	}
	if err := j.Flush(tb.Context()); err != nil {
		tb.Fatal(err)
	}
}

// running is an Instance whose Run goes on until stop.
type running struct {
	*Instance
	log  *logBuffer
	stop func()
}

// start runs an Instance with times suited to tests; change may set more.
func start(tb testing.TB, j Journal, name string, config map[string]any, change func(*Config)) *running {
	tb.Helper()
	encoded, err := json.Marshal(config)
	if err != nil {
		tb.Fatal(err)
	}
	buffer := &logBuffer{}
	cfg := Config{
		Instance: name, Path: probePath, Config: encoded, SocketDir: shortDir(tb),
		Log:             slog.New(slog.NewTextHandler(buffer, &slog.HandlerOptions{Level: slog.LevelDebug})),
		CheckpointEvery: 50 * time.Millisecond, BackoffMin: time.Millisecond, BackoffMax: 10 * time.Millisecond, CrashLimit: -1,
	}
	if change != nil {
		change(&cfg)
	}
	r := &running{Instance: New(cfg, j), log: buffer}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		if err := r.Run(ctx); err != nil {
			tb.Errorf("run %s: %v", name, err)
		}
	})
	r.stop = sync.OnceFunc(func() { cancel(); done.Wait() })
	tb.Cleanup(func() {
		r.stop()
		if tb.Failed() {
			tb.Logf("log of %s:\n%s", name, tail(buffer.String(), 6000))
		}
	})
	return r
}

func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// until waits for a condition on the status.
func (r *running) until(tb testing.TB, what string, condition func(Status) bool) Status {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		s := r.Status()
		if condition(s) {
			return s
		}
		if time.Now().After(deadline) {
			tb.Fatalf("%s: never came; status is %+v, crash %v", what, s, s.Crash)
		}
	}
}

func (r *running) untilThrough(tb testing.TB, number uint64) Status {
	tb.Helper()
	return r.until(tb, fmt.Sprintf("through %d", number), func(s Status) bool { return s.Through >= number })
}

// eventsOf returns an instance's stored outputs, printed, in order.
func eventsOf(tb testing.TB, j *journal.Journal, instance string) (out []string) {
	tb.Helper()
	err := j.ReadEvents(tb.Context(), journal.EventsQuery{Instances: []string{instance}}, func(_ uint64, data []byte) error {
		var batch eventv1.OutputBatch
		if err := proto.Unmarshal(data, &batch); err != nil {
			return err
		}
		for _, o := range batch.GetOutputs() {
			out = append(out, fmt.Sprintf("%d/%d %s %s %v %x", o.GetCause(), o.GetIndex(), o.GetKind(), o.GetSignal().GetText(), o.GetSignal().GetFields(), o.GetSignature()))
		}
		return nil
	})
	if err != nil {
		tb.Fatal(err)
	}
	return out
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

func mustContain(tb testing.TB, where, text string, parts ...string) {
	tb.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			tb.Errorf("%s: want %q in %q", where, part, text)
		}
	}
}
