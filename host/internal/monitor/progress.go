package monitor

import (
	"sync/atomic"
	"time"
)

// progress tells when the plugin last moved, and whether it owes anything. Safe for concurrent use.
type progress struct {
	born  time.Time
	moved atomic.Int64 // nanoseconds after born, by its monotonic part: a wall clock that is set must not end a plugin
	busy  atomic.Bool  // the host itself is slow: storing outputs
}

func newProgress() *progress { return &progress{born: time.Now()} }

func (p *progress) move() { p.moved.Store(int64(time.Since(p.born))) }

func (p *progress) age() time.Duration { return time.Since(p.born) - time.Duration(p.moved.Load()) }
