package daemon

import (
	"time"

	"github.com/weir-run/weir/host/internal/latency"
)

// laps are how long sampled transactions took in each stage.
type laps struct{ arrival, ingest, order, decode, enrich, journal latency.Recorder }

// sampleEvery is how many transactions pass for each one whose stages are timed: reading the clock costs as much as deduplicating.
const sampleEvery = 64

// stopwatch times the stages of a sampled transaction.
type stopwatch struct {
	on   bool
	last time.Time
}

// clock starts a stopwatch for the next transaction, in Unix nanoseconds.
func (p *pipeline) clock(start int64) stopwatch {
	s := stopwatch{on: p.tick%sampleEvery == 0}
	p.tick++
	if s.on {
		s.last = time.Unix(0, start)
	}
	return s
}

func (s *stopwatch) lap(r *latency.Recorder) {
	if !s.on {
		return
	}
	now := time.Now()
	r.Add(now, now.Sub(s.last))
	s.last = now
}
