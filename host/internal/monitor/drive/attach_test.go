package drive_test

import (
	"iter"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/monitor/drive"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// launches is trades of a token before and after its launch.
func launches(t *testing.T) iter.Seq2[drive.Run, error] {
	t.Helper()
	mint := []byte(strings.Repeat("m", 32))
	run := drive.Run{First: 1, Last: 4}
	for i, r := range []*eventv1.Record{
		{Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{Mint: mint}}},
		{Body: &eventv1.Record_TokenCreated{TokenCreated: &eventv1.TokenCreated{Mint: mint, Symbol: "WEIR"}}},
		{Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{Mint: mint}}},
		{Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{Mint: mint}}},
	} {
		body, err := proto.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		kind := eventv1.Kind_KIND_TRADE
		if r.GetTokenCreated() != nil {
			kind = eventv1.Kind_KIND_TOKEN_CREATED
		}
		run.Records = append(run.Records, &pluginv1.Envelope{Number: uint64(i) + 1, Slot: 9, Kind: kind, Record: body})
	}
	return func(yield func(drive.Run, error) bool) { yield(run, nil) }
}

// A program under a debugger gets its questions answered as one that a host started, in each play.
func TestAttachedProgramMayAsk(t *testing.T) {
	dir, err := os.MkdirTemp("", "weir") //nolint:usetesting // TempDir holds the test's name and gets too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path, socket := filepath.Join(dir, "asker"), filepath.Join(dir, "s")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "./testdata/asker").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: wire.DebugHostSocket(socket), Net: "unix"}) // by a play that was killed
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	if err := left.Close(); err != nil {
		t.Fatal(err)
	}
	program := exec.CommandContext(t.Context(), path)
	program.Env = append(os.Environ(), wire.DebugEnv+"="+socket)
	program.Stderr = os.Stderr
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = program.Process.Signal(os.Interrupt)
		if err := program.Wait(); err != nil {
			t.Errorf("the monitor ends with %v", err)
		}
	}()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it does not listen")
		}
	}
	for name, c := range map[string]drive.Config{"launched": {Path: path}, "attached": {Socket: socket}, "attached again": {Socket: socket}} {
		var said []string
		c.Records = launches(t)
		c.Refused = func(e *pluginv1.RecordError) error { t.Errorf("%s: %s", name, e.GetMessage()); return nil }
		c.Output = func(o *eventv1.Output) error { said = append(said, o.GetSignal().GetText()); return nil }
		if _, err := drive.Play(t.Context(), c); err != nil || !slices.Equal(said, []string{"", "WEIR", "WEIR"}) {
			t.Errorf("%s: it says %q, error %v", name, said, err)
		}
		if _, err := os.Stat(wire.DebugHostSocket(socket)); c.Socket != "" && err == nil {
			t.Errorf("%s: the host's socket is left", name)
		}
	}
}
