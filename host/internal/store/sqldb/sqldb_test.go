package sqldb_test

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/store/sqldb"
	"github.com/weir-run/weir/host/internal/store/storetest"
)

func connect(t *testing.T, place sqldb.Place) *sqldb.Conn {
	t.Helper()
	db, err := sqldb.OpenWriter(place)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	c, err := db.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func exec(t *testing.T, c *sqldb.Conn, statement string, values ...any) {
	t.Helper()
	if _, err := c.Do(t.Context(), statement, values...); err != nil {
		t.Fatal(err)
	}
}

// Amounts and wide numbers sort, compare and come back exactly, also past 63 bits, in both databases.
func TestAmounts(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			c := connect(t, place)
			table := "(a ANY, w ANY) STRICT" // ANY of a table that is not strict turns long digits into floats
			if place.Postgres {
				table = "(a NUMERIC(20), w NUMERIC(39))"
			}
			exec(t, c, "CREATE TABLE numbers "+table)
			amounts := []uint64{0, 1, 9, 10, math.MaxInt64 - 1, math.MaxInt64, math.MaxInt64 + 1, 10_000_000_000_000_000_000, math.MaxUint64}
			for range 50 {
				amounts = append(amounts, rand.Uint64()>>rand.IntN(64))
			}
			random := slices.Clone(amounts)
			rand.Shuffle(len(random), func(i, j int) { random[i], random[j] = random[j], random[i] })
			wides := map[uint64]string{}
			for _, a := range random {
				product := new(big.Int).Mul(new(big.Int).SetUint64(a), new(big.Int).SetUint64(a)) // keeps the order
				wides[a] = product.String()
				exec(t, c, "INSERT INTO numbers (a, w) VALUES (?, ?)", sqldb.Amount(a), sqldb.Wide(product.String()))
			}
			slices.Sort(amounts)
			for _, column := range []string{"a", "w"} {
				got := read(t, c, "SELECT a, w FROM numbers ORDER BY "+column)
				for i, row := range got {
					if row.a != amounts[i] || row.w != wides[row.a] {
						t.Fatalf("row %d by %s is %d, %s; want %d, %s", i, column, row.a, row.w, amounts[i], wides[amounts[i]])
					}
				}
			}
			limit := uint64(math.MaxInt64) + 5
			want := 0
			for _, a := range amounts {
				if a >= limit {
					want++
				}
			}
			var count int
			if err := c.QueryRowContext(t.Context(), place.Rebind("SELECT count(*) FROM numbers WHERE a >= ?"), sqldb.Amount(limit)).Scan(&count); err != nil || count != want {
				t.Errorf("%d rows are at or above %d, want %d (%v)", count, limit, want, err)
			}
		})
	}
}

type numbers struct {
	a uint64
	w string
}

func read(t *testing.T, c *sqldb.Conn, query string) (out []numbers) {
	t.Helper()
	found, err := c.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	for found.Next() {
		var n numbers
		if err := found.Scan(sqldb.ScanAmount{To: &n.a}, sqldb.ScanWide{To: &n.w}); err != nil {
			t.Fatal(err)
		}
		out = append(out, n)
	}
	return out
}

// Sums are exact up to 63 bits in both, and past that exact or refused, never rounded.
func TestSums(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			c := connect(t, place)
			table := "(a ANY) STRICT"
			if place.Postgres {
				table = "(a NUMERIC(20))"
			}
			exec(t, c, "CREATE TABLE numbers "+table)
			total := uint64(0)
			for range 1000 {
				a := rand.Uint64() >> 12 // 2^52: a float would have lost the last digits of their sum
				total += a
				exec(t, c, "INSERT INTO numbers (a) VALUES (?)", sqldb.Amount(a))
			}
			var got uint64
			if err := c.QueryRowContext(t.Context(), "SELECT sum(a) FROM numbers").Scan(sqldb.ScanAmount{To: &got}); err != nil || got != total {
				t.Errorf("sum is %d, want %d (%v)", got, total, err)
			}
			exec(t, c, "INSERT INTO numbers (a) VALUES (?)", sqldb.Amount(math.MaxInt64))
			var text string
			err := c.QueryRowContext(t.Context(), "SELECT sum(a) FROM numbers").Scan(sqldb.ScanWide{To: &text})
			want := new(big.Int).Add(new(big.Int).SetUint64(total), big.NewInt(math.MaxInt64)).String()
			if place.Postgres && text != want || !place.Postgres && (err == nil || !strings.Contains(err.Error(), "overflow")) {
				t.Errorf("sum past 63 bits is %q, %v; want %s or an overflow", text, err, want)
			}
		})
	}
}

// schema is every table and column with its type.
func schema(t *testing.T, c *sqldb.Conn) []string {
	t.Helper()
	query := `SELECT m.name || '.' || p.name || ' ' || p.type || ' ' || p."notnull" || ' ' || p.pk FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type = 'table'
		UNION ALL SELECT 'index ' || sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL`
	if c.Place.Postgres {
		query = `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'`
	}
	found, err := c.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var out []string
	for found.Next() {
		var line string
		if err := found.Scan(&line); err != nil {
			t.Fatal(err)
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

func drop(t *testing.T, c *sqldb.Conn) {
	t.Helper()
	if c.Place.Postgres {
		if _, err := c.ExecContext(t.Context(), "DROP SCHEMA public CASCADE"); err != nil {
			t.Fatal(err)
		}
		exec(t, c, "CREATE SCHEMA public")
	}
}

// From empty and from each former version the tables become the same, and rows stay.
func TestMigrations(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			fresh := connect(t, place)
			if err := fresh.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := fresh.Migrate(t.Context()); err != nil {
				t.Fatalf("a second time: %v", err)
			}
			want := schema(t, fresh)
			if len(want) < 100 {
				t.Fatalf("the tables have only %d columns and indexes", len(want))
			}
			drop(t, fresh)
			for version := 1; version <= sqldb.Latest(); version++ {
				t.Run(strconv.Itoa(version), func(t *testing.T) {
					if !place.Postgres {
						place = storetest.SQLite(t)
					}
					c := connect(t, place)
					if err := c.MigrateTo(t.Context(), version); err != nil {
						t.Fatal(err)
					}
					exec(t, c, "INSERT INTO tokens (mint, first_event, phase, base_volume) VALUES ('mint', 7, 'migrated', ?)", sqldb.Wide("123456789012345678901234567890"))
					exec(t, c, "UPDATE counters SET next_event = 8, commits = 3")
					if err := c.Migrate(t.Context()); err != nil {
						t.Fatal(err)
					}
					if got := schema(t, c); !slices.Equal(got, want) {
						t.Errorf("from version %d the tables are\n%s\nwant\n%s", version, strings.Join(got, "\n"), strings.Join(want, "\n"))
					}
					var next int64
					var volume string
					if err := c.QueryRowContext(t.Context(), "SELECT next_event, (SELECT base_volume FROM tokens WHERE mint = 'mint') FROM counters").
						Scan(&next, sqldb.ScanWide{To: &volume}); err != nil || next != 8 || volume != "123456789012345678901234567890" {
						t.Errorf("rows became %d, %s, %v", next, volume, err)
					}
					drop(t, c)
				})
			}
		})
	}
}

func TestNewerTablesAreRefused(t *testing.T) {
	c := connect(t, storetest.SQLite(t))
	if err := c.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	exec(t, c, "INSERT INTO schema_version (version) VALUES (9999)")
	if err := c.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "a newer weir") {
		t.Errorf("Migrate says %v", err)
	}
}

func TestTransactionRollsBack(t *testing.T) {
	for _, db := range storetest.Both {
		t.Run(db.Name, func(t *testing.T) {
			place := db.New(t)
			c := connect(t, place)
			if err := c.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			err := c.Transaction(t.Context(), func() error {
				exec(t, c, "UPDATE counters SET next_event = 99")
				_, err := c.Do(t.Context(), "INSERT INTO candles (event) VALUES (1)")
				return err
			})
			if err == nil || !sqldb.RefusesData(err) {
				t.Errorf("a row without its values gives %v, want an error about data", err)
			}
			var next int64
			if err := c.QueryRowContext(t.Context(), "SELECT next_event FROM counters").Scan(&next); err != nil || next != 1 {
				t.Errorf("next_event is %d, %v after a rollback", next, err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if err := c.Transaction(ctx, func() error { return nil }); err == nil || sqldb.RefusesData(err) {
				t.Errorf("a transaction that was cancelled gives %v", err)
			}
		})
	}
}

func TestParsePlace(t *testing.T) {
	for _, c := range []struct{ url, want, problem string }{
		{"sqlite", "SQLite /data/weir.db", ""},
		{"sqlite:", "SQLite /data/weir.db", ""},
		{"sqlite:/var/lib/x.db", "SQLite /var/lib/x.db", ""},
		{"sqlite:///var/lib/x.db", "SQLite /var/lib/x.db", ""},
		{"sqlite:a?mode=ro", "", "choose another"},
		{"postgres://weir:secret@db:5432/weir?sslmode=require", "PostgreSQL db:5432/weir", ""},
		{"postgresql://db/weir", "PostgreSQL db/weir", ""},
		{"postgres:///weir?host=/run/postgresql", "PostgreSQL /run/postgresql/weir", ""},
		{"postgres://weir:se cret%@db/weir", "", "special characters"},
		{"mysql://db", "", "begins neither"},
		{"", "", "begins neither"},
	} {
		got, err := sqldb.ParsePlace(c.url, "/data")
		switch {
		case c.problem != "" && (err == nil || !strings.Contains(err.Error(), c.problem)):
			t.Errorf("%q gives %v, want an error that says %q", c.url, err, c.problem)
		case c.problem == "" && (err != nil || got.String() != c.want):
			t.Errorf("%q is %q, %v; want %q", c.url, got, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "cret") {
			t.Errorf("%q: the password is in the error %q", c.url, err)
		}
	}
}

func TestText(t *testing.T) {
	if got := sqldb.Text("a\x00b"); got != "a\uFFFDb" {
		t.Errorf("Text gives %q", got)
	}
	for in, want := range map[string]string{
		`{"a":"b"}`: `{"a":"b"}`, `{"a":"\u0000b\u0000"}`: `{"a":"\ufffdb\ufffd"}`, `{"a":"\\u0000"}`: `{"a":"\\u0000"}`, `{"a":"\\\u0000"}`: `{"a":"\\\ufffd"}`,
	} {
		if got := sqldb.JSON(in); got != want {
			t.Errorf("JSON gives %s for %s, want %s", got, in, want)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add(`"\\\u0000\u0000u0000\"`)
	f.Fuzz(func(t *testing.T, s string) {
		got := sqldb.JSON(strconv.Quote(s))
		if strings.Contains(strings.ReplaceAll(got, `\\`, ""), `\u0000`) {
			t.Errorf("%q keeps a zero in %s", s, got)
		}
	})
}

func TestWide(t *testing.T) {
	for in, want := range map[string]any{
		"": int64(0), "0": int64(0), "00012": int64(12), "9223372036854775807": int64(math.MaxInt64),
		"9223372036854775808": strings.Repeat("0", 20) + "9223372036854775808", "-1": nil, "1e3": nil, strings.Repeat("9", 40): nil,
	} {
		if got := sqldb.Wide(in); got != want {
			t.Errorf("Wide(%q) is %v, want %v", in, got, want)
		}
	}
}
