package journal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// childEnv makes the test binary the daemon that is killed: its value is the store folder.
const childEnv = "WEIR_JOURNAL_CHILD"

// appendUntilKilled appends transactions of 1 to 5 records, 10 a slot, and outputs for each, and prints how far all is durable:
// "slot transaction output-cause".
func appendUntilKilled(dir string) int {
	ctx := context.Background()
	j, err := Open(ctx, Config{Dir: dir, ReserveBytes: 1 << 20})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	epoch, err := j.Acquire(ctx, "one")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	out, err := j.Outputs(ctx, "one", "test", epoch, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	start := j.Status().CompleteSlot
	for i := range uint64(1 << 40) {
		slot := start + 1 + i/10
		if err := j.Append(trades(slot, i%10, 1+int(i%5)), 1); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if i%10 == 9 {
			j.Complete(slot)
		}
		if i%37 == 36 {
			if err := sayDurable(ctx, j, out, slot, i%10); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
		}
	}
	return 0
}

func sayDurable(ctx context.Context, j *Journal, out *OutputLog, slot, index uint64) error {
	if err := j.Flush(ctx); err != nil {
		return err
	}
	last := j.Status().Last
	if err := out.Append([][]byte{output(last, 0), output(last, 1)}, Cursor{Cause: last, Index: 1, Any: true}); err != nil {
		return err
	}
	if err := out.Flush(ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintf(os.Stdout, "%d %d %d\n", slot, index, last)
	return err
}

// output is an encoded eventv1.Output.
func output(cause uint64, index uint32) []byte {
	b := protowire.AppendTag(nil, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, cause)
	b = protowire.AppendTag(b, 2, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(index))
	b = protowire.AppendTag(b, 3, protowire.BytesType)
	return protowire.AppendString(b, "tested")
}

// killChild runs the child for a while and returns the last line that it printed in full.
func killChild(t *testing.T, dir string, after time.Duration) (slot, index, cause uint64) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer kill.Stop()
	lines := bufio.NewScanner(stdout)
	for first := true; lines.Scan(); first = false {
		if _, err := fmt.Sscan(lines.Text(), &slot, &index, &cause); err != nil {
			t.Fatalf("child says %q", lines.Text())
		}
		if first {
			kill.Reset(after)
		}
	}
	cmd.Wait()
	if stderr.Len() > 0 || cause == 0 {
		t.Fatalf("child failed: %s", stderr.String())
	}
	return slot, index, cause
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	s := embeddedStore(t)
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	var checked uint64
	for range rounds {
		slot, index, cause := killChild(t, s.cfg.Dir, time.Duration(random.IntN(150_000))*time.Microsecond)
		j := s.open(t)
		got, gaps := read(t, j, 0)
		st := j.Status()
		if len(gaps) > 0 || len(st.Gaps) > 0 || st.First != 1 {
			t.Fatalf("gaps %v, status %+v", gaps, st)
		}
		if st.Last < cause {
			t.Fatalf("last number %d, but %d was acknowledged", st.Last, cause)
		}
		if st.CompleteSlot > slot+1000 || index == 9 && st.CompleteSlot+1 < slot {
			t.Fatalf("frontier %d, but the child was at slot %d", st.CompleteSlot, slot)
		}
		whole(t, got, st.CompleteSlot)
		outputsAfterCrash(t, j, cause)
		for _, line := range s.log.all() {
			if strings.HasPrefix(line, "WARN nats: Filestore") {
				t.Errorf("a kill is told as a fault: %s", line)
			}
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		checked = st.Last
	}
	t.Logf("%d records over %d kills", checked, rounds)
}

// whole checks that every transaction has all its records, and that the frontier says the truth: below it each slot has all ten.
func whole(t *testing.T, got []Envelope, complete uint64) {
	t.Helper()
	type place struct{ slot, index uint64 }
	records := map[place]int{}
	slots := map[uint64]map[uint64]bool{}
	for _, e := range got {
		s := field(e.Record, 1)
		var at place
		at.slot, at.index = e.Slot, uint64(s[8])
		records[at]++
		if slots[at.slot] == nil {
			slots[at.slot] = map[uint64]bool{}
		}
		slots[at.slot][at.index] = true
	}
	last := got[len(got)-1]
	for at, n := range records {
		// A slot beyond the frontier of an earlier life is sent again by the next child, which begins there.
		if want := 1 + int(at.index%5); n%want != 0 {
			t.Fatalf("transaction %v has %d records, want %d (last is of slot %d)", at, n, want, last.Slot)
		}
	}
	for slot := uint64(1); slot <= complete; slot++ {
		if len(slots[slot]) != 10 {
			t.Fatalf("slot %d lies below the frontier %d with %d transactions of 10", slot, complete, len(slots[slot]))
		}
	}
}

func outputsAfterCrash(t *testing.T, j *Journal, cause uint64) {
	t.Helper()
	epoch, err := j.Acquire(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	out, err := j.Outputs(t.Context(), "one", "test", epoch, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c := out.Cursor(); !c.Any || c.Cause < cause || c.Index != 1 {
		t.Fatalf("output cursor %+v, but record %d was acknowledged", c, cause)
	}
}

func TestNewJournalIsEmpty(t *testing.T) {
	j := embeddedStore(t).open(t)
	if st := j.Status(); st.First != 0 || st.Last != 0 || st.CompleteSlot != 0 || st.Trouble != "" || len(st.Gaps) != 0 {
		t.Errorf("status %+v", st)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if f, err := j.NewReader(0).Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read %+v %v from an empty journal", f, err)
	}
}

func TestFrontierAloneSurvives(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		appendAll(t, j, 5, 0, 1, 1)
		flush(t, j)
		j.Complete(99)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		if st := s.open(t).Status(); st.CompleteSlot != 99 || st.Last != 1 {
			t.Errorf("status %+v, want frontier 99", st)
		}
	})
}

// A daemon that was killed holds its lock until the kernel is done with it: who starts it again at once is not told of another daemon.
func TestALockIsAwaitedForALastBreath(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	open := func() *os.File {
		t.Helper()
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	dying := open()
	if err := lock(dying); err != nil {
		t.Fatal(err)
	}
	gone := time.AfterFunc(lastBreath/4, func() { _ = dying.Close() })
	defer gone.Stop()
	if err := lock(open()); err != nil {
		t.Errorf("the lock of one that went: %v", err)
	}
	if err := lock(open()); !errors.Is(err, syscall.EWOULDBLOCK) {
		t.Errorf("the lock of one that stays: %v", err)
	}
}

func TestSecondDaemonOnTheFolderIsTold(t *testing.T) {
	s := embeddedStore(t)
	s.open(t)
	_, err := Open(t.Context(), s.cfg)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("held by process %d", os.Getpid())) || !strings.Contains(err.Error(), s.cfg.Dir) {
		t.Errorf("second open: %v", err)
	}
}
