package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/weir-run/weir/host/internal/journal"
)

// resume finds where in a stream to go on, and refuses a database that belongs to another one.
func (w *writer) resume(ctx context.Context, src *source) error {
	bounds, err := src.Bounds(ctx)
	if err != nil {
		return err
	}
	var identity string
	var position, sum int64
	row := w.conn.QueryRowContext(ctx, w.conn.Place.Rebind("SELECT identity, position, checksum FROM cursors WHERE stream = ?"), src.name)
	switch err := row.Scan(&identity, &position, &sum); {
	case errors.Is(err, sql.ErrNoRows):
		return w.adopt(ctx, src, bounds.ID)
	case err != nil:
		return fmt.Errorf("read cursor: %w", err)
	case identity == bounds.ID:
	case w.s.cfg.Adopt:
		w.s.cfg.Log.Warn("the database was filled from another journal; it goes on with this one, from its oldest on", "stream", src.name)
		return w.adopt(ctx, src, bounds.ID)
	default:
		return fmt.Errorf("the database was filled from another journal (its stream of %s is %s, this one %s): name another store.url, or set store.adopt to go on in it",
			src.name, identity, bounds.ID)
	}
	src.from = uint64(position) + 1
	if err := w.check(ctx, src, bounds, mark{uint64(position), uint32(sum)}); err != nil {
		return err
	}
	if src.name == eventsName {
		w.s.state.change(func(s *Status) { s.Position = src.from - 1 })
	}
	return nil
}

// check looks whether what was stored last still lies where it lay. After a power cut the end of the stream can be gone, and other
// outputs in its place. Then all that is held is read again; what is stored already is known by its name and left out.
func (w *writer) check(ctx context.Context, src *source, bounds journal.Bounds, last mark) error {
	if src.At == nil || last.position == 0 || last.position < bounds.First {
		return nil
	}
	message, err := src.At(ctx, last.position)
	if err != nil {
		return err
	}
	if message != nil && sumOf(message) == last.sum {
		return nil
	}
	w.s.cfg.Log.Warn("the stream of events lost its end, as after a power cut: what it holds is read again, and what is stored already left out",
		"stored_to", last.position, "held_from", bounds.First, "held_to", bounds.Last)
	src.from = max(bounds.First, 1)
	return nil
}

// adopt takes the database for a stream from its beginning: outputs of another stream have names of their own.
func (w *writer) adopt(ctx context.Context, src *source, identity string) error {
	src.from = 1
	if src.name == eventsName {
		clear(w.instances)
		clear(w.voids)
	}
	return w.conn.Transaction(ctx, func() error {
		if src.name == eventsName {
			if _, err := w.conn.Do(ctx, "DELETE FROM instances"); err != nil {
				return fmt.Errorf("forget outputs of another journal: %w", err)
			}
			// They go by its numbers. What they took back stays taken back.
			if _, err := w.conn.Do(ctx, "DELETE FROM retractions"); err != nil {
				return fmt.Errorf("forget retractions of another journal: %w", err)
			}
		}
		if _, err := w.conn.Do(ctx, `INSERT INTO cursors (stream, identity, position, checksum) VALUES (?, ?, 0, 0)
			ON CONFLICT (stream) DO UPDATE SET identity = excluded.identity, position = 0, checksum = 0`, src.name, identity); err != nil {
			return fmt.Errorf("write cursor: %w", err)
		}
		return nil
	})
}
