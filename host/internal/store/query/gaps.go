package query

import "context"

// Gap is one row of table gaps: slots of which data is or was missing.
type Gap struct {
	FromSlot int64  `json:"from_slot,string"`
	ToSlot   int64  `json:"to_slot,string"`
	Groups   string `json:"groups"`
	// State is missing, backfilled or dead.
	State    string `json:"state"`
	Reason   string `json:"reason,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	// Found and Healed are Unix seconds.
	Found  *int64 `json:"found,omitempty,string"`
	Healed *int64 `json:"healed,omitempty,string"`
}

// GapsQuery chooses gaps; empty fields choose all.
type GapsQuery struct {
	Page

	State string
}

// Gaps lists gaps, the newest first. Pages go by how many came before, and the ledger changes: a row can come twice.
func (r *Reader) Gaps(ctx context.Context, q GapsQuery) (List[Gap], error) {
	s := &statement{text: "SELECT from_slot, to_slot, subscription_groups, state, reason, endpoint, found_at, healed_at FROM gaps"}
	s.is("state", q.State)
	return bySkip(ctx, r, s, "ORDER BY to_slot DESC, from_slot DESC, subscription_groups, state", q.Page, func(g *Gap) []any {
		return []any{&g.FromSlot, &g.ToSlot, &g.Groups, &g.State, text{&g.Reason}, text{&g.Endpoint}, &g.Found, &g.Healed}
	})
}

// Stored is how far the store came.
type Stored struct {
	// Position is the last of the stream of events whose outputs are stored: who asks for a list and then follows the stream from
	// Position + 1 misses nothing. Event is the number of the next event.
	Position int64 `json:"position,string"`
	Event    int64 `json:"event,string"`
}

// Stored tells how far the store came. Ask it before a list, not after.
func (r *Reader) Stored(ctx context.Context) (Stored, error) {
	s := &statement{text: `SELECT coalesce((SELECT position FROM cursors WHERE stream = 'events'), 0), next_event FROM counters`}
	out, _, err := one(ctx, r, s, func(s *Stored) []any { return []any{&s.Position, &s.Event} })
	return out, err
}

// Totals counts rows.
type Totals struct {
	Tokens    int64 `json:"tokens,string"`
	Launched  int64 `json:"launched,string"`
	Graduated int64 `json:"graduated,string"`
	Pools     int64 `json:"pools,string"`
}

// Totals counts coins and pools.
func (r *Reader) Totals(ctx context.Context) (Totals, error) {
	s := &statement{text: `SELECT (SELECT count(*) FROM tokens), (SELECT count(*) FROM tokens WHERE created_event IS NOT NULL),
		(SELECT count(*) FROM tokens WHERE migrated_event IS NOT NULL), (SELECT count(*) FROM pools)`}
	out, _, err := one(ctx, r, s, func(t *Totals) []any { return []any{&t.Tokens, &t.Launched, &t.Graduated, &t.Pools} })
	return out, err
}
