package ingest

import (
	"sync/atomic"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest/span"
)

// frontier is how far one group came: every slot from its start to at came, was skipped by the chain, or is told of as a gap.
type frontier struct {
	at    atomic.Uint64
	begun bool
	known span.Set // slots beyond at that are done while something before them is not
	// own is the highest slot that is done for this group itself. That the chain skipped a slot is known from other connections too, and
	// says nothing of how far this one came: a group that is late has no hole.
	own uint64
}

// Hole is slots that lie before slots that are done, and of which nothing proves that they came.
type Hole struct {
	From, To uint64
	Groups   fold.GroupSet
}

// advance adds done slots and moves the frontier over what is next to it.
func (f *frontier) advance(from, to uint64) {
	at := f.at.Load()
	if to <= at {
		return
	}
	f.known.Add(from, to)
	if r, ok := f.known.At(at + 1); ok {
		f.move(r.To)
	}
}

func (f *frontier) move(to uint64) {
	f.at.Store(to)
	f.begun = true
	f.known.Remove(0, to)
}

// hole returns the slots between the frontier and the next done one, when the group came past them.
func (f *frontier) hole() (from, to uint64, ok bool) {
	if rest := f.known.Ranges(); len(rest) > 0 && f.own > f.at.Load() {
		return f.at.Load() + 1, rest[0].From - 1, true
	}
	return 0, 0, false
}

// SetGroups says how many groups there are, 1 to fold.MostGroups; before it is called there is one. A group that is added begins with the
// first slot that is proven for it, and holds nothing back before; call it before Restore for those that were there in the earlier run.
// Groups keep their numbers; of those that are taken away the highest go first.
func (in *Ingest) SetGroups(n int) {
	n = min(max(n, 1), fold.MostGroups)
	groups := append([]*frontier(nil), in.groups[:min(n, len(in.groups))]...)
	for len(groups) < n {
		groups = append(groups, &frontier{})
	}
	in.groups = groups
	in.shared.Store(&groups)
	in.update()
}

// Groups returns the set of all groups.
func (in *Ingest) Groups() fold.GroupSet { return fold.AllGroups(len(in.groups)) }

// Whole says which groups get every transaction of a block, votes and failed ones too. For those a block meta is believed only once as
// many transactions came as it counts; for all others their number cannot be proven, since the provider filters them.
func (in *Ingest) Whole(groups fold.GroupSet) { in.whole = groups }

// BlockMeta notes that a slot is sealed, as servers say after the content of it. covers are the groups of which the stream that
// brought the meta has carried the whole slot: a meta alone proves nothing. It returns the groups for which the slot is proven now, less
// those of Whole whose transactions are still short.
//
// The frontier of a group moves to the slot when its parent, and so on, was proven too: the slots between a block and its parent were
// skipped. A meta without a believable parent counts as following whatever came before it.
func (in *Ingest) BlockMeta(m *geyser.BlockMeta, covers fold.GroupSet) (proven fold.GroupSet) {
	if !in.plausible(m.Slot) {
		return 0
	}
	in.reach(m.Slot)
	covers &= fold.AllGroups(len(in.groups))
	if short := covers & in.whole; short != 0 && uint64(in.seen.count(m.Slot)) < m.Transactions {
		in.short[m.Slot] = shortfall{meta: geyser.BlockMeta{Slot: m.Slot, Parent: m.Parent, Transactions: m.Transactions}, groups: in.short[m.Slot].groups | short}
		in.stats.short.Add(1)
		covers &^= short
	}
	in.prove(m, covers)
	return covers
}

// shortfall is a block meta that counts more transactions than came.
type shortfall struct {
	meta   geyser.BlockMeta
	groups fold.GroupSet
}

// catchUp proves a slot whose last transactions came after its block meta.
func (in *Ingest) catchUp(slot uint64) {
	if s, ok := in.short[slot]; ok && uint64(in.seen.count(slot)) >= s.meta.Transactions {
		delete(in.short, slot)
		in.prove(&s.meta, s.groups)
	}
}

func (in *Ingest) prove(m *geyser.BlockMeta, groups fold.GroupSet) {
	for i, f := range in.groups {
		if groups.Has(i) {
			f.own = max(f.own, m.Slot)
		}
		switch {
		case !groups.Has(i):
		case !f.begun:
			f.move(m.Slot)
		case !HasParent(m):
			f.advance(f.at.Load()+1, m.Slot)
		default:
			f.advance(m.Parent+1, m.Slot)
		}
		// That slots were skipped is true for every group.
		if f.begun && !groups.Has(i) && HasParent(m) {
			f.advance(m.Parent+1, m.Slot-1)
		}
	}
	in.update()
}

// HasParent tells whether a block meta names a parent that can be true. Slot 0 is nobody's parent in what Weir watches: servers that do
// not know say 0.
func HasParent(m *geyser.BlockMeta) bool { return m.Parent > 0 && m.Parent < m.Slot }

// Told notes that slots are recorded as missing, or as healed otherwise, so that the frontiers of the groups may pass them. Only what was
// recorded durably may be told.
func (in *Ingest) Told(from, to uint64, groups fold.GroupSet) {
	for i, f := range in.groups {
		switch {
		case !groups.Has(i) || to < from:
		case !f.begun:
			f.move(to)
		default:
			f.own = max(f.own, to)
			f.advance(from, to)
		}
	}
	in.update()
}

// Hole returns the lowest hole that the highest slot seen is more than patience slots ahead of, with all groups that have the same one.
// Until then a slot may still come: from another connection, or late. A group of which nothing at all is proven for three windows has a
// hole too, of one window: before long its slots leave the window, and what comes of them is dropped.
func (in *Ingest) Hole(patience uint64) (h Hole, ok bool) {
	for i, f := range in.groups {
		from, to, is := f.hole()
		if !is && f.begun && in.recent.back(3*in.window) > f.at.Load() {
			from, to, is = f.at.Load()+1, in.recent.back(2*in.window), true
		}
		if !is || in.recent.back(patience) <= from {
			continue
		}
		switch {
		case !ok || from < h.From:
			h, ok = Hole{from, to, fold.GroupSet(0).With(i)}, true
		case from == h.From:
			h.To = min(h.To, to)
			h.Groups = h.Groups.With(i)
		}
	}
	return h, ok
}

// Complete returns the lowest frontier of the groups that have begun, 0 before the first has: all transactions of it and of the
// slots before it were given to Transaction, or are told of as gaps. Once what they led to is durable, a stream may be resumed behind it.
func (in *Ingest) Complete() uint64 { return in.complete.Load() }

// Frontier returns the frontier of a group, 0 when it has not begun or does not exist.
func (in *Ingest) Frontier(group int) uint64 {
	groups := *in.shared.Load()
	if group < 0 || group >= len(groups) {
		return 0
	}
	return groups[group].at.Load()
}

// update sets the common frontier. It never moves back: a group that is added later has nothing to do with what was done before it.
func (in *Ingest) update() {
	lowest, any := uint64(0), false
	for _, f := range in.groups {
		if f.begun && (!any || f.at.Load() < lowest) {
			lowest, any = f.at.Load(), true
		}
	}
	if lowest > in.complete.Load() {
		in.complete.Store(lowest)
		in.stats.slots.Add(1)
	}
}
