package journal

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go/jetstream"
)

// EventsBounds tells what the stream of events holds.
type EventsBounds struct {
	// ID names this stream and no other: one that was made anew, with positions from 1 again, has another.
	ID string
	// First and Last are the lowest and highest position; First is above Last when nothing is held. Last never goes back while a
	// stream lives, but for a power cut.
	First, Last uint64
}

// EventsBounds asks the server for the bounds of the stream of events.
func (j *Journal) EventsBounds(ctx context.Context) (EventsBounds, error) {
	info, err := j.events.Info(ctx)
	if err != nil {
		return EventsBounds{}, fmt.Errorf("ask for the bounds of stream %s: %w", eventsStream, err)
	}
	return EventsBounds{
		ID: strconv.FormatInt(info.Created.UnixNano(), 36), First: info.State.FirstSeq, Last: info.State.LastSeq,
	}, nil
}

// EventsAt returns the batch of outputs that lies at a position, nil when none is held there.
func (j *Journal) EventsAt(ctx context.Context, position uint64) ([]byte, error) {
	m, err := j.events.GetMsg(ctx, position)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read events at %d: %w", position, err)
	}
	return m.Data, nil
}
