package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/store/sqldb"
)

// Gap is a range of slots with one story, as weir gaps prints it.
type Gap struct {
	// From and To are slots, both inclusive.
	From, To uint64
	// Groups are the names of the subscription groups, joined by commas.
	Groups string
	// State is missing, backfilled or dead.
	State string
	// Reason and Endpoint are empty when they are not known.
	Reason, Endpoint string
	// Found and Healed are Unix seconds; 0 when it is not.
	Found, Healed int64
}

// gapsEvery is how often the gaps are compared with what is stored.
const gapsEvery = 5 * time.Second

// keepGaps brings table gaps up to date. Rows before the first slot that the ledger tells of stay as they are, save those that it still
// holds: it keeps its rows for longer than it tells complete and empty slots apart.
func (w *writer) keepGaps(ctx context.Context) error {
	if w.s.cfg.Gaps == nil || time.Since(w.keep.gapsAt) < gapsEvery {
		return nil
	}
	gaps, oldest := w.s.cfg.Gaps()
	if w.keep.gapsAt = time.Now(); w.keep.gapsKnown && slices.Equal(gaps, w.keep.gaps) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, w.s.cfg.Timeout)
	defer cancel()
	err := w.conn.Transaction(ctx, func() error {
		if _, err := w.conn.Do(ctx, "DELETE FROM gaps WHERE to_slot >= ?", int64(oldest)); err != nil {
			return err
		}
		for _, g := range gaps {
			if g.From >= oldest {
				continue
			}
			if _, err := w.conn.Do(ctx, "DELETE FROM gaps WHERE to_slot >= ? AND to_slot <= ?", int64(g.From), int64(g.To)); err != nil {
				return err
			}
		}
		for _, g := range gaps {
			if _, err := w.conn.Do(ctx, `INSERT INTO gaps (from_slot, to_slot, subscription_groups, state, reason, endpoint, found_at, healed_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, int64(g.From), int64(g.To), g.Groups, g.State, orNull(sqldb.Text(g.Reason)), orNull(sqldb.Text(g.Endpoint)), orNull(g.Found), orNull(g.Healed)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("store gaps: %w", err)
	}
	w.keep.gaps, w.keep.gapsKnown = slices.Clone(gaps), true
	return nil
}

func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}
