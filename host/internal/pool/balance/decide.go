package balance

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// Balancer remembers what was measured and what was moved. One goroutine at a time.
type Balancer struct {
	config  Config
	known   map[int]*history
	latest  []Connection // of the last Observe, by ID
	moved   map[int]time.Time
	anyMove time.Time
}

// New returns a Balancer that knows no connection.
func New(c Config) *Balancer {
	return &Balancer{config: c.withDefaults(), known: make(map[int]*history), moved: make(map[int]time.Time)}
}

// Observe takes the state of all connections, about each second. A connection that is not named, or is dead, is forgotten: what it bore
// before says nothing of what it will bear.
func (b *Balancer) Observe(now time.Time, connections []Connection) {
	b.latest = slices.SortedFunc(slices.Values(connections), func(x, y Connection) int { return cmp.Compare(x.ID, y.ID) })
	known := make(map[int]*history, len(connections))
	for _, c := range b.latest {
		if !c.Alive {
			continue
		}
		h := b.known[c.ID]
		if h == nil {
			h = &history{}
		}
		h.add(b.config, now, c.Sample)
		known[c.ID] = h
	}
	b.known = known
}

// Score returns the smoothed load of a connection, 100 at what it can bear, and what is foreseen; ok is false for one that is dead or
// was never observed.
func (b *Balancer) Score(connection int) (now, foreseen float64, ok bool) {
	h := b.known[connection]
	if h == nil {
		return 0, 0, false
	}
	return h.smooth.score(), h.foreseen(b.config), true
}

// Decide returns a move that is worth it, if there is one, as of the last Observe. It counts as begun: the caller carries it out, and no
// other is returned for Config.Interval. A high group never moves to where others are, and no other moves to where a high one is.
func (b *Balancer) Decide(now time.Time) (Decision, bool) {
	if !b.anyMove.IsZero() && now.Sub(b.anyMove) < b.config.Interval {
		return Decision{}, false
	}
	d, ok := b.alone(now)
	if !ok {
		d, ok = b.relieve(now)
	}
	if ok {
		b.begin(now, d)
	}
	return d, ok
}

// begin remembers a move. What source and target bore is forgotten: for a while the group is on both, and then it is another mixture.
func (b *Balancer) begin(now time.Time, d Decision) {
	b.anyMove = now
	b.moved[d.Group] = now
	b.known[d.To] = nil
	b.known[d.From] = nil
}

// mayMove tells whether the last move of a group is long enough ago.
func (b *Balancer) mayMove(now time.Time, group int) bool {
	last, ok := b.moved[group]
	return !ok || now.Sub(last) >= b.config.Cooldown
}

// alone gives a high group that has to share, perhaps since its connection died, a connection of its own.
func (b *Balancer) alone(now time.Time) (Decision, bool) {
	to := slices.IndexFunc(b.latest, func(c Connection) bool { return b.settled(c) && len(c.Groups) == 0 && c.Room != 0 })
	if to < 0 {
		return Decision{}, false
	}
	for _, from := range b.latest {
		if !from.Alive || !from.shares() {
			continue
		}
		for _, g := range from.Groups {
			if g.Priority == fold.High && b.mayMove(now, g.Group) {
				return Decision{g.Group, from.ID, b.latest[to].ID, fmt.Sprintf("a high group shares %s, and %s is free", from, b.latest[to])}, true
			}
		}
	}
	return Decision{}, false
}

// settled tells whether a connection lives long enough to be trusted.
func (b *Balancer) settled(c Connection) bool {
	h := b.known[c.ID]
	return h != nil && len(h.points) > 0 && h.at.Sub(h.points[0].at) >= b.config.Hold
}

func (c Connection) String() string {
	if c.Provider == "" {
		return fmt.Sprintf("connection %d", c.ID)
	}
	return fmt.Sprintf("connection %d (%s)", c.ID, c.Provider)
}

// shares tells whether a high group and one that is not are on c.
func (c Connection) shares() bool {
	return c.holdsHigh() && slices.ContainsFunc(c.Groups, func(g Load) bool { return g.Priority != fold.High })
}

func (c Connection) holdsHigh() bool {
	return slices.ContainsFunc(c.Groups, func(g Load) bool { return g.Priority == fold.High })
}

// relieve moves a group away from the hottest connection that has one whose move is worth it.
func (b *Balancer) relieve(now time.Time) (Decision, bool) {
	hot := slices.DeleteFunc(slices.Clone(b.latest), func(c Connection) bool {
		h := b.known[c.ID]
		return h == nil || h.hotSince.IsZero() || h.at.Sub(h.hotSince) < b.config.Hold
	})
	slices.SortStableFunc(hot, func(x, y Connection) int {
		return cmp.Compare(b.known[y.ID].smooth.score(), b.known[x.ID].smooth.score())
	})
	for _, from := range hot {
		if d, ok := b.best(now, from); ok {
			return d, true
		}
	}
	return Decision{}, false
}

// best finds the move away from a connection that leaves the higher of the two loads lowest. Of equal ones, that of the group with the
// lowest priority.
func (b *Balancer) best(now time.Time, from Connection) (d Decision, ok bool) {
	source := b.known[from.ID]
	before := source.smooth.score()
	lowest := before - b.config.Benefit
	groups := slices.SortedStableFunc(slices.Values(from.Groups), func(x, y Load) int {
		return cmp.Or(cmp.Compare(y.Priority, x.Priority), cmp.Compare(x.Group, y.Group))
	})
	for _, g := range groups {
		if !b.mayMove(now, g.Group) {
			continue
		}
		part := b.config.part(source.smooth, g)
		for _, to := range b.latest {
			if !b.takes(to, from, g) {
				continue
			}
			after := max(source.smooth.plus(part, -1).score(), b.known[to.ID].smooth.plus(part, 1).score())
			if after > lowest || ok && after == lowest {
				continue
			}
			lowest, ok = after, true
			d = Decision{g.Group, from.ID, to.ID, fmt.Sprintf("%s bears %.0f %% of what it can, %.0f %% foreseen; with %s, after the move, both bear at most %.0f %%",
				from, before, source.foreseen(b.config), to, after)}
		}
	}
	return d, ok
}

// takes tells whether a connection can take a group from another.
func (b *Balancer) takes(to, from Connection, g Load) bool {
	h := b.known[to.ID]
	if to.ID == from.ID || !b.settled(to) || to.Room == 0 || max(h.smooth.score(), h.foreseen(b.config)) > b.config.Cool {
		return false
	}
	if g.Priority == fold.High {
		return len(to.Groups) == 0
	}
	return !to.holdsHigh()
}
