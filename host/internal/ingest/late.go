package ingest

// late is what lets transactions of slots in that lie before the window: their signatures are kept apart.
type late struct {
	on       bool
	seeded   bool // only then may what lies before the window come in
	from, to uint64
	seen     seen
}

func (l *late) holds(slot uint64) bool { return l.on && l.from <= slot && slot <= l.to }

// Reopen begins to take in transactions of these slots again, however long ago they were, until Shut. SeedLate is called next with all
// that the journal holds of them, then Seeded; until then what lies before the window stays old.
func (in *Ingest) Reopen(from, to uint64) {
	in.late = late{on: true, from: from, to: to, seen: newSeen()}
}

// SeedLate notes a transaction of a reopened slot as seen. signature has 64 bytes.
func (in *Ingest) SeedLate(slot uint64, signature []byte) {
	if in.late.holds(slot) {
		in.late.seen.add(slot, [64]byte(signature))
	}
}

// Seeded ends the calls of SeedLate.
func (in *Ingest) Seeded() { in.late.seeded = true }

// Shut ends Reopen.
func (in *Ingest) Shut() { in.late = late{} }
