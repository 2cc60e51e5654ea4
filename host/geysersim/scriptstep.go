package geysersim

import (
	"time"
)

// step is a line.
type step struct {
	line   int
	moment moment
	stream uint64
	action action
}

// moment is when. Exactly one is set, or none for at once.
type moment struct {
	slot, updates uint64
	after, every  time.Duration
}

// check says which moments and targets do not go with an action.
func (s *step) check(p *parser) {
	a := &s.action
	ofStream := a.stream != nil || a.effect != nil
	switch {
	case s.moment.updates > 0 && !ofStream:
		p.fail("%s does not happen to a stream: write at slot N or after 3s", a.name)
	case s.moment.slot > 0 && !ofStream && a.chain == nil:
		p.fail("%s does not happen to a stream or the chain: write after 3s", a.name)
	case s.stream > 0 && !ofStream && a.random == nil:
		p.fail("%s does not happen to a stream: leave stream %d out", a.name, s.stream)
	case a.random != nil && s.moment.every == 0:
		p.fail("random needs a pace: write every 1s random")
	}
}
