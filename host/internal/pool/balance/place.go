package balance

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// Failover returns where the groups of a dead connection go, as of the last Observe: at once, whatever was moved before, the most
// important group first. A high group goes to another provider before all, then to a free connection; it shares when there is no other
// way. The others go where no high one is, then to another provider. Of equal places the least loaded is taken. Groups for which there
// is no place are not in the answer.
func (b *Balancer) Failover(now time.Time, dead int) []Decision {
	at := slices.IndexFunc(b.latest, func(c Connection) bool { return c.ID == dead })
	if at < 0 {
		return nil
	}
	from := b.latest[at]
	var out []Decision
	for _, g := range slices.SortedStableFunc(slices.Values(from.Groups), func(x, y Load) int {
		return cmp.Or(cmp.Compare(x.Priority, y.Priority), cmp.Compare(x.Group, y.Group))
	}) {
		to := b.shelter(from, g)
		if to == nil {
			continue
		}
		d := Decision{g.Group, dead, to.ID, fmt.Sprintf("connection %d is dead", dead)}
		to.Groups = append(slices.Clone(to.Groups), g)
		if to.Room > 0 {
			to.Room--
		}
		to.Sample.TPS += g.TPS
		to.Sample.BytesPerSecond += g.BytesPerSecond
		b.begin(now, d)
		out = append(out, d)
	}
	b.latest[at].Groups = slices.DeleteFunc(slices.Clone(from.Groups), func(g Load) bool {
		return slices.ContainsFunc(out, func(d Decision) bool { return d.Group == g.Group })
	})
	return out
}

// shelter returns the living connection that is best for a group whose own died; nil when there is none.
func (b *Balancer) shelter(from Connection, g Load) *Connection {
	var best *Connection
	for i := range b.latest {
		c := &b.latest[i]
		if c.ID == from.ID || !c.Alive || c.Room == 0 {
			continue
		}
		if best == nil || b.prefer(c, best, from, g) < 0 {
			best = c
		}
	}
	return best
}

func (b *Balancer) prefer(x, y *Connection, from Connection, g Load) int {
	cost := func(c *Connection) (crowded, kin int) {
		if g.Priority == fold.High && len(c.Groups) > 0 || g.Priority != fold.High && c.holdsHigh() {
			crowded = 1
		}
		if c.Provider == from.Provider {
			kin = 1
		}
		return crowded, kin
	}
	crowdedX, kinX := cost(x)
	crowdedY, kinY := cost(y)
	// For a high group another provider counts for more than a place of its own: the one it was on may be down as a whole.
	first, second := cmp.Compare(crowdedX, crowdedY), cmp.Compare(kinX, kinY)
	if g.Priority == fold.High {
		first, second = second, first
	}
	return cmp.Or(first, second, cmp.Compare(b.config.weigh(x.Sample).score(), b.config.weigh(y.Sample).score()), cmp.Compare(x.ID, y.ID))
}

// Assign spreads groups over n connections at a start and returns the connection of each, 0 to n-1. High groups come first and share
// with no other where there are two connections or more; the others are spread by their loads, or evenly where none is known.
func Assign(groups []Load, n int) []int {
	out := make([]int, len(groups))
	if n <= 1 {
		return out
	}
	order := make([]int, len(groups))
	high := 0
	for i, g := range groups {
		order[i] = i
		if g.Priority == fold.High {
			high++
		}
	}
	slices.SortStableFunc(order, func(x, y int) int {
		return cmp.Or(cmp.Compare(groups[x].Priority, groups[y].Priority), cmp.Compare(groups[y].TPS, groups[x].TPS))
	})
	own := n // connections of high groups
	if high < len(groups) {
		own = min(high, n-1)
	}
	weight := make([]float64, n)
	for _, i := range order {
		first, last := own, n
		if groups[i].Priority == fold.High {
			first, last = 0, own
		}
		to := first
		for c := first; c < last; c++ {
			if weight[c] < weight[to] {
				to = c
			}
		}
		out[i] = to
		weight[to] += groups[i].TPS + 1 // where nothing is known, by number
	}
	return out
}
