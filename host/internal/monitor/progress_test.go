package monitor

import (
	"strings"
	"testing"
	"time"
)

// The age of the last progress goes by the monotonic clock: the wall clock may be set by an hour while a plugin has frames in hand.
func TestProgressIsNotOfTheWallClock(t *testing.T) {
	p := newProgress()
	if !strings.Contains(p.born.String(), " m=") {
		t.Errorf("born at %s, without a monotonic part", p.born)
	}
	time.Sleep(20 * time.Millisecond)
	before := p.age()
	p.move()
	if after := p.age(); before < 20*time.Millisecond || after >= before {
		t.Errorf("age %s, and %s after a move", before, after)
	}
	if n := testing.AllocsPerRun(100, p.move); n > 0 {
		t.Errorf("a move allocates %v times", n)
	}
}
