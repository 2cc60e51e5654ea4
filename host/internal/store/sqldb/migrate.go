package sqldb

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var files embed.FS

// words are the types that migrations use, for SQLite and PostgreSQL. Text is compared by bytes in both.
var words = [][3]string{
	{"@id", "INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"},
	{"@int", "INTEGER", "BIGINT"},
	{"@text", "TEXT", `TEXT COLLATE "C"`},
	{"@amount", "ANY", "NUMERIC(20)"},
	{"@wide", "ANY", "NUMERIC(39)"},
	{"@bool", "INTEGER", "BOOLEAN"},
	{"@json", "TEXT", "JSONB"},
	{"@bytes", "BLOB", "BYTEA"},
	{"@strict", "STRICT", ""},
}

// Latest is the version of the tables that this program writes.
func Latest() int {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	return len(names)
}

// Migrate brings the tables to the latest version, each step in a transaction of its own. Steps are only added, never changed. It
// refuses tables of a newer version.
func (c *Conn) Migrate(ctx context.Context) error { return c.MigrateTo(ctx, Latest()) }

// MigrateTo is Migrate up to a version, for tests of former ones.
func (c *Conn) MigrateTo(ctx context.Context, version int) error {
	if _, err := c.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)"); err != nil {
		return fmt.Errorf("make table schema_version: %w", err)
	}
	at := 0
	if err := c.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM schema_version").Scan(&at); err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	if at > Latest() {
		return fmt.Errorf("the tables are of version %d and this weir knows %d: a newer weir has been here, so use that one", at, Latest())
	}
	for at++; at <= version; at++ {
		if err := c.step(ctx, at); err != nil {
			return fmt.Errorf("bring tables to version %d: %w", at, err)
		}
	}
	return nil
}

func (c *Conn) step(ctx context.Context, version int) error {
	text, err := migration(version, c.Place.Postgres)
	if err != nil {
		return err
	}
	return c.Transaction(ctx, func() error {
		for statement := range strings.SplitSeq(text, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := c.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%.80s: %w", strings.TrimSpace(statement), err)
			}
		}
		_, err := c.ExecContext(ctx, "INSERT INTO schema_version (version) VALUES ("+strconv.Itoa(version)+")")
		return err
	})
}

// migration returns the text of a step in the language of a database.
func migration(version int, postgres bool) (string, error) {
	names, err := fs.Glob(files, fmt.Sprintf("migrations/%04d_*.sql", version))
	if err != nil || len(names) != 1 {
		return "", fmt.Errorf("there are %d files for it", len(names))
	}
	text, err := files.ReadFile(names[0])
	if err != nil {
		return "", err
	}
	pairs := make([]string, 0, 2*len(words))
	for _, w := range words {
		to := w[1]
		if postgres {
			to = w[2]
		}
		pairs = append(pairs, w[0], to)
	}
	return strings.NewReplacer(pairs...).Replace(string(text)), nil
}
