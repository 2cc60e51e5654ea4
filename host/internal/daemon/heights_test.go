package daemon

import (
	"testing"
	"time"
)

func TestBehindInTime(t *testing.T) {
	var h heights
	start := time.Unix(1_700_000_000, 0)
	for i := range 10 { // a hundred records a second
		h.note(start.Add(time.Duration(i)*time.Second), uint64(100*i))
		h.note(start.Add(time.Duration(i)*time.Second+time.Millisecond), uint64(100*i+1)) // too soon to be kept
	}
	now := start.Add(9 * time.Second)
	for name, test := range map[string]struct {
		through uint64
		want    uint64
	}{
		"done": {900, 0}, "a little behind": {899, 1000}, "three seconds": {600, 3000}, "between": {650, 3000}, "at the start": {0, 9000},
	} {
		if got := h.behind(now, test.through, 900); got == nil || *got != test.want {
			t.Errorf("%s: %v, want %d", name, got, test.want)
		}
	}
	var late heights
	late.note(now, 900)
	if got := late.behind(now, 10, 900); got != nil {
		t.Errorf("what is not known is said to be %d", *got)
	}
}
