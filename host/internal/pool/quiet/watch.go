package quiet

import (
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// Set replaces the groups. A group that was there under the same name keeps its clock and its alarm.
func (w *Watch) Set(groups []Group) {
	old := make(map[string]state, len(w.groups))
	for _, g := range w.groups {
		old[g.Name] = g
	}
	w.groups = make([]state, len(groups))
	for i, g := range groups {
		s := old[g.Name]
		s.Group = g
		w.groups[i] = s
	}
	w.seen = 0 // its bits are those of the old groups
}

// Seen says that the groups of this set brought a transaction. It costs nothing: call it for each.
func (w *Watch) Seen(set fold.GroupSet) { w.seen |= set }

// Check takes the time and the groups that a living stream serves, and returns what changed, by index. To be called about each second:
// alarms are as exact as the calls are often. The clock of a group stands still while no stream serves it, and begins anew when one does:
// a dead connection is another matter than a filter that brings nothing, and a new stream may replay for a while.
func (w *Watch) Check(now time.Time, served fold.GroupSet) []Event {
	var events []Event
	for i := range w.groups {
		if e, changed := w.groups[i].check(now, served.Has(i), w.seen.Has(i)); changed {
			events = append(events, e)
		}
	}
	w.seen = 0
	return events
}

func (s *state) check(now time.Time, served, seen bool) (Event, bool) {
	if served && !s.since.IsZero() {
		s.silent += now.Sub(s.since)
	}
	e := Event{Group: s.Name, Silent: s.silent, Expected: s.expected()}
	switch {
	case seen:
		cleared := s.raised
		s.restart(now, served)
		s.raised = false
		return e, cleared
	case !served:
		s.since = time.Time{}
		if !s.raised {
			s.silent = 0
		}
		return Event{}, false
	}
	s.since = now
	if s.raised || e.Expected < 0 || s.silent < e.Expected {
		return Event{}, false
	}
	s.raised, e.Raised = true, true
	return e, true
}

func (s *state) restart(now time.Time, served bool) {
	s.silent, s.since = 0, time.Time{}
	if served {
		s.since = now
	}
}

// Raised returns the groups whose alarm is raised.
func (w *Watch) Raised() fold.GroupSet {
	var set fold.GroupSet
	for i, g := range w.groups {
		if g.raised {
			set = set.With(i)
		}
	}
	return set
}
