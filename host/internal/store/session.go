package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// session connects, finds where it was, and stores until ctx ends or something goes wrong.
func (s *Store) session(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(s.cfg.Drain, cancel) })()

	w, err := s.open(late)
	if err != nil {
		return err
	}
	defer func() { _ = w.conn.Close() }() // what counts was committed

	// Few messages wait between the two: each holds up to some hundred outputs.
	units := make(chan []unit, 32)
	fed := make(chan error, 1)
	go func() {
		defer close(units)
		feeds, reading := errgroup.WithContext(ctx)
		for _, src := range w.sources {
			feeds.Go(func() error { return src.feed(reading, late, units) })
		}
		fed <- feeds.Wait()
	}()
	err = w.consume(late, units)
	cancel()
	stop()
	for range units { // lets the feeds end
	}
	if fedErr := <-fed; err == nil && fedErr != nil && !errors.Is(fedErr, context.Canceled) {
		err = fmt.Errorf("read journal: %w", fedErr)
	}
	return err
}

// open connects and loads where the database stands.
func (s *Store) open(ctx context.Context) (*writer, error) {
	limited, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	conn, err := s.db.Connect(limited)
	if err != nil {
		return nil, err
	}
	w := newWriter(s, conn)
	// A migration of big tables takes its time.
	if err := conn.Migrate(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := w.load(limited); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return w, nil
}

// consume takes what comes into transactions: as much as waits, and no two within the interval. Between them it tidies up.
func (w *writer) consume(ctx context.Context, units <-chan []unit) error {
	tidy := time.NewTicker(time.Second)
	defer tidy.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tidy.C:
			if err := w.tidy(ctx); err != nil {
				return err
			}
		case first, ok := <-units:
			if !ok {
				return nil
			}
			began := time.Now()
			if err := w.store(ctx, w.gather(first, units)); err != nil {
				return err
			}
			pause(ctx, w.s.cfg.Interval-time.Since(began), len(units) < cap(units))
		}
	}
}

// gather takes what waits beside the first message, up to the bound.
func (w *writer) gather(first []unit, units <-chan []unit) []unit {
	w.units = append(w.units[:0], first...)
	for len(w.units) < w.s.cfg.MaxOutputs {
		select {
		case more, ok := <-units:
			if !ok {
				return w.units
			}
			w.units = append(w.units, more...)
		default:
			return w.units
		}
	}
	return w.units
}

// pause waits, unless there is no room for more meanwhile.
func pause(ctx context.Context, d time.Duration, room bool) {
	if d <= 0 || !room {
		return
	}
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
