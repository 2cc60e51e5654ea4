package keyed

// sweepParts is in how many parts all entries are written once, at most, those that do not change too. sweepLeast is how many are written
// at least: a map no larger is whole in every part. Only tests change them.
var (
	sweepParts = 32
	sweepLeast = 256
)

// sweepShare is how many entries are written in turn for each one that changed. A sweep of few changes may be long; with many it is
// short, or the parts together would be many times the state, and take as long to restore. With 2 they are 1.5 times the state.
const sweepShare = 2

// sweep knows which entries were written in turn into which part, of those that make the state. The newest stands last. Entries are told
// by their stamps, which they keep when a map is restored.
type sweep struct {
	parts []swept
}

// swept are the stamps from one to before another; none when they are equal. whole is every entry.
type swept struct {
	from, to uint64
	whole    bool
}

// begin makes the next part one that holds everything.
func (s *sweep) begin() { s.parts = append(s.parts[:0], swept{whole: true}) }

// place is the first stamp that is not written yet in this round; 0 when none has begun.
func (s *sweep) place() uint64 {
	if len(s.parts) == 0 {
		return 0
	}
	return s.parts[len(s.parts)-1].to
}

// add notes what the next part holds.
func (s *sweep) add(part swept) { s.parts = append(s.parts, part) }

// needed counts the parts, from the newest back, that hold every entry. A round goes upward, so going back through the parts of this
// round leads down to stamp 0, and through those of the round before from the top down to where this round stands. An entry that got its
// stamp after a round had ended needs nothing from it: it stands in the part that followed.
func (s *sweep) needed(top uint64) int {
	last := s.parts[len(s.parts)-1]
	low, before := top, false
	for n := 1; n <= len(s.parts); n++ {
		part := s.parts[len(s.parts)-n]
		if part.whole {
			return n
		}
		if part.from < part.to {
			low = part.from
		}
		if low == 0 && !before {
			low, before = top, true
		}
		if before && low <= last.to {
			return n
		}
	}
	return len(s.parts)
}

// keep forgets all but the newest parts.
func (s *sweep) keep(parts int) { s.parts = append(s.parts[:0], s.parts[len(s.parts)-parts:]...) }
