package ingest

// recent is the last slots, of those that were the highest when something of them came. Distances are counted in them and not in slot
// numbers: the chain skips slots, and recorded traffic skips years.
type recent struct {
	slots []uint64 // ring
	last  int      // index of the newest
	n     int
}

func newRecent(most uint64) recent { return recent{slots: make([]uint64, most+1)} }

// add notes a slot that is higher than all before.
func (r *recent) add(slot uint64) {
	r.last = (r.last + 1) % len(r.slots)
	r.slots[r.last] = slot
	r.n = min(r.n+1, len(r.slots))
}

// back returns the slot n slots before the newest, 0 when there were not so many.
func (r *recent) back(n uint64) uint64 {
	if n >= uint64(r.n) {
		return 0
	}
	return r.slots[(r.last+len(r.slots)-int(n))%len(r.slots)]
}
