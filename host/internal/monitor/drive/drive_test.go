package drive_test

import (
	"errors"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/monitor/drive"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty builds the faulty monitor of the conformance kit's tests, which counts trades and says so at each tenth.
func faulty(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "faulty")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "../conform/testdata/faulty").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// with makes a program that has a fault.
func with(t *testing.T, path, fault string) string {
	t.Helper()
	script := path + "-" + fault
	if err := os.WriteFile(script, []byte("#!/bin/sh\nFAULT="+fault+" exec "+path+"\n"), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	return script
}

// trades are runs of a hundred records: every other one is a trade, and between the second and the third run a hundred are missing.
func trades(t *testing.T, runs int) iter.Seq2[drive.Run, error] {
	t.Helper()
	body, err := proto.Marshal(&eventv1.Record{Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{}}})
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(drive.Run, error) bool) {
		for n := range uint64(runs) {
			run := drive.Run{First: n*100 + 1, Last: n*100 + 100}
			if n == 2 {
				run.Missing = "a test"
			}
			for number := run.First; number <= run.Last && n != 2; number++ {
				kind := eventv1.Kind_KIND_TRADE
				if number%2 == 0 {
					kind = eventv1.Kind_KIND_POOL_CREATED
				}
				run.Records = append(run.Records, &pluginv1.Envelope{Number: number, Slot: number, Kind: kind, Record: body})
			}
			if !yield(run, nil) {
				return
			}
		}
	}
}

func TestPlay(t *testing.T) {
	path := faulty(t)
	var said []string
	p := &drive.Progress{}
	d, err := drive.Play(t.Context(), drive.Config{Path: path, Records: trades(t, 50), Progress: p, StallTimeout: 20 * time.Second, Output: func(o *eventv1.Output) error {
		said = append(said, o.GetSignal().GetText())
		return nil
	}})
	if err != nil || d.GetName() != "faulty" {
		t.Fatal(d, err)
	}
	if p.Through.Load() != 5000 || p.Sent.Load() != 49*50 || p.Skipped.Load() != 49*50 || p.Outputs.Load() != 245 || len(said) != 245 || said[244] != "2450" {
		t.Errorf("through %d, %d sent, %d skipped, %d outputs, the last %q", p.Through.Load(), p.Sent.Load(), p.Skipped.Load(), p.Outputs.Load(), said[len(said)-1])
	}
}

func TestWhatEndsAPlay(t *testing.T) {
	path := faulty(t)
	broken := errors.New("the disk is gone")
	for name, c := range map[string]struct {
		fault   string
		records iter.Seq2[drive.Run, error]
		output  func(*eventv1.Output) error
		stall   time.Duration
		want    string
	}{
		"a panic":      {fault: "panic", want: "panic: on purpose"},
		"an exit":      {fault: "exit", want: "exited with code 7 before the handshake"},
		"a hang":       {fault: "hang", stall: time.Second, want: "no answer within 1s, done through"},
		"its records":  {records: func(yield func(drive.Run, error) bool) { yield(drive.Run{}, broken) }, want: broken.Error()},
		"who takes it": {output: func(*eventv1.Output) error { return broken }, want: broken.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			if c.records == nil {
				c.records = trades(t, 50)
			}
			if c.stall == 0 {
				c.stall = 20 * time.Second
			}
			_, err := drive.Play(t.Context(), drive.Config{Path: with(t, path, c.fault), Records: c.records, Output: c.output, StallTimeout: c.stall})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v; want an error with %q", err, c.want)
			}
		})
	}
	if _, err := drive.Play(t.Context(), drive.Config{Socket: filepath.Join(t.TempDir(), "none"), Records: trades(t, 1)}); err == nil || !strings.Contains(err.Error(), "WEIR_DEBUG=") {
		t.Errorf("a socket that nobody listens on gives %v", err)
	}
}
