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
	"github.com/weir-run/weir/host/internal/ledger"
	"github.com/weir-run/weir/host/internal/pool"
	"github.com/weir-run/weir/host/internal/trace"
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
	tracer   *trace.Tracer // nil when nobody asks for traces
	order    *order        // nil when transactions go on as they come

	// lock is held for each batch: a backfill brings its transactions in between.
	lock sync.Mutex

	newest uint64 // slot of what was recorded
	late   *journal.Table
	view   geyser.View
	badGap uint64 // slot for which a malformed update was already said

	count struct {
		updates, transactions, fresh, malformed, decoded, enriched, journaled, oversized, notes atomic.Uint64
	}
	took laps
	tick uint
}

// batchItems bounds how many updates are taken from the queue at once.
const batchItems = 256

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
		kept, err := p.item(ctx, batch[i])
		if batch[i].Update != nil && !kept {
			batch[i].Update.Release()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// item takes one step of the flow. kept says that the update is needed longer.
func (p *pipeline) item(ctx context.Context, it pool.Item) (kept bool, err error) {
	if g := it.Gap; g != nil {
		if err := p.mender.Gap(ctx, g.From, g.To, g.Groups, g.Reason, g.Endpoint); err != nil {
			return false, err
		}
		return false, p.proceed(ctx)
	}
	u := it.Update
	p.count.updates.Add(1)
	if err := p.view.Read(u.Raw()); err != nil {
		return false, p.malformed(ctx, it, err)
	}
	switch p.view.Kind {
	case geyser.KindTransaction:
		return p.streamed(ctx, &p.view.Tx, it)
	case geyser.KindBlock: // the pool asks for none: what comes all the same does not wait, since the update holds many
		err := p.view.Block(func(tx *geyser.Transaction) error {
			clock, fresh := p.arrived(tx, it)
			if !fresh {
				return nil
			}
			return p.record(ctx, tx, it.Update.Received(), &clock)
		})
		if errors.Is(err, geyser.ErrMalformed) {
			return false, p.malformed(ctx, it, err)
		}
		return false, err
	case geyser.KindBlockMeta:
		if at := p.view.Meta.BlockTime; at != nil {
			p.enricher.BlockTime(p.view.Meta.Slot, *at)
		}
		if _, err := p.mender.BlockMeta(ctx, &p.view.Meta, it.Covers); err != nil {
			return false, fmt.Errorf("note block %d: %w", p.view.Meta.Slot, err)
		}
		return false, p.proceed(ctx)
	case geyser.KindSlot:
		return false, p.mender.SlotStatus(ctx, &p.view.Slot, u.Endpoint())
	default: // pings, and kinds that were not asked for
		return false, nil
	}
}

// arrived tells whether a transaction that came by a connection is new, and the pool what it was worth.
func (p *pipeline) arrived(tx *geyser.Transaction, it pool.Item) (clock stopwatch, fresh bool) {
	clock = p.clock(it.Update.Received())
	if created := it.Update.Created(); clock.on && created > 0 {
		p.took.arrival.Add(time.Now(), time.Duration(max(0, it.Update.Received()-created)))
	}
	fresh = p.fresh(tx, &clock)
	p.pool.Parsed(it.Connection, 1, 0)
	p.pool.Won(it.Connection, fresh)
	if groups := p.route(tx); groups != 0 {
		p.pool.Routed(it.Connection, groups, it.Update.Size())
	}
	return clock, fresh
}

// streamed takes a transaction that came by a connection. kept says that it waits for its turn.
func (p *pipeline) streamed(ctx context.Context, tx *geyser.Transaction, it pool.Item) (kept bool, err error) {
	clock, fresh := p.arrived(tx, it)
	switch {
	case !fresh:
		return false, nil
	case p.order.waits(tx.Slot, it):
		return true, p.hold(ctx, tx, it.Update, clock)
	default:
		return false, p.record(ctx, tx, it.Update.Received(), &clock)
	}
}

// transaction takes a transaction to the journal, and tells whether it was new.
func (p *pipeline) transaction(ctx context.Context, tx *geyser.Transaction, received int64) (fresh bool, err error) {
	clock := p.clock(received)
	if !p.fresh(tx, &clock) {
		return false, nil
	}
	return true, p.record(ctx, tx, received, &clock)
}

func (p *pipeline) fresh(tx *geyser.Transaction, clock *stopwatch) bool {
	p.count.transactions.Add(1)
	fresh := p.ingest.Transaction(tx.Slot, tx.Signature)
	clock.lap("ingest", &p.took.ingest)
	if fresh {
		p.count.fresh.Add(1)
	} else {
		clock.end(tx, 0, "duplicate")
	}
	return fresh
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
	if err := p.mender.Lost(ctx, slot, p.all(), err.Error(), endpoint); err != nil {
		return err
	}
	return p.proceed(ctx)
}
