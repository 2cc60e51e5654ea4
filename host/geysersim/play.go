package geysersim

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// Play lets a script happen. Its times count from the moment at which the server begins to play blocks. Several scripts may play at
// once. stop ends it without undoing what was done; Close ends it too.
func (s *Server) Play(script *Script) (stop func()) {
	done := make(chan struct{})
	for i := range script.steps {
		st := &script.steps[i]
		if st.moment.after == 0 && st.moment.every == 0 {
			s.act(st)
			continue
		}
		s.wg.Go(func() { s.wait(st, done) })
	}
	return sync.OnceFunc(func() { close(done) })
}

// Do lets one line of a script happen at once, for example "stream 2 trickle 1000 for 5s". The line has no moment, or one of a stream
// or slot.
func (s *Server) Do(line string) error {
	words, err := split(line)
	if err != nil {
		return fmt.Errorf("line %q: %w", line, err)
	}
	if len(words) == 0 {
		return fmt.Errorf("line %q has no action", line)
	}
	p := &parser{words: words}
	st := p.step()
	if st.moment.after > 0 || st.moment.every > 0 {
		p.fail("a single line happens at once: use ParseScript and Play for after and every")
	}
	if p.err != nil {
		return fmt.Errorf("line %q: %w", line, p.err)
	}
	s.act(&st)
	return nil
}

// wait acts when the time of a step has come.
func (s *Server) wait(st *step, done <-chan struct{}) {
	select {
	case <-s.chain.begin:
	case <-done:
		return
	case <-s.closing:
		return
	}
	every := time.NewTicker(max(st.moment.after, st.moment.every))
	defer every.Stop()
	var dice *rand.Rand
	if st.action.random != nil {
		dice = rand.New(rand.NewPCG(st.action.random.seed, 0))
	}
	for {
		select {
		case <-every.C:
		case <-done:
			return
		case <-s.closing:
			return
		}
		if dice != nil {
			s.gamble(st, dice)
		} else {
			s.act(st)
		}
		if st.moment.every == 0 {
			return
		}
	}
}

// act does what a step says, or sets a trap for the stream or slot that it waits for.
func (s *Server) act(st *step) {
	a := &st.action
	when := When{slot: st.moment.slot, updates: st.moment.updates, stream: st.stream}
	switch {
	case a.stream != nil:
		s.strike(when, func(st *stream) error {
			s.did(a, st.number)
			return a.stream(st)
		})
	case a.effect != nil && when.slot+when.updates > 0:
		s.strike(when, func(st *stream) error {
			s.did(a, st.number)
			a.effect(s, st.number)
			return nil
		})
	case a.effect != nil:
		s.did(a, st.stream)
		a.effect(s, st.stream)
	case a.chain != nil:
		s.did(a, 0)
		f := *a.chain
		f.slot = st.moment.slot
		s.chain.disturb(f)
	case a.server != nil:
		s.did(a, 0)
		a.server(s)
	}
}

// did keeps account of a fault.
func (s *Server) did(a *action, stream uint64) {
	s.faults.count(a.name)
	s.o.Log.Info("fault", slog.String("action", a.name), slog.Uint64("stream", stream))
}

// menu is what random chooses from.
type menu struct {
	seed  uint64
	names []string
}

// dishes are lines that random may do, by name.
var dishes = map[string]string{
	"drop": "drop UNAVAILABLE", "lag": "drop lag", "lost": "drop DATA_LOSS", "end": "end", "reset": "reset", "goaway": "goaway 200ms",
	"freeze": "freeze 1s", "silence": "silence 1s", "trickle": "trickle 50KB for 1s", "duplicate": "duplicate 3 for 1s",
	"shuffle": "shuffle 7 for 1s", "oversize": "oversize 1MB", "refuse": "refuse UNAVAILABLE for 500ms",
}

func (p *parser) random() action {
	m := &menu{seed: 1, names: slices.Sorted(maps.Keys(dishes))}
	if text, ok := strings.CutPrefix(p.peek(), "seed="); ok {
		p.words[0] = text
		m.seed = p.number("the seed")
	}
	if p.accept("of") {
		m.names = strings.Split(p.next(), ",")
	}
	for _, name := range m.names {
		if dishes[name] == "" {
			p.fail("random does not know %q: choose of %s", name, strings.Join(slices.Sorted(maps.Keys(dishes)), ","))
		}
	}
	return action{random: m}
}

// gamble does one of the menu to a stream. The dice are thrown as often whatever is open, so that a seed gives the same actions.
func (s *Server) gamble(st *step, dice *rand.Rand) {
	m := st.action.random
	line, which := dishes[m.names[dice.IntN(len(m.names))]], dice.Uint64()
	words, _ := split(line) // a constant
	p := &parser{words: words}
	chosen := step{stream: st.stream, action: p.action()}
	if chosen.stream == 0 && chosen.action.server == nil {
		open := s.openStreams()
		if len(open) == 0 {
			return
		}
		chosen.stream = open[which%uint64(len(open))].number
	}
	s.act(&chosen)
}
