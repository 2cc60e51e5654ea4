package daemon

import (
	"context"
	"fmt"

	"github.com/weir-run/weir/host/internal/backfill"
	"github.com/weir-run/weir/host/internal/budget"
	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/ingest/merge"
	"github.com/weir-run/weir/host/internal/ledger"
	"github.com/weir-run/weir/host/internal/pool"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

var commitments = map[string]geyserpb.CommitmentLevel{
	"processed": geyserpb.CommitmentLevel_PROCESSED,
	"confirmed": geyserpb.CommitmentLevel_CONFIRMED,
	"finalized": geyserpb.CommitmentLevel_FINALIZED,
}

// initStream makes the streams and all that their updates pass before the journal, continued from where the journal ends.
func (d *Daemon) initStream(ctx context.Context) error {
	held, err := d.held(ctx)
	if err != nil {
		return err
	}
	sources, err := d.sources()
	if err != nil {
		return err
	}
	d.pool, err = pool.New(pool.Config{
		Sources:     sources,
		Groups:      d.groups(nil),
		Commitment:  commitments[d.cfg.Commitment],
		Connections: max(d.cfg.Connections, d.cfg.Copies),
		Copies:      d.cfg.Copies,
		Resume:      func() uint64 { return max(d.journal.Status().CompleteSlot, held.complete) },
		Log:         d.log.With("room", "pool"),
	})
	if err != nil {
		return err
	}
	var margin uint64
	for _, s := range sources {
		margin = max(margin, s.Margin)
	}
	return d.initPipeline(ctx, held, margin)
}

// sources makes a source of each endpoint. Endpoints of one token share its budget, since the provider counts by token.
func (d *Daemon) sources() (out []pool.Source, err error) {
	budgets := map[string]*budget.Budget{}
	for _, e := range d.cfg.Endpoints {
		token, err := e.ReadToken()
		if err != nil {
			return nil, fmt.Errorf("endpoint %s: %w", e.Name, err)
		}
		key := token
		if token == "" {
			key = e.Name + " has no token"
		}
		provider, err := ProviderOf(e)
		if err != nil {
			return nil, fmt.Errorf("endpoint %s: %w", e.Name, err)
		}
		if budgets[key] == nil {
			budgets[key], err = budget.Open(budget.Config{
				Opens: provider.Opens - provider.Headroom, Window: provider.Window,
				File: budget.File(d.cfg.DataDir, key), Log: d.log.With("room", "budget"),
			})
			if err != nil {
				return nil, fmt.Errorf("open budget of endpoint %s: %w", e.Name, err)
			}
		}
		out = append(out, pool.Source{
			Endpoint: geyser.Endpoint{Name: e.Name, URL: e.URL, Token: token, Zstd: provider.Compress},
			Profile:  provider.Profile, Budget: budgets[key], Margin: uint64(e.ReplayMargin),
		})
	}
	return out, nil
}

// initPipeline makes what lies between queue and journal.
func (d *Daemon) initPipeline(ctx context.Context, h held, margin uint64) error {
	groups, _ := d.pool.Groups()
	watched := names(groups)
	gaps, err := d.journal.Table(ctx, "gaps")
	if err != nil {
		return fmt.Errorf("open gap table: %w", err)
	}
	d.ledger, err = ledger.Open(ctx, ledger.Config{
		Table: gaps, Groups: watched, Complete: h.complete, Oldest: h.oldest, Flush: d.journal.Flush, Log: d.log.With("room", "ledger"),
	})
	if err != nil {
		return err
	}
	in := ingest.New(ingest.Config{Window: window(margin)})
	in.SetGroups(len(watched))
	d.pipeline = &pipeline{
		tracer: d.tracer,
		log:    d.log.With("room", "ingest"), pool: d.pool, ingest: in,
		decoder: decode.New(decode.Options{Programs: d.programs(), Only: d.venues()}), enricher: d.enricher, late: d.late, journal: d.journal,
	}
	if d.cfg.Commitment != "processed" {
		d.pipeline.order = newOrder(merge.Config{})
	}
	mending := d.pipeline.menderConfig(d.ledger, d.cfg.Commitment == "processed", d.log.With("room", "ledger"))
	mending.Missed = func() {
		if d.backfill != nil {
			d.backfill.Wake()
		}
	}
	d.pipeline.mender = ledger.NewMender(mending)
	if err := d.pipeline.setGroups(d.pool); err != nil {
		return err
	}
	if err := d.initBackfill(); err != nil {
		return err
	}
	if d.cfg.Commitment == "processed" {
		margin = max(margin, forkSlots)
	}
	if err := d.restore(ctx, h, margin); err != nil {
		return err
	}
	return d.pipeline.rejournal(ctx)
}

// forkSlots is how far back a slot that was processed can still turn out void.
const forkSlots = 64

// initBackfill makes what fetches gaps, where an RPC node is configured.
func (d *Daemon) initBackfill() (err error) {
	if d.cfg.RPC.URL == "" {
		return nil
	}
	p := d.pipeline
	groups, _ := d.pool.Groups()
	watched := make([]backfill.Group, len(groups))
	for i, g := range groups {
		watched[i] = backfill.Group{Name: g.Name, Programs: g.Programs}
	}
	d.backfill, err = backfill.New(backfill.Config{
		URL: d.cfg.RPC.URL, Commitment: d.answersAt(), RequestsPerSecond: d.cfg.RPC.RequestsPerSecond, Groups: watched,
		Open: d.ledger.Open, Newest: func() uint64 { return d.ledger.Totals().Newest }, Log: d.log.With("room", "backfill"),
		Pipeline: &backfill.Intake{
			Lock: &p.lock, Ingest: p.ingest, Mender: p.mender, Flush: d.journal.Flush, Tail: d.journal.Tail,
			Transaction: func(ctx context.Context, tx *geyser.Transaction, received int64) error {
				_, err := p.transaction(ctx, tx, received)
				return err
			},
		},
	})
	return err
}
