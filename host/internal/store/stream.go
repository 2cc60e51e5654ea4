package store

import (
	"context"

	"github.com/weir-run/weir/host/internal/journal"
)

// Stream is a stream of numbered messages to store.
type Stream struct {
	// Bounds tells what it holds.
	Bounds func(ctx context.Context) (journal.Bounds, error)
	// Read visits messages from a position on, and tells of those that are gone or damaged; see journal.Journal.ReadEvents.
	Read func(ctx context.Context, from uint64, follow bool, missed func(from, to uint64), visit func(position uint64, message []byte) error) error
	// At returns the message at a position, nil when none is held there. Without it, a stream that lost its end is not noticed.
	At func(ctx context.Context, position uint64) ([]byte, error)
}

// Events is the stream of outputs of a journal.
func Events(j *journal.Journal) Stream {
	return Stream{
		Bounds: j.EventsBounds, At: j.EventsAt,
		Read: func(ctx context.Context, from uint64, follow bool, missed func(from, to uint64), visit func(uint64, []byte) error) error {
			return j.ReadEvents(ctx, journal.EventsQuery{From: from, Follow: follow, Missed: missed, Marks: true}, visit)
		},
	}
}

// Alerts is the stream of alerts. They have no names by which a second copy is known, so a lost end is not read again.
func Alerts(l *journal.AlertLog) Stream {
	return Stream{
		Bounds: l.Bounds,
		Read: func(ctx context.Context, from uint64, follow bool, missed func(from, to uint64), visit func(uint64, []byte) error) error {
			return l.Read(ctx, journal.AlertsQuery{From: from, Follow: follow, Missed: missed}, visit)
		},
	}
}

// source is a stream within a session.
type source struct {
	Stream
	name   string // in the tables
	unpack func(from *source, position uint64, message []byte) []unit
	from   uint64 // where reading goes on
}

// eventsName and alertsName are the names of streams in the tables.
const (
	eventsName = "events"
	alertsName = "alerts"
)

func (s *Store) sources() []*source {
	out := []*source{{Stream: s.cfg.Events, name: eventsName, unpack: s.outputs}}
	if s.cfg.Alerts.Read != nil {
		out = append(out, &source{Stream: s.cfg.Alerts, name: alertsName, unpack: s.alert})
	}
	return out
}
