package pool

import (
	"time"
)

// owe looks whether something is missing of groups between what was handed on and what connections cover now, asks for it where it can be
// replayed, and gives it up where it cannot.
func (p *Pool) owe(groups GroupSet, now time.Time) {
	type span struct {
		from, to uint64
		k        int
	}
	missing := map[span]GroupSet{}
	var order []span
	for g := range groups.All() {
		k, lost := p.lost(g, now)
		if !lost {
			continue
		}
		from, to, _ := p.cover.hole(k, g)
		if p.cover.short.Has(g) {
			p.connections[k].log.Info("group begins later than the others", "group", p.table.groups[g].Name, "slot", to+1, "others", from)
			p.cover.giveUp(k, g)
			p.cover.floor[g] = to
			continue
		}
		s := span{from, to, k}
		if missing[s] == 0 {
			order = append(order, s)
		}
		missing[s] = missing[s].With(g)
		p.cover.giveUp(k, g)
		p.cover.floor[g] = to
		if b := p.connections[k].began; b.from == 0 && to == b.lowest {
			p.cover.floor[g] = to - 1 // of this slot a part came; a replay may bring the rest
		}
	}
	for _, s := range order {
		k := p.connections[s.k]
		gap := &Gap{From: s.from, To: s.to, Groups: missing[s], Endpoint: k.source.Endpoint.Name, Reason: "not replayed: " + k.resume.reason}
		p.gaps.Add(1)
		k.log.Error("slots are missing", "from", gap.From, "to", gap.To, "groups", p.table.names(gap.Groups), "reason", gap.Reason)
		p.queue.push(Item{Gap: gap, Connection: s.k})
	}
	if len(order) > 0 { // behind the gap, connections may be in order again
		for _, k := range p.connections {
			k.rewhole()
		}
	}
}

// owedFor is how long a hole waits for a connection that may still bring what is missing: some 150 slots, the replay store of most
// providers.
const owedFor = time.Minute

// shortFor is how long the other groups of a first start wait for one that may still begin with them: nothing is handed on meanwhile.
const shortFor = 5 * time.Second

// lost tells whether there is a hole in a group that nobody will fill any more, and the connection behind it.
func (p *Pool) lost(g int, now time.Time) (next int, lost bool) {
	next, waiting := -1, false
	for i, k := range p.connections {
		switch {
		case p.cover.joined(i, g):
			p.cover.owed[g] = time.Time{}
			return -1, false
		case p.cover.since[i][g] != 0 && (next < 0 || p.cover.since[i][g] < p.cover.since[next][g]):
			next = i
		}
		waiting = waiting || k.mayFill(g, now)
	}
	if next < 0 || !p.cover.begun.Has(g) {
		return -1, false
	}
	if p.cover.owed[g].IsZero() {
		p.cover.owed[g] = now
	}
	patience := owedFor
	if p.cover.short.Has(g) {
		if p.tryHeal(g) {
			return -1, false
		}
		patience = shortFor
	}
	if waiting && now.Sub(p.cover.owed[g]) < patience {
		return -1, false
	}
	return next, !p.tryHeal(g)
}

// mayFill tells whether a connection may still deliver what is missing of a group.
func (k *connection) mayFill(g int, now time.Time) bool {
	switch {
	case k.hopeless || !k.wants.Has(g):
		return false
	case k.stream == nil:
		return !k.pool.cover.short.Has(g) || k.source.mayReplay(k.pool.config.Commitment)
	case !k.streaming:
		return true
	default:
		return k.heal.Has(g) || k.ask.replaying(g, now)
	}
}

// tryHeal lets a stream that serves the group replay the hole, once.
func (p *Pool) tryHeal(g int) bool {
	if p.cover.healed[g] == p.cover.solid[g]+1 {
		return false
	}
	p.cover.healed[g] = p.cover.solid[g] + 1
	for _, k := range p.connections {
		if k.streaming && k.sent.Has(g) && k.wants.Has(g) && k.source.replays(p.cover.solid[g]+1, k.count.slot.Load(), p.config.Commitment) {
			k.heal = k.heal.With(g)
			signal(p.kick)
			return true
		}
	}
	return false
}
