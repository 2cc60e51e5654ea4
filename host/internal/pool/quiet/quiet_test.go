package quiet

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// film calls Check each second. served and seen say by second what is so.
func film(w *Watch, from, to int, served, seen func(second int) fold.GroupSet) (events []string) {
	start := time.Unix(1_000_000, 0)
	for s := from; s < to; s++ {
		w.Seen(seen(s))
		for _, e := range w.Check(start.Add(time.Duration(s)*time.Second), served(s)) {
			word := "cleared"
			if e.Raised {
				word = "raised"
			}
			events = append(events, fmt.Sprintf("%d %s %s after %.0f", s, e.Group, word, e.Silent.Seconds()))
		}
	}
	return events
}

func always(set fold.GroupSet) func(int) fold.GroupSet {
	return func(int) fold.GroupSet { return set }
}

func between(from, to int, set fold.GroupSet) func(int) fold.GroupSet {
	return func(s int) fold.GroupSet {
		if s >= from && s < to {
			return set
		}
		return 0
	}
}

func TestSilenceByPriority(t *testing.T) {
	w := New([]Group{
		{Name: "high"},
		{Name: "medium", Priority: fold.Medium},
		{Name: "low", Priority: fold.Low},
		{Name: "own", Quiet: 3 * time.Second},
		{Name: "never", Quiet: -1},
	})
	got := film(w, 0, 1_000, always(fold.AllGroups(5)), always(0))
	want := "3 own raised after 3; 10 high raised after 10; 30 medium raised after 30; 120 low raised after 120"
	if strings.Join(got, "; ") != want {
		t.Errorf("%v, want %s", got, want)
	}
	if w.Raised() != 0b1111 {
		t.Errorf("raised %b", w.Raised())
	}
}

func TestAlarmsAreRaisedAndClearedOnce(t *testing.T) {
	one := fold.AllGroups(1)
	flowing := func(s int) fold.GroupSet {
		if s < 20 || s >= 60 && s < 70 {
			return one
		}
		return 0
	}
	unserved := func(from, to int) func(int) fold.GroupSet {
		return func(s int) fold.GroupSet { return one &^ between(from, to, one)(s) }
	}
	for _, c := range []struct {
		name         string
		served, seen func(int) fold.GroupSet
		want         string
	}{
		{"flowing", always(one), always(one), ""},
		{"just in time", always(one), func(s int) fold.GroupSet { return fold.GroupSet(min(1, max(0, 1-s%9))) }, ""},
		{"stops, flows, stops", always(one), flowing, "29 g raised after 10; 60 g cleared after 41; 79 g raised after 10"},
		{"never served", always(0), always(0), ""},
		{"the connection is dead while nothing comes", unserved(20, 60), flowing, "79 g raised after 10"},
		{"a short life of the connection starts the clock anew", unserved(25, 26), flowing, "36 g raised after 10; 60 g cleared after 34; 79 g raised after 10"},
		{"it dies while the alarm is raised", unserved(40, 50), flowing, "29 g raised after 10; 60 g cleared after 30; 79 g raised after 10"},
	} {
		w := New([]Group{{Name: "g"}})
		if got := strings.Join(film(w, 0, 100, c.served, c.seen), "; "); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestChangedGroupsKeepTheirClocks(t *testing.T) {
	w := New([]Group{{Name: "a"}, {Name: "b"}})
	film(w, 0, 8, always(0b11), always(0b10))
	w.Seen(0b11) // of the old numbering: must not count for what comes after
	w.Set([]Group{{Name: "b"}, {Name: "c", Quiet: 5 * time.Second}, {Name: "a"}})
	got := film(w, 8, 30, always(0b111), always(0b001))
	if strings.Join(got, "; ") != "10 a raised after 10; 13 c raised after 5" {
		t.Error(got)
	}
}

func TestEventsSayWhatToDo(t *testing.T) {
	raised := Event{Group: "curve", Raised: true, Silent: 10 * time.Second, Expected: 10 * time.Second}.String()
	for _, part := range []string{"group curve", "nothing for 10s", "expected within 10s", "programs"} {
		if !strings.Contains(raised, part) {
			t.Errorf("%q says nothing of %q", raised, part)
		}
	}
	if cleared := (Event{Group: "curve", Silent: 41 * time.Second}).String(); cleared != "group curve brings transactions again after 41s" {
		t.Error(cleared)
	}
}

// Whatever happens, alarms of a group alternate, none is raised while it is not served, and none before its time.
func TestAlarmProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := New([]Group{{Name: "g", Quiet: 5 * time.Second}})
		now := time.Unix(1_000_000, 0)
		raised := false
		var quietFor time.Duration // served and silent without a break
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			d := time.Duration(rapid.IntRange(1, 3_000).Draw(t, "ms")) * time.Millisecond
			now = now.Add(d)
			served, seen := rapid.Bool().Draw(t, "served"), rapid.IntRange(0, 4).Draw(t, "seen") == 0
			quietFor += d
			if !served || seen {
				quietFor = 0
			}
			if seen {
				w.Seen(1)
			}
			var set fold.GroupSet
			if served {
				set = 1
			}
			for _, e := range w.Check(now, set) {
				if e.Raised == raised {
					t.Fatalf("told twice: %+v", e)
				}
				raised = e.Raised
				if e.Raised && (!served || seen || quietFor < 5*time.Second) {
					t.Fatalf("raised after %v, served %v, seen %v", quietFor, served, seen)
				}
			}
			if raised != w.Raised().Has(0) {
				t.Fatalf("Raised says %v", w.Raised())
			}
		}
	})
}
