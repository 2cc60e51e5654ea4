package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/weir-run/weir/host/internal/store/rows"
)

// repairPools gives pools back what held before a slot. Reserves before it are known where liquidity changed last; else the pool's next
// event tells them.
func (w *writer) repairPools(ctx context.Context, slot uint64, void []rows.Void) error {
	pools := map[string]bool{}
	for _, v := range void {
		pools[v.Pool] = v.Pool != ""
	}
	for _, column := range []string{"created_slot", "last_slot"} {
		if err := w.names(ctx, pools, "SELECT pool FROM pools WHERE "+column+" = ?", int64(slot)); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		"UPDATE pools SET created_event = NULL, created_at = NULL, created_signature = NULL, creator = NULL, created_slot = NULL WHERE created_slot = ?",
		// What the position was before is not kept: its next change brings it back.
		"DELETE FROM positions WHERE slot = ?",
	} {
		if err := w.do(ctx, statement, int64(slot)); err != nil {
			return err
		}
	}
	for _, pool := range slices.Sorted(maps.Keys(pools)) {
		if pool == "" {
			continue
		}
		for _, statement := range poolRepairs {
			// Each takes the pool for every parameter but the last one of those that end with the slot.
			values := slices.Repeat([]any{any(pool)}, strings.Count(statement, "?"))
			if strings.HasSuffix(strings.TrimSuffix(statement, ")"), "slot = ?") {
				values[len(values)-1] = int64(slot)
			}
			if err := w.do(ctx, statement, values...); err != nil {
				return err
			}
		}
	}
	return nil
}

// poolRepairs go over one pool, in this order.
var poolRepairs = []string{
	`UPDATE pools SET lp_supply = (SELECT l.lp_supply FROM liquidity_events l WHERE l.pool = pools.pool ORDER BY l.event DESC LIMIT 1)
		WHERE pool = ? AND EXISTS (SELECT 1 FROM retracted r WHERE r.kind = 'liquidity_events' AND r.pool = ? AND r.slot = ?)`,
	`UPDATE pools SET lp_burned = NULL, lp_locked = NULL
		WHERE pool = ? AND EXISTS (SELECT 1 FROM retracted r WHERE r.kind = 'lp_position' AND r.pool = ? AND r.slot = ?)`,
	`UPDATE pools SET depth = NULL, depth_event = NULL WHERE pool = ? AND last_slot = ?`,
	`UPDATE pools SET base_reserve = NULL, quote_reserve = NULL, price_base_reserve = NULL, price_quote_reserve = NULL,
		value_mint = NULL, value_amount = NULL, value_usd_micros = NULL WHERE pool = ? AND last_slot = ?`,
	// Now what it did last, by what is left of it.
	`DELETE FROM pools WHERE created_event IS NULL AND pool = ? AND NOT EXISTS (SELECT 1 FROM liquidity_events l WHERE l.pool = ?)
		AND NOT EXISTS (SELECT 1 FROM trades t WHERE t.pool = ?) AND last_slot = ?`,
	`UPDATE pools SET (last_event, last_at, last_change, last_slot) =
		(SELECT x.event, x.block_time, x.change, x.slot FROM (
			SELECT event, block_time, change, slot FROM liquidity_events WHERE pool = ?
			UNION ALL SELECT event, block_time, 'traded', slot FROM trades WHERE pool = ?
			UNION ALL SELECT created_event, created_at, 'created', created_slot FROM pools WHERE pool = ? AND created_event IS NOT NULL) x ORDER BY x.event DESC LIMIT 1)
		WHERE pool = ? AND last_slot = ?`,
	`UPDATE pools SET (base_reserve, quote_reserve, value_mint, value_amount, value_usd_micros) =
		(SELECT l.base_reserve, l.quote_reserve, l.value_mint, l.value_amount, l.value_usd_micros FROM liquidity_events l WHERE l.event = pools.last_event)
		WHERE pool = ? AND base_reserve IS NULL AND EXISTS (SELECT 1 FROM liquidity_events l WHERE l.event = pools.last_event)`,
}
