package pool

import (
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// receive moves updates from the stream into the queue until the stream ends. It never waits for anything but the stream; only block
// metas and the first content look at what the connections share.
func (k *connection) receive(stream *geyser.Stream, opened time.Time) error {
	useful, first, crowded := false, true, false
	for {
		u, err := stream.Recv()
		if err != nil {
			return k.verdict(err, useful)
		}
		kind, slot := u.Kind(), u.Slot()
		if kind == geyser.KindPong {
			k.pong(u.Created())
			u.Release()
			continue
		}
		k.tally(u)
		if first && isContent(kind) {
			first = false
			k.first(slot)
		}
		if crowded {
			u.Detach()
		}
		var ok bool
		if kind == geyser.KindBlockMeta {
			ok, crowded = k.meta(u, stream.Started())
		} else {
			ok, crowded = k.pool.queue.push(Item{Update: u, Connection: k.index, Whole: k.whole(slot)})
		}
		if !ok {
			u.Release()
			k.count.overflows.Add(1)
			return k.verdict(errOverflow, useful)
		}
		if !useful && k.isUseful(kind, slot, opened) {
			useful = true
			k.source.proven.Store(true)
			k.backoff.reset()
			k.source.breaker.Success()
		}
	}
}

func isContent(k geyser.Kind) bool {
	return k == geyser.KindTransaction || k == geyser.KindBlockMeta || k == geyser.KindBlock
}

// isUseful tells a stream that brought us further from one that only repeats what an earlier one brought before it ended.
func (k *connection) isUseful(kind geyser.Kind, slot uint64, opened time.Time) bool {
	if kind == geyser.KindBlockMeta && slot > k.best {
		k.best = slot
		return true
	}
	return isContent(kind) && time.Since(opened) >= usefulTime
}

func (k *connection) tally(u *geyser.Update) {
	c := &k.count
	c.updates.Add(1)
	c.bytes.Add(uint64(u.Size()))
	if slot := u.Slot(); slot > c.slot.Load() {
		c.slot.Store(slot)
	}
	if created := u.Created(); created > 0 {
		c.lag.Store(u.Received() - created)
	}
}

// begin is what is known of where the open stream began.
type begin struct {
	from   uint64 // what was asked for and granted, 0 = the present
	lowest uint64 // the first slot of which something came or may come
	seen   bool   // a block meta came
	live   bool   // content made after the opening came
	settle settle
}

// settle is groups whose cover begins once it is known which slot is the first that is whole.
type settle struct {
	groups GroupSet
	metas  int // block metas to let pass
}

// settling is how many block metas pass before a slot counts as begun after a change. A slot in progress is in doubt; so is the next one,
// since a server applies a change behind what it has already taken up, and forks run side by side.
const settling = 2

// first takes the slot of the first content of a stream: either all from the asked slot on comes, or the present.
func (k *connection) first(slot uint64) {
	p := k.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	k.streaming, k.down = true, false
	k.count.state.Store(Streaming)
	k.began.from, k.began.lowest = k.resume.from, slot
	processed := p.config.Commitment == geyserpb.CommitmentLevel_PROCESSED
	switch {
	case k.began.from > 0:
		k.source.replayed = true
		k.began.lowest = k.began.from
		k.cover(k.sent, k.began.from)
	case processed:
		k.began.live = true
		k.settle(k.sent, settling)
	default: // of this slot a part may be missing
		k.began.live = true
		k.cover(k.sent, slot+1)
	}
	k.resume.granted()
	k.rewhole()
	signal(p.kick)
}

// cover begins to cover groups from a slot on, and says what is missing before it.
func (k *connection) cover(groups GroupSet, since uint64) {
	p := k.pool
	lowest := since
	if k.began.lowest > 0 && !k.began.seen {
		lowest = min(since, k.began.lowest)
	}
	for g := range groups.All() {
		p.cover.begin(k.index, g, since, lowest)
	}
	p.vacant &^= groups
	p.owe(groups, time.Now())
}

// settle lets the cover of groups begin later.
func (k *connection) settle(groups GroupSet, metas int) {
	k.pool.cover.drop(k.index, groups)
	k.began.settle = settle{groups: k.began.settle.groups | groups, metas: metas}
}

// meta hands a block meta on with what is covered of its slot.
func (k *connection) meta(u *geyser.Update, started int64) (ok, crowded bool) {
	p := k.pool
	slot, parent := u.Slot(), u.Parent()
	p.mu.Lock()
	defer p.mu.Unlock()
	k.verify(slot, parent)
	k.replayedMeta(slot, parent)
	k.inProgress(u.Created(), started)
	covered := p.cover.claims(k.index, k.sent, slot)
	ok, crowded = p.queue.push(Item{Update: u, Connection: k.index, Covers: covered | p.vacant})
	if !ok {
		return ok, crowded
	}
	k.began.seen = true
	before := p.cover.at[k.index]
	p.cover.advance(k.index, covered, slot, parent)
	k.settled()
	k.rewhole()
	p.mayStart()
	if covered != 0 && before < slot && k.wants != k.sent || k.ask != nil {
		signal(p.kick)
	}
	return ok, crowded
}

// verify compares the first block meta with what was asked for. A server that does not know from_slot begins with the present without
// a word: the parent of its first block is then a slot that should have come.
func (k *connection) verify(slot, parent uint64) {
	if k.began.seen || k.began.from == 0 || slot <= k.began.from || parent < k.began.from {
		return
	}
	k.source.noReplay, k.source.replayed = true, false
	k.resume.reason = "the server began later than it was asked to"
	k.began.from, k.began.lowest = 0, slot
	k.pool.cover.drop(k.index, k.sent)
	k.cover(k.sent, slot+1)
}

// inProgress takes the cover away for the slots that were in progress when the stream opened, or when groups were added with a replay:
// what they had brought before is neither replayed nor sent again. At other levels a slot comes as a whole.
func (k *connection) inProgress(created, started int64) {
	if k.pool.config.Commitment != geyserpb.CommitmentLevel_PROCESSED {
		return
	}
	if !k.began.live && (created == 0 || started == 0 || created >= started) {
		k.began.live = true
		k.settle(k.sent, settling)
	}
	if a := k.ask; a != nil && a.replayed && !a.live && (created == 0 || a.stamp == 0 || created >= a.stamp) {
		a.live = true
		k.settle(a.added, settling)
	}
}

// settled counts the block metas that pass until a whole slot can begin.
func (k *connection) settled() {
	s := &k.began.settle
	if s.groups != 0 {
		if s.metas--; s.metas <= 0 {
			groups := s.groups & k.sent
			*s = settle{}
			k.cover(groups, k.count.slot.Load()+1)
		}
	}
	a := k.ask
	if a == nil {
		return
	}
	if !a.ponged && time.Since(a.sent) > askPatience { // a server that answers no pings has applied it by now
		a.ponged, a.stamp, a.metas = true, 0, settling
	}
	if !a.ponged || a.replayed || a.metas == 0 {
		return
	}
	if a.metas--; a.metas == 0 {
		k.cover(a.added&k.sent, k.count.slot.Load()+1)
	}
}
