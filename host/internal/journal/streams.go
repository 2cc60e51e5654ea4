package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"
)

// Names in JetStream. docs/operating.md names them for readers with their own NATS client.
const (
	framesStream      = "WEIR_JOURNAL"
	framesSubject     = "weir.journal"
	eventsStream      = "WEIR_EVENTS"
	eventsPrefix      = "weir.events."
	checkpointsStream = "WEIR_CHECKPOINTS"
	checkpointsPrefix = "weir.checkpoints."
	lettersStream     = "WEIR_DEAD"
	lettersPrefix     = "weir.dead."
	alertsStream      = "WEIR_ALERTS"
	alertsPrefix      = "weir.alerts."
	manifests         = "WEIR_MANIFESTS"
	epochs            = "WEIR_EPOCHS"
	cursors           = "WEIR_CURSORS"
	tablePrefix       = "WEIR_TABLE_"
)

func newWriterID() string { return nuid.Next() }

// makeStreams makes streams and buckets, or brings them to the configured bounds.
func (j *Journal) makeStreams(ctx context.Context) error {
	var err error
	j.frames, err = j.makeStream(ctx, framesStream, framesSubject, j.cfg.MaxBytes, j.cfg.MaxAge)
	if err != nil {
		return err
	}
	j.events, err = j.makeStream(ctx, eventsStream, eventsPrefix+"*", j.cfg.EventsMaxBytes, j.cfg.EventsMaxAge)
	if err != nil {
		return err
	}
	j.ckpts, err = j.makeStream(ctx, checkpointsStream, checkpointsPrefix+"*.*", -1, 0)
	if err != nil {
		return err
	}
	if err := j.makeLetters(ctx); err != nil {
		return err
	}
	if j.manifest, err = j.makeBucket(ctx, manifests); err != nil {
		return err
	}
	if j.epochs, err = j.makeBucket(ctx, epochs); err != nil {
		return err
	}
	j.cursors, err = j.makeBucket(ctx, cursors)
	return err
}

func (j *Journal) makeStream(ctx context.Context, name, subject string, maxBytes int64, maxAge time.Duration) (jetstream.Stream, error) {
	s, err := j.node.js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: name, Subjects: []string{subject}, Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy,
		Discard: jetstream.DiscardOld, MaxBytes: maxBytes, MaxAge: maxAge, Replicas: j.cfg.Replicas, AllowDirect: true,
	})
	var refused *jetstream.APIError
	if errors.As(err, &refused) && refused.ErrorCode == 10047 {
		return nil, fmt.Errorf("make stream %s: %w (lower journal.max_bytes, or raise the limit of the store)", name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("make stream %s: %w", name, err)
	}
	return s, nil
}

func (j *Journal) makeBucket(ctx context.Context, name string) (jetstream.KeyValue, error) {
	kv, err := j.node.js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: name, History: 1, Storage: jetstream.FileStorage, Replicas: j.cfg.Replicas,
	})
	if err != nil {
		return nil, fmt.Errorf("make bucket %s: %w", name, err)
	}
	return kv, nil
}

// frameAtOrAfter reads the first frame at or after a sequence. Messages that cannot be read are stepped over up to last; then, and
// when there is none, the error is jetstream.ErrMsgNotFound.
func (j *Journal) frameAtOrAfter(ctx context.Context, sequence, last uint64) (stored, error) {
	for ; sequence <= last; sequence++ {
		m, err := j.frames.GetMsg(ctx, max(sequence, 1), jetstream.WithGetMsgSubject(framesSubject))
		if err != nil && (ctx.Err() != nil || !isMissing(err)) {
			return stored{}, fmt.Errorf("read frame at %d: %w", sequence, err)
		}
		if err != nil {
			// Nothing at all follows, or the server cannot read what does: only a try at the next place tells.
			continue
		}
		if s, err := readStored(m.Sequence, m.Header, m.Data); err == nil {
			return s, nil
		}
		sequence = m.Sequence
	}
	return stored{}, jetstream.ErrMsgNotFound
}

// isMissing tells a message that is not there, or that the server cannot read, from a server that does not answer.
func isMissing(err error) bool {
	var refused *jetstream.APIError
	return errors.Is(err, jetstream.ErrMsgNotFound) || errors.As(err, &refused)
}

// findFrame returns the first frame that holds number or a later one. With none it returns jetstream.ErrMsgNotFound.
func (j *Journal) findFrame(ctx context.Context, reaches func(stored) bool) (stored, error) {
	info, err := j.frames.Info(ctx)
	if err != nil {
		return stored{}, fmt.Errorf("ask for the bounds of stream %s: %w", framesStream, err)
	}
	if info.State.Msgs == 0 {
		return stored{}, jetstream.ErrMsgNotFound
	}
	low, high := info.State.FirstSeq, info.State.LastSeq
	best, err := stored{}, jetstream.ErrMsgNotFound
	for low <= high {
		middle := low + (high-low)/2
		at, readErr := j.frameAtOrAfter(ctx, middle, high)
		if readErr != nil && !errors.Is(readErr, jetstream.ErrMsgNotFound) {
			return stored{}, readErr
		}
		if readErr == nil && !reaches(at) {
			low = at.sequence + 1
			continue
		}
		if readErr == nil {
			best, err = at, nil
		}
		high = middle - 1
	}
	return best, err
}
