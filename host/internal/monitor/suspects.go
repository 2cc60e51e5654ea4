package monitor

import "time"

// suspects finds the record that a plugin dies of. Two crashes with the same records in hand let those be sent one by one; two
// crashes with the same single record in hand park it: this instance is not given it again. Only the goroutine of Run uses it.
type suspects struct {
	span  span // in hand at the last crash
	times int  // crashes in a row that had it in hand

	single uint64 // record that was alone in hand at the last crash; 0 when there was none
	alone  int    // crashes in a row with that record

	parked []time.Time // when records were parked within the last hour
}

// span is a range of record numbers, from after+1 to last; empty when both are zero.
type span struct{ after, last uint64 }

func (s span) touches(o span) bool { return s.after < o.last && o.after < s.last }

func (s span) holds(first, last uint64) bool { return first <= s.last && last > s.after }

// crashLimit is how many crashes make a suspicion.
const crashLimit = 2

// judge looks at a crash with what was in hand. alone is the record that was sent by itself, 0 when more than one was in hand. It
// returns the record to park, 0 when there is none.
func (s *suspects) judge(c *Crash, inHand span, alone uint64) (park uint64) {
	if !c.Cause.ofRecord() {
		return 0
	}
	if inHand.last <= inHand.after {
		s.clear()
		return 0
	}
	if s.times > 0 && s.span.touches(inHand) {
		// The last answers of a dying process may be lost, so the range may be told a little differently.
		s.span = span{min(s.span.after, inHand.after), max(s.span.last, inHand.last)}
		s.times++
	} else {
		s.span, s.times = inHand, 1
	}
	if alone == 0 || alone != s.single {
		s.single, s.alone = alone, 0
	}
	if alone == 0 {
		return 0
	}
	if s.alone++; s.alone < crashLimit {
		return 0
	}
	s.clear()
	return alone
}

// oneByOne is the range to send one by one in the next session.
func (s *suspects) oneByOne() span {
	if s.times < crashLimit {
		return span{}
	}
	return s.span
}

func (s *suspects) clear() { s.span, s.times, s.single, s.alone = span{}, 0, 0, 0 }

// park counts a parked record and says whether there are too many of them within the last hour.
func (s *suspects) park(now time.Time, limit int) (tooMany bool) {
	kept := s.parked[:0]
	for _, at := range s.parked {
		if now.Sub(at) < time.Hour {
			kept = append(kept, at)
		}
	}
	s.parked = append(kept, now)
	return len(s.parked) > limit
}
