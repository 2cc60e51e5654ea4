package monitor

import (
	"sync/atomic"
	"time"
)

// progress tells when the plugin last moved, and whether it owes anything. Safe for concurrent use.
type progress struct {
	moved atomic.Pointer[time.Time] // with its monotonic part: a wall clock that is set must not end a plugin
	busy  atomic.Bool               // the host itself is slow: storing outputs
}

func (p *progress) move() { p.moved.Store(new(time.Now())) }

func (p *progress) age() time.Duration { return time.Since(*p.moved.Load()) }
