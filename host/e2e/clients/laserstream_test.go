package clients_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestLaserStream(t *testing.T) {
	t.Parallel()
	for name, channel := range map[string]object{"plain": nil, "zstd": {"grpcDefaultCompressionAlgorithm": 3}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, "")
			all := run(t, s, plan{Library: "laserstream", Channel: channel, Request: everything(nil), Stop: stop{Slots: 20, MS: 10_000}})
			checkStream(t, s, all, 20)
		})
	}
}

// The client waits 5 s and asks again from the slot it has seen, at processed from 31 slots before it; there it hands out twice what it
// gets twice: dedup is left to the user.
func TestLaserStreamReplaysAfterLag(t *testing.T) {
	t.Parallel()
	for name, level := range map[string]int{"processed": 0, "confirmed": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := simulate(t, fmt.Sprintf("at slot %d drop lag", firstSlot+40))
			all := run(t, s, plan{
				Library: "laserstream", Attempts: 3, Request: everything(object{"commitment": level}), Stop: stop{Slots: 200, MS: 20_000},
			})
			unique := dedup(all)
			doubled := len(only(all, "meta")) - len(only(unique, "meta"))
			t.Logf("%d blocks came twice", doubled)
			if level == 0 && doubled < 20 {
				t.Error("the client did not go back by 31 slots")
			}
			if level == 1 {
				checkStream(t, s, unique, 190)
			}
		})
	}
}

func TestLaserStreamFilterUpdate(t *testing.T) {
	t.Parallel()
	s := simulate(t, "")
	all := run(t, s, plan{
		Library: "laserstream", Request: everything(nil), Writes: []write{{AfterSlots: 5, Request: object{"blocksMeta": object{"n": object{}}, "commitment": 1}}},
		Stop: stop{Slots: 15, MS: 10_000},
	})
	last := all[len(all)-2]
	if last.Kind != "meta" || fmt.Sprint(last.Filters) != "[n]" {
		t.Errorf("last update is %+v", last)
	}
}

func TestLaserStreamErrors(t *testing.T) {
	t.Parallel()
	s := simulate(t, "")
	all := run(t, s, plan{Library: "laserstream", Token: "wrong", Request: everything(nil), Stop: stop{MS: 9000}})
	errs := only(all, "error")
	if len(errs) == 0 || !strings.Contains(errs[len(errs)-1].Message, "No valid auth token") && !strings.Contains(errs[len(errs)-1].Message, "nauthenticated") {
		t.Errorf("errors: %+v", errs)
	}
}

// A clean end is a trap of this client: it neither reports it nor comes back. Weir must.
func TestLaserStreamHangsOnACleanEnd(t *testing.T) {
	t.Parallel()
	s := simulate(t, fmt.Sprintf("at slot %d end", firstSlot+5))
	all := run(t, s, plan{Library: "laserstream", Attempts: 3, Request: everything(nil), Stop: stop{MS: 7000}})
	if n := len(only(all, "error")) + len(only(all, "end")); n != 0 || all[len(all)-1].Why != "time" || len(only(all, "meta")) > 8 {
		t.Errorf("the client noticed: %+v", tail(all))
	}
}
