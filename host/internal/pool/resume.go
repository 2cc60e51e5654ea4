package pool

import (
	"github.com/weir-run/weir/host/internal/geyser"
)

// resume decides from which slot the next stream of a connection begins. The order of calls is plan, then either refused or granted.
type resume struct {
	margin uint64

	base uint64 // of the current plan: the highest slot that is not needed
	from uint64 // of the current plan: what is asked for, 0 = the present

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

// plan returns the slot to ask for, 0 for the present. base is the highest slot that is not needed, 0 when nothing is needed; start is
// the first slot that was ever wanted.
func (r *resume) plan(base, start uint64) uint64 {
	r.base = base
	switch {
	case r.base == 0 || r.live:
		r.from = 0
	case r.exact > 0:
		r.from = r.exact
	default:
		back := r.margin * uint64(1+r.older)
		r.from = max(max(r.base, back+1)-back, start)
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

// granted notes that a stream brought content, so that earlier refusals no longer count.
func (r *resume) granted() {
	r.older, r.newer, r.exact, r.live = 0, 0, 0, false
}
