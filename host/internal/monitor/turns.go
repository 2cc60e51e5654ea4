package monitor

import (
	"context"
	"maps"
)

// once runs one session, or goes on with one that has taken over.
func (i *Instance) once(ctx context.Context, suspected span, settled map[uint64]bool) (*session, *Crash) {
	i.mu.Lock()
	next := i.next
	i.next = nil
	i.mu.Unlock()
	if next == nil {
		next = &successor{session: i.newSession(suspected, settled), ended: make(chan *Crash, 1)}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		next.cancel = cancel
		next.feeding = func(s *session) { i.feeding(s, cancel) }
		i.mu.Lock()
		i.starts++
		i.mu.Unlock()
		next.ended <- i.begin(ctx, next.session)
	}
	crash := <-next.ended
	i.mu.Lock()
	if i.active != nil && i.active.session == next.session {
		i.active = nil
	}
	i.mu.Unlock()
	return next.session, crash
}

// begin runs a session, after the state that its program is to go on from is in place.
func (i *Instance) begin(ctx context.Context, s *session) *Crash {
	i.changing.Lock()
	err := i.putBack(ctx)
	s.choice = i.chosen()
	i.changing.Unlock()
	if err != nil {
		return s.blame(ctx, err)
	}
	s.cfg.Path = s.choice.Path
	return s.run(ctx)
}

// changed tells whether another program was chosen, or has taken over, while a session was on.
func (i *Instance) changed(s *session) bool {
	i.changing.Lock()
	defer i.changing.Unlock()
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.next != nil || i.choice != s.choice
}

func (i *Instance) newSession(suspected span, settled map[uint64]bool) *session {
	cfg := i.cfg
	cfg.Questions.meters = &i.asked
	s := &session{
		cfg: &cfg, journal: i.journal, meters: i.meters.Load(), known: i.known, suspected: suspected, settled: maps.Clone(settled), watched: &i.watched,
		digests: &i.digests,
	}
	s.to = func(state State, attrs ...any) {
		if !s.muted.Load() {
			i.to(state, attrs...)
		}
	}
	return s
}
