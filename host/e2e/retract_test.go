package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	"github.com/weir-run/weir/host/internal/store/storetest"
)

// At processed, what is stored is what the chain kept, though slots die and forks are left, and the host is killed while it learns of it.
func TestStoreHoldsTheChainAtProcessed(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		place := storetest.SQLite(t)
		storeUnderForks(t, place, "sqlite:"+place.Path)
	})
	t.Run("postgres", func(t *testing.T) {
		pg := storetest.StartPostgres(t)
		storeUnderForks(t, pg.Place(), pg.URL)
	})
}

func storeUnderForks(t *testing.T, place sqldb.Place, url string) {
	t.Helper()
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 4))
	c := serve(t, seed, 3000) // it is ended when enough has happened
	file, _ := configure(t, c.url)
	withCandles(t, file)
	more(t, file, fmt.Sprintf("commitment: processed\nconnections: 1\nstore: {url: %q}\n", url))
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "a first row", func() bool { return len(rowsOf(t, place, "SELECT event FROM trades LIMIT 1")) > 0 })
	script, err := geysersim.ParseScript("forks", []byte("every 900ms fork\nevery 1300ms dead\n"))
	if err != nil {
		t.Fatal(err)
	}
	stop := c.server.Play(script)
	for round := range 3 {
		c.awaitRetractions(t, place, 2*(round+1))
		time.Sleep(time.Duration(random.IntN(500)) * time.Millisecond)
		p.kill9()
		t.Logf("kill -9 of the host after slot %d", c.played())
		p = start(t, "run", "--config", file)
	}
	c.awaitRetractions(t, place, 8)
	stop() // what is left is confirmed by what comes behind it
	c.endAfter(50)
	eventually(t, time.Minute, "the chain is played", c.over)
	want := c.wantRows()
	// Of a coin that completed or migrated in a slot that was given up it is not known when it did.
	steps := certain(c.storedRows(t, place), want)
	for deadline := time.Now().Add(time.Minute); total(steps) != total(want) && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		steps = certain(c.storedRows(t, place), want)
	}
	compare(t, steps, want)
	if t.Failed() {
		return
	}
	c.compareLast(t, place)
	if n := number(t, rowsOf(t, place, "SELECT count(*) FROM retracted WHERE kind = 'trades'")[0]); n < 10 {
		t.Errorf("only %d trades were taken back", n)
	}
	compareMarks(t, place)
	if bad := rowsOf(t, place, "SELECT kind, error FROM refused"); len(bad) > 0 {
		t.Errorf("refused: %v", bad)
	}
}

// awaitRetractions waits until so many retracted slots are stored. The market waits for a store that is far behind: how long that takes is not
// what is tested.
func (c *chain) awaitRetractions(t *testing.T, place sqldb.Place, n int) {
	t.Helper()
	paused := false
	defer func() {
		if paused {
			c.pause.Unlock()
		}
	}()
	eventually(t, 2*time.Minute, fmt.Sprint(n, " slots are retracted"), func() bool {
		switch behind := c.behind(t, place); {
		case behind > 100 && !paused:
			c.pause.Lock()
			paused = true
		case behind < 40 && paused:
			c.pause.Unlock()
			paused = false
		}
		rows := rowsOf(t, place, "SELECT count(*) FROM retractions")
		return len(rows) > 0 && number(t, rows[0]) >= n
	})
}

// behind is how many slots of the market are not stored, but for those by which forks have moved it.
func (c *chain) behind(t *testing.T, place sqldb.Place) int {
	t.Helper()
	rows := rowsOf(t, place, "SELECT coalesce(max(slot), 0) FROM trades")
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(rows) == 0 || len(c.truth) == 0 {
		return 0
	}
	return int(c.truth[len(c.truth)-1].Slot) - number(t, rows[0])
}

// compareLast compares the reserves of pools with the last trades that were stored of them. Behind a restart the first half of the slot that was
// under way comes behind the second, and behind later slots: the last trade of the chain need not be the last that came.
func (c *chain) compareLast(t *testing.T, place sqldb.Place) {
	t.Helper()
	after := map[string]geysersim.Truth{}
	for _, f := range c.truth {
		if f.Kind == geysersim.TruthTrade {
			after[f.Signature+" "+f.Pool] = f
		}
	}
	compared := 0
	for _, row := range rowsOf(t, place, `SELECT p.pool, p.base_reserve, p.quote_reserve, (SELECT t.signature FROM trades t WHERE t.pool = p.pool ORDER BY t.cause DESC LIMIT 1)
		FROM pools p WHERE p.last_change = 'traded'`) {
		var pool, base, quote, signature string
		if _, err := fmt.Sscan(row, &pool, &base, &quote, &signature); err != nil {
			t.Fatal(err)
		}
		want, ok := after[signature+" "+pool]
		if base == "<nil>" { // its last trade never happened
			continue
		}
		if !ok || strconv.FormatUint(want.After.Base, 10) != base || strconv.FormatUint(want.After.Quote, 10) != quote {
			t.Errorf("pool %s is %s %s after %s, want %+v", pool, base, quote, signature, want.After)
		}
		compared++
	}
	if compared < 3 {
		t.Errorf("only %d pools were traded last", compared)
	}
}

// compareMarks holds what counts trades against the trades: it is right, or says that it is not.
func compareMarks(t *testing.T, place sqldb.Place) {
	t.Helper()
	if wrong := rowsOf(t, place, `SELECT mint, trades FROM tokens WHERE retracted IS NULL AND trades IS NOT NULL
		AND trades <> (SELECT count(*) FROM trades t WHERE t.mint = tokens.mint)`); len(wrong) > 0 {
		t.Errorf("totals that count what never happened, and do not say so: %v", wrong)
	}
	if wrong := rowsOf(t, place, `SELECT mint, start_time FROM candles c WHERE retracted IS NULL AND late_trades = 0 AND EXISTS
		(SELECT 1 FROM retracted r WHERE r.mint = c.mint AND r.quote_mint = c.quote_mint AND r.block_time >= c.start_time AND r.block_time < c.start_time + c.seconds)`); len(wrong) > 0 {
		t.Errorf("candles that count what never happened, and do not say so: %v", wrong)
	}
	for _, table := range []string{"tokens", "candles"} {
		if n := number(t, rowsOf(t, place, "SELECT count(*) FROM "+table+" WHERE retracted")[0]); n == 0 {
			t.Errorf("no row of %s is marked", table)
		}
	}
}

// certain is what is stored, with those completions and migrations that are absent filled in: absent is allowed, another one is not.
func certain(stored, want outputs) outputs {
	for row, n := range want {
		if strings.HasPrefix(row, "completed ") || strings.HasPrefix(row, "migrated ") {
			stored[row] = max(stored[row], n)
		}
	}
	return stored
}

// withCandles asks for candles of a second.
func withCandles(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	out := strings.Replace(string(text), "{name: trading,", "{name: trading, config: {candles: [1s, 1m], windows: true},", 1)
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
}
