package pool

import (
	"context"
	"fmt"
	"math/bits"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// coalesce is how long a changed request waits for further changes.
const coalesce = fold.Coalesce

// coordinate decides, whenever something happened, which connection serves which group.
func (p *Pool) coordinate(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	again := time.NewTimer(time.Hour)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.kick:
		case <-again.C:
		case now := <-tick.C:
			p.sample(now)
		}
		if next := p.reconcile(time.Now()); next > 0 {
			again.Reset(next)
		}
	}
}

// reconcile brings what the streams serve to what they shall serve. It returns when to look again, 0 for at the next event.
func (p *Pool) reconcile(now time.Time) (next time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.owe(p.table.active, now)
	p.want()
	for _, k := range p.connections {
		if k.stream == nil {
			if k.wants != 0 {
				signal(k.wake)
			}
			continue
		}
		if wait := k.resend(now); wait > 0 && (next == 0 || wait < next) {
			next = wait
		}
	}
	return next
}

// place gives each group its homes, and what the connections want from that.
func (p *Pool) place() {
	places := make([]place, len(p.connections))
	for i, k := range p.connections {
		places[i] = place{source: k.source.index, usable: !k.hopeless}
	}
	homes := assign(&p.table, places, p.config.Copies, p.homes)
	p.homes = homes
	p.want()
}

// want sets what each connection shall serve: the groups it is home of, and those it stands in for until their homes have proven that they
// bring all of them.
func (p *Pool) want() {
	var wants [maxConnections]GroupSet
	for g := range p.table.active.All() {
		on := p.homes[g]
		if !p.provenOn(g, on) {
			on |= p.standIns(g, on)
		}
		for i := range p.connections {
			if on.has(i) {
				wants[i] = wants[i].With(g)
			}
		}
	}
	for i, k := range p.connections {
		k.wants = wants[i]
	}
}

func (p *Pool) provenOn(g int, homes connectionSet) bool {
	for i, k := range p.connections {
		if homes.has(i) && (!k.streaming || !p.cover.proven(i, g)) {
			return false
		}
	}
	return true
}

// standIns returns the connections that serve a group besides its homes: those that do already, and a new one when homes are down.
func (p *Pool) standIns(g int, homes connectionSet) (out connectionSet) {
	alive := 0
	for i, k := range p.connections {
		switch {
		case homes.has(i):
			if !k.down {
				alive++
			}
		case k.streaming && k.wants.Has(g):
			out = out.with(i)
			alive++
		}
	}
	if alive >= bits.OnesCount8(uint8(homes)) {
		return out
	}
	if best := p.standIn(homes | out); best >= 0 {
		p.moves++
		p.log.Info("another connection stands in", "group", p.table.groups[g].Name, "endpoint", p.connections[best].source.Endpoint.Name, "connection", best)
		out = out.with(best)
	}
	return out
}

// standIn picks a connection that works: of another source first, then the one with the fewest groups. -1 when there is none.
func (p *Pool) standIn(taken connectionSet) int {
	best, least := -1, 0
	for i, k := range p.connections {
		if taken.has(i) || !k.streaming {
			continue
		}
		cost := k.wants.Len()
		for j, other := range p.connections {
			if taken.has(j) && other.source == k.source {
				cost += fold.MostGroups
			}
		}
		if best < 0 || cost < least {
			best, least = i, cost
		}
	}
	return best
}

// Move makes a connection the home of a group, in place of the one that is now, and of the one on the same source when there are two.
// The old one serves the group until the new one has proven that it does.
func (p *Pool) Move(group string, connection int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	g := p.table.bit(group)
	if g < 0 || !p.table.active.Has(g) {
		return fmt.Errorf("move group %s: there is no such group", group)
	}
	if connection < 0 || connection >= len(p.connections) {
		return fmt.Errorf("move group %s: there is no connection %d", group, connection)
	}
	p.move(g, connection, -1)
	return nil
}

// move replaces a home of a group; from is -1 for any.
func (p *Pool) move(g, to, from int) {
	homes := p.homes[g]
	if homes.has(to) {
		return
	}
	if from < 0 || !homes.has(from) {
		from = -1
		for i := range p.connections {
			if homes.has(i) && (from < 0 || p.connections[i].source == p.connections[to].source) {
				from = i
			}
		}
	}
	if from >= 0 {
		homes = homes.without(from)
	}
	p.homes[g] = homes.with(to)
	p.moves++
	p.log.Info("group moves", "group", p.table.groups[g].Name, "from", from, "to", to)
	signal(p.kick)
}
