package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// Trim drops whole frames whose records are all at or below through. The last frame stays, for it carries the frontier.
func (j *Journal) Trim(ctx context.Context, through uint64) error {
	last := j.ring.lastNumber()
	at, err := j.findFrame(ctx, func(s stored) bool { return s.last > through || s.last >= last })
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("trim journal through record %d: %w", through, err)
	}
	if err := j.frames.Purge(ctx, jetstream.WithPurgeSequence(at.sequence)); err != nil {
		return fmt.Errorf("trim journal through record %d: %w", through, err)
	}
	j.refresh(ctx)
	return nil
}
