package pool

import (
	"time"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

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

// orphans returns those of the groups that no stream brings without a hole, and that are watched already or begin with those that are.
func (k *connection) orphans(groups GroupSet) (out GroupSet) {
	c := &k.pool.cover
	for g := range (groups & (c.begun | c.level)).All() {
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
