package pool

import (
	"github.com/weir-run/weir/host/internal/geyser"
)

// resume decides from which slot the next stream begins, and what is missing when it could not begin early enough. The order of
// calls is plan, then either refused or first.
type resume struct {
	durable func() uint64
	margin  uint64

	start uint64 // the first slot of all, when nothing was durable before it; nothing older is wanted
	floor uint64 // what this process saw or gave up: only what comes after it is needed; 0 before the first slot
	base  uint64 // of the current plan: the highest slot that is not needed
	from  uint64 // of the current plan: what is asked for, 0 = the present

	older  int    // refusals in a row: not there yet
	newer  int    // refusals in a row: not there any more
	exact  uint64 // the next plan begins here and not at base less margin
	live   bool   // the next plan begins with the present
	reason string
}

// Refusals in a row until a stream begins with the present. A node that is behind or has just started gets some 20 s, during which
// nothing is lost that it will be able to replay; with a store whose oldest slot runs away, each try makes the loss larger.
const (
	mostOlder = 5
	mostNewer = 3
)

// haste is how many slots pass from a refusal to the next open, with room to spare.
const haste = 8

// plan returns the slot to ask for, 0 for the present.
func (r *resume) plan() uint64 {
	r.base = max(r.durable(), r.floor)
	switch {
	case r.base == 0 || r.live:
		r.from = 0
	case r.exact > 0:
		r.from = r.exact
	default:
		back := r.margin * uint64(1+r.older)
		r.from = max(max(r.base, back+1)-back, r.start)
	}
	return r.from
}

// refused learns from a stream that was not opened because of its slot.
func (r *resume) refused(end *geyser.Error) {
	r.reason = end.Unwrap().Error()
	switch end.Class {
	case geyser.Older:
		// The node has nothing at or after that slot: it is behind, or its store is empty yet.
		r.older++
		r.exact = 0
		r.live = r.older > mostOlder
	case geyser.Newer:
		r.newer++
		r.live = r.newer > mostNewer
		switch {
		case end.Available > 0 && end.Available <= r.base+1:
			r.exact = min(end.Available+haste, r.base+1) // only the margin was too old
		case end.Available > 0:
			r.exact = end.Available + haste*uint64(r.newer)
		case r.exact != r.base+1:
			r.exact = r.base + 1
		default:
			r.live = true
		}
	default:
		r.live = true
	}
}

// first takes the slot of the first content of a stream and returns what lies between it and what is needed, nil when that is nothing.
func (r *resume) first(slot uint64) *Gap {
	base, from := r.base, r.from
	r.older, r.newer, r.exact, r.live = 0, 0, 0, false
	switch {
	case base == 0:
		// Watching begins. If this stream ends before anything is durable, the next one must begin here again.
		r.start, r.floor = slot, max(slot, 1)-1
	case from > base+1:
		r.floor = from - 1
		return &Gap{From: base + 1, To: from - 1, Reason: "not replayed: " + r.reason}
	case from == 0 && slot > base:
		// The present may begin in the middle of a slot, so that one is in doubt too.
		r.floor = slot - 1
		return &Gap{From: base + 1, To: slot, Reason: "not replayed: " + r.reason}
	}
	return nil
}
