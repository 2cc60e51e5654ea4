package monitor

import (
	"strings"
	"testing"
)

// The age of the last progress goes by the monotonic clock: the wall clock may be set by an hour while a plugin has frames in hand.
func TestProgressIsNotOfTheWallClock(t *testing.T) {
	var p progress
	p.move()
	if at := p.moved.Load(); !strings.Contains(at.String(), " m=") {
		t.Errorf("moved at %s, without a monotonic part", at)
	}
}
