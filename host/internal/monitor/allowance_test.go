package monitor

import (
	"testing"
	"time"
)

func TestAllowance(t *testing.T) {
	now := time.Now()
	a := newAllowance(1000, now)
	if !a.spend(1000, now) {
		t.Error("what may be emitted at once is refused")
	}
	if a.spend(1, now) {
		t.Error("more than may be emitted at once is let through")
	}
	a.earn(10)
	if !a.spend(10*outputPerInput-1, now) || a.spend(1, now) {
		t.Error("what records allow is not what they earned")
	}
	a.earn(1 << 20) // no more than may be emitted at once is saved up
	if !a.spend(1000, now) || a.spend(1, now) {
		t.Error("records save up more than may be emitted at once")
	}
	a.left.Store(0)
	if now = now.Add(allowanceRefill / 4); !a.spend(250, now) || a.spend(1, now) {
		t.Error("a quarter of the time does not bring a quarter back")
	}
	if now = now.Add(time.Hour); !a.spend(999, now) || a.spend(2, now) {
		t.Error("an hour brings more than may be emitted at once")
	}
}
