package monitor

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
)

func TestFeedsCheckpointsAndGoesOn(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 500)
	last := j.Status().Last
	first := start(t, On(j), "one", nil, nil)
	s := first.untilThrough(t, last)
	if s.State != Live || s.Monitor != "probe" || s.Version != "1.2.3" || s.PID == 0 || s.Lag != 0 {
		t.Errorf("status is %+v; want a live probe 1.2.3 with a pid", s)
	}
	first.stop()
	s = first.Status()
	if s.State != Stopped || s.PID != 0 || s.Checkpoint != last || s.Crash != nil {
		t.Errorf("after stop: status is %+v, crash %v; want stopped with a checkpoint at %d", s, s.Crash, last)
	}
	if first.Checkpointed() != last {
		t.Errorf("Checkpointed is %d; want %d", first.Checkpointed(), last)
	}

	fill(t, j, 500, 700)
	second := start(t, On(j), "one", nil, nil)
	s = second.untilThrough(t, j.Status().Last)
	second.stop()
	if s.Suppressed != 0 || second.Status().Records >= 700 {
		t.Errorf("second run sent %d records and suppressed %d outputs; want only what came after the checkpoint", second.Status().Records, s.Suppressed)
	}
	whole := start(t, On(j), "whole", nil, nil)
	whole.untilThrough(t, j.Status().Last)
	whole.stop()
	got, want := eventsOf(t, j, "one"), eventsOf(t, j, "whole")
	if len(want) < 1000 || !slices.Equal(got, want) {
		t.Errorf("two runs gave %d outputs, one run %d; want the same, more than 1000", len(got), len(want))
	}
}

func TestNewInstanceOnTrimmedJournal(t *testing.T) {
	j := openJournal(t)
	for n := 0; n < 200; n += 10 {
		fill(t, j, n, n+10) // in several frames
	}
	first := start(t, On(j), "old", nil, nil)
	first.untilThrough(t, j.Status().Last)
	first.stop()
	if err := j.Trim(t.Context(), first.Checkpointed()-50); err != nil {
		t.Fatal(err)
	}
	from := j.Status().First
	if from <= 1 {
		t.Fatalf("journal begins at %d: nothing was trimmed", from)
	}
	fresh := start(t, On(j), "fresh", nil, nil)
	fresh.untilThrough(t, j.Status().Last)
	s := fresh.until(t, "checkpoint", func(s Status) bool { return s.Checkpoint >= s.Through })
	fresh.stop()
	if s.Gaps != 0 || s.Crash != nil {
		t.Errorf("%d gaps, crash %v; want none: a new instance has lost nothing", s.Gaps, s.Crash)
	}
	if got := eventsOf(t, j, "fresh"); len(got) == 0 || causeIn(got[0]) < from {
		t.Errorf("outputs are %.3q; want some, from record %d on", got, from)
	}
}

func TestGapIsTold(t *testing.T) {
	j := openJournalWith(t, journal.Config{TailBytes: 1}) // or readers would get from memory what was trimmed
	fill(t, j, 0, 100)
	late := start(t, On(j), "late", nil, nil)
	late.untilThrough(t, j.Status().Last)
	late.stop()
	at := late.Checkpointed()
	for n := 100; n < 300; n += 10 {
		fill(t, j, n, n+10) // in several frames
	}
	if err := j.Trim(t.Context(), j.Status().Last-30); err != nil {
		t.Fatal(err)
	}
	from := j.Status().First
	again := start(t, On(j), "late", nil, nil)
	s := again.untilThrough(t, j.Status().Last)
	again.stop()
	if s.Gaps != 1 || s.Crash != nil {
		t.Errorf("%d gaps, crash %v; want one gap, %d to %d", s.Gaps, s.Crash, at+1, from-1)
	}
	mustContain(t, "log", again.log.String(), "records are missing in the journal", "from="+itoa(int(at+1)), "to="+itoa(int(from-1)))
	events := eventsOf(t, j, "late")
	if last := events[len(events)-1]; !strings.Contains(strings.Join(events, "\n"), "gaps:1") {
		t.Errorf("the plugin does not know of the gap; its last output is %s", last)
	}
}

func TestForeignStateIsRejected(t *testing.T) {
	for _, c := range []struct {
		name    string
		version uint32
		data    string
		want    string
	}{
		{"version", 9, "{}", "the state after record 10 has version 9, but probe 1.2.3 reads 1 to 1"},
		{"content", 1, "not json", "probe 1.2.3 cannot read its checkpoint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := openJournal(t)
			fill(t, j, 0, 20)
			epoch, err := j.Acquire(t.Context(), "foreign")
			if err != nil {
				t.Fatal(err)
			}
			err = j.SaveCheckpoint(t.Context(), "foreign", Checkpoint{Epoch: epoch, Number: 10, StateVersion: c.version, Parts: journal.Whole([]byte(c.data))})
			if err != nil {
				t.Fatal(err)
			}
			r := start(t, On(j), "foreign", nil, nil)
			s := r.until(t, "rejected", func(s Status) bool { return s.State == Rejected })
			r.stop()
			mustContain(t, "reason", s.Reason, c.want)
			if s.Starts != 1 {
				t.Errorf("%d starts; want no second try", s.Starts)
			}
		})
	}
}

// A program that has learned to remember takes over from one that remembered nothing.
func TestStateBeginsWithAVersion(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 20)
	epoch, err := j.Acquire(t.Context(), "young")
	if err != nil {
		t.Fatal(err)
	}
	if err := j.SaveCheckpoint(t.Context(), "young", Checkpoint{Epoch: epoch, Number: 10, Parts: journal.Whole(nil)}); err != nil {
		t.Fatal(err)
	}
	r := start(t, On(j), "young", nil, func(c *Config) { c.CheckpointEvery = 20 * time.Millisecond })
	r.untilThrough(t, j.Status().Last)
	r.until(t, "checkpoint", func(s Status) bool { return s.Checkpoint == j.Status().Last })
	r.stop()
	if n := len(eventsOf(t, j, "young")); n == 0 {
		t.Error("no output")
	}
}

// TestOthersGoOn shows that an instance without a program does not disturb one with.
func TestOthersGoOn(t *testing.T) {
	j := openJournal(t)
	bad := start(t, On(j), "bad", nil, func(c *Config) { c.Path = "/nonexistent/weir-bad" })
	good := start(t, On(j), "good", nil, nil)
	bad.until(t, "rejected", func(s Status) bool { return s.State == Rejected })
	good.until(t, "live", func(s Status) bool { return s.State == Live })
	fill(t, j, 0, 100)
	good.untilThrough(t, j.Status().Last)
	s := good.until(t, "latency", func(s Status) bool { return s.Total.Count == s.Outputs })
	if s.Outputs == 0 || s.Recent.P99 <= 0 || s.Recent.P99 > 10*time.Second || s.Recent.Max < s.Recent.P50 {
		t.Errorf("%d outputs, latency %+v", s.Outputs, s.Recent)
	}
	good.stop()
	bad.stop()
	if bad.Status().State != Stopped {
		t.Errorf("bad is %s; want stopped", bad.Status().State)
	}
}

// TestOnlyOneOwner shows that of two hosts that run the same instance the later one wins and nothing is stored twice.
func TestOnlyOneOwner(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 100)
	first := start(t, On(j), "shared", nil, func(c *Config) { c.BackoffMin, c.BackoffMax = time.Hour, time.Hour })
	first.untilThrough(t, j.Status().Last)
	second := start(t, On(j), "shared", nil, nil)
	second.until(t, "live", func(s Status) bool { return s.State == Live })
	fill(t, j, 100, 200)
	second.untilThrough(t, j.Status().Last)
	s := first.until(t, "crash", func(s Status) bool { return s.Crash != nil })
	if s.Crash.Cause != CauseJournal {
		t.Errorf("first ended with %v; want a journal that refuses it", s.Crash)
	}
	first.stop()
	second.stop()
	calm(t, On(j), j.Status().Last)
	if got, want := eventsOf(t, j, "shared"), eventsOf(t, j, "calm"); !slices.Equal(got, want) {
		t.Errorf("%d outputs differ from the %d of one owner", len(got), len(want))
	}
}

func causeIn(event string) uint64 {
	cause, _, _ := strings.Cut(event, "/")
	return uint64(atoi(cause))
}
