package daemon

import (
	"context"
	"fmt"

	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/config"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
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
	d.pool, err = pool.New(pool.Config{
		Endpoint:     geyser.Endpoint{Name: e.Name, URL: e.URL, Token: token, Zstd: e.Compression == "zstd"},
		Subscription: geyser.Subscription{Programs: programs, Commitment: commitments[d.cfg.Commitment]},
		Budget:       opens,
		Resume:       func() uint64 { return d.journal.Status().CompleteSlot },
		Margin:       uint64(e.ReplayMargin),
		Log:          d.log.With("room", "pool"),
	})
	if err != nil {
		return err
	}
	in, err := d.restoreIngest(ctx, uint64(e.ReplayMargin))
	if err != nil {
		return err
	}
	d.pipeline = &pipeline{
		log: d.log.With("room", "ingest"), endpoint: e.Name, pool: d.pool, ingest: in,
		decoder: decode.New(decode.Options{}), enricher: d.enricher, journal: d.journal,
	}
	return nil
}

// restoreIngest seeds the deduplication with what the journal holds of the slots that the provider will be asked for again.
func (d *Daemon) restoreIngest(ctx context.Context, margin uint64) (*ingest.Ingest, error) {
	in := ingest.New(ingest.Config{Window: max(256, 4*margin)})
	complete := d.journal.Status().CompleteSlot
	if complete == 0 && d.journal.Status().Last == 0 {
		return in, nil
	}
	oldest := complete - min(complete, margin)
	in.Restore(complete, oldest)
	seeded := 0
	if err := d.journal.Tail(ctx, oldest, func(slot uint64, signature []byte) {
		in.Seed(slot, signature)
		seeded++
	}); err != nil {
		return nil, fmt.Errorf("read the end of the journal: %w", err)
	}
	d.log.Info("resuming", "complete_slot", complete, "from_slot", oldest, "last_record", d.journal.Status().Last, "records_known", seeded)
	return in, nil
}
