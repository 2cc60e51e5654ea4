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
	// Missed, when not nil, is told of positions, both inclusive, that are not visited since retention took what was there, or since it
	// is damaged. It comes before the visit of what follows, or at the end when nothing does. Whose outputs they were is not known, so
	// with Instances it is told of those of the others too: when following, all are read and the others passed over; otherwise it is
	// told only of what was gone at the start. Marks of epochs count as well.
	Missed func(from, to uint64)
	// Marks visits the marks with which epochs begin too: batches without outputs.
	Marks bool
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
	if first := info.State.FirstSeq; q.Missed != nil && from < first {
		q.Missed(from, first-1) // here, since nothing may follow that would tell of it
		from = first
	}
	return j.visitEvents(ctx, q, from, last, visit)
}

// tailOfEvents returns the position from which q.Tail batches remain, looking back ever further.
func (j *Journal) tailOfEvents(ctx context.Context, q EventsQuery, state jetstream.StreamState) (uint64, error) {
	first := max(state.FirstSeq, 1)
	q.Tail = min(q.Tail, max(state.LastSeq, 1)) // there are no more, and a number near 2^64 has no double
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

// visitEvents visits from a position to last, and on from there when following.
func (j *Journal) visitEvents(ctx context.Context, q EventsQuery, from, last uint64, visit func(uint64, []byte) error) error {
	subjects := make([]string, 0, len(q.Instances))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(q.Instances))) {
		subjects = append(subjects, eventsPrefix+name)
	}
	v := visitor{stream: eventsStream, subjects: subjects, follow: q.Follow, next: from, last: last, visit: visit, missed: q.Missed, marks: q.Marks}
	switch {
	case len(subjects) == 0 || q.Missed == nil:
	case q.Follow: // holes between chosen subjects say nothing; only who reads all knows what is gone
		v.subjects, v.only = nil, subjects
	default: // such a walk is short, and what was gone at its start was told
		v.missed = nil
	}
	return j.visit(ctx, v)
}

// visit runs a visitor. When a consumer is lost, or something it sent, the next one goes on where this one was.
func (j *Journal) visit(ctx context.Context, v visitor) error {
	v.j = j
	for tries := 0; !v.ended(); tries++ {
		before := v.next
		err := v.run(ctx)
		var stopped *visitError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &stopped):
			return stopped.err
		case ctx.Err() != nil:
			return ctx.Err()
		case v.next > before:
			tries = 0
		case !v.follow && tries >= 5:
			return fmt.Errorf("read %s: %w", v.stream, err)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil
}

// visitError carries an error of the visit function through the loop.
type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }

// visitor is the state of reading a stream once.
type visitor struct {
	j        *Journal
	stream   string
	subjects []string // empty means all
	only     []string // of what is read, visit only these subjects; empty means all
	follow   bool     // wait for more at the end
	next     uint64   // position that comes next
	last     uint64   // where to end, when not following
	seen     uint64   // messages that this consumer brought
	visit    func(uint64, []byte) error
	missed   func(from, to uint64) // nil: nobody asks
	marks    bool                  // visit marks of epochs too
}

func (v *visitor) ended() bool { return !v.follow && v.next > v.last }

var errMissed = errors.New("the server sent something that did not come")

// run visits with one consumer until the end, or until something is wrong with it.
func (v *visitor) run(ctx context.Context) error {
	cons, err := v.consumer(ctx)
	if err != nil {
		return err
	}
	defer func() { // it goes although ctx ended: a server has room for so many
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = v.j.node.js.DeleteConsumer(ending, v.stream, cons.CachedInfo().Name) // else it goes by itself, later
	}()
	for v.seen = 0; ; {
		came, err := v.fetch(ctx, cons)
		if err != nil || v.ended() {
			return err
		}
		if came || v.follow {
			continue
		}
		// Nothing came: because nothing is left, or because something was lost on the way.
		info, err := cons.Info(ctx)
		if err == nil && (info.NumPending > 0 || info.Delivered.Consumer != v.seen) {
			err = errMissed
		}
		return err
	}
}

func (v *visitor) consumer(ctx context.Context) (jetstream.Consumer, error) {
	return v.j.node.js.CreateConsumer(ctx, v.stream, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: v.next,
		FilterSubjects: v.subjects, InactiveThreshold: 30 * time.Second, MemoryStorage: true, Replicas: 1,
	})
}

// fetch visits what one request to the consumer brings, and tells whether anything came.
func (v *visitor) fetch(ctx context.Context, cons jetstream.Consumer) (came bool, err error) {
	var batch jetstream.MessageBatch
	if v.follow {
		batch, err = cons.Fetch(fetchFrames, jetstream.FetchContext(ctx))
	} else {
		batch, err = cons.FetchNoWait(fetchFrames)
	}
	if err != nil {
		return false, err
	}
	for m := range batch.Messages() {
		if v.ended() {
			return came, nil
		}
		came = true
		if err := v.take(m); err != nil {
			return came, err
		}
	}
	return came, batch.Error()
}

func (v *visitor) take(m jetstream.Msg) error {
	meta, err := m.Metadata()
	if err != nil {
		return err
	}
	if v.seen++; meta.Sequence.Consumer != v.seen {
		return errMissed
	}
	position := meta.Sequence.Stream
	if position > v.next {
		v.miss(v.next, position-1)
	}
	v.next = position + 1
	if len(v.only) > 0 && !slices.Contains(v.only, m.Subject()) {
		return nil
	}
	mark := m.Headers().Get(headerCount) == "0" // of an epoch; it has no checksum
	if mark && !v.marks {
		return nil
	}
	if sum := checksum(m.Data()); !mark && sum != m.Headers().Get(headerSum) {
		v.j.cfg.Log.Error("a stored message is damaged and left out", "stream", v.stream, "position", position, "subject", m.Subject())
		v.miss(position, position)
		return nil
	}
	if err := v.visit(position, m.Data()); err != nil {
		return &visitError{err}
	}
	return nil
}

func (v *visitor) miss(from, to uint64) {
	if v.missed != nil {
		v.missed(from, to)
	}
}
