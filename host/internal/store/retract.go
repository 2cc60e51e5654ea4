package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/weir-run/weir/host/internal/store/rows"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// retraction says that outputs of a slot with lower causes are void.
type retraction struct{ slot, cause uint64 }

// learns returns the retraction that a unit is the first to tell of. Each monitor tells of it, some behind others.
func (w *writer) learns(u unit) (retraction, bool) {
	if u.output == nil {
		return retraction{}, false
	}
	if _, is := u.output.GetBody().(*eventv1.Output_SlotRetracted); !is {
		return retraction{}, false
	}
	r := retraction{u.output.GetSlot(), u.output.GetCause()}
	return r, w.voids[r.slot] < r.cause
}

// void tells whether a slot was retracted behind what caused an output: its monitor lay behind another one that told of it.
func (w *writer) void(o *eventv1.Output) bool { return o.GetCause() < w.voids[o.GetSlot()] }

// storeRetraction stores a retraction in a transaction of its own, in which all that was stored of the slot is taken back.
func (w *writer) storeRetraction(ctx context.Context, u unit, r retraction) error {
	var found []rows.Void
	err := w.commit(ctx, []unit{u}, "", func(ctx context.Context) (err error) {
		found, err = w.takeBack(ctx, r)
		return err
	})
	if err != nil {
		return err
	}
	w.voids[r.slot] = r.cause
	for _, v := range found {
		w.batch.Marks.Note(v)
	}
	return nil
}

// moved are the tables with a row an output, and how their rows stand in table retracted.
var moved = []struct{ table, kind, slot, columns string }{
	{"trades", "'trades'", "slot", "mint, quote_mint, pool, trader"},
	{"liquidity_events", "'liquidity_events'", "slot", "NULL, NULL, pool, owner"},
	{"fees", "'fees'", "slot", "NULL, NULL, pool, recipient"},
	{"signals", "kind", "slot", "mint, quote_mint, pool, actor"},
	{"signals", "kind", "found_slot", "mint, quote_mint, pool, actor"},
}

// takeBack takes all back that was stored of a slot: rows of outputs move to retracted, what a coin or pool last did is what it did before,
// and what counts them is marked.
func (w *writer) takeBack(ctx context.Context, r retraction) ([]rows.Void, error) {
	for _, m := range moved {
		where := " FROM " + m.table + " WHERE " + m.slot + " = ? AND cause < ?"
		if err := w.do(ctx, "INSERT INTO retracted (event, instance, cause, idx, kind, slot, block_time, signature, mint, quote_mint, pool, actor) SELECT event, instance, cause, idx, "+
			m.kind+", slot, block_time, signature, "+m.columns+where, int64(r.slot), int64(r.cause)); err != nil {
			return nil, err
		}
		if err := w.do(ctx, "DELETE"+where, int64(r.slot), int64(r.cause)); err != nil {
			return nil, err
		}
	}
	found, err := w.voidsOf(ctx, " WHERE r.slot = ?", int64(r.slot))
	if err != nil {
		return nil, err
	}
	if err := w.mark(ctx, found); err != nil {
		return nil, err
	}
	if err := w.repairTokens(ctx, r.slot, found); err != nil {
		return nil, err
	}
	return found, w.repairPools(ctx, r.slot, found)
}

// voidsOf reads table retracted. A trade without a block time counted at the latest one that was known then.
func (w *writer) voidsOf(ctx context.Context, where string, values ...any) (all []rows.Void, err error) {
	found, err := w.conn.QueryContext(ctx, w.conn.Place.Rebind(`SELECT coalesce(r.mint, ''), coalesce(r.quote_mint, ''), coalesce(r.pool, ''), coalesce(r.actor, ''),
		coalesce(r.block_time, (SELECT max(o.block_time) FROM retracted o WHERE o.slot = r.slot),
			(SELECT max(t.block_time) FROM trades t WHERE t.slot >= r.slot - 150 AND t.slot <= r.slot)) FROM retracted r`+where), values...)
	if err != nil {
		return nil, fmt.Errorf("read retracted: %w", err)
	}
	defer func() { _ = found.Close() }() // its error is that of Err
	for found.Next() {
		var v rows.Void
		var at sql.NullInt64
		if err := found.Scan(&v.Mint, &v.QuoteMint, &v.Pool, &v.Actor, &at); err != nil {
			return nil, fmt.Errorf("read retracted: %w", err)
		}
		v.At, v.Timed = at.Int64, at.Valid
		all = append(all, v)
	}
	return all, found.Err()
}

// loadVoids reads what was retracted before.
func (w *writer) loadVoids(ctx context.Context) error {
	found, err := w.conn.QueryContext(ctx, "SELECT slot, max(cause) FROM retractions GROUP BY slot")
	if err != nil {
		return fmt.Errorf("read retractions: %w", err)
	}
	defer func() { _ = found.Close() }() // its error is that of Err
	for found.Next() {
		var slot, cause int64
		if err := found.Scan(&slot, &cause); err != nil {
			return fmt.Errorf("read retractions: %w", err)
		}
		w.voids[uint64(slot)] = uint64(cause)
	}
	if err := found.Err(); err != nil {
		return fmt.Errorf("read retractions: %w", err)
	}
	all, err := w.voidsOf(ctx, "")
	for _, v := range all {
		w.batch.Marks.Note(v)
	}
	return err
}

// do runs a statement within a transaction.
func (w *writer) do(ctx context.Context, statement string, values ...any) error {
	if _, err := w.conn.Do(ctx, statement, values...); err != nil {
		return fmt.Errorf("%.40s: %w", statement, err)
	}
	return nil
}
