package keyed

import "slices"

// sweepParts is in how many parts all entries are written once, at most, those that do not change too. sweepLeast is how many are written
// at least: a map no larger is whole in every part. Only tests change them.
var (
	sweepParts = 32
	sweepLeast = 256
)

// sweepShare is how many entries are written in turn for each one that changed. A sweep of few changes may be long; with many it is
// short, or the parts together would be many times the state, and take as long to restore. With 2 they are 1.5 times the state.
const sweepShare = 2

// sweep knows which places of a map were written into which part, of those that make the state. The newest stands last.
type sweep struct {
	parts []swept
}

// swept are the places from one to before another; none when they are equal. whole is everything, known or not.
type swept struct {
	from, to int
	whole    bool
}

// begin makes the next part one that holds everything.
func (s *sweep) begin() { s.parts = append(s.parts[:0], swept{whole: true}) }

// restored is told of so many parts, of which nothing is known but that they are everything together.
func (s *sweep) restored(parts int) {
	s.parts = append(s.parts[:0], swept{whole: true})
	for range parts - 1 {
		s.parts = append(s.parts, swept{})
	}
}

// next adds a part to a map with so many places, in which so many entries changed, and returns which places it must hold.
func (s *sweep) next(places, changed int) swept {
	from := 0
	for _, p := range slices.Backward(s.parts) {
		if p.from < p.to || p.whole {
			from = p.to
			break
		}
	}
	if from >= places {
		from = 0
	}
	step := max(sweepLeast, (places+sweepParts-1)/sweepParts, sweepShare*changed)
	part := swept{from: from, to: min(places, from+step)}
	s.parts = append(s.parts, part)
	return part
}

// needed counts the parts, from the newest back, that hold every place. A round over all places goes upward, so going back through the
// parts of this round leads down to place 0, and through those of the round before from the top down to where this round stands.
// Places that were added after a round had ended need nothing from it: their entries were new then, and stand in the part that followed.
func (s *sweep) needed(places int) int {
	last := s.parts[len(s.parts)-1]
	low, before := places, false
	for n := 1; n <= len(s.parts); n++ {
		part := s.parts[len(s.parts)-n]
		if part.whole {
			return n
		}
		if part.from < part.to {
			low = part.from
		}
		if low == 0 && !before {
			low, before = places, true
		}
		if before && low <= last.to {
			return n
		}
	}
	return len(s.parts)
}

// keep forgets all but the newest parts.
func (s *sweep) keep(parts int) { s.parts = append(s.parts[:0], s.parts[len(s.parts)-parts:]...) }
