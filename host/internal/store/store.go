// Package store takes the outputs of monitors from the stream of events and gives rows in SQL tables: a model for reading, for the API
// and for anybody who knows SQL. It reads at its own pace. How far it came is written in the transaction that holds the rows, so each
// output is stored once, whatever dies when. A database that is away, slow or full delays the store and nothing else.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/weir-run/weir/host/internal/store/query"
	"github.com/weir-run/weir/host/internal/store/sqldb"
)

// Config configures New.
type Config struct {
	// Place is the database.
	Place sqldb.Place
	// Events is where outputs come from; see the function Events.
	Events Stream
	// Alerts is where alerts come from; without it none are stored.
	Alerts Stream
	// Instances whose outputs are stored; empty means all.
	Instances []string
	// Adopt goes on in a database that another journal has filled. Without it such a database is refused, since numbers of records
	// begin anew with a journal, and two hosts could write into one database by mistake.
	Adopt bool
	// Retention says how long rows stay.
	Retention Retention
	// Gaps returns the gaps of the chain's data now, and the first slot that is told of. nil: none are stored.
	Gaps func() (gaps []Gap, oldest uint64)

	// Interval is the least time between two transactions. Default 20 ms: at a low rate one for each batch would cost more than its rows.
	Interval time.Duration
	// MaxOutputs go into one transaction. Default 4,000.
	MaxOutputs int
	// Timeout bounds a transaction. Default 30 s.
	Timeout time.Duration
	// Drain bounds how long the end of the stream is still stored when Run is asked to end. Default 5 s.
	Drain time.Duration

	// Log takes what the store says. Default: nothing.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.Interval = cmp.Or(c.Interval, 20*time.Millisecond)
	c.MaxOutputs = cmp.Or(c.MaxOutputs, 4000)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	c.Drain = cmp.Or(c.Drain, 5*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Store writes to a database. Run it once; Status and Reader may be called from any goroutine at any time.
type Store struct {
	cfg    Config
	db     *sqldb.DB
	reader *query.Reader
	state  state
}

// New prepares a store. Nothing is connected yet: a database that is away is waited for in Run.
func New(cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Place.Private(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	db, err := sqldb.OpenWriter(cfg.Place)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	reader, err := query.Open(cfg.Place)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	s := &Store{cfg: cfg, db: db, reader: reader}
	s.state.begin(cfg.Place.String())
	return s, nil
}

// Reader answers questions about what is stored. It lives until Close.
func (s *Store) Reader() *query.Reader { return s.reader }

// Close gives connections back. Call it after Run.
func (s *Store) Close() error {
	if err := errors.Join(s.reader.Close(), s.db.Close()); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

const (
	firstRetry = 500 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// Run stores outputs until ctx ends, and then what the stream still holds, for a time. Whatever goes wrong with the database is shown
// by Status, logged, and tried again.
func (s *Store) Run(ctx context.Context) error {
	measuring, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.measure(measuring)
	}()
	defer func() { stop(); <-done }()

	for wait := firstRetry; ctx.Err() == nil; {
		began := time.Now()
		err := s.session(ctx)
		if err == nil || ctx.Err() != nil {
			return s.last(err)
		}
		if time.Since(began) > lastRetry {
			wait = firstRetry
		}
		if s.state.failed(err) {
			s.cfg.Log.Error("outputs cannot be stored; they wait in the journal, and the store goes on by itself", "database", s.cfg.Place.String(), "error", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(2*wait, lastRetry)
	}
	return nil
}

// last tells what is left undone at the end. The next start stores it, so it is no failure of the daemon.
func (s *Store) last(err error) error {
	if err != nil {
		s.cfg.Log.Warn("the end of the stream of events is not stored yet; the next start does it", "error", err)
	}
	return nil
}
