package backfill

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest"
	"github.com/weir-run/weir/host/internal/ledger"
)

// Intake is the pipeline's side: it lets transactions of slots that are long past into the same way as all others, each once.
type Intake struct {
	// Lock keeps the goroutine of the pipeline out meanwhile; that goroutine holds it for each batch.
	Lock   sync.Locker
	Ingest *ingest.Ingest
	Mender *ledger.Mender
	// Transaction takes one transaction through the pipeline, deduplication included. It is called with Lock held.
	Transaction func(ctx context.Context, tx *geyser.Transaction, receivedUnixNanos int64) error
	// Flush returns when everything that was given to the journal is durable.
	Flush func(ctx context.Context) error
	// Tail visits the signatures that the journal holds of slots from one on. It is journal.Tail.
	Tail func(ctx context.Context, from uint64, visit func(slot uint64, signature []byte)) error

	view geyser.View
}

// Reopen implements Pipeline. It reads the journal from the first of the slots on.
func (i *Intake) Reopen(ctx context.Context, from, to uint64) error {
	i.Lock.Lock()
	i.Ingest.Reopen(from, to)
	i.Mender.Retry(from, to)
	i.Lock.Unlock()
	if err := i.Flush(ctx); err != nil {
		return fmt.Errorf("flush journal: %w", err)
	}
	err := i.Tail(ctx, from, func(slot uint64, signature []byte) {
		if from <= slot && slot <= to && len(signature) == 64 {
			i.Lock.Lock()
			defer i.Lock.Unlock()
			i.Ingest.SeedLate(slot, signature)
		}
	})
	if err != nil {
		i.Shut()
		return fmt.Errorf("read what the journal holds of slots %d to %d: %w", from, to, err)
	}
	i.Lock.Lock()
	defer i.Lock.Unlock()
	i.Ingest.Seeded()
	return nil
}

// Take implements Pipeline.
func (i *Intake) Take(ctx context.Context, slot uint64, updates [][]byte) error {
	i.Lock.Lock()
	defer i.Lock.Unlock()
	now := time.Now().UnixNano()
	for _, raw := range updates {
		if err := i.view.Read(raw); err != nil {
			return fmt.Errorf("read fetched transaction of slot %d: %w", slot, err)
		}
		if err := i.Transaction(ctx, &i.view.Tx, now); err != nil {
			return err
		}
	}
	return nil
}

// Healed implements Pipeline.
func (i *Intake) Healed(ctx context.Context, from, to uint64, groups fold.GroupSet) error {
	i.Lock.Lock()
	defer i.Lock.Unlock()
	return i.Mender.Healed(ctx, from, to, groups)
}

// Shut implements Pipeline.
func (i *Intake) Shut() {
	i.Lock.Lock()
	defer i.Lock.Unlock()
	i.Ingest.Shut()
}
