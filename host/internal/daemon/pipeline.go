package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/decode"
	"github.com/weir-run/weir/host/internal/enrich"
	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/latency"
	"github.com/weir-run/weir/host/internal/ledger"
	"github.com/weir-run/weir/host/internal/pool"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// pipeline takes updates from the pool's queue through ingest, decode and enrich into the journal, on one goroutine and by function
// calls: a transaction is done, or not begun.
type pipeline struct {
	log      *slog.Logger
	pool     *pool.Pool
	ingest   *ingest.Ingest
	mender   *ledger.Mender
	decoder  *decode.Decoder
	enricher *enrich.Enricher
	journal  *journal.Journal
	router   atomic.Pointer[router]

	// lock is held for each batch: a backfill brings its transactions in between.
	lock sync.Mutex

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
		if err := p.batch(ctx, batch); err != nil {
			if ctx.Err() != nil {
				return nil //nolint:nilerr // a stop
			}
			return err
		}
	}
}

func (p *pipeline) batch(ctx context.Context, batch []pool.Item) error {
	p.lock.Lock()
	defer p.lock.Unlock()
	for i := range batch {
		err := p.item(ctx, batch[i])
		if batch[i].Update != nil {
			batch[i].Update.Release()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pipeline) item(ctx context.Context, it pool.Item) error {
	if g := it.Gap; g != nil {
		return p.mender.Gap(ctx, g.From, g.To, g.Groups, g.Reason, g.Endpoint)
	}
	u := it.Update
	p.count.updates.Add(1)
	if err := p.view.Read(u.Raw()); err != nil {
		return p.malformed(ctx, it, err)
	}
	switch p.view.Kind {
	case geyser.KindTransaction:
		return p.streamed(ctx, &p.view.Tx, it)
	case geyser.KindBlock:
		err := p.view.Block(func(tx *geyser.Transaction) error { return p.streamed(ctx, tx, it) })
		if errors.Is(err, geyser.ErrMalformed) {
			return p.malformed(ctx, it, err)
		}
		return err
	case geyser.KindBlockMeta:
		if _, err := p.mender.BlockMeta(ctx, &p.view.Meta, it.Covers); err != nil {
			return fmt.Errorf("note block %d: %w", p.view.Meta.Slot, err)
		}
		p.journal.Complete(p.ingest.Complete())
	case geyser.KindSlot:
		return p.mender.SlotStatus(ctx, &p.view.Slot, u.Endpoint())
	default: // pings, and kinds that were not asked for
	}
	return nil
}

// streamed takes a transaction that came by a connection, and tells the pool what that was worth.
func (p *pipeline) streamed(ctx context.Context, tx *geyser.Transaction, it pool.Item) error {
	fresh, err := p.transaction(ctx, tx, it.Update.Received())
	p.pool.Parsed(it.Connection, 1, 0)
	p.pool.Won(it.Connection, fresh)
	if groups := p.route(tx); groups != 0 {
		p.pool.Routed(it.Connection, groups, it.Update.Size())
	}
	return err
}

// transaction takes a transaction to the journal, and tells whether it was new.
func (p *pipeline) transaction(ctx context.Context, tx *geyser.Transaction, received int64) (fresh bool, err error) {
	p.count.transactions.Add(1)
	clock := stopwatch{on: p.tick%sampleEvery == 0}
	p.tick++
	clock.start(received)
	fresh = p.ingest.Transaction(tx.Slot, tx.Signature)
	clock.lap(&p.took.ingest)
	if !fresh {
		return false, nil
	}
	p.count.fresh.Add(1)
	records := p.decoder.Decode(tx)
	clock.lap(&p.took.decode)
	if len(records) == 0 {
		return true, nil
	}
	p.count.decoded.Add(uint64(len(records)))
	if err := p.enrich(ctx, records); err != nil {
		return true, err
	}
	clock.lap(&p.took.enrich)
	p.count.enriched.Add(uint64(len(records)))
	if err := p.append(ctx, records, tx, received); err != nil {
		return true, err
	}
	p.mender.Recorded(tx.Slot)
	clock.lap(&p.took.journal)
	return true, nil
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
	case errors.Is(err, journal.ErrClosed), errors.Is(err, journal.ErrFenced):
		return fmt.Errorf("write journal: %w", err)
	default: // this transaction cannot be stored; say so and go on
		p.count.oversized.Add(1)
		return p.mender.Lost(ctx, tx.Slot, p.route(tx), err.Error(), "")
	}
}

// malformed says that an update could not be read: as a count, and once a slot as a gap, since what it held is lost.
func (p *pipeline) malformed(ctx context.Context, it pool.Item, err error) error {
	p.count.malformed.Add(1)
	p.pool.Parsed(it.Connection, 0, 1)
	slot, next := it.Update.Slot(), p.ingest.Complete()+1
	if slot == 0 || (next > 1 && slot > next+maxAhead) { // not even that can be read or be true: it is a slot that is under way
		slot = next
	}
	if slot == p.badGap {
		return nil
	}
	p.badGap = slot
	endpoint := it.Update.Endpoint()
	p.log.Warn("an update of the provider cannot be read and is dropped; if this goes on, compare its server version with what Weir supports", "endpoint", endpoint, "error", err)
	return p.mender.Lost(ctx, slot, p.all(), err.Error(), endpoint)
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
