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
}

// Seen says that the groups of this set brought a transaction. It takes one instruction: call it for each.
func (w *Watch) Seen(set fold.GroupSet) { w.seen |= set }

// Check takes the time and the groups that a living stream serves at it, and returns what changed. To be called about each second:
// alarms are as exact as the calls are often.
func (w *Watch) Check(now time.Time, served fold.GroupSet) []Event { return nil }

// Raised returns the groups whose alarm is raised.
func (w *Watch) Raised() fold.GroupSet { return 0 }
