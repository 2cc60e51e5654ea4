package ledger

import (
	"maps"
	"slices"
	"strings"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Forks finds the slots that did not happen after all. It is needed at commitment processed only, and is for one goroutine.
//
// A slot is void when the node says that it is dead, and also when a later block is confirmed that does not descend from it: of a fork that
// merely lost, no node says anything. The second proof also finds, after a crash, what was said before it and is never said again.
type Forks struct {
	window  uint64
	parents map[uint64]uint64
	slots   map[uint64]fate
	highest uint64
}

// fate is what is known of a slot.
type fate struct {
	records bool // since it was last void
	void    bool
}

// Verdict is what became known of a slot.
type Verdict struct {
	Slot uint64
	// Revived: the chain came back to a slot that was void. What came of it in between was dropped, so it is missing.
	Revived bool
	// Retract: there are records of it. When false, none are, and none must be made.
	Retract bool
	// Reason is for people.
	Reason string
}

// NewForks returns a Forks that remembers what lies within so many slots; 0 means 1,024. It must be more than what is between processed and
// confirmed, and more than the margin with which streams are resumed.
func NewForks(window uint64) *Forks {
	if window == 0 {
		window = 1024
	}
	return &Forks{window: window, parents: map[uint64]uint64{}, slots: map[uint64]fate{}}
}

// Recorded notes that a record of the slot was given to the journal.
func (f *Forks) Recorded(slot uint64) {
	if s := f.slots[slot]; !s.records {
		f.slots[slot] = fate{records: true}
		f.reach(slot)
	}
}

// Retracted notes that the journal holds a retraction of the slot, behind all of its records that were told of before.
func (f *Forks) Retracted(slot uint64) {
	f.slots[slot] = fate{void: true}
	f.reach(slot)
}

// BlockMeta notes the parent of a block, where it can be true.
func (f *Forks) BlockMeta(m *geyser.BlockMeta) {
	if ingest.HasParent(m) {
		f.parents[m.Slot] = m.Parent
		f.reach(m.Slot)
	}
}

// SlotStatus takes a status and returns what follows from it. Verdicts of slots that are new to be void come once.
func (f *Forks) SlotStatus(u *geyser.SlotUpdate) []Verdict {
	f.BlockMeta(&geyser.BlockMeta{Slot: u.Slot, Parent: u.Parent})
	switch u.Status {
	case geyserpb.SlotStatus_SLOT_DEAD:
		reason := "dead"
		if len(u.DeadError) > 0 {
			reason += ": " + strings.ToValidUTF8(string(u.DeadError), "\uFFFD")
		}
		return f.bury(nil, u.Slot, reason)
	case geyserpb.SlotStatus_SLOT_CONFIRMED, geyserpb.SlotStatus_SLOT_FINALIZED:
		return f.confirmed(u.Slot)
	default:
		return nil
	}
}

func (f *Forks) bury(to []Verdict, slot uint64, reason string) []Verdict {
	s := f.slots[slot]
	if s.void {
		return to
	}
	f.slots[slot] = fate{void: true}
	f.reach(slot)
	return append(to, Verdict{Slot: slot, Retract: s.records, Reason: reason})
}

// confirmed goes back from a confirmed block to its ancestors as far as they are known. What lies between and is none of them is void.
func (f *Forks) confirmed(slot uint64) (out []Verdict) {
	at := slot
	for {
		if f.slots[at].void {
			f.slots[at] = fate{}
			out = append(out, Verdict{Slot: at, Revived: true, Reason: "the chain came back to this slot"})
		}
		parent, known := f.parents[at]
		if !known || at-parent > f.window {
			break
		}
		for between := parent + 1; between < at; between++ {
			out = f.bury(out, between, "forked away: the confirmed chain goes past it")
		}
		delete(f.parents, at) // judged; the next confirmed block stops here
		at = parent
	}
	slices.SortFunc(out, func(a, b Verdict) int { return int(a.Slot) - int(b.Slot) })
	f.reach(slot)
	return out
}

// reach forgets what is too old.
func (f *Forks) reach(slot uint64) {
	if slot < f.highest+f.window/8 {
		return // sweep seldom
	}
	f.highest = slot
	floor := max(slot, f.window) - f.window
	maps.DeleteFunc(f.parents, func(s, _ uint64) bool { return s < floor })
	maps.DeleteFunc(f.slots, func(s uint64, _ fate) bool { return s < floor })
}
