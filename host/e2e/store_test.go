package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	"github.com/weir-run/weir/host/internal/store/storetest"
)

// Rows are those of the ground truth, each once, whatever is killed while they are written.
func TestStoreSurvivesKills(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		place := storetest.SQLite(t)
		storeUnderKills(t, place, "sqlite:"+place.Path, func() {})
	})
	t.Run("postgres", func(t *testing.T) {
		pg := storetest.StartPostgres(t)
		storeUnderKills(t, pg.Place(), pg.URL, func() {
			t.Log("PostgreSQL crashes and comes back")
			pg.Kill(t)
			time.Sleep(time.Second)
			pg.Start(t)
		})
	})
}

func storeUnderKills(t *testing.T, place sqldb.Place, url string, disturb func()) {
	t.Helper()
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 9))
	c := serve(t, seed, 120)
	file, data := configure(t, c.url)
	more(t, file, fmt.Sprintf("store: {url: %q}\n", url))
	p := start(t, "run", "--config", file)
	for round := range 5 {
		after := 5 + 20*round + random.IntN(15)
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		if round == 0 {
			eventually(t, 20*time.Second, "a first row", func() bool { return len(rowsOf(t, place, "SELECT event FROM trades LIMIT 1")) > 0 })
		}
		if round == 2 {
			disturb()
			continue
		}
		time.Sleep(time.Duration(random.IntN(80)) * time.Millisecond)
		p.kill9()
		t.Logf("kill -9 of the host after slot %d", after)
		p = start(t, "run", "--config", file)
	}
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	want := c.wantRows()
	eventually(t, time.Minute, "as many rows as facts", func() bool { return total(c.storedRows(t, place)) >= total(want) })
	compare(t, c.storedRows(t, place), want)
	c.compareReserves(t, place)
	// Whatever its kind, every event has its number, and no two have the same. Alerts have numbers too.
	var events, numbers int
	eventually(t, 20*time.Second, "every event has its number", func() bool {
		events, numbers = len(readEvents(t, data)), number(t, rowsOf(t, place, "SELECT next_event - 1 - (SELECT count(*) FROM alerts) FROM counters")[0])
		return events == numbers
	})
	if bad := rowsOf(t, place, "SELECT kind, error FROM refused"); len(bad) > 0 {
		t.Errorf("refused: %v", bad)
	}
	t.Logf("%d rows of %d facts, %d events", total(want), len(c.truth), events)
}

// more appends to a configuration.
func more(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(filepath.Clean(file), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func total(o outputs) (n int) {
	for _, count := range o {
		n += count
	}
	return n
}

// rowsOf asks the database and returns each row as text, its columns apart by blanks; nothing while it is away or empty.
func rowsOf(t *testing.T, place sqldb.Place, query string) (out []string) {
	t.Helper()
	db, err := sqldb.OpenReader(place)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Logf("%s: %v", query, err)
		return nil
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
		text := make([]string, len(values))
		for i, v := range values {
			text[i] = fmt.Sprint(v)
		}
		out = append(out, strings.Join(text, " "))
	}
	return out
}

// storedRows are the rows that facts make, as text.
func (c *chain) storedRows(t *testing.T, place sqldb.Place) outputs {
	t.Helper()
	out := outputs{}
	for table, query := range map[string]string{
		"trade":     "SELECT signature, venue, pool, mint, quote_mint, trader, side, base_amount, quote_amount, pool_quote_amount FROM trades",
		"created":   "SELECT created_signature, mint, symbol FROM tokens WHERE created_event IS NOT NULL",
		"completed": "SELECT completed_signature, mint FROM tokens WHERE completed_event IS NOT NULL",
		"migrated":  "SELECT migrated_signature, mint, pool FROM tokens WHERE migrated_event IS NOT NULL",
		"liquidity": "SELECT change, signature, pool, base_mint, quote_mint, base_amount, quote_amount FROM liquidity_events",
		"opened":    "SELECT created_signature, pool FROM pools WHERE created_event IS NOT NULL",
	} {
		for _, row := range rowsOf(t, place, query) {
			out.add(table, row)
		}
	}
	return out
}

// wantRows says the same of the truth.
func (c *chain) wantRows() outputs {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := outputs{}
	liquidity := func(change string, f geysersim.Truth) {
		if base, quote := mustKey(f.Mint), mustKey(f.QuoteMint); turns(base, quote) {
			f.Mint, f.QuoteMint, f.BaseAmount, f.QuoteAmount = f.QuoteMint, f.Mint, f.QuoteAmount, f.BaseAmount
		}
		out.add("liquidity", change, f.Signature, f.Pool, f.Mint, f.QuoteMint, f.BaseAmount, f.QuoteAmount)
	}
	for _, f := range c.truth {
		switch f.Kind {
		case geysersim.TruthTrade:
			out.add("trade", f.Signature, f.Venue, f.Pool, f.Mint, f.QuoteMint, f.Trader, f.Side, f.BaseAmount, f.QuoteAmount, f.PoolQuoteAmount)
		case geysersim.TruthTokenCreated:
			out.add("created", f.Signature, f.Mint, f.Symbol)
		case geysersim.TruthCurveCompleted:
			out.add("completed", f.Signature, f.Mint)
		case geysersim.TruthTokenMigrated:
			out.add("migrated", f.Signature, f.Mint, f.TargetPool)
		case geysersim.TruthPoolCreated:
			liquidity("created", f)
			out.add("opened", f.Signature, f.Pool)
		case geysersim.TruthLiquidityAdded:
			liquidity("added", f)
		case geysersim.TruthLiquidityRemoved:
			liquidity("removed", f)
		}
	}
	return out
}

// compareReserves compares the state of pools that a trade changed last.
func (c *chain) compareReserves(t *testing.T, place sqldb.Place) {
	t.Helper()
	want := map[string]string{}
	for _, f := range c.truth {
		switch {
		case f.Kind == geysersim.TruthTrade && f.Venue != geysersim.VenuePump && f.Venue != "raydium_launchlab":
			want[f.Pool] = fmt.Sprint(f.Mint, " ", f.After.Base, " ", f.After.Quote, " traded")
		case f.Kind == geysersim.TruthLiquidityAdded, f.Kind == geysersim.TruthLiquidityRemoved:
			delete(want, f.Pool)
		}
	}
	got := map[string]string{}
	for _, row := range rowsOf(t, place, "SELECT pool, base_mint, base_reserve, quote_reserve, last_change FROM pools") {
		pool, state, _ := strings.Cut(row, " ")
		got[pool] = state
	}
	for pool, state := range want {
		if got[pool] != state {
			t.Errorf("pool %s is %s, want %s", pool, got[pool], state)
		}
	}
	if len(want) < 3 {
		t.Errorf("only %d pools were traded last", len(want))
	}
}

func turns(base, quote dex.Key) bool {
	_, first := dex.Quote(base, quote)
	return first
}

func mustKey(text string) dex.Key {
	k, err := dex.ParseKey(text)
	if err != nil {
		panic(err) // of the simulator
	}
	return k
}
