package enrich

import eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"

// timesKept is how many slots' times are remembered.
const timesKept = 512

// times remembers the block time of recent slots: from block metas, and from events, which tell the same clock of the chain. What a
// transaction comes without, a record before it in its slot may have told.
type times struct {
	ring [timesKept]struct {
		slot uint64
		at   int64
	}
}

func (t *times) note(slot uint64, at int64) {
	e := &t.ring[slot%timesKept]
	e.slot, e.at = slot, at
}

// mark gives records without a block time that of their slot, where it is known. The pointers are good until timesKept slots later.
func (t *times) mark(records []*eventv1.Record) {
	missing := false
	for _, r := range records {
		if r.BlockTime == nil {
			missing = true
		} else if e := &t.ring[r.GetSlot()%timesKept]; e.slot != r.GetSlot() {
			t.note(r.GetSlot(), r.GetBlockTime())
		}
	}
	if !missing {
		return
	}
	for _, r := range records {
		if e := &t.ring[r.GetSlot()%timesKept]; r.BlockTime == nil && e.slot == r.GetSlot() && e.slot != 0 {
			r.BlockTime = &e.at
		}
	}
}
