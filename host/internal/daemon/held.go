package daemon

import (
	"context"
	"errors"
	"fmt"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

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
	if s.Last == 0 || s.First == 0 { // nothing yet, or nothing any more: all records were older than retention keeps them
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

// window is how many slots of signatures ingest keeps: well beyond what any resumed stream asks for again.
func window(margin uint64) uint64 { return max(256, 4*margin) }

// restore seeds ingest and mender with what the journal holds of the slots that a provider will be asked for again, in the order of the
// journal. What providers send of slots before the journal's first is not new either: it is what this journal never had.
func (d *Daemon) restore(ctx context.Context, h held, margin uint64) error {
	if !h.any {
		return nil
	}
	in, mender := d.pipeline.ingest, d.pipeline.mender
	oldest := max(h.complete-min(h.complete, margin), h.oldest)
	in.Restore(h.complete, oldest)
	seeded := 0
	err := d.journal.TailEnvelopes(ctx, oldest, func(e journal.Envelope) error {
		switch e.Kind {
		case eventv1.Kind_KIND_SLOT_RETRACTED:
			mender.RestoreRetraction(e.Slot)
		case eventv1.Kind_KIND_GAP:
			r, err := e.Decode()
			if err != nil {
				return fmt.Errorf("gap record %d: %w", e.Number, err)
			}
			mender.RestoreGap(r.GetGap().GetFromSlot(), r.GetGap().GetToSlot())
		default:
			if s := e.Signature(); len(s) == 64 {
				mender.RestoreRecord(e.Slot)
				in.Seed(e.Slot, s)
				seeded++
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the end of the journal: %w", err)
	}
	if err := d.enricher.RestorePrices(ctx, d.durableTrades); err != nil {
		return err
	}
	d.log.Info("resuming", "complete_slot", h.complete, "oldest_slot", oldest, "last_record", d.journal.Status().Last, "records_known", seeded)
	return nil
}

// durableTrades visits the trades that the journal holds, of slots from one on; see enrich.Tail.
func (d *Daemon) durableTrades(ctx context.Context, from uint64, see func(slot uint64, record []byte) error) error {
	return d.journal.TailEnvelopes(ctx, from, func(e journal.Envelope) error {
		if e.Kind != eventv1.Kind_KIND_TRADE {
			return nil
		}
		return see(e.Slot, e.Record)
	})
}
