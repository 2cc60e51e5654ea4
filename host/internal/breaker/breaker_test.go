package breaker

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var changes []State
		b := New(Config{Failures: 3, Delay: 10 * time.Second, OnChange: func(_, to State) { changes = append(changes, to) }})
		expect := func(step string, s State, allow bool) {
			t.Helper()
			if got := b.State(); got != s {
				t.Errorf("%s: state %s, want %s", step, got, s)
			}
			if got := b.Allow(); got != allow {
				t.Errorf("%s: allowed %v, want %v", step, got, allow)
			}
		}
		b.Failure()
		b.Failure()
		b.Success() // not in a row
		b.Failure()
		b.Failure()
		expect("two in a row", Closed, true)
		b.Failure()
		expect("three in a row", Open, false)
		if got := b.Wait(); got != 10*time.Second {
			t.Errorf("wait %v, want 10s", got)
		}
		time.Sleep(10*time.Second - 1)
		expect("a nanosecond early", Open, false)
		time.Sleep(time.Nanosecond)
		expect("after the delay", Open, true)
		expect("while the probe runs", HalfOpen, false)
		b.Failure()
		expect("after a failed probe", Open, false)
		time.Sleep(10 * time.Second)
		expect("second probe", Open, true)
		b.Success()
		expect("after a good probe", Closed, true)
		if want := []State{Open, HalfOpen, Open, HalfOpen, Closed}; !slices.Equal(changes, want) {
			t.Errorf("changes %v, want %v", changes, want)
		}
	})
}
