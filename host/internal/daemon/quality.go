package daemon

import (
	"strings"

	"github.com/weir-run/weir/host/internal/decode"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// programs tells how well each venue's instructions were understood.
func (p *pipeline) programs() (out []*adminv1.ProgramStatus) {
	stats := p.decoder.Stats()
	for i, s := range stats.All() {
		out = append(out, programStatus(eventv1.Venue(i+1), s)) //nolint:gosec // a handful of venues
	}
	if n := stats.LPMoved; n > 0 {
		out = append(out, &adminv1.ProgramStatus{Name: "lp_tokens", Seen: n, ByStrategy: map[string]uint64{"ix_transfers": n}})
	}
	return out
}

func programStatus(venue eventv1.Venue, s *decode.ProgramStats) *adminv1.ProgramStatus {
	out := &adminv1.ProgramStatus{
		Name: strings.ToLower(strings.TrimPrefix(venue.String(), "VENUE_")), Seen: s.Seen, ByStrategy: map[string]uint64{},
		Trouble: map[string]uint64{
			"failed_transaction": s.Failed, "unknown_event": s.UnknownEvent, "unknown_instruction": s.UnknownInstruction, "unknown_tail": s.UnknownTail,
			"malformed": s.Malformed, "unresolved": s.Unresolved, "disagreement": s.Disagreement,
		},
	}
	for strategy, n := range s.ByStrategy {
		if strategy > 0 {
			name := eventv1.Strategy(strategy).String() //nolint:gosec // a handful of strategies
			out.ByStrategy[strings.ToLower(strings.TrimPrefix(name, "STRATEGY_"))] = n
		}
	}
	return out
}

func (d *Daemon) gapStatus() *adminv1.GapStatus {
	t := d.ledger.Totals()
	return &adminv1.GapStatus{MissingSlots: t.MissingSlots, Rows: uint64(t.Rows), CompleteSlot: d.pipeline.ingest.Complete()}
}
