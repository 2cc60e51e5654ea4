package geysersim

import (
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// bounds are those options that may change while a server runs. A value never changes.
type bounds struct {
	dialect           Dialect
	tokens            []string
	opensPerWindow    int
	window            time.Duration
	maxStreams        int
	requestsPerSecond int
	limits            Limits
	compression       []string
}

func newBounds(o *Options) *bounds {
	return &bounds{
		o.Dialect, slices.Clone(o.Tokens), o.OpensPerWindow, o.Window, o.MaxStreams, o.RequestsPerSecond, o.Limits,
		slices.Clone(o.Compression),
	}
}

// rebound changes bounds for what comes from now on.
func (s *Server) rebound(change func(*bounds)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := *s.bounds.Load()
	change(&b)
	s.bounds.Store(&b)
}

// SetTokens replaces the accepted tokens; none accepts everybody. Streams that are open stay.
func (s *Server) SetTokens(tokens ...string) {
	s.rebound(func(b *bounds) { b.tokens = slices.Clone(tokens) })
}

// requestRate bounds the requests of one stream. One goroutine.
type requestRate struct{ times []time.Time }

// admit counts a request and says whether it is one too many in the last second.
func (r *requestRate) admit(limit int) error {
	now := time.Now()
	r.times = slices.DeleteFunc(r.times, func(t time.Time) bool { return now.Sub(t) >= time.Second })
	r.times = append(r.times, now)
	if limit > 0 && len(r.times) > limit {
		return status.Errorf(codes.ResourceExhausted, "too many subscription updates, only %d per second allowed", limit)
	}
	return nil
}
