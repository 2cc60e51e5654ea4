package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// Bounds tell what a stream holds.
type Bounds struct {
	// ID names this stream and no other: one that was made anew, with positions from 1 again, has another.
	ID string
	// First and Last are the lowest and highest position; First is above Last when nothing is held. Last never goes back while a
	// stream lives, but for a power cut.
	First, Last uint64
}

// EventsBounds asks the server for the bounds of the stream of events.
func (j *Journal) EventsBounds(ctx context.Context) (Bounds, error) { return boundsOf(ctx, j.events) }

// EventsAt returns the batch of outputs that lies at a position, nil when none is held there.
func (j *Journal) EventsAt(ctx context.Context, position uint64) ([]byte, error) {
	return messageAt(ctx, j.events, position)
}

// Bounds asks the server for the bounds of the stream of alerts.
func (l *AlertLog) Bounds(ctx context.Context) (Bounds, error) {
	s, err := l.j.node.js.Stream(ctx, alertsStream)
	if err != nil {
		return Bounds{}, fmt.Errorf("ask for the bounds of stream %s: %w", alertsStream, err)
	}
	return boundsOf(ctx, s)
}

func boundsOf(ctx context.Context, s jetstream.Stream) (Bounds, error) {
	info, err := s.Info(ctx)
	if err != nil {
		return Bounds{}, fmt.Errorf("ask for the bounds of stream %s: %w", s.CachedInfo().Config.Name, err)
	}
	return Bounds{ID: strconv.FormatInt(info.Created.UnixNano(), 36), First: info.State.FirstSeq, Last: info.State.LastSeq}, nil
}

func messageAt(ctx context.Context, s jetstream.Stream, position uint64) ([]byte, error) {
	m, err := s.GetMsg(ctx, position)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s at %d: %w", s.CachedInfo().Config.Name, position, err)
	}
	return m.Data, nil
}
