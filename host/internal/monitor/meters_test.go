package monitor

import (
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/latency"
)

func TestLatencyClock(t *testing.T) {
	var sums latency.Recorder
	c := &latencyClock{after: 10, sums: &sums}
	received := time.Now().Add(-50 * time.Millisecond).UnixNano()
	for n := uint64(8); n <= 14; n++ {
		c.received(n, received)
	}
	c.caused([]Cursor{{Cause: 9}, {Cause: 11}, {Cause: 11, Index: 1}, {Cause: 14}})
	c.durable(9, 11, 3)
	if _, total := sums.Sums(time.Now()); total.Count != 2 {
		t.Errorf("%d measured; want the two of record 11, which is no replay", total.Count)
	}
	c.durable(14, 14, 1)
	c.durable(14, 14, 5) // more than are known is no reason to fall over
	_, total := sums.Sums(time.Now())
	if total.Count != 3 || total.P50 < 50*time.Millisecond || total.Max > 5*time.Second {
		t.Errorf("total is %+v; want three of 50 ms or a little more", total)
	}
}

func TestAProgramThatTakesOverIsSparedTheSameRecords(t *testing.T) {
	var before, after meters
	before.parked.Store(2)
	after.inherit(&before)
	if n := after.parked.Load(); n != 2 {
		t.Errorf("%d parked after the upgrade, want 2", n)
	}
}
