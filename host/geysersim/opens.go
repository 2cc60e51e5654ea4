package geysersim

import (
	"sync"
	"time"
)

// opens keeps account of the Subscribe opens of each token.
type opens struct {
	mu      sync.Mutex
	byToken map[string]*tokenOpens
}

type tokenOpens struct {
	all      []time.Time // every try
	accepted []time.Time // those in the last window
	open     int
}

// admit counts a try and says whether it is within the bounds. Only accepted ones use the budget up; release must follow them.
func (o *opens) admit(token string, b *bounds) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.token(token)
	now := time.Now()
	t.all = append(t.all, now)
	for len(t.accepted) > 0 && now.Sub(t.accepted[0]) >= b.window {
		t.accepted = t.accepted[1:]
	}
	if b.opensPerWindow > 0 && len(t.accepted) >= b.opensPerWindow {
		return b.dialect.tooManyOpens()
	}
	if b.maxStreams > 0 && t.open >= b.maxStreams {
		return b.dialect.tooManyStreams()
	}
	t.accepted = append(t.accepted, now)
	t.open++
	return nil
}

func (o *opens) release(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.token(token).open--
}

// count counts a try that was refused before it came to the bounds.
func (o *opens) count(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.token(token)
	t.all = append(t.all, time.Now())
}

func (o *opens) token(token string) *tokenOpens {
	if o.byToken == nil {
		o.byToken = make(map[string]*tokenOpens)
	}
	if o.byToken[token] == nil {
		o.byToken[token] = new(tokenOpens)
	}
	return o.byToken[token]
}

// Opens gives the number of Subscribe opens that were tried with a token, refused ones included. Without tokens it is "".
func (s *Server) Opens(token string) int {
	s.opens.mu.Lock()
	defer s.opens.mu.Unlock()
	return len(s.opens.token(token).all)
}

// MostOpens gives the greatest number of opens tried with a token within any window of that length: what a provider may count.
func (s *Server) MostOpens(token string, window time.Duration) int {
	s.opens.mu.Lock()
	defer s.opens.mu.Unlock()
	all := s.opens.token(token).all
	most, from := 0, 0
	for i, at := range all {
		for at.Sub(all[from]) >= window {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
