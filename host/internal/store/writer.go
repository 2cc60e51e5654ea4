package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/store/rows"
	"github.com/weir-run/weir/host/internal/store/sqldb"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// writer is one session with the database. What it knows of the tables is what its last transaction wrote.
type writer struct {
	s     *Store
	conn  *sqldb.Conn
	batch *rows.Batch
	units []unit
	keep  keeper

	sources   []*source
	commits   int64 // transactions ever: another writer would change it
	next      int64 // number of the next event
	instances map[string]cursor
	voids     map[uint64]uint64 // by slot that was retracted: the number of the last retraction
	clock     time.Time         // of the last row of table clock
}

// cursor is the last output of an instance.
type cursor struct{ cause, index uint64 }

func cursorOf(o *eventv1.Output) cursor { return cursor{o.GetCause(), uint64(o.GetIndex())} }

func (c cursor) before(d cursor) bool {
	return c.cause < d.cause || c.cause == d.cause && c.index < d.index
}

func newWriter(s *Store, conn *sqldb.Conn) *writer {
	return &writer{s: s, conn: conn, batch: rows.NewBatch(), instances: map[string]cursor{}, voids: map[uint64]uint64{}, sources: s.sources(), keep: keeper{retention: s.cfg.Retention}}
}

// errFenced: the row that every transaction changes was changed by somebody else.
var errFenced = errors.New("another weir writes into this database: give each its own store.url")

// store stores units in a transaction. Where the database refuses values, it is tried with ever fewer, until the one output is found
// that it refuses: that is kept as it came, and the rest goes on.
func (w *writer) store(ctx context.Context, units []unit) error {
	for i, u := range units {
		if r, first := w.learns(u); first {
			if err := w.storeRows(ctx, units[:i]); err != nil {
				return err
			}
			if err := w.storeRetraction(ctx, u, r); err != nil {
				return err
			}
			return w.store(ctx, units[i+1:])
		}
	}
	return w.storeRows(ctx, units)
}

func (w *writer) storeRows(ctx context.Context, units []unit) error {
	if len(units) == 0 {
		return nil
	}
	err := w.commit(ctx, units, "", nil)
	if err == nil || !sqldb.RefusesData(err) {
		return err
	}
	if half := len(units) / 2; half > 0 {
		if err := w.storeRows(ctx, units[:half]); err != nil {
			return err
		}
		return w.storeRows(ctx, units[half:])
	}
	w.s.cfg.Log.Error("the database refuses an output; it is kept in table refused", "instance", units[0].instance, "error", err)
	return w.commit(ctx, units, err.Error(), nil)
}

// commit writes the rows of units and how far they lead, in one transaction. refusal is why the only unit was refused before; then, where
// it is set, runs at its end.
func (w *writer) commit(ctx context.Context, units []unit, refusal string, then func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, w.s.cfg.Timeout)
	defer cancel()
	began := time.Now()
	step := w.prepare(units, refusal)
	if err := w.conn.Transaction(ctx, func() error {
		if err := w.write(ctx, step); err != nil || then == nil {
			return err
		}
		return then(ctx)
	}); err != nil {
		return fmt.Errorf("store outputs: %w", err)
	}
	w.commits++
	w.next = w.batch.Next
	maps.Copy(w.instances, step.instances)
	if step.ticked {
		w.clock = began
	}
	w.s.noteCommit(w.batch, step, time.Since(began))
	return nil
}

// step is what a transaction changes beside rows of outputs.
type step struct {
	instances map[string]cursor
	ends      map[*source]*mark
	missed    []unit
	voids     []rows.Void
	again     int
	ticked    bool
	outputs   int
}

// prepare fills the batch.
func (w *writer) prepare(units []unit, refusal string) step {
	st := step{instances: map[string]cursor{}, ends: map[*source]*mark{}}
	w.batch.Begin(w.next)
	for _, u := range units {
		switch {
		case u.end != nil:
			st.ends[u.source] = u.end
		case u.missed != nil:
			st.missed = append(st.missed, u)
		case u.alert != nil:
			st.outputs++
			if refusal == "" {
				w.batch.AddAlert(u.position, u.alert)
				continue
			}
			w.batch.Refuse(alertsName, "alert", u.position, 0, encoded(u.alert), refusal)
		default:
			at := cursorOf(u.output)
			last, known := st.instances[u.instance]
			if !known {
				last, known = w.instances[u.instance]
			}
			if known && !last.before(at) {
				st.again++
				continue
			}
			st.instances[u.instance] = at
			st.outputs++
			if w.void(u.output) {
				if v, ok := w.batch.AddVoid(u.instance, u.output); ok {
					st.voids = append(st.voids, v)
					w.batch.Marks.Note(v)
				}
				continue
			}
			if refusal == "" {
				w.batch.Add(u.instance, u.output)
				continue
			}
			w.batch.Refuse(u.instance, u.output.GetKind(), u.output.GetCause(), u.output.GetIndex(), encoded(u.output), refusal)
		}
	}
	st.ticked = w.batch.Next > w.next && time.Since(w.clock) >= time.Minute
	return st
}

// encoded gives a message that was read from bytes a moment ago as bytes again.
func encoded(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		return []byte{}
	}
	return raw
}

func (w *writer) write(ctx context.Context, st step) error {
	result, err := w.conn.Do(ctx, "UPDATE counters SET commits = commits + 1, next_event = ? WHERE id = 1 AND commits = ?", w.batch.Next, w.commits)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errFenced, err)
	}
	if err := w.batch.Write(ctx, w.conn); err != nil {
		return err
	}
	if err := w.mark(ctx, st.voids); err != nil {
		return err
	}
	now := time.Now().Unix()
	for instance, c := range st.instances {
		if _, err := w.conn.Do(ctx, `INSERT INTO instances (instance, cause, idx) VALUES (?, ?, ?)
			ON CONFLICT (instance) DO UPDATE SET cause = excluded.cause, idx = excluded.idx`, instance, int64(c.cause), int64(c.index)); err != nil {
			return err
		}
	}
	for _, u := range st.missed {
		if _, err := w.conn.Do(ctx, "INSERT INTO missed (stream, from_position, to_position, at) VALUES (?, ?, ?, ?)",
			u.source.name, int64(u.missed.from), int64(u.missed.to), now); err != nil {
			return err
		}
	}
	if st.ticked {
		if _, err := w.conn.Do(ctx, "INSERT INTO clock (event, at) VALUES (?, ?)", w.next, now); err != nil {
			return err
		}
	}
	for src, end := range st.ends {
		if _, err := w.conn.Do(ctx, "UPDATE cursors SET position = ?, checksum = ? WHERE stream = ?", int64(end.position), int64(end.sum), src.name); err != nil {
			return err
		}
	}
	return nil
}

// load reads where the database stands.
func (w *writer) load(ctx context.Context) error {
	if err := w.conn.QueryRowContext(ctx, "SELECT commits, next_event FROM counters WHERE id = 1").Scan(&w.commits, &w.next); err != nil {
		return fmt.Errorf("read counters: %w", err)
	}
	var at sql.NullInt64
	if err := w.conn.QueryRowContext(ctx, "SELECT max(at) FROM clock").Scan(&at); err != nil {
		return fmt.Errorf("read clock: %w", err)
	}
	w.clock = time.Unix(at.Int64, 0)
	if err := w.loadInstances(ctx); err != nil {
		return err
	}
	if err := w.loadVoids(ctx); err != nil {
		return err
	}
	for _, src := range w.sources {
		if err := w.resume(ctx, src); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) loadInstances(ctx context.Context) error {
	found, err := w.conn.QueryContext(ctx, "SELECT instance, cause, idx FROM instances")
	if err != nil {
		return fmt.Errorf("read instances: %w", err)
	}
	defer func() { _ = found.Close() }() // its error is that of Err
	for found.Next() {
		var name string
		var cause, index int64
		if err := found.Scan(&name, &cause, &index); err != nil {
			return fmt.Errorf("read instances: %w", err)
		}
		w.instances[name] = cursor{uint64(cause), uint64(index)}
	}
	return found.Err()
}
