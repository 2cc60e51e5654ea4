package merge

import (
	"math"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// silent is how many slots may be held without that any group is proven complete before that counts as being behind: some servers send no
// block metas at all.
const silent = 32

// mostStep is the most that one look adds to the time that a group is behind: when nothing comes for long, no group is late.
const mostStep = time.Second

// reach returns up to which slot nothing has to be waited for.
func (m *Merge[T]) reach(now time.Time, active fold.GroupSet, frontier func(int) uint64) uint64 {
	step := mostStep
	if !m.looked.IsZero() {
		step = min(now.Sub(m.looked), mostStep)
	}
	m.looked = now
	if m.bound > 0 {
		active = begun(active, frontier)
	}
	lead := uint64(0)
	if n := len(m.order); n > silent {
		lead = m.order[n-1-silent]
	}
	for g := range active.All() {
		lead = max(lead, frontier(g))
	}
	m.waived &= active
	for g := range active.All() {
		m.judge(g, frontier(g), lead, step)
	}
	if active&^m.waived == 0 {
		return lead
	}
	lowest := uint64(math.MaxUint64)
	for g := range (active &^ m.waived).All() {
		lowest = min(lowest, frontier(g))
	}
	return lowest
}

// begun leaves out the groups that have not begun. They are waited for at the first start only, so that all begin together; one that is
// added later concerns nothing that came before it.
func begun(groups fold.GroupSet, frontier func(int) uint64) fold.GroupSet {
	for g := range groups.All() {
		if frontier(g) == 0 {
			groups = groups.Without(g)
		}
	}
	return groups
}

// judge waives a group that is behind for too long while others wait for it, and waits for it again when it is there.
func (m *Merge[T]) judge(g int, at, lead uint64, step time.Duration) {
	late := at < lead && len(m.order) > 0 && at < m.order[0]
	switch {
	case m.waived.Has(g):
		if at >= max(m.bound, 1) {
			m.waived = m.waived.Without(g)
			m.behind[g] = 0
		}
	case !late:
		m.behind[g] = 0
	default:
		m.behind[g] += step
		if m.behind[g] >= m.config.Patience {
			m.waived = m.waived.With(g)
			m.stats.Waived++
		}
	}
}
