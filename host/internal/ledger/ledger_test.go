package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// table is a durable table in memory. After left writes it fails, as a process that is killed does; negative is never.
type table struct {
	entries map[string][]byte
	left    int
	puts    int
	full    int // so many writes find no room
}

var (
	errKilled = errors.New("killed")
	errFull   = errors.New("no room")
)

func newTable() *table { return &table{entries: map[string][]byte{}, left: -1} }

func (t *table) Put(_ context.Context, key string, value []byte) error {
	if t.left == 0 {
		return errKilled
	}
	if t.full > 0 {
		t.full--
		return errFull
	}
	t.left--
	t.puts++
	t.entries[key] = slices.Clone(value)
	return nil
}

func (t *table) All(_ context.Context, visit func(string, []byte) error) error {
	for _, key := range slices.Sorted(maps.Keys(t.entries)) {
		if err := visit(key, t.entries[key]); err != nil {
			return err
		}
	}
	return nil
}

// tester is what testing.T and rapid.T share.
type tester interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}

func open(t tester, c Config) *Ledger {
	t.Helper()
	if c.Table == nil {
		c.Table = newTable()
	}
	if c.Groups == nil {
		c.Groups = []string{"high", "low"}
	}
	l, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func check(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func seal(t tester, l *Ledger, slot, parent uint64, proven fold.GroupSet) {
	t.Helper()
	check(t, l.Sealed(context.Background(), &geyser.BlockMeta{Slot: slot, Parent: parent}, proven))
}

// text is a row as a test writes it.
func text(r Row) string {
	return fmt.Sprintf("%d-%d %s %s", r.From, r.To, r.State, strings.Join(r.Names, "+"))
}

func texts(rows []Row) (out []string) {
	for _, r := range rows {
		out = append(out, text(r))
	}
	return out
}

func want(t tester, l *Ledger, q Query, rows ...string) {
	t.Helper()
	if got := texts(l.Rows(q)); !slices.Equal(got, rows) {
		t.Errorf("rows %q\nwant %q", got, rows)
	}
}

var every = []State{Complete, Empty, Dead, Backfilled, Missing}

func TestStates(t *testing.T) {
	l := open(t, Config{})
	ctx := t.Context()
	seal(t, l, 100, 99, 0b11)
	seal(t, l, 101, 100, 0b01) // the connection of low had a hole
	seal(t, l, 105, 102, 0b11) // 103 and 104 were skipped; 102 did not come
	check(t, l.Missing(ctx, 101, 101, 0b10, "began within it", "one"))
	check(t, l.Missing(ctx, 102, 102, 0b11, "not replayed", "two"))
	check(t, l.Dead(ctx, 106, "dead: bad block", "one"))
	want(t, l, Query{States: every},
		"100-100 complete high+low", "101-101 complete high", "101-101 missing low", "102-102 missing high+low", "103-104 empty high+low",
		"105-105 complete high+low", "106-106 dead high+low")
	want(t, l, Query{}, "101-101 missing low", "102-102 missing high+low", "106-106 dead high+low")
	want(t, l, Query{From: 102, To: 103, States: every}, "102-102 missing high+low", "103-103 empty high+low")
	want(t, l, Query{Groups: []string{"high"}}, "102-102 missing high", "106-106 dead high")
	for slot, states := range map[uint64][2]State{
		99: {Unknown, Unknown}, 100: {Complete, Complete}, 101: {Complete, Missing}, 102: {Missing, Missing}, 103: {Empty, Empty}, 106: {Dead, Dead},
	} {
		if a, b := l.State(slot, 0), l.State(slot, 1); [2]State{a, b} != states {
			t.Errorf("slot %d is %v and %v, want %v", slot, a, b, states)
		}
	}
	if got := l.Totals(); got.MissingSlots != 2 || got.Oldest != 100 || got.Newest != 106 {
		t.Errorf("totals %+v", got)
	}
}

// A row tells why, where and when; healing keeps that and adds when.
func TestStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newTable()
		l := open(t, Config{Table: store})
		found := time.Now().Truncate(time.Second)
		check(t, l.Missing(t.Context(), 10, 12, 0b11, "not replayed: last available: 13", "one"))
		time.Sleep(time.Minute)
		check(t, l.Missing(t.Context(), 12, 13, 0b11, "another reason", "two")) // 12 keeps its first story
		check(t, l.Healed(t.Context(), 11, 11, 0b11))
		for _, ledger := range []*Ledger{l, open(t, Config{Table: store, Complete: 20})} {
			rows := ledger.Rows(Query{})
			if got := texts(rows); !slices.Equal(got, []string{"10-10 missing high+low", "11-11 backfilled high+low", "12-12 missing high+low", "13-13 missing high+low"}) {
				t.Fatalf("rows %q", got)
			}
			if r := rows[1]; r.Reason != "not replayed: last available: 13" || r.Endpoint != "one" || !r.Found.Equal(found) || !r.Healed.Equal(found.Add(time.Minute)) {
				t.Errorf("row %+v", r)
			}
			if r := rows[3]; r.Reason != "another reason" || !r.Healed.IsZero() {
				t.Errorf("row %+v", r)
			}
		}
	})
}

// A slot that is sealed again by a stream that covers it is healed, but only for the groups of that stream, and only once the journal has it.
func TestSecondReplayHeals(t *testing.T) {
	flushed := 0
	l := open(t, Config{Flush: func(context.Context) error { flushed++; return nil }})
	check(t, l.Missing(t.Context(), 50, 50, 0b11, "began within it", "one"))
	seal(t, l, 50, 49, 0)
	if flushed != 0 || l.State(50, 0) != Missing {
		t.Fatalf("a block meta that proves nothing healed a slot: %v", l.State(50, 0))
	}
	seal(t, l, 50, 49, 0b10)
	if flushed != 1 || l.State(50, 0) != Missing || l.State(50, 1) != Backfilled {
		t.Errorf("flushed %d, states %v and %v", flushed, l.State(50, 0), l.State(50, 1))
	}
	failing := open(t, Config{Flush: func(context.Context) error { return errKilled }})
	check(t, failing.Missing(t.Context(), 50, 50, 0b11, "", ""))
	if err := failing.Healed(t.Context(), 50, 50, 0b11); !errors.Is(err, errKilled) || failing.State(50, 0) != Missing {
		t.Errorf("healed without the journal: %v, %v", err, failing.State(50, 0))
	}
}

// What a fork skipped another one may have.
func TestForkThatSealsASkippedSlot(t *testing.T) {
	l := open(t, Config{})
	seal(t, l, 100, 99, 0b11)
	seal(t, l, 103, 100, 0b11)
	seal(t, l, 102, 100, 0b01)
	if a, b := l.State(102, 0), l.State(102, 1); a != Complete || b != Unknown {
		t.Errorf("slot 102 is %v and %v, want complete and unknown", a, b)
	}
}

// Trap d: after a run whose filling failed, the next one still knows what is missing.
func TestMissingOutlivesTheProcess(t *testing.T) {
	store := newTable()
	l := open(t, Config{Table: store})
	check(t, l.Missing(t.Context(), 100, 199, 0b11, "not replayed", "one"))
	check(t, l.Healed(t.Context(), 100, 131, 0b11))
	l = open(t, Config{Table: store, Complete: 300, Oldest: 50})
	if got := texts(l.Open()); !slices.Equal(got, []string{"132-199 missing high+low"}) {
		t.Errorf("to fetch: %q", got)
	}
	want(t, l, Query{States: every}, "50-99 complete high+low", "100-131 backfilled high+low", "132-199 missing high+low", "200-300 complete high+low")
}

// Rows belong to names: another order of groups, or one less, changes nothing.
func TestGroupsOfAnotherConfiguration(t *testing.T) {
	store := newTable()
	l := open(t, Config{Table: store})
	check(t, l.Missing(t.Context(), 10, 10, 0b01, "", ""))
	check(t, l.Missing(t.Context(), 20, 20, 0b10, "", ""))
	l = open(t, Config{Table: store, Groups: []string{"low", "new"}})
	want(t, l, Query{}, "10-10 missing high", "20-20 missing low")
	if rows := l.Open(); len(rows) != 1 || rows[0].Groups != 0b01 || rows[0].From != 20 {
		t.Errorf("to fetch: %+v", rows)
	}
	l.SetGroups([]string{"high"})
	if rows := l.Open(); len(rows) != 1 || rows[0].Groups != 0b01 || rows[0].From != 10 {
		t.Errorf("to fetch after the groups changed: %+v", rows)
	}
}

func TestBounds(t *testing.T) {
	store := newTable()
	l := open(t, Config{Table: store, MostRows: 10, Horizon: 100})
	check(t, l.Missing(t.Context(), 1, 1, 0b11, "kept", ""))
	for slot := uint64(10); slot < 2000; slot += 10 {
		check(t, l.Dead(t.Context(), slot, "dead", ""))
		seal(t, l, slot+1, slot-9, 0b11)
	}
	if n := len(l.Rows(Query{})); n != 10 {
		t.Errorf("%d rows", n)
	}
	if l.State(1, 0) != Missing {
		t.Error("a missing slot went while dead ones stayed")
	}
	if n := len(store.entries); n > 30 {
		t.Errorf("%d entries in the table for 10 rows", n)
	}
	if got := l.Totals(); got.Oldest != 1991-100 || len(l.empty.Ranges()) > 101 {
		t.Errorf("totals %+v, %d ranges", got, len(l.empty.Ranges()))
	}
}

// Whatever happens, the ledger says of each slot and group what a plain table would, also after it was read again.
func TestAgreesWithAPlainTable(t *testing.T) {
	const most = 40
	rapid.Check(t, func(t *rapid.T) {
		store := newTable()
		l := open(t, Config{Table: store})
		var model [2][most + 10]State
		set := func(from, to uint64, groups fold.GroupSet, next func(State) State) {
			for g := range 2 {
				for s := from; groups.Has(g) && s <= to; s++ {
					model[g][s] = next(model[g][s])
				}
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			from := rapid.Uint64Range(1, most).Draw(t, "from")
			to := from + rapid.Uint64Range(0, 9).Draw(t, "length")
			groups := fold.GroupSet(rapid.IntRange(0, 3).Draw(t, "groups"))
			switch rapid.IntRange(0, 3).Draw(t, "step") {
			case 0:
				check(t, l.Missing(context.Background(), from, to, groups, "reason", ""))
				set(from, to, groups, func(State) State { return Missing })
			case 1:
				check(t, l.Healed(context.Background(), from, to, groups))
				set(from, to, groups, func(s State) State {
					if s == Missing {
						return Backfilled
					}
					return s
				})
			case 2:
				check(t, l.Dead(context.Background(), from, "dead", ""))
				set(from, from, 0b11, func(State) State { return Dead })
			case 3:
				l = open(t, Config{Table: store})
			}
		}
		for g := range 2 {
			for s := uint64(1); s < most+10; s++ {
				if got := l.State(s, g); got != model[g][s] {
					t.Fatalf("slot %d of group %d is %v, want %v\n%q", s, g, got, model[g][s], texts(l.Rows(Query{States: every})))
				}
			}
		}
	})
}

// A kill between any two writes must not lose that a slot is missing.
func TestKilledBetweenWrites(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 3))
		store := newTable()
		l := open(t, Config{Table: store})
		missing := [2]map[uint64]bool{{}, {}}
		store.left = r.IntN(25)
		for {
			from := 1 + r.Uint64N(40)
			to, groups := from+r.Uint64N(10), fold.GroupSet(1+r.IntN(3))
			miss := r.IntN(2) == 0
			var err error
			if miss {
				err = l.Missing(t.Context(), from, to, groups, strconv.Itoa(r.IntN(3)), "")
			} else {
				err = l.Healed(t.Context(), from, to, groups)
			}
			for g := range 2 {
				for s := from; groups.Has(g) && s <= to; s++ {
					if miss && err == nil {
						missing[g][s] = true
					} else if !miss {
						delete(missing[g], s) // healed, or about to be
					}
				}
			}
			if err != nil {
				break
			}
		}
		store.left = -1
		again := open(t, Config{Table: store})
		for g := range 2 {
			for s := range missing[g] {
				if again.State(s, g) != Missing {
					t.Fatalf("seed %d: slot %d of group %d is %v after the kill, want missing", seed, s, g, again.State(s, g))
				}
			}
		}
		check(t, again.Missing(t.Context(), 500, 500, 1, "next", "")) // and it goes on
		if third := open(t, Config{Table: store}); !slices.Equal(texts(third.Rows(Query{})), texts(again.Rows(Query{}))) {
			t.Fatalf("seed %d: %q\nread again: %q", seed, texts(again.Rows(Query{})), texts(third.Rows(Query{})))
		}
	}
}

func TestUnreadableRowsAreLeftOut(t *testing.T) {
	store := newTable()
	store.entries["row.3"] = []byte("{")
	store.entries["row.4"] = []byte(`{"from":5,"to":4,"groups":["high"],"state":5}`)
	store.entries["other"] = []byte("x")
	l := open(t, Config{Table: store})
	check(t, l.Missing(t.Context(), 1, 1, 1, "", ""))
	want(t, l, Query{}, "1-1 missing high")
	if string(store.entries["row.3"]) != "{" {
		t.Error("an entry that could not be read was overwritten")
	}
}
