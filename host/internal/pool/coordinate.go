package pool

import (
	"context"
	"fmt"
	"math/bits"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
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
	if waiting && now.Sub(p.cover.owed[g]) < owedFor {
		return -1, false
	}
	return next, !p.tryHeal(g)
}

// mayFill tells whether a connection may still deliver what is missing of a group.
func (k *connection) mayFill(g int, now time.Time) bool {
	switch {
	case k.hopeless || !k.wants.Has(g):
		return false
	case k.stream == nil || !k.streaming:
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

// resend sends the request of an open stream again when it is not what it shall be. It returns how long to wait for that.
func (k *connection) resend(now time.Time) time.Duration {
	p := k.pool
	added, removed := k.wants&^k.sent, k.sent&^k.wants
	k.heal &= k.sent & k.wants
	if added == 0 && removed == 0 && k.heal == 0 && k.version == p.version {
		k.changed = time.Time{}
		return 0
	}
	if !k.streaming {
		return 0 // the server has not applied the first request yet; the first content looks again
	}
	if k.changed.IsZero() {
		k.changed = now
	}
	if due := max(k.changed.Add(coalesce).Sub(now), k.asked.Add(k.source.spacing()).Sub(now)); due > 0 {
		return due
	}
	if !k.began.live && p.config.Commitment == geyserpb.CommitmentLevel_PROCESSED || !k.ask.done(now) || k.began.settle.groups != 0 || k.needsProbe(now, added) {
		return coalesce
	}
	k.send(now, added, removed)
	return 0
}

// What a source told of its replay store counts for probeFresh; a request waits up to probeWait for something newer.
const (
	probeFresh = 5 * time.Second
	probeWait  = 400 * time.Millisecond
)

// needsProbe tells whether to wait until the source has said how far back it replays.
func (k *connection) needsProbe(now time.Time, added GroupSet) bool {
	if k.heal == 0 && k.orphans(added) == 0 || now.Sub(k.source.probed) < probeFresh || now.Sub(k.changed) > probeWait {
		return false
	}
	signal(k.probeNow)
	return true
}

// send sends the request of what the stream shall serve.
func (k *connection) send(now time.Time, added, removed GroupSet) {
	p := k.pool
	a := &ask{id: p.nextAsk(), added: added, healed: k.heal, from: k.replayFrom(added), at: p.cover.at[k.index], sent: now}
	a.partial = added != 0 && p.config.Commitment == geyserpb.CommitmentLevel_PROCESSED
	request, err := k.request(k.wants, a.from)
	if err != nil {
		k.log.Error("groups cannot be added to the stream", "groups", p.table.names(added), "error", err)
		k.changed = now.Add(time.Second)
		return
	}
	if !k.stream.Change(request, a.id) {
		k.changed = now
		return
	}
	p.cover.drop(k.index, removed)
	k.rewhole()
	k.log.Info("request sent in the open stream", "added", p.table.names(added), "removed", p.table.names(removed), "from_slot", a.from)
	k.sent, k.version, k.ask, k.heal = k.wants, p.version, a, 0
	k.asked, k.changed = now, time.Time{}
	k.count.changes.Add(1)
}

func (p *Pool) nextAsk() int32 {
	p.asks++
	return 1<<20 + p.asks
}

// replayFrom returns from which slot a request in the open stream should replay, 0 for nothing: when groups come that nobody serves
// any more, or something is to be healed.
func (k *connection) replayFrom(added GroupSet) uint64 {
	p := k.pool
	orphans := k.orphans(added)
	base := uint64(0)
	if orphans != 0 {
		base = p.cover.base(orphans, p.config.Resume())
	}
	from := max(base, k.source.Margin+1) - k.source.Margin
	for g := range k.heal.All() {
		if need := p.cover.solid[g]; base == 0 || need < base {
			base, from = need, min(need+1, from)
			if orphans == 0 {
				from = need + 1
			}
		}
	}
	if base == 0 {
		return 0
	}
	from = max(from, p.cover.start)
	head := k.count.slot.Load()
	for _, try := range []uint64{from, base + 1} { // the margin is worth less than the replay; beyond its own head a server refuses
		if try <= p.cover.at[k.index] && k.source.replays(try, head, p.config.Commitment) {
			k.resume.base, k.resume.from = base, try
			return try
		}
	}
	return 0
}

// orphans returns those of the groups that no stream brings without a hole, and that are watched already.
func (k *connection) orphans(groups GroupSet) (out GroupSet) {
	for g := range (groups & k.pool.cover.begun).All() {
		if !k.pool.served(g) {
			out = out.With(g)
		}
	}
	return out
}

// served tells whether a stream brings a group without a hole.
func (p *Pool) served(g int) bool {
	for i, k := range p.connections {
		if k.streaming && p.cover.joined(i, g) {
			return true
		}
	}
	return false
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
