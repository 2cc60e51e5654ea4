package pool

import (
	"time"
)

// ask is a request that was sent in the open stream.
type ask struct {
	id       int32
	added    GroupSet // groups that the stream did not serve before
	healed   GroupSet // groups that it did, and of which something is to be replayed
	from     uint64   // slot to replay from, 0 for none
	at       uint64   // highest slot whose meta had come
	sent     time.Time
	ponged   bool
	stamp    int64 // the node's stamp of the pong
	metas    int   // to let pass after the pong
	replayed bool  // the replay came
	live     bool  // content made after the request came
	partial  bool  // the slot in progress is not whole for what was added: only what is live tells which one that is
}

// patience with what a server makes of a request in the open stream.
const askPatience = 5 * time.Second

// done tells whether the next request may be sent: servers apply only the newest of those that wait, and forget the slot of the others.
func (a *ask) done(now time.Time) bool {
	switch {
	case a == nil:
		return true
	case a.replayed && a.partial && !a.live:
		return false
	case now.Sub(a.sent) >= askPatience:
		return true
	}
	return a.ponged && (a.replayed || a.from == 0 && a.metas == 0)
}

// replaying tells whether the replay may still come.
func (a *ask) replaying(g int, now time.Time) bool {
	return a != nil && a.from > 0 && !a.replayed && (a.added | a.healed).Has(g) && now.Sub(a.sent) < askPatience
}

func (k *connection) pong(stamp int64) {
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	if a := k.ask; a != nil && !a.ponged {
		a.ponged, a.stamp, a.metas = true, stamp, settling
	}
	signal(k.pool.kick)
}

// replayedMeta recognises the first block of a replay in the open stream: it came before, and its parent lies before what was asked for.
func (k *connection) replayedMeta(slot, parent uint64) {
	a := k.ask
	if a == nil || a.from == 0 || a.replayed || slot > a.at || slot < a.from {
		return
	}
	if parent >= a.from || parent == 0 && slot > a.from+haste/2 {
		return
	}
	a.replayed = true
	k.source.replayed = true
	for g := range (a.healed & k.sent).All() {
		k.pool.cover.since[k.index][g] = slot
	}
	k.cover((a.added|a.healed)&k.sent, a.from)
	signal(k.pool.kick)
}
