package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

var commitments = map[string]geyserpb.CommitmentLevel{
	"processed": geyserpb.CommitmentLevel_PROCESSED,
	"confirmed": geyserpb.CommitmentLevel_CONFIRMED,
	"finalized": geyserpb.CommitmentLevel_FINALIZED,
}

// initStream makes the stream and all that its updates pass before the journal, continued from where the journal ends.
func (d *Daemon) initStream(ctx context.Context) error {
	e := d.cfg.Endpoints[0]
	token, err := e.ReadToken()
	if err != nil {
		return fmt.Errorf("endpoint %s: %w", e.Name, err)
	}
	opens, err := budget.Open(budget.Config{
		Opens: e.OpensPerWindow - e.OpensHeadroom, Window: e.OpensWindow,
		File: budget.File(d.cfg.DataDir, token), Log: d.log.With("room", "budget"),
	})
	if err != nil {
		return fmt.Errorf("open budget of endpoint %s: %w", e.Name, err)
	}
	var programs []string
	for _, name := range d.cfg.Programs {
		programs = append(programs, config.Programs[name].String())
	}
	held, err := d.held(ctx)
	if err != nil {
		return err
	}
	d.pool, err = pool.New(pool.Config{
		Sources: []pool.Source{{
			Endpoint: geyser.Endpoint{Name: e.Name, URL: e.URL, Token: token, Zstd: e.Compression == "zstd"},
			Budget:   opens, Margin: uint64(e.ReplayMargin),
		}},
		Groups:     []pool.Group{{Name: "all", Programs: programs}},
		Commitment: commitments[d.cfg.Commitment],
		Resume:     func() uint64 { return max(d.journal.Status().CompleteSlot, held.complete) },
		Log:        d.log.With("room", "pool"),
	})
	if err != nil {
		return err
	}
	in, err := d.restoreIngest(ctx, held, uint64(e.ReplayMargin))
	if err != nil {
		return err
	}
	d.pipeline = &pipeline{
		log: d.log.With("room", "ingest"), endpoint: e.Name, pool: d.pool, ingest: in,
		decoder: decode.New(decode.Options{}), enricher: d.enricher, journal: d.journal,
	}
	return nil
}

// held is what the journal has from earlier runs.
type held struct {
	// any is false for a new journal.
	any bool
	// complete is the highest slot that is there with everything before it. When a run ended within its first slot, no slot is, and
	// then this is the slot before it.
	complete uint64
	// oldest is the lowest slot of which nothing was dropped by retention.
	oldest uint64
}

func (d *Daemon) held(ctx context.Context) (held, error) {
	s := d.journal.Status()
	if s.Last == 0 {
		return held{any: s.CompleteSlot > 0, complete: s.CompleteSlot, oldest: s.CompleteSlot}, nil
	}
	first, err := d.firstSlot(ctx, s.First)
	if err != nil {
		return held{}, fmt.Errorf("read the start of the journal: %w", err)
	}
	h := held{any: true, complete: s.CompleteSlot, oldest: first}
	if h.complete == 0 {
		h.complete = first - min(first, 1)
	}
	if s.First > 1 { // its slot may be half gone
		h.oldest++
	}
	return h, nil
}

// firstSlot is the slot of a record number, or of the first one after it that can be read.
func (d *Daemon) firstSlot(ctx context.Context, number uint64) (uint64, error) {
	reader := d.journal.NewReader(number - 1)
	for {
		frame, err := reader.Next(ctx)
		if _, gone := errors.AsType[*journal.GapError](err); gone {
			continue // what follows it comes next
		}
		if err != nil {
			return 0, err
		}
		for e, err := range journal.Envelopes(frame.Payload) {
			return e.Slot, err
		}
	}
}

// restoreIngest seeds the deduplication with what the journal holds of the slots that the provider will be asked for again. What
// the provider sends of slots before the journal's first is not new either: it is what this journal never had.
func (d *Daemon) restoreIngest(ctx context.Context, h held, margin uint64) (*ingest.Ingest, error) {
	in := ingest.New(ingest.Config{Window: max(256, 4*margin)})
	if !h.any {
		return in, nil
	}
	oldest := max(h.complete-min(h.complete, margin), h.oldest)
	in.Restore(h.complete, oldest)
	seeded := 0
	if err := d.journal.Tail(ctx, oldest, func(slot uint64, signature []byte) {
		in.Seed(slot, signature)
		seeded++
	}); err != nil {
		return nil, fmt.Errorf("read the end of the journal: %w", err)
	}
	d.log.Info("resuming", "complete_slot", h.complete, "oldest_slot", oldest, "last_record", d.journal.Status().Last, "records_known", seeded)
	return in, nil
}
