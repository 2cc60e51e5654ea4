package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Retention says how long rows stay after they were stored; 0 keeps them for ever.
type Retention struct {
	Trades, Candles, Liquidity, Signals, Alerts time.Duration
	// Tokens is for coins, their windows, pools and positions, since something was last heard of them.
	Tokens time.Duration
}

const (
	// forgetRows bounds what one transaction deletes, so that outputs never wait long for it.
	forgetRows = 2000
	// forgetTime is how much of each second may go into deleting.
	forgetTime = 200 * time.Millisecond
	// forgetEvery is how often tables are looked at that have no index by age.
	forgetEvery = 10 * time.Minute
)

// keeper is what of retention and gaps a session remembers.
type keeper struct {
	retention Retention
	next      map[string]time.Time // when to look at a table again
	gaps      []Gap
	gapsKnown bool
	gapsAt    time.Time
}

// rule deletes from a table what is older than an event.
type rule struct {
	table string
	keep  time.Duration
	// old is the condition on a row, with the first event that stays as each parameter, for tables that are small; empty for those with a
	// row an event, which are emptied from their beginning.
	old string
}

func (r Retention) rules() []rule {
	return []rule{
		{"trades", r.Trades, ""},
		{"candles", r.Candles, ""},
		{"liquidity_events", r.Liquidity, ""},
		{"signals", r.Signals, ""},
		{"refused", r.Signals, ""},
		{"retracted", r.Trades, ""},
		{"retractions", r.Trades, "event < ?"},
		{"fees", r.Liquidity, ""},
		{"pool_periods", r.Candles, ""},
		{"alerts", r.Alerts, ""},
		// Whatever was heard of a coin keeps it: without a trading monitor it has no last_event.
		{"tokens", r.Tokens, `coalesce(last_event, first_event) < ? AND coalesce(migrated_event, completed_event, created_event, 0) < ?
			AND coalesce(activity_event, 0) < ? AND NOT EXISTS (SELECT 1 FROM token_figures f WHERE f.mint = tokens.mint AND f.event >= ?)`},
		{"pools", r.Tokens, "last_event < ? AND coalesce(depth_event, 0) < ?"},
		{"windows", r.Tokens, "event < ?"},
		{"token_figures", r.Tokens, "event < ?"},
		{"positions", r.Tokens, "event < ?"},
	}
}

// tidy deletes what is too old, a little at a time, and brings the gaps up to date.
func (w *writer) tidy(ctx context.Context) error {
	if err := w.keepGaps(ctx); err != nil {
		return err
	}
	if st := w.s.Status(); st.Position >= st.Last {
		w.s.mended() // there was nothing to store that would have shown it
	}
	began := time.Now()
	for _, r := range w.keep.retention.rules() {
		for r.keep > 0 && time.Since(began) < forgetTime && time.Now().After(w.keep.next[r.table]) {
			again, err := w.forget(ctx, r)
			if err != nil {
				return fmt.Errorf("delete old rows of %s: %w", r.table, err)
			}
			if !again {
				w.keep.later(r)
			}
		}
	}
	return nil
}

func (k *keeper) later(r rule) {
	if k.next == nil {
		k.next = map[string]time.Time{}
	}
	wait := 15 * time.Second
	if r.old != "" {
		wait = forgetEvery
	}
	k.next[r.table] = time.Now().Add(min(wait, r.keep))
}

// forget deletes some of what is too old in a table, and tells whether there is more.
func (w *writer) forget(ctx context.Context, r rule) (again bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.s.cfg.Timeout)
	defer cancel()
	cutoff, err := w.firstSince(ctx, time.Now().Add(-r.keep))
	if err != nil || cutoff == 0 {
		return false, err
	}
	statement, last := "DELETE FROM "+r.table+" WHERE "+r.old, cutoff
	if r.old == "" {
		var oldest sql.NullInt64
		if err := w.conn.QueryRowContext(ctx, "SELECT min(event) FROM "+r.table).Scan(&oldest); err != nil {
			return false, err
		}
		if !oldest.Valid || oldest.Int64 >= cutoff {
			return false, nil
		}
		statement, last = "DELETE FROM "+r.table+" WHERE event < ?", min(cutoff, oldest.Int64+forgetRows)
	}
	result, err := w.conn.Do(ctx, statement, slices.Repeat([]any{last}, strings.Count(statement, "?"))...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	w.s.state.change(func(s *Status) { s.Deleted += uint64(n) })
	return last < cutoff, err
}

// firstSince returns the first event that may have been stored after a time; 0 when the clock does not reach back so far.
func (w *writer) firstSince(ctx context.Context, at time.Time) (int64, error) {
	var event sql.NullInt64
	row := w.conn.QueryRowContext(ctx, w.conn.Place.Rebind("SELECT max(event) FROM clock WHERE at <= ?"), at.Unix())
	if err := row.Scan(&event); err != nil {
		return 0, fmt.Errorf("read clock: %w", err)
	}
	return event.Int64, nil
}
