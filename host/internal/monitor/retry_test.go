package monitor

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestTransientErrors shows that a record which fails for a while is handled in its place, and that one which always fails is given up
// after some tries without any harm to the plugin's name.
func TestTransientErrors(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 200)
	last := j.Status().Last
	calm(t, On(j), last)
	t.Run("passes", func(t *testing.T) {
		r := start(t, On(j), "passes", map[string]any{"at": 55, "do": "transient", "mark": filepath.Join(t.TempDir(), "mark")}, nil)
		s := r.untilThrough(t, last)
		r.stop()
		if s.Starts != 2 || s.Refused != 0 || s.Crash == nil || s.Crash.Cause != CauseRetry {
			t.Errorf("%d starts, %d refused, crash %v; want 2 starts by one error that passes", s.Starts, s.Refused, s.Crash)
		}
		if got, want := eventsOf(t, j, "passes"), eventsOf(t, j, "calm"); !slices.Equal(got, want) {
			t.Errorf("%d outputs differ from the %d of an undisturbed run", len(got), len(want))
		}
	})
	t.Run("stays", func(t *testing.T) {
		number := causeIn(eventsOf(t, j, "calm")[40])
		r := start(t, On(j), "stays", map[string]any{"later": []uint64{number}}, func(c *Config) { c.CrashLimit = 2 })
		s := r.untilThrough(t, last)
		letters, err := r.DeadLetters(t.Context())
		r.stop()
		if s.Starts != 1+retryLimit+1 || s.Refused != 1 || s.State != Live {
			t.Errorf("%d starts, %d refused, %s; want %d starts, one refused record and live", s.Starts, s.Refused, s.State, 1+retryLimit+1)
		}
		if err != nil || len(letters) != 1 || letters[0].Number != number || !strings.Contains(letters[0].Detail, "probe is busy") {
			t.Errorf("dead letters are %+v, %v; want record %d", letters, err, number)
		}
		mustContain(t, "log", r.log.String(), "cause=retry", "record "+itoa(int(number))+": probe is busy")
	})
}

// Errors of other records each time, with no checkpoint between them, are no progress: the waits must grow, or the program is started again
// several times a second for ever.
func TestTransientErrorsOfChangingRecordsAreWaitedOut(t *testing.T) {
	cfg := Config{BackoffMin: time.Second, BackoffMax: time.Hour}
	longest := func(checkpoint func(try int) uint64) (longest time.Duration) {
		var r retries
		for try := range 30 {
			longest = max(longest, r.after(&Crash{Cause: CauseRetry, Record: uint64(100 + try%2)}, &cfg, checkpoint(try)).wait)
		}
		return longest
	}
	if got := longest(func(int) uint64 { return 50 }); got < time.Minute {
		t.Errorf("without progress it waits %v at most", got)
	}
	if got := longest(func(try int) uint64 { return 50 + uint64(try) }); got > cfg.BackoffMin {
		t.Errorf("with progress it waits up to %v", got)
	}
}
