package store_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/store"
	"github.com/weir-run/weir/host/internal/store/query"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	"github.com/weir-run/weir/host/internal/store/storetest"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

func base58Of(key []byte) string { return base58.Encode(key) }

// ask returns rows as text.
func ask(t *testing.T, place sqldb.Place, statement string) (out []string) {
	t.Helper()
	db, err := sqldb.OpenReader(place)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		values, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := found.Scan(to...); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSpace(fmt.Sprintln(values...)))
	}
	return out
}

// change writes to the database beside the store.
func change(t *testing.T, place sqldb.Place, statement string) {
	t.Helper()
	db, err := sqldb.OpenWriter(place)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// A database that goes away delays rows and loses none.
func TestDatabaseGoesAway(t *testing.T) {
	pg := storetest.StartPostgres(t)
	b := newBench(t, pg.Place())
	r := b.run()
	b.say("trading", trade(1, 0))
	b.stored(r)
	pg.Kill(t)
	for i := range 50 {
		b.say("trading", trade(1, uint64(i+1)))
	}
	r.until("trouble", func(s store.Status) bool { return s.Trouble != "" && s.Lag > 0 && s.Last > s.Position })
	if _, err := r.Reader().Trades(t.Context(), query.TradesQuery{}); !errors.Is(err, query.ErrNotReady) {
		t.Errorf("a question without a database gives %v", err)
	}
	pg.Start(t)
	b.stored(r)
	r.until("no trouble", func(s store.Status) bool { return s.Trouble == "" })
	if s := r.Status(); s.Trouble != "" || s.Errors == 0 || s.Lag != 0 {
		t.Errorf("status %+v", s)
	}
	if got := r.trades(query.TradesQuery{Page: query.Page{Limit: 10}}); len(got) != 51 || got[0].BaseAmount != 50 {
		t.Errorf("%d trades are stored", len(got))
	}
}

// The mark with which an epoch begins is no output, and yet nothing is left to store behind it.
func TestMarksAreNoLag(t *testing.T) {
	b := newBench(t, storetest.SQLite(t))
	r := b.run()
	for _, instance := range []string{"a", "b"} {
		b.say(instance, trade(1, 0))
	}
	epoch, err := b.journal.Acquire(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.journal.Outputs(t.Context(), "a", "a", epoch, nil); err != nil { // writes its mark
		t.Fatal(err)
	}
	b.stored(r)
	r.until("nothing is left", func(s store.Status) bool { return s.Position == s.Last && s.Lag == 0 })
	if s := r.Status(); s.Outputs != 2 || s.Position != 5 || s.Missed != 0 {
		t.Errorf("status %+v", s)
	}
}

// A store that never had its database ends when it is asked to.
func TestEndsWithoutADatabase(t *testing.T) {
	b := newBench(t, sqldb.Place{Postgres: true, URL: "postgres:///weir?host=/nowhere"})
	b.say("trading", trade(1, 0))
	r := b.run()
	r.until("trouble", func(s store.Status) bool { return s.Trouble != "" })
	began := time.Now()
	r.stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %s to end", took)
	}
}

// When the stream lost its end, all that it holds is read again, and nothing is stored twice.
func TestStreamThatLostItsEnd(t *testing.T) {
	b := newBench(t, storetest.SQLite(t))
	b.say("trading", trade(1, 0), trade(1, 1))
	b.say("trading", trade(1, 2))
	r := b.run()
	b.stored(r)
	r.stop()
	at := b.cfg.Events.At
	asked := 0
	b.cfg.Events.At = func(ctx context.Context, position uint64) ([]byte, error) {
		asked++
		message, err := at(ctx, position)
		return append(message, 0), err // other bytes than were stored
	}
	b.say("trading", trade(1, 3))
	r = b.run()
	b.stored(r)
	if s := r.Status(); asked == 0 || s.Again != 3 || s.Outputs != 1 || s.Missed != 0 {
		t.Errorf("status %+v", s)
	}
	if got := r.trades(query.TradesQuery{}); len(got) != 4 || got[0].BaseAmount != 3 {
		t.Errorf("trades %+v", got)
	}
}

// What retention of the journal took before it was stored is said.
func TestMissed(t *testing.T) {
	b := newBench(t, storetest.SQLite(t))
	b.open(t.TempDir(), 300<<10)
	b.cfg.Events = store.Events(b.journal)
	long := strings.Repeat("x", 10_000)
	for i := range 60 {
		o := trade(1, uint64(i))
		o.GetTradeReported().Symbol = long
		b.say("trading", o)
	}
	r := b.run()
	b.stored(r)
	s := r.Status()
	got := r.trades(query.TradesQuery{Page: query.Page{Limit: 100}})
	if s.Missed == 0 || len(got) == 0 || int(s.Missed)-1+len(got) != 60 { // less one: the mark of the epoch was missed as well
		t.Errorf("%d of 60 trades are stored, %d batches missed", len(got), s.Missed)
	}
	if rows := ask(t, b.cfg.Place, "SELECT stream, from_position, to_position FROM missed"); len(rows) != 1 || rows[0] != fmt.Sprintf("events 1 %d", s.Missed) {
		t.Errorf("missed are %q", rows)
	}
}

// Two stores on one database: each row comes once, and one says why it does not write.
func TestSecondWriter(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			b.say("trading", trade(1, 0))
			first := b.run()
			b.stored(first)
			second := b.run()
			b.stored(second)
			for i := range 40 {
				b.say("trading", trade(1, uint64(i+1)))
				if first.Status().Errors+second.Status().Errors > 0 && i > 10 {
					break
				}
			}
			first.until("one is fenced", func(store.Status) bool {
				return strings.Contains(first.Status().Trouble+second.Status().Trouble, "another weir") || first.Status().Errors+second.Status().Errors > 0
			})
			want := int(b.causes["trading"])
			first.until("all is stored", func(store.Status) bool {
				return len(first.trades(query.TradesQuery{Page: query.Page{Limit: 100}})) >= want
			})
			got := first.trades(query.TradesQuery{Page: query.Page{Limit: 100}})
			if len(got) != want {
				t.Errorf("%d trades are stored, want %d", len(got), want)
			}
		})
	}
}

// Rows go when they are too old, those that somebody still needs stay.
func TestRetention(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			for i := range 30 {
				b.say("trading", trade(i, uint64(i)))
			}
			r := b.run()
			b.stored(r)
			r.stop()
			change(t, b.cfg.Place, "UPDATE clock SET at = at - 3600")
			change(t, b.cfg.Place, fmt.Sprintf("INSERT INTO clock (event, at) VALUES (11, %d), (21, %d)", time.Now().Unix()-2400, time.Now().Unix()-600))
			b.cfg.Retention = store.Retention{Trades: 30 * time.Minute, Tokens: 5 * time.Minute}
			r = b.run()
			r.until("old rows are gone", func(s store.Status) bool { return s.Deleted >= 10+20 })
			got := r.trades(query.TradesQuery{})
			if len(got) != 20 || got[len(got)-1].Event != 11 {
				t.Errorf("%d trades stay", len(got))
			}
			tokens, err := r.Reader().Totals(t.Context())
			if err != nil || tokens.Tokens != 10 {
				t.Errorf("totals %+v, %v", tokens, err)
			}
			b.say("trading", trade(5, 99)) // a coin that was forgotten comes back
			b.stored(r)
			if _, ok, err := r.Reader().Token(t.Context(), base58Of(key(5)), 0); !ok || err != nil {
				t.Errorf("the coin is there: %v, %v", ok, err)
			}
		})
	}
}

// A coin stays as long as anything is heard of it, and a pool too: not only trades count.
func TestRetentionSinceTheLastWord(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			phase := func(mint int, p eventv1.TokenPhase) *eventv1.Output {
				return &eventv1.Output{Kind: "token", Signature: []byte{1}, Body: &eventv1.Output_TokenPhaseChanged{TokenPhaseChanged: &eventv1.TokenPhaseChanged{Mint: key(mint), Phase: p}}}
			}
			b.say("lifecycle", phase(1, 1), phase(2, 1), phase(3, 1), phase(4, 1))
			b.say("liquidity", &eventv1.Output{Kind: "pool_depth", Body: &eventv1.Output_PoolDepth{PoolDepth: &eventv1.PoolDepth{Pool: key(9)}}})
			// From here on it is new: event 6.
			b.say("lifecycle", phase(2, 4),
				&eventv1.Output{Kind: "token_state", Body: &eventv1.Output_TokenState{TokenState: &eventv1.TokenState{Mint: key(3), Figures: &eventv1.TokenFigures{}}}},
				&eventv1.Output{Kind: "token_activity", Body: &eventv1.Output_TokenActivity{TokenActivity: &eventv1.TokenActivity{Mint: key(4), Change: 1}}})
			b.say("liquidity", &eventv1.Output{Kind: "pool_depth", Body: &eventv1.Output_PoolDepth{PoolDepth: &eventv1.PoolDepth{Pool: key(9)}}})
			r := b.run()
			b.stored(r)
			r.stop()
			change(t, b.cfg.Place, "UPDATE clock SET at = at - 3600")
			change(t, b.cfg.Place, fmt.Sprintf("INSERT INTO clock (event, at) VALUES (6, %d)", time.Now().Unix()-600))
			b.cfg.Retention = store.Retention{Tokens: 5 * time.Minute}
			r = b.run()
			r.until("the coin of which nothing was heard is gone", func(s store.Status) bool { return s.Deleted >= 1 })
			time.Sleep(1500 * time.Millisecond) // the other tables are looked at as well
			for _, mint := range []int{2, 3, 4} {
				if _, ok, err := r.Reader().Token(t.Context(), base58Of(key(mint)), 0); !ok || err != nil {
					t.Errorf("coin %d stays: %v, %v", mint, ok, err)
				}
			}
			if _, ok, err := r.Reader().Pool(t.Context(), base58Of(key(9))); !ok || err != nil {
				t.Errorf("the pool stays: %v, %v", ok, err)
			}
			if _, ok, _ := r.Reader().Token(t.Context(), base58Of(key(1)), 0); ok {
				t.Error("coin 1 stays")
			}
		})
	}
}

// Gaps are those of the ledger, and older ones stay.
func TestGaps(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			b := newBench(t, db.New(t))
			gaps, oldest := []store.Gap{{From: 5, To: 7, Groups: "curve,amm", State: "missing", Reason: "stalled", Found: 100}}, uint64(1)
			b.cfg.Gaps = func() ([]store.Gap, uint64) { return gaps, oldest }
			until := func(want string) {
				t.Helper()
				r := b.run()
				var got []string
				r.until(want, func(store.Status) bool {
					list, err := r.Reader().Gaps(t.Context(), query.GapsQuery{})
					if err != nil {
						return false
					}
					got = nil
					for _, g := range list.Items {
						got = append(got, fmt.Sprint(g.FromSlot, "-", g.ToSlot, " ", g.State))
					}
					return strings.Join(got, ", ") == want
				})
				r.stop()
			}
			until("5-7 missing")
			gaps = []store.Gap{{From: 5, To: 7, Groups: "curve,amm", State: "backfilled", Found: 100, Healed: 110}, {From: 20, To: 20, State: "missing"}}
			until("20-20 missing, 5-7 backfilled")
			gaps, oldest = []store.Gap{{From: 30, To: 31, State: "dead"}}, 10
			until("30-31 dead, 5-7 backfilled")
			// The ledger keeps its rows for longer than it tells complete and empty slots apart.
			gaps, oldest = []store.Gap{{From: 5, To: 7, Groups: "curve,amm", State: "missing", Reason: "the server says \x00\xff"}, {From: 30, To: 31, State: "dead"}}, 100
			until("30-31 dead, 5-7 missing")
			gaps[0].State = "backfilled"
			until("30-31 dead, 5-7 backfilled")
		})
	}
}

func TestAlertsAreStored(t *testing.T) {
	b := newBench(t, storetest.SQLite(t))
	out, err := b.journal.Alerts(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	b.cfg.Alerts = store.Alerts(out)
	raise := func(n int) {
		t.Helper()
		raw, err := proto.Marshal(&eventv1.Alert{
			Rule: "gap", Severity: eventv1.Severity_SEVERITY_CRITICAL, State: eventv1.AlertState_ALERT_STATE_FIRING, Detail: strconv.Itoa(n), AtUnixNanos: int64(n), Event: trade(1, 2),
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := out.Append(t.Context(), "gap", strconv.Itoa(n), raw); err != nil {
			t.Fatal(err)
		}
	}
	want := 0
	for range 3 {
		r := b.run()
		for range 4 {
			raise(want)
			b.say("trading", trade(1, uint64(want)))
			want++
		}
		r.until("alerts and trades", func(store.Status) bool {
			list, err := r.Reader().Alerts(t.Context(), query.AlertsQuery{Rule: "gap", Severity: "critical", State: "firing"})
			return err == nil && len(list.Items) == want && list.Items[0].Detail == strconv.Itoa(want-1) && strings.Contains(string(list.Items[0].Output), `"base_amount":"2"`)
		})
		b.stored(r)
		r.stop()
	}
	if got := ask(t, b.cfg.Place, "SELECT count(*), max(position) FROM alerts"); got[0] != "12 12" {
		t.Errorf("alerts %q", got)
	}
}

// A list is paged without loss while rows come in.
func TestPages(t *testing.T) {
	b := newBench(t, storetest.SQLite(t))
	r := b.run()
	for i := range 25 {
		b.say("trading", trade(i, uint64(i)))
	}
	b.stored(r)
	seen := map[string]bool{}
	q := query.TokensQuery{Page: query.Page{Limit: 4}}
	for n := 0; ; n++ {
		list, err := r.Reader().Tokens(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range list.Items {
			if seen[token.Mint] {
				t.Errorf("%s comes twice", token.Mint)
			}
			seen[token.Mint] = true
		}
		b.say("trading", trade(100+n, 1)) // before the first page: no later one holds it
		b.stored(r)
		if q.After = list.Next; q.After == "" {
			break
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d coins were listed, want 25", len(seen))
	}
	for _, bad := range []string{"x", "-", "1.5", "99999999999999999999", "-1"} {
		if _, err := r.Reader().Tokens(t.Context(), query.TokensQuery{Page: query.Page{After: bad}}); !errors.Is(err, query.ErrBadCursor) || !errors.Is(err, query.ErrBadQuery) {
			t.Errorf("cursor %q gives %v", bad, err)
		}
		if _, err := r.Reader().Trades(t.Context(), query.TradesQuery{Page: query.Page{After: bad}}); !errors.Is(err, query.ErrBadCursor) {
			t.Errorf("cursor %q of trades gives %v", bad, err)
		}
	}
	if _, err := r.Reader().Tokens(t.Context(), query.TokensQuery{View: "best"}); !errors.Is(err, query.ErrBadQuery) {
		t.Errorf("an unknown view gives %v", err)
	}
	if s, err := r.Reader().Stored(t.Context()); err != nil || uint64(s.Position) != r.Status().Position {
		t.Errorf("stored %+v, %v", s, err)
	}
}
