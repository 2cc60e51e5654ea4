package monitor

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// hostInstance is the main of a host that the tests kill, this test's own binary run again: it journals records as fast as it can and runs the probe on them, until it is killed.
func hostInstance() error {
	dir := os.Getenv("WEIR_TEST_DIR")
	j, err := journal.Open(context.Background(), journal.Config{Dir: filepath.Join(dir, "journal")})
	if err != nil {
		return err
	}
	sockets := filepath.Join(dir, "run")
	if err := PrepareSocketDir(sockets); err != nil {
		return err
	}
	i := New(Config{
		Instance: "victim", Path: os.Getenv("WEIR_TEST_PROGRAM"), SocketDir: sockets, CheckpointEvery: 20 * time.Millisecond,
	}, On(j))
	go func() { _ = i.Run(context.Background()) }()
	go func() {
		for i.Status().Outputs < 100 {
			time.Sleep(time.Millisecond)
		}
		fmt.Fprintln(os.Stdout, "up")
	}()
	for n := uint64(1); ; n++ {
		r := &eventv1.Record{Slot: n, Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{BaseAmount: rand.Uint64()}}}
		if err := j.Append([]*eventv1.Record{r}, time.Now().UnixNano()); err != nil {
			return err
		}
		if n%64 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

// spawnHost runs hostInstance in another process and returns it after its first line.
func spawnHost(t *testing.T, env ...string) (cmd *exec.Cmd, line string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "WEIR_TEST_HOST=1"), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return cmd, strings.TrimSpace(line)
}

// TestHostKilledAtRandom kills journal, monitor and plugin together, hard, and compares with an undisturbed run.
func TestHostKilledAtRandom(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := shortDir(t)
	for range 6 {
		host, line := spawnHost(t, "WEIR_TEST_DIR="+dir, "WEIR_TEST_PROGRAM="+probePath)
		if line != "up" {
			t.Fatalf("host says %q", line)
		}
		time.Sleep(time.Duration(random.IntN(250)) * time.Millisecond)
		_ = host.Process.Kill()
		_ = host.Wait()
	}
	j, err := journal.Open(t.Context(), journal.Config{Dir: filepath.Join(dir, "journal")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	last := j.Status().Last
	before := len(eventsOf(t, j, "victim"))
	r := start(t, On(j), "victim", nil, nil)
	s := r.untilThrough(t, last)
	r.stop()
	calm(t, On(j), last)
	got, want := eventsOf(t, j, "victim"), eventsOf(t, j, "calm")
	if !slices.Equal(got, want) {
		t.Errorf("seed %d: %d outputs differ from the %d of an undisturbed run", seed, len(got), len(want))
	}
	if s.Epoch < 6 || before == 0 || last < 1000 {
		t.Errorf("epoch %d, %d outputs before, %d records: the hosts did not get far enough to show anything", s.Epoch, before, last)
	}
	t.Logf("%d records, %d outputs, %d of them before the last start, %d suppressed in it", last, len(got), before, s.Suppressed)
}
