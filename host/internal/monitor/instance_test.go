package monitor

import (
	"slices"
	"testing"
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
