package pool

// rewhole finds from which slot on a connection brings all groups by itself, in order and without a hole before it. It is called under
// Pool.mu after anything that covers are made of; the receiving goroutine reads the result without it.
func (k *connection) rewhole() {
	p := k.pool
	from := uint64(0)
	for g := range p.table.active.All() {
		if !p.cover.joined(k.index, g) {
			k.wholeFrom.Store(0)
			return
		}
		from = max(from, p.cover.since[k.index][g])
	}
	if b := k.began; b.from == 0 && from == b.lowest+1 {
		from = b.lowest // of the slot in which the stream began a part came; nobody else brings it sooner
	}
	k.wholeFrom.Store(from)
}

// whole tells whether a connection brings all groups of a slot.
func (k *connection) whole(slot uint64) bool {
	from := k.wholeFrom.Load()
	return from > 0 && slot >= from
}
