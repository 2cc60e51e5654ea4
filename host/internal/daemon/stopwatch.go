package daemon

import (
	"time"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/latency"
	"github.com/weir-run/weir/host/internal/trace"
)

// laps are how long sampled transactions took in each stage.
type laps struct{ arrival, ingest, order, decode, enrich, journal latency.Recorder }

// sampleEvery is how many transactions pass for each one whose stages are timed: reading the clock costs as much as deduplicating.
const sampleEvery = 64

// stopwatch times the stages of a sampled transaction.
type stopwatch struct {
	on      bool
	last    time.Time
	journey *trace.Journey // nil for all but a few
}

// clock starts a stopwatch for the next transaction, in Unix nanoseconds.
func (p *pipeline) clock(start int64) stopwatch {
	s := stopwatch{on: p.tick%sampleEvery == 0}
	p.tick++
	if s.on {
		s.last = time.Unix(0, start)
		s.journey = p.tracer.Begin(s.last)
	}
	return s
}

func (s *stopwatch) lap(stage string, r *latency.Recorder) {
	if !s.on {
		return
	}
	now := time.Now()
	r.Add(now, now.Sub(s.last))
	s.journey.Step(stage, s.last, now)
	s.last = now
}

// end says what became of the transaction.
func (s *stopwatch) end(tx *geyser.Transaction, records int, outcome string) {
	if s.journey != nil {
		s.journey.End(time.Now(), tx.Slot, base58.Encode(tx.Signature), records, outcome)
	}
}
