package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// EventsQuery chooses batches of outputs.
type EventsQuery struct {
	// From is the lowest position wanted; 0 is the start of what is held.
	From uint64
	// Tail, when not 0, gives the last so many batches instead.
	Tail uint64
	// Follow waits for more at the end.
	Follow bool
	// Instances to read; empty means all.
	Instances []string
}

// ReadEvents visits stored batches of outputs, encoded eventv1.OutputBatch messages, in order. Positions rise, with holes; one more
// than the last visited is where a later query goes on. Without Follow it ends at the end of what is stored; with it when ctx does,
// with ctx's error. An error of visit ends it and is returned.
func (j *Journal) ReadEvents(ctx context.Context, q EventsQuery, visit func(position uint64, batch []byte) error) error {
	for _, name := range q.Instances {
		if err := checkName(name); err != nil {
			return fmt.Errorf("read events: %w", err)
		}
	}
	info, err := j.events.Info(ctx)
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	from, last := max(q.From, 1), info.State.LastSeq
	if q.Tail > 0 {
		if from, err = j.tailOfEvents(ctx, q, info.State); err != nil {
			return fmt.Errorf("read events: %w", err)
		}
	}
	return j.visitEvents(ctx, q, from, last, visit)
}

// tailOfEvents returns the position from which q.Tail batches remain, looking back ever further.
func (j *Journal) tailOfEvents(ctx context.Context, q EventsQuery, state jetstream.StreamState) (uint64, error) {
	first := max(state.FirstSeq, 1)
	for back := 2 * q.Tail; ; back *= 4 {
		from := first
		if state.LastSeq > first+back {
			from = state.LastSeq - back
		}
		var kept []uint64
		once := EventsQuery{Instances: q.Instances}
		err := j.visitEvents(ctx, once, from, state.LastSeq, func(position uint64, _ []byte) error {
			if kept = append(kept, position); uint64(len(kept)) > q.Tail {
				kept = kept[1:]
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		if uint64(len(kept)) == q.Tail {
			return kept[0], nil
		}
		if from == first {
			return first, nil
		}
	}
}

// visitEvents visits from a position to last, and on from there when following. A consumer that is lost is made again.
func (j *Journal) visitEvents(ctx context.Context, q EventsQuery, from, last uint64, visit func(uint64, []byte) error) error {
	for from <= last || q.Follow {
		cons, err := j.eventsConsumer(ctx, q.Instances, from)
		if err != nil {
			return fmt.Errorf("read events: %w", err)
		}
		for err == nil {
			var more bool
			from, more, err = j.visitBatch(ctx, cons, q.Follow, from, visit)
			if err == nil && !q.Follow && (from > last || !more) {
				return j.drained(ctx, cons, from > last)
			}
		}
		var stopped *visitError
		switch {
		case errors.As(err, &stopped):
			return stopped.err
		case ctx.Err() != nil:
			return ctx.Err()
		case !q.Follow:
			return fmt.Errorf("read events: %w", err)
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil
}

// drained tells an end of the stored batches from a server that stopped answering.
func (j *Journal) drained(ctx context.Context, cons jetstream.Consumer, passed bool) error {
	if passed {
		return nil
	}
	info, err := cons.Info(ctx)
	if err == nil && info.NumPending > 0 {
		err = fmt.Errorf("%d batches were not delivered", info.NumPending)
	}
	if err != nil {
		return fmt.Errorf("read events: %w", err)
	}
	return nil
}

// visitError carries an error of the visitor through the loop.
type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }

func (j *Journal) eventsConsumer(ctx context.Context, instances []string, from uint64) (jetstream.Consumer, error) {
	subjects := make([]string, 0, len(instances))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(instances))) {
		subjects = append(subjects, eventsPrefix+name)
	}
	return j.node.js.CreateConsumer(ctx, eventsStream, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: from,
		FilterSubjects: subjects, InactiveThreshold: 30 * time.Second, MemoryStorage: true, Replicas: 1,
	})
}

// visitBatch visits what one request to the consumer brings, and returns the next position and whether anything came.
func (j *Journal) visitBatch(
	ctx context.Context, cons jetstream.Consumer, follow bool, from uint64, visit func(uint64, []byte) error,
) (uint64, bool, error) {
	batch, err := cons.FetchNoWait(fetchFrames)
	if follow {
		batch, err = cons.Fetch(fetchFrames, jetstream.FetchContext(ctx))
	}
	if err != nil {
		return from, false, err
	}
	more := false
	for m := range batch.Messages() {
		meta, err := m.Metadata()
		if err != nil {
			return from, more, err
		}
		more, from = true, meta.Sequence.Stream+1
		if m.Headers().Get(headerCount) == "0" {
			continue // the mark of an epoch
		}
		if sum := checksum(m.Data()); sum != m.Headers().Get(headerSum) {
			j.cfg.Log.Error("a batch of outputs is damaged and left out", "position", from-1, "subject", m.Subject())
			continue
		}
		if err := visit(from-1, m.Data()); err != nil {
			return from, more, &visitError{err}
		}
	}
	return from, more, batch.Error()
}
