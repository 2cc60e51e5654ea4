package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// record takes a new transaction to the journal.
func (p *pipeline) record(ctx context.Context, tx *geyser.Transaction, received int64, clock *stopwatch) error {
	records := p.decoder.Decode(tx)
	clock.lap("decode", &p.took.decode)
	if len(records) == 0 {
		clock.end(tx, 0, "no record")
		return nil
	}
	p.count.decoded.Add(uint64(len(records)))
	if err := p.enrich(ctx, records); err != nil {
		return err
	}
	clock.lap("enrich", &p.took.enrich)
	p.count.enriched.Add(uint64(len(records)))
	if err := p.append(ctx, records, tx, received); err != nil {
		return err
	}
	p.newest = max(p.newest, tx.Slot)
	p.mender.Recorded(tx.Slot)
	clock.lap("journal", &p.took.journal)
	clock.end(tx, len(records), "journaled")
	return nil
}

// enrich waits while the token table cannot be read: a record must not be journaled with less than is known.
func (p *pipeline) enrich(ctx context.Context, records []*eventv1.Record) error {
	for said := false; ; {
		err := p.enricher.Enrich(ctx, records)
		if err == nil {
			return nil
		}
		if !said && ctx.Err() == nil {
			p.log.Error("token metadata cannot be read or stored; intake waits and goes on by itself", "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(enrichRetry):
		}
	}
}

func (p *pipeline) append(ctx context.Context, records []*eventv1.Record, tx *geyser.Transaction, received int64) error {
	err := p.journal.Append(records, received)
	switch {
	case err == nil:
		p.count.journaled.Add(uint64(len(records)))
		return nil
	case journalOver(err):
		return fmt.Errorf("write journal: %w", err)
	default: // this transaction cannot be stored; say so and go on
		p.count.oversized.Add(1)
		return p.mender.Lost(ctx, tx.Slot, p.route(tx), err.Error(), "")
	}
}
