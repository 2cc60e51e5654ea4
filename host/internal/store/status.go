package store

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/weir-run/weir/host/internal/latency"
	"github.com/weir-run/weir/host/internal/store/rows"
)

// Status is the state of a store.
type Status struct {
	// Place names the database, without secrets.
	Place string
	// Trouble says why nothing can be stored at the moment; empty when all is well. Since is when it began.
	Trouble string
	Since   time.Time
	// Outputs, Rows and Commits were stored since start; Again are outputs that were stored before and came once more.
	Outputs, Rows, Commits, Again uint64
	// Kinds counts outputs by what is made of them; other are those that no table is made for, refused those that the database refused.
	Kinds map[string]uint64
	// Errors counts sessions that ended in an error.
	Errors uint64
	// Missed counts batches of outputs, and alerts, that were gone before they were stored.
	Missed uint64
	// Deleted counts rows that retention took.
	Deleted uint64
	// Position is the last of the stream of events that is stored, Last the newest that there is.
	Position, Last uint64
	// Lag is for how long there has been something to store at every moment; 0 when everything is stored.
	Lag time.Duration
	// Recent and All are how long transactions took.
	Recent latency.Summary
	All    latency.Distribution
}

// state is what Status shows.
type state struct {
	mu       sync.Mutex
	s        Status
	caughtUp time.Time
	took     latency.Recorder
}

func (st *state) begin(place string) {
	st.s = Status{Place: place, Kinds: map[string]uint64{}}
	st.caughtUp = time.Now()
}

// Status returns the state.
func (s *Store) Status() Status {
	st := &s.state
	st.mu.Lock()
	defer st.mu.Unlock()
	out := st.s
	out.Kinds = maps.Clone(st.s.Kinds)
	if out.Position < out.Last {
		out.Lag = time.Since(st.caughtUp)
	}
	out.Recent, _ = st.took.Sums(time.Now())
	out.All = st.took.All()
	return out
}

// change changes the state under its lock.
func (st *state) change(how func(s *Status)) {
	st.mu.Lock()
	defer st.mu.Unlock()
	how(&st.s)
	if st.s.Position >= st.s.Last {
		st.caughtUp = time.Now()
	}
}

// failed notes an error and tells whether it is news.
func (st *state) failed(err error) (news bool) {
	text := strings.Join(strings.Fields(err.Error()), " ") // PostgreSQL's driver says it in several lines
	st.change(func(s *Status) {
		s.Errors++
		if news = s.Trouble != text; s.Trouble == "" {
			s.Since = time.Now()
		}
		s.Trouble = text
	})
	return news
}

// mended notes that nothing is wrong any more.
func (s *Store) mended() {
	news := false
	s.state.change(func(now *Status) {
		news = now.Trouble != ""
		now.Trouble, now.Since = "", time.Time{}
	})
	if news {
		s.cfg.Log.Info("outputs are stored again", "database", s.cfg.Place.String())
	}
}

// measure looks each second how far the stream has come, also while the database is away.
func (s *Store) measure(ctx context.Context) {
	for tick := time.NewTicker(time.Second); ; {
		if b, err := s.cfg.Events.Bounds(ctx); err == nil {
			s.state.change(func(st *Status) { st.Last = max(b.Last, st.Position) })
		}
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
	}
}

// noteCommit counts a transaction that is done.
func (s *Store) noteCommit(batch *rows.Batch, st step, took time.Duration) {
	s.state.took.Add(time.Now(), took)
	s.state.change(func(now *Status) {
		now.Commits++
		now.Outputs += uint64(st.outputs)
		now.Again += uint64(st.again)
		now.Rows += uint64(batch.Rows)
		batch.Kinds(func(kind string, outputs int) { now.Kinds[kind] += uint64(outputs) })
		for _, u := range st.missed {
			now.Missed += u.missed.to - u.missed.from + 1
		}
		for src, end := range st.ends {
			if src.name == eventsName {
				now.Position, now.Last = end.position, max(now.Last, end.position)
			}
		}
	})
	s.mended()
	for _, u := range st.missed {
		s.cfg.Log.Error("messages were gone from the journal before they were stored, or are damaged: rows of them are missing",
			"stream", u.source.name, "from_position", u.missed.from, "to_position", u.missed.to)
	}
}
