package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/weir-run/weir/host/internal/store/rows"
)

// mark marks rows that count void outputs, which are none any more.
func (w *writer) mark(ctx context.Context, all []rows.Void) error {
	done := map[rows.Void]bool{}
	for _, v := range all {
		if done[v] {
			continue
		}
		done[v] = true
		for _, c := range changes(v) {
			if err := w.do(ctx, c.text, c.values...); err != nil {
				return err
			}
		}
	}
	return nil
}

type change struct {
	text   string
	values []any
}

// changes are those of the rows that may count a void output.
func changes(v rows.Void) (all []change) {
	from, to := times(v)
	if v.Mint != "" {
		all = append(
			all,
			change{"UPDATE tokens SET retracted = TRUE WHERE mint = ?", []any{v.Mint}},
			change{"UPDATE token_figures SET complete = FALSE, holders = NULL WHERE mint = ?", []any{v.Mint}},
			change{"UPDATE candles SET retracted = TRUE WHERE mint = ? AND quote_mint = ? AND start_time <= ? AND start_time + seconds > ?", []any{v.Mint, v.QuoteMint, to, from}},
			change{"UPDATE windows SET retracted = TRUE WHERE mint = ? AND quote_mint = ? AND end_time - seconds <= ? AND end_time > ?", []any{v.Mint, v.QuoteMint, to, from}},
			change{"UPDATE signals SET retracted = TRUE WHERE mint = ? AND actor = ? AND found_slot IS NOT NULL", []any{v.Mint, v.Actor}},
		)
	}
	if v.Pool != "" {
		all = append(
			all,
			change{"UPDATE pool_periods SET retracted = TRUE WHERE pool = ? AND start_time <= ? AND start_time + seconds > ?", []any{v.Pool, to, from}},
			change{"UPDATE positions SET retracted = TRUE WHERE pool = ? AND owner = ?", []any{v.Pool, v.Actor}},
		)
	}
	return all
}

// times are the first and the last time at which a void output may have counted.
func times(v rows.Void) (from, to int64) {
	if v.Timed {
		return v.At, v.At
	}
	return 0, 1 << 62
}

// repairTokens gives coins back what held before a slot. What one slot touches is some hundred coins at most.
func (w *writer) repairTokens(ctx context.Context, slot uint64, void []rows.Void) error {
	mints := map[string]bool{}
	for _, v := range void {
		mints[v.Mint] = v.Mint != ""
	}
	for _, step := range []string{"created", "completed", "migrated"} {
		if err := w.names(ctx, mints, "SELECT mint FROM tokens WHERE "+step+"_slot = ?", int64(slot)); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		"UPDATE tokens SET created_event = NULL, created_at = NULL, created_signature = NULL, created_slot = NULL WHERE created_slot = ?",
		"UPDATE tokens SET completed_event = NULL, completed_at = NULL, completed_signature = NULL, completed_slot = NULL WHERE completed_slot = ?",
		`UPDATE tokens SET migrated_event = NULL, migrated_at = NULL, migrated_signature = NULL, migrated_slot = NULL,
			pool = NULL, pool_base_amount = NULL, pool_quote_amount = NULL, migration_fee = NULL WHERE migrated_slot = ?`,
		"DELETE FROM token_figures WHERE slot = ?",
	} {
		if err := w.do(ctx, statement, int64(slot)); err != nil {
			return err
		}
	}
	for _, mint := range slices.Sorted(maps.Keys(mints)) {
		if mint == "" {
			continue
		}
		for _, statement := range tokenRepairs {
			values := []any{mint}
			if statement.slot {
				values = append(values, int64(slot))
			}
			if err := w.do(ctx, statement.text, values...); err != nil {
				return err
			}
		}
	}
	return nil
}

// tokenRepairs go over one coin, in this order; those with slot take that too.
var tokenRepairs = []struct {
	text string
	slot bool
}{
	{`UPDATE tokens SET
		(last_event, last_at, last_venue, last_pool, last_slot) =
			(SELECT t.event, t.block_time, t.venue, t.pool, t.slot FROM trades t WHERE t.mint = tokens.mint ORDER BY t.event DESC LIMIT 1),
		(price_quote, price_base, last_quote_mint) =
			(SELECT t.price_quote, t.price_base, t.quote_mint FROM trades t WHERE t.mint = tokens.mint AND t.price_base IS NOT NULL ORDER BY t.event DESC LIMIT 1),
		last_quote_decimals = CASE WHEN last_quote_mint = (SELECT t.quote_mint FROM trades t WHERE t.mint = tokens.mint AND t.price_base IS NOT NULL ORDER BY t.event DESC LIMIT 1)
			THEN last_quote_decimals END,
		quote_volume = CASE WHEN last_quote_mint = (SELECT t.quote_mint FROM trades t WHERE t.mint = tokens.mint AND t.price_base IS NOT NULL ORDER BY t.event DESC LIMIT 1)
			THEN quote_volume END
		WHERE mint = ? AND last_slot = ?`, true},
	{"UPDATE tokens SET trades = NULL, buys = NULL, sells = NULL, base_volume = NULL WHERE mint = ? AND last_event IS NULL", false},
	{`UPDATE tokens SET phase = CASE WHEN migrated_event IS NOT NULL THEN 'migrated' WHEN completed_event IS NOT NULL THEN 'completed'
		WHEN created_event IS NULL THEN NULL WHEN EXISTS (SELECT 1 FROM trades t WHERE t.mint = tokens.mint) THEN 'trading' ELSE 'created' END
		WHERE mint = ? AND phase IS NOT NULL AND (phase <> 'migrated' OR migrated_event IS NULL) AND (phase <> 'migrated' OR pool IS NULL)`, false},
	{`UPDATE tokens SET activity = NULL, activity_event = NULL WHERE mint = ? AND EXISTS (SELECT 1 FROM retracted r WHERE r.event = tokens.activity_event)`, false},
	{`DELETE FROM tokens WHERE mint = ? AND created_event IS NULL AND completed_event IS NULL AND migrated_event IS NULL AND last_event IS NULL
		AND NOT EXISTS (SELECT 1 FROM token_figures f WHERE f.mint = tokens.mint)`, false},
}

// names adds to a set what a query finds.
func (w *writer) names(ctx context.Context, to map[string]bool, query string, values ...any) error {
	found, err := w.conn.QueryContext(ctx, w.conn.Place.Rebind(query), values...)
	if err != nil {
		return fmt.Errorf("%.40s: %w", query, err)
	}
	defer func() { _ = found.Close() }() // its error is that of Err
	for found.Next() {
		var name string
		if err := found.Scan(&name); err != nil {
			return fmt.Errorf("%.40s: %w", query, err)
		}
		to[name] = true
	}
	return found.Err()
}
