package ingest

// seen keeps the signatures of each slot.
type seen struct {
	slots map[uint64]signatures
	spare []signatures // emptied, with their memory
	// Transactions come slot by slot, so the last set is mostly the next one.
	last    signatures
	lastFor uint64
}

type signatures map[[64]byte]struct{}

func newSeen() seen { return seen{slots: make(map[uint64]signatures)} }

// add tells whether the signature is new in its slot.
func (s *seen) add(slot uint64, signature [64]byte) bool {
	if s.last == nil || s.lastFor != slot {
		s.last, s.lastFor = s.of(slot), slot
	}
	before := len(s.last)
	s.last[signature] = struct{}{}
	return len(s.last) > before
}

func (s *seen) of(slot uint64) signatures {
	if set := s.slots[slot]; set != nil {
		return set
	}
	set := make(signatures)
	if n := len(s.spare); n > 0 {
		set, s.spare = s.spare[n-1], s.spare[:n-1]
	}
	s.slots[slot] = set
	return set
}

// mostSpare bounds the memory kept for new slots.
const mostSpare = 8

// forget drops all slots below floor and returns how many signatures that were.
func (s *seen) forget(floor uint64) (n int) {
	for slot, set := range s.slots {
		if slot >= floor {
			continue
		}
		n += len(set)
		delete(s.slots, slot)
		if len(s.spare) < mostSpare {
			clear(set)
			s.spare = append(s.spare, set)
		}
	}
	if s.lastFor < floor {
		s.last = nil
	}
	return n
}

// count is how many signatures of a slot are kept.
func (s *seen) count(slot uint64) int { return len(s.slots[slot]) }

// drop forgets a slot and returns how many signatures that were.
func (s *seen) drop(slot uint64) int {
	n := len(s.slots[slot])
	delete(s.slots, slot)
	if s.lastFor == slot {
		s.last = nil
	}
	return n
}
