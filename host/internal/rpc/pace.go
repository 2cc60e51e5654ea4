package rpc

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// pacer spaces requests evenly and keeps them back while the node says that there were too many.
type pacer struct {
	every time.Duration
	next  http.RoundTripper

	mu  sync.Mutex
	due time.Time // when the next request may go
}

// mostRetryAfter bounds what a Retry-After header may ask for.
const mostRetryAfter = 5 * time.Minute

// RoundTrip implements http.RoundTripper.
func (p *pacer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := pause(r.Context(), p.turn()); err != nil {
		return nil, err
	}
	resp, err := p.next.RoundTrip(r)
	if err == nil && resp.StatusCode == http.StatusTooManyRequests {
		p.hold(retryAfter(resp.Header))
	}
	return resp, err
}

// turn takes the next place and returns how long it is until then.
func (p *pacer) turn() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.due.Before(now) {
		p.due = now
	}
	wait := p.due.Sub(now)
	p.due = p.due.Add(p.every)
	return wait
}

func (p *pacer) hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.due) {
		p.due = until
	}
}

func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, mostRetryAfter)
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
