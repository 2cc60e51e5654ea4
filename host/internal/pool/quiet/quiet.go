// Package quiet watches for filters that bring nothing. What each group brought, and whether a stream serves it, goes in; alarms come
// out, each raised once and cleared once. It knows no clock and no goroutine: the caller says what time it is.
package quiet

import (
	"fmt"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// Group is what a watch needs to know of a group.
type Group struct {
	Name     string
	Priority fold.Priority
	// Quiet is how long the group may bring nothing. 0 is the default of its priority; a negative one never alarms.
	Quiet time.Duration
}

// Defaults by priority. Something happens on the bonding curve many times a second, so 10 s without a trade is a broken filter, a
// renamed program, or a node that stands still.
const (
	DefaultHigh   = 10 * time.Second
	DefaultMedium = 30 * time.Second
	DefaultLow    = 120 * time.Second
)

func (g Group) expected() time.Duration {
	switch {
	case g.Quiet != 0:
		return g.Quiet
	case g.Priority == fold.High:
		return DefaultHigh
	case g.Priority == fold.Medium:
		return DefaultMedium
	default:
		return DefaultLow
	}
}

// Event is an alarm that was raised or cleared.
type Event struct {
	Group  string
	Raised bool
	// Silent is how long the group brought nothing, while it was served.
	Silent time.Duration
	// Expected is how long it may.
	Expected time.Duration
}

func (e Event) String() string {
	if e.Raised {
		return fmt.Sprintf("group %s brought nothing for %s (expected within %s): look whether its programs are still in use, and whether another endpoint brings more",
			e.Group, e.Silent.Round(time.Second), e.Expected)
	}
	return fmt.Sprintf("group %s brings transactions again after %s", e.Group, e.Silent.Round(time.Second))
}

// Watch keeps the silence of each group. One goroutine at a time.
type Watch struct {
	groups []state
	seen   fold.GroupSet // since the last Check
}

type state struct {
	Group
	raised bool
	silent time.Duration // heard nothing for so long, while served
	since  time.Time     // of the last Check at which it was served; zero when it was not
}

// New returns a watch over these groups. Index i is bit i of a GroupSet.
func New(groups []Group) *Watch {
	w := &Watch{}
	w.Set(groups)
	return w
}
