package api

// ringSize is how many of the newest outputs are held for readers that are live; who is further behind reads the journal.
const ringSize = 8192

// ring holds the newest outputs: all there are from position whole up to before position next. Both are 0 until it has begun.
type ring struct {
	entries     []*entry
	whole, next uint64
}

// begin empties the ring. What comes to it from then on is all there is from this position on.
func (r *ring) begin(at uint64) { *r = ring{whole: at, next: at} }

// add takes the outputs of the batch at a position.
func (r *ring) add(position uint64, entries []*entry) {
	r.next = position + 1
	if r.entries = append(r.entries, entries...); len(r.entries) <= 2*ringSize {
		return
	}
	r.entries = append([]*entry(nil), r.entries[len(r.entries)-ringSize:]...)
	if oldest := r.entries[0]; oldest.index > 0 {
		r.whole = oldest.position + 1
	} else {
		r.whole = oldest.position
	}
}

// after returns the outputs beyond a reader's place. When ok is false, some may have come that the ring does not hold. Nothing that the
// reader has not had lies before position need.
func (r *ring) after(at place, need uint64) (entries []*entry, ok bool) {
	if r.whole == 0 || max(at.position, need) < r.whole {
		return nil, false
	}
	first := len(r.entries)
	for first > 0 && r.entries[first-1].after(at) {
		first--
	}
	return r.entries[first:], true
}

// newest is the place of the newest output, when it is known.
func (r *ring) newest() (place, bool) {
	switch {
	case len(r.entries) > 0:
		return r.entries[len(r.entries)-1].place, true
	case r.whole == 1 && r.next == 1:
		return nothing, true
	}
	return place{}, false
}

// nothing is the place before all outputs.
var nothing = place{position: 0, index: 1}
