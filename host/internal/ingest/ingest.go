// Package ingest drops transactions that came before and follows slots: it tells for each group of subscriptions which are complete, so
// that a stream can be resumed behind them.
package ingest

import (
	"maps"
	"sync/atomic"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Config of an Ingest. The zero value is good.
type Config struct {
	// Window is how many slots behind the highest one keep their signatures; those that the chain skipped do not count. It must exceed how
	// far a stream may be resumed behind the last complete slot. Default 256, some 100 s of mainnet; at 2,000 transactions a slot that is
	// about 50 MB.
	Window uint64
}

// Ingest deduplicates exactly: a transaction is its slot and its signature, since on a fork the same one can be in two slots. It is for
// one goroutine, but Complete, Frontier, Head and Stats may be called from any.
type Ingest struct {
	window  uint64
	seen    seen
	floor   uint64 // lowest slot that is looked at
	began   bool   // floor is set
	highest uint64 // slot of any transaction or block meta
	recent  recent // the highest ones before it

	groups   []*frontier
	shared   atomic.Pointer[[]*frontier] // groups, for readers
	whole    fold.GroupSet
	short    map[uint64]shortfall
	late     late
	void     map[uint64]struct{} // slots that the chain gave up
	complete atomic.Uint64
	heads    [geyserpb.SlotStatus_SLOT_DEAD + 1]atomic.Uint64
	stats    counters
}

type counters struct {
	fresh, duplicates, old, far, void, short, slots, dead, remembered atomic.Uint64
}

// Stats counts since New.
type Stats struct {
	// Transactions given to Transaction, of which Fresh were new, Duplicates came before, and Old are of slots before the first one
	// that is wanted. Far ones are not among them.
	Transactions, Fresh, Duplicates, Old uint64
	// Far counts transactions and block metas that were dropped because their slot cannot be true.
	Far uint64
	// Void counts transactions of slots that the chain gave up, dropped. They are not among Transactions either.
	Void uint64
	// Short counts block metas that came before the transactions they count.
	Short uint64
	// Slots is how often the frontier moved, Dead how many slots the chain gave up.
	Slots, Dead uint64
	// Remembered is how many signatures are kept right now.
	Remembered uint64
}

// New returns an Ingest that begins with the first slot it is given.
func New(c Config) *Ingest {
	if c.Window == 0 {
		c.Window = 256
	}
	in := &Ingest{window: c.Window, recent: newRecent(4 * c.Window), seen: newSeen(), short: map[uint64]shortfall{}, void: map[uint64]struct{}{}}
	in.SetGroups(1)
	return in
}

// Restore continues an earlier run, before anything else is called: complete is its last complete slot. Of the slots from oldest on, Seed
// is then called with every signature that was taken in; what comes of slots before oldest counts as seen. All groups go on behind
// complete, those that are new too: the stream begins there for all. Complete may be 0 when no slot was complete; the groups then begin
// with what comes.
func (in *Ingest) Restore(complete, oldest uint64) {
	in.floor, in.began = oldest, true
	if complete == 0 {
		return
	}
	for _, f := range in.groups {
		f.move(complete)
	}
	in.complete.Store(complete)
}

// Seed notes a transaction as seen. signature has 64 bytes.
func (in *Ingest) Seed(slot uint64, signature []byte) {
	if in.seen.add(slot, [64]byte(signature)) {
		in.stats.remembered.Add(1)
	}
}

// Transaction tells whether a transaction is new, and notes it. signature has 64 bytes and is copied.
func (in *Ingest) Transaction(slot uint64, signature []byte) (fresh bool) {
	if !in.plausible(slot) {
		return false
	}
	if slot < in.floor && (!in.late.seeded || !in.late.holds(slot)) {
		in.stats.old.Add(1)
		return false
	}
	if len(in.void) > 0 {
		if _, void := in.void[slot]; void {
			in.stats.void.Add(1)
			return false
		}
	}
	if !in.add(slot, [64]byte(signature)) {
		in.stats.duplicates.Add(1)
		return false
	}
	in.stats.fresh.Add(1)
	in.reach(slot)
	if len(in.short) > 0 {
		in.catchUp(slot)
	}
	return true
}

// add notes a signature where its slot is kept, which may be in both places: the window can move over a reopened slot.
func (in *Ingest) add(slot uint64, signature [64]byte) (fresh bool) {
	fresh = true
	if in.late.holds(slot) {
		fresh = in.late.seen.add(slot, signature)
	}
	if slot < in.floor {
		return fresh
	}
	if in.seen.add(slot, signature) {
		in.stats.remembered.Add(1)
		return fresh
	}
	return false
}

// Void drops what is remembered of a slot that the chain gave up, and from now on its transactions: another provider may still send
// them.
func (in *Ingest) Void(slot uint64) {
	in.void[slot] = struct{}{}
	in.stats.remembered.Add(-uint64(in.seen.drop(slot)))
	delete(in.short, slot)
}

// Revive takes back Void: the chain came back to a slot, and its transactions are new again.
func (in *Ingest) Revive(slot uint64) { delete(in.void, slot) }

// SlotStatus notes how far the chain is. Statuses that this protocol line does not know are ignored.
func (in *Ingest) SlotStatus(u *geyser.SlotUpdate) {
	if u.Status < 0 || int(u.Status) >= len(in.heads) {
		return
	}
	if u.Status == geyserpb.SlotStatus_SLOT_DEAD {
		in.stats.dead.Add(1)
	}
	if head := &in.heads[u.Status]; u.Slot > head.Load() {
		head.Store(u.Slot)
	}
}

// Head returns the highest slot that reached a status, 0 when none did.
func (in *Ingest) Head(s geyserpb.SlotStatus) uint64 {
	if s < 0 || int(s) >= len(in.heads) {
		return 0
	}
	return in.heads[s].Load()
}

// Stats returns a snapshot; its counts are each exact, but not of the same instant.
func (in *Ingest) Stats() Stats {
	s := Stats{
		Fresh: in.stats.fresh.Load(), Duplicates: in.stats.duplicates.Load(), Old: in.stats.old.Load(),
		Far: in.stats.far.Load(), Void: in.stats.void.Load(), Short: in.stats.short.Load(), Slots: in.stats.slots.Load(), Dead: in.stats.dead.Load(), Remembered: in.stats.remembered.Load(),
	}
	s.Transactions = s.Fresh + s.Duplicates + s.Old
	return s
}

// farAhead is a jump that nobody makes: some seven years of slots. A single absurd slot would otherwise move the frontier, which is
// durable, to where every true slot is old for ever. It is this wide because recorded traffic, played by the simulator, skips years.
const farAhead = 1 << 29

// plausible takes the first slot as it is, and later ones that are not absurdly far ahead.
func (in *Ingest) plausible(slot uint64) bool {
	if !in.began {
		in.floor, in.began = slot, true
	}
	if in.highest > 0 && slot > in.highest && slot-in.highest > farAhead {
		in.stats.far.Add(1)
		return false
	}
	return true
}

// reach moves the window up. Signatures of a slot are forgotten when it is far behind and the frontier has passed it. When block metas
// stay away, they are forgotten all the same at four times the distance: memory is bounded first of all.
func (in *Ingest) reach(slot uint64) {
	if slot <= in.highest {
		return
	}
	in.highest = slot
	in.recent.add(slot)
	floor := max(min(in.recent.back(in.window), in.complete.Load()), in.recent.back(4*in.window))
	if floor > in.floor {
		in.floor = floor
		in.stats.remembered.Add(-uint64(in.seen.forget(floor)))
		maps.DeleteFunc(in.short, func(slot uint64, _ shortfall) bool { return slot < floor })
		maps.DeleteFunc(in.void, func(slot uint64, _ struct{}) bool { return slot < floor })
	}
}
