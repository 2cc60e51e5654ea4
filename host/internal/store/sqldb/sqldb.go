// Package sqldb opens the database of the store, SQLite or PostgreSQL, brings its tables to the version of this program, and holds what
// is different between the two. Statements are written once, with ? for parameters.
package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DB is a pool of connections. Any goroutine may use it.
type DB struct {
	*sql.DB
	// Place is what it was opened for.
	Place Place
}

// busy is how long a connection of SQLite waits for the writer's lock. Weir has one writer, so only a foreign one is waited for.
const busy = 5 * time.Second

// OpenWriter prepares connections that write. Nothing is connected yet, so a database that is away shows at the first statement.
func OpenWriter(p Place) (*DB, error) {
	return open(p, 1, "&_txlock=immediate", map[string]string{
		// The cursor is part of each transaction: what a crash of the server takes is read again from the stream of events.
		"synchronous_commit": "off", "application_name": "weir store",
	})
}

// OpenReader prepares connections that only read.
func OpenReader(p Place) (*DB, error) {
	return open(p, 4, "&_pragma=query_only(1)", map[string]string{
		"default_transaction_read_only": "on", "application_name": "weir api", "statement_timeout": "20000",
	})
}

func open(p Place, connections int, options string, settings map[string]string) (*DB, error) {
	var db *sql.DB
	if p.Postgres {
		cfg, err := pgx.ParseConfig(p.URL)
		if err != nil {
			return nil, fmt.Errorf("address of %s cannot be read", p) // the error's text can hold the password
		}
		maps.Copy(cfg.RuntimeParams, settings)
		if cfg.ConnectTimeout == 0 {
			cfg.ConnectTimeout = 10 * time.Second
		}
		db = stdlib.OpenDB(*cfg)
	} else {
		var err error
		// NORMAL syncs at checkpoints only: a power cut can take the last transactions, each with its cursor, and corrupts nothing.
		if db, err = sql.Open("sqlite", "file:"+p.Path+"?_pragma=busy_timeout("+strconv.Itoa(int(busy.Milliseconds()))+
			")&_pragma=journal_mode(wal)&_pragma=synchronous(normal)&_pragma=cache_size(-32000)&_pragma=wal_autocheckpoint(4000)"+
			"&_pragma=journal_size_limit(67108864)&_pragma=temp_store(memory)"+options); err != nil {
			return nil, fmt.Errorf("open %s: %w", p, err)
		}
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return &DB{DB: db, Place: p}, nil
}

// Private makes sure that a SQLite file is there and that only its owner can read it.
func (p Place) Private() error {
	if p.Postgres {
		return nil
	}
	f, err := os.OpenFile(p.Path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database file: %w (choose another store.url, or give this user the right to write there)", err)
	}
	return f.Close()
}

// Rebind writes the parameters of a statement as the database wants them. Statements have no ? but those.
func (p Place) Rebind(statement string) string {
	if !p.Postgres {
		return statement
	}
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(statement, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString("$" + strconv.Itoa(n))
		statement = after
	}
}

// RefusesData tells whether an error is about the values of a statement, so that trying again cannot help.
func RefusesData(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return slices.Contains([]string{"22", "23", "54"}, e.Code[:min(2, len(e.Code))]) // data exception, integrity violation, program limit
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		code := e.Code() & 0xff
		return code == sqlite3.SQLITE_CONSTRAINT || code == sqlite3.SQLITE_MISMATCH || code == sqlite3.SQLITE_TOOBIG
	}
	return false
}

// Conn is one connection that writes, with the statements that were prepared on it. One goroutine uses it.
type Conn struct {
	*sql.Conn
	Place    Place
	prepared map[string]*sql.Stmt
}

// Connect takes a connection of its own. Close it.
func (db *DB) Connect(ctx context.Context) (*Conn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", db.Place, err)
	}
	return &Conn{Conn: c, Place: db.Place, prepared: map[string]*sql.Stmt{}}, nil
}

// Do runs a statement that stands in the program, preparing it once.
func (c *Conn) Do(ctx context.Context, statement string, values ...any) (sql.Result, error) {
	s, ok := c.prepared[statement]
	if !ok {
		var err error
		if s, err = c.PrepareContext(ctx, c.Place.Rebind(statement)); err != nil {
			return nil, fmt.Errorf("prepare %.60s: %w", statement, err)
		}
		c.prepared[statement] = s
	}
	return s.ExecContext(ctx, values...)
}

// Transaction runs a function between begin and commit; an error of it rolls back. SQLite's writer takes its lock at the beginning.
func (c *Conn) Transaction(ctx context.Context, do func() error) error {
	begin := "BEGIN IMMEDIATE"
	if c.Place.Postgres {
		begin = "BEGIN"
	}
	if _, err := c.ExecContext(ctx, begin); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	err := do()
	if err == nil {
		if _, err = c.ExecContext(ctx, "COMMIT"); err == nil {
			return nil
		}
		err = fmt.Errorf("commit: %w", err)
	}
	undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), busy)
	defer cancel()
	if _, undone := c.ExecContext(undo, "ROLLBACK"); undone != nil {
		return errors.Join(err, fmt.Errorf("roll back: %w", undone))
	}
	return err
}

// Close closes the statements and gives the connection back.
func (c *Conn) Close() error {
	for _, s := range c.prepared {
		_ = s.Close() // the connection ends them anyway
	}
	return c.Conn.Close()
}
