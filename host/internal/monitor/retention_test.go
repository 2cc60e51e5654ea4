package monitor

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/weir-run/weir/host/internal/journal"
)

// A plugin that lies behind for longer than the journal keeps records is told what it lost, in its place among the records, and goes on
// after it; neither it nor another one stops, and the status has the range.
func TestLaggingPluginIsToldWhatItLost(t *testing.T) {
	for _, c := range []struct {
		name string
		lag  func(t *testing.T, r *running) (again func() *running)
	}{
		{"stopped", func(t *testing.T, r *running) func() *running {
			t.Helper()
			r.stop()
			return func() *running { return start(t, r.journal, "behind", nil, divided) }
		}},
		{"hangs", func(t *testing.T, r *running) func() *running {
			t.Helper()
			pid := r.Status().PID
			signal := func(s syscall.Signal) {
				if err := syscall.Kill(pid, s); err != nil {
					t.Fatal(err)
				}
			}
			signal(syscall.SIGSTOP)
			return func() *running { signal(syscall.SIGCONT); return r }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := openJournalWith(t, journal.Config{MaxBytes: 512 << 10, TailBytes: 64 << 10})
			r := start(t, On(j), "behind", nil, divided)
			other := start(t, On(j), "other", nil, divided)
			fill(t, j, 0, 300)
			r.until(t, "a checkpoint", func(s Status) bool { return s.State == Live && s.Checkpoint >= 300 })
			again := c.lag(t, r)
			for n := 300; j.Status().First < 3000; n += 300 {
				fill(t, j, n, n+300)
				other.untilThrough(t, j.Status().Last)
			}
			var gone *journal.GapError
			if _, err := j.NewReader(0).Next(t.Context()); !errors.As(err, &gone) {
				t.Fatalf("nothing was dropped: %v", err)
			}
			r = again()
			s := r.untilThrough(t, j.Status().Last)
			if s.Gaps != 1 || s.LastGap == nil || s.LastGap.To != gone.To || s.Lost != s.LastGap.To-s.LastGap.From+1 || s.Crash != nil {
				t.Fatalf("gaps %d, lost %d, last %v, crash %v; want one up to %d", s.Gaps, s.Lost, s.LastGap, s.Crash, gone.To)
			}
			mustContain(t, "reason", s.LastGap.Reason, "dropped by retention", "journal.max_bytes")
			if s := other.Status(); s.Gaps != 0 || s.Lost != 0 {
				t.Errorf("the one that kept up lost %d records", s.Lost)
			}
			r.stop()
			var told []string
			for _, e := range eventsOf(t, j, "behind") {
				if strings.Contains(e, " records_lost ") {
					told = append(told, e)
				}
			}
			want := fmt.Sprintf("%d/0 records_lost %d to %d: dropped by retention", s.LastGap.To, s.LastGap.From, s.LastGap.To)
			if len(told) != 1 || !strings.HasPrefix(told[0], want) {
				t.Errorf("it told %q, want one that begins with %q", told, want)
			}
		})
	}
}

func TestMissingIsCountedOnce(t *testing.T) {
	var m meters
	for _, g := range []journal.GapError{{From: 5, To: 9}, {From: 5, To: 9}, {From: 7, To: 12}, {From: 20, To: 20}} {
		m.missing(g)
	}
	if m.gaps.Load() != 3 || m.lost.Load() != 9 || m.lastGap.Load().To != 20 {
		t.Errorf("%d gaps, %d records, last %v", m.gaps.Load(), m.lost.Load(), m.lastGap.Load())
	}
}
