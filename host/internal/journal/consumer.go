package journal

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// consumer fetches stored frames in order from an ephemeral pull consumer.
type consumer struct {
	j     *Journal
	cons  jetstream.Consumer
	ready []stored
}

const fetchFrames = 32

// next returns the next frame; on the first call after drop the one that holds number, or the first after it.
func (c *consumer) next(ctx context.Context, number uint64) (stored, error) {
	if c.cons == nil {
		if err := c.begin(ctx, number); err != nil {
			return stored{}, err
		}
	}
	if len(c.ready) == 0 {
		if err := c.fetch(ctx); err != nil {
			c.drop()
			return stored{}, err
		}
	}
	if len(c.ready) == 0 {
		c.drop()
		return stored{}, jetstream.ErrMsgNotFound
	}
	s := c.ready[0]
	c.ready = c.ready[1:]
	return s, nil
}

func (c *consumer) unread(s stored) { c.ready = append([]stored{s}, c.ready...) }

// begin finds the frame with number and makes a consumer that starts there.
func (c *consumer) begin(ctx context.Context, number uint64) error {
	at, err := c.j.findFrame(ctx, func(s stored) bool { return s.last >= number })
	if err != nil {
		return err
	}
	c.cons, err = c.j.node.js.CreateConsumer(ctx, framesStream, jetstream.ConsumerConfig{
		AckPolicy: jetstream.AckNonePolicy, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: at.sequence,
		InactiveThreshold: 30 * time.Second, MemoryStorage: true, Replicas: 1,
	})
	return err
}

func (c *consumer) fetch(ctx context.Context) error {
	batch, err := c.cons.FetchNoWait(fetchFrames)
	if err != nil {
		return err
	}
	for m := range batch.Messages() {
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		if s, err := readStored(meta.Sequence.Stream, m.Headers(), m.Data()); err == nil {
			c.ready = append(c.ready, s)
		}
	}
	return errors.Join(batch.Error(), ctx.Err())
}

// drop forgets the consumer; the server deletes it when it was idle for a while.
func (c *consumer) drop() { c.cons, c.ready = nil, nil }
