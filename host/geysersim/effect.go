package geysersim

import "time"

// effect is a way in which a stream is changed for a while.
type effect int

const (
	silence   effect = iota // nothing is sent
	delay                   // nanoseconds that live updates come late
	duplicate               // each n-th transaction comes twice
	omit                    // each n-th transaction does not come
	trickle                 // bytes a second
	shuffle                 // transactions of a slot in another order; the value seeds it
	effectCount
)

// setting is the strength of an effect; 0 is none.
type setting struct {
	value int
	until time.Time // zero: until it is changed
}

type effects [effectCount]setting

// forever is longer than any run.
const forever = 1000 * time.Hour

// effect sets an effect of one stream, or of all that are or will be open when stream is 0, for a time; 0 is for ever. An effect that
// a stream has of its own stands above that of all.
func (f *faults) effect(stream uint64, e effect, value int, d time.Duration) {
	f.set(func(f *faults) {
		var until time.Time
		if d > 0 {
			until = time.Now().Add(d)
		}
		if f.effects == nil {
			f.effects = make(map[uint64]*effects)
		}
		if f.effects[stream] == nil {
			f.effects[stream] = new(effects)
		}
		f.effects[stream][e] = setting{value, until}
		f.forget()
	})
}

// forget drops what is over, so that streams need not look any more. Called with the lock held.
func (f *faults) forget() {
	for stream, of := range f.effects {
		idle := true
		for e := range of {
			if of[e].over() {
				of[e] = setting{}
			}
			idle = idle && of[e].value == 0
		}
		if idle {
			delete(f.effects, stream)
		}
	}
}

func (s *setting) over() bool { return !s.until.IsZero() && !time.Now().Before(s.until) }

// value gives the strength of an effect on a stream.
func (f *faults) value(st *stream, e effect) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.setting(st.number, e).value
}

// until tells how long an effect lasts. Called with the lock held.
func (f *faults) until(stream uint64, e effect) (time.Time, bool) {
	s := f.setting(stream, e)
	if s.until.IsZero() {
		return time.Now().Add(forever), s.value != 0
	}
	return s.until, s.value != 0
}

// setting finds the one that holds for a stream. Called with the lock held.
func (f *faults) setting(stream uint64, e effect) setting {
	for _, n := range [...]uint64{stream, 0} {
		if of := f.effects[n]; of != nil && of[e].value != 0 && !of[e].over() {
			return of[e]
		}
	}
	return setting{}
}
