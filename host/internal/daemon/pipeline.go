package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/latency"
	"github.com/weir-run/weir/host/internal/pool"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// pipeline takes updates from the pool's queue through ingest, decode and enrich into the journal, on one goroutine and by function
// calls: a transaction is done, or not begun.
type pipeline struct {
	log      *slog.Logger
	endpoint string
	pool     *pool.Pool
	ingest   *ingest.Ingest
	decoder  *decode.Decoder
	enricher *enrich.Enricher
	journal  *journal.Journal

	view   geyser.View
	badGap uint64 // slot for which a malformed update was already said

	count struct {
		updates, transactions, fresh, malformed, decoded, enriched, journaled, oversized, gaps atomic.Uint64
	}
	took struct{ ingest, decode, enrich, journal latency.Recorder }
	tick uint
}

// batchItems bounds how many updates are taken from the queue at once.
const batchItems = 256

// sampleEvery is how many transactions pass for each one whose stages are timed: reading the clock costs as much as deduplicating.
const sampleEvery = 64

// maxAhead is how many slots ahead of the last complete one a slot can be: a day of mainnet and more.
const maxAhead = 1 << 20

// enrichRetry is the wait after the token table could not be read.
const enrichRetry = 250 * time.Millisecond

func (p *pipeline) run(ctx context.Context) error {
	batch := make([]pool.Item, 0, batchItems)
	for {
		var err error
		batch, err = p.pool.NextBatch(ctx, batch)
		switch {
		case err == nil:
		case errors.Is(err, io.EOF), ctx.Err() != nil:
			return nil //nolint:nilerr // a stream that ended for good says so itself, and a stop is no error
		default:
			return fmt.Errorf("read stream: %w", err)
		}
		for i := range batch {
			err := p.item(ctx, batch[i])
			if batch[i].Update != nil {
				batch[i].Update.Release()
			}
			if err != nil {
				return err
			}
		}
	}
}

func (p *pipeline) item(ctx context.Context, it pool.Item) error {
	if it.Gap != nil {
		if err := p.gap(it.Gap.From, it.Gap.To, it.Gap.Reason); err != nil {
			return err
		}
		p.ingest.Told(it.Gap.From, it.Gap.To, it.Gap.Groups)
		return nil
	}
	p.count.updates.Add(1)
	if err := p.view.Read(it.Update.Raw()); err != nil {
		return p.malformed(it.Update, err)
	}
	switch p.view.Kind {
	case geyser.KindTransaction:
		return p.transaction(ctx, &p.view.Tx, it.Update.Received())
	case geyser.KindBlock:
		err := p.view.Block(func(tx *geyser.Transaction) error { return p.transaction(ctx, tx, it.Update.Received()) })
		if errors.Is(err, geyser.ErrMalformed) {
			return p.malformed(it.Update, err)
		}
		return err
	case geyser.KindBlockMeta:
		p.ingest.BlockMeta(&p.view.Meta, it.Covers)
		p.journal.Complete(p.ingest.Complete())
	case geyser.KindSlot:
		p.ingest.SlotStatus(&p.view.Slot)
	default: // pings, and kinds that were not asked for
	}
	return nil
}

func (p *pipeline) transaction(ctx context.Context, tx *geyser.Transaction, received int64) error {
	p.count.transactions.Add(1)
	clock := stopwatch{on: p.tick%sampleEvery == 0}
	p.tick++
	clock.start(received)
	fresh := p.ingest.Transaction(tx.Slot, tx.Signature)
	clock.lap(&p.took.ingest)
	if !fresh {
		return nil
	}
	p.count.fresh.Add(1)
	records := p.decoder.Decode(tx)
	clock.lap(&p.took.decode)
	if len(records) == 0 {
		return nil
	}
	p.count.decoded.Add(uint64(len(records)))
	if err := p.enrich(ctx, records); err != nil {
		return err
	}
	clock.lap(&p.took.enrich)
	p.count.enriched.Add(uint64(len(records)))
	if err := p.append(records, tx, received); err != nil {
		return err
	}
	clock.lap(&p.took.journal)
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

func (p *pipeline) append(records []*eventv1.Record, tx *geyser.Transaction, received int64) error {
	err := p.journal.Append(records, received)
	switch {
	case err == nil:
		p.count.journaled.Add(uint64(len(records)))
		return nil
	case errors.Is(err, journal.ErrClosed), errors.Is(err, journal.ErrFenced):
		return fmt.Errorf("write journal: %w", err)
	default: // this transaction cannot be stored; say so and go on
		p.count.oversized.Add(1)
		return p.gap(tx.Slot, tx.Slot, err.Error())
	}
}

// malformed says that an update could not be read: as a count, and once a slot as a gap, since what it held is lost.
func (p *pipeline) malformed(u *geyser.Update, err error) error {
	p.count.malformed.Add(1)
	slot, next := u.Slot(), p.ingest.Complete()+1
	if slot == 0 || (next > 1 && slot > next+maxAhead) { // not even that can be read or be true: it is a slot that is under way
		slot = next
	}
	if slot == p.badGap {
		return nil
	}
	p.badGap = slot
	p.log.Warn("an update of the provider cannot be read and is dropped; if this goes on, compare its server version with what Weir supports", "endpoint", p.endpoint, "error", err)
	return p.gap(slot, slot, err.Error())
}

// gap journals that something is missing, so that monitors know.
func (p *pipeline) gap(from, to uint64, reason string) error {
	p.count.gaps.Add(1)
	p.log.Warn("gap", "from_slot", from, "to_slot", to, "endpoint", p.endpoint, "reason", reason)
	record := &eventv1.Record{Slot: to, Body: &eventv1.Record_Gap{Gap: &eventv1.Gap{FromSlot: from, ToSlot: to, Endpoint: p.endpoint, Reason: reason}}}
	if err := p.journal.Append([]*eventv1.Record{record}, time.Now().UnixNano()); err != nil {
		return fmt.Errorf("write gap to journal: %w", err)
	}
	return nil
}

// stopwatch times the stages of a sampled transaction.
type stopwatch struct {
	on   bool
	last time.Time
}

func (s *stopwatch) start(received int64) {
	if s.on {
		s.last = time.Unix(0, received)
	}
}

func (s *stopwatch) lap(r *latency.Recorder) {
	if !s.on {
		return
	}
	now := time.Now()
	r.Add(now, now.Sub(s.last))
	s.last = now
}
