package decode

import (
	"sync/atomic"

	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// strategies is one more than the highest eventv1.Strategy.
const strategies = 5

// ProgramStats count what became of one program's instructions since the start.
type ProgramStats struct {
	// Seen instructions that should give a record; Decoded records, also by the strategy that answered (index is
	// eventv1.Strategy).
	Seen, Decoded uint64
	ByStrategy    [strategies]uint64
	// Failed transactions that name the program.
	Failed uint64
	// UnknownEvent and UnknownInstruction are discriminators that no known layout has: the program was upgraded.
	UnknownEvent, UnknownInstruction uint64
	// Admin are events that tell of settings, authorities and accounts, and ask for no record.
	Admin uint64
	// UnknownTail are events with more bytes than their newest known layout.
	UnknownTail uint64
	// Malformed events could not be read, so that a later strategy had to answer.
	Malformed uint64
	// Unresolved instructions gave no record although they should: their amounts were not certain. Events without an
	// instruction count here too.
	Unresolved uint64
	// Disagreement is how often a second source said otherwise than the record does.
	Disagreement uint64
}

// Stats are the counters of a Decoder.
type Stats struct {
	Pump, PumpSwap, RaydiumV4           ProgramStats
	RaydiumCPMM, RaydiumCLMM, LaunchLab ProgramStats
	Whirlpool, MeteoraDBC, MeteoraDAMM  ProgramStats
	// LPMoved are records of LP tokens that token programs and lockers moved, which are of no venue's program.
	LPMoved uint64
}

// All returns the counters of every program in the order of eventv1.Venue.
func (s *Stats) All() [venues]*ProgramStats {
	return [...]*ProgramStats{
		&s.Pump, &s.PumpSwap, &s.RaydiumV4, &s.RaydiumCPMM, &s.RaydiumCLMM, &s.LaunchLab, &s.Whirlpool, &s.MeteoraDBC, &s.MeteoraDAMM,
	}
}

type programCounters struct {
	seen, decoded, failed                         atomic.Uint64
	unknownEvent, unknownInstruction, unknownTail atomic.Uint64
	malformed, unresolved, disagreement, admin    atomic.Uint64
	by                                            [strategies]atomic.Uint64
}

type counters struct {
	of      [venues]programCounters
	lpMoved atomic.Uint64
}

func (p *programCounters) answered(s eventv1.Strategy) {
	p.decoded.Add(1)
	p.by[s].Add(1)
}

// agree counts a disagreement unless ok.
func (p *programCounters) agree(ok bool) {
	if !ok {
		p.disagreement.Add(1)
	}
}

func (p *programCounters) read() ProgramStats {
	s := ProgramStats{
		Seen: p.seen.Load(), Decoded: p.decoded.Load(), Failed: p.failed.Load(),
		UnknownEvent: p.unknownEvent.Load(), UnknownInstruction: p.unknownInstruction.Load(), UnknownTail: p.unknownTail.Load(),
		Malformed: p.malformed.Load(), Unresolved: p.unresolved.Load(), Disagreement: p.disagreement.Load(), Admin: p.admin.Load(),
	}
	for i := range p.by {
		s.ByStrategy[i] = p.by[i].Load()
	}
	return s
}

// Stats returns the counters. It may be called while Decode runs.
func (d *Decoder) Stats() Stats {
	s := Stats{LPMoved: d.stats.lpMoved.Load()}
	for v, p := range s.All() {
		*p = d.stats.of[v].read()
	}
	return s
}

func (d *Decoder) countFailed(tx *geyser.Transaction) {
	for _, key := range tx.Keys {
		if v := venueOf(key); v != other {
			d.stats.of[v].failed.Add(1)
		}
	}
}
