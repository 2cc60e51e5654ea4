// Package pool keeps the stream of an endpoint open and hands on what comes. Before each open stand the budget, the breaker and a
// backoff; after each end stands the decision from which slot to resume. Between the socket and the reader of the pool lies the one
// bounded queue, so that a socket never waits for the pipeline.
package pool

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/breaker"
	"github.com/weir-run/weir/host/internal/geyser"
)

// Budget says when an open is allowed. A budget.Budget is one.
type Budget interface {
	Take(ctx context.Context) error
	Left() int
}

// Config of a Pool.
type Config struct {
	// Endpoint to stream from.
	Endpoint geyser.Endpoint
	// Subscription to send. Its FromSlot is set by the pool.
	Subscription geyser.Subscription
	// Budget of the endpoint's token.
	Budget Budget
	// Resume returns the highest slot that is durable with everything before it, 0 when nothing is. It is called before each open.
	Resume func() uint64
	// Margin is how many slots before Resume a stream asks for: slots may come out of order, and another node behind the same address
	// may be behind. What comes twice is for the deduplication. Default 32.
	Margin uint64
	// QueueBytes and QueueUpdates bound the queue. When it is full, the stream is dropped and resumed once half of it is free. Default
	// 256 MiB, which is some 100 s at 500 transactions a second, and 262,144.
	QueueBytes, QueueUpdates int
	// Log takes one line for each open and each end. Default slog.Default.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Margin == 0 {
		c.Margin = 32
	}
	if c.QueueBytes <= 0 {
		c.QueueBytes = 256 << 20
	}
	if c.QueueUpdates <= 0 {
		c.QueueUpdates = 1 << 18
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Pool is one stream that does not end. Run is called once; Next and NextBatch are for one goroutine; Status for any.
type Pool struct {
	config  Config
	log     *slog.Logger
	breaker *breaker.Breaker
	queue   *queue
	resume  resume
	backoff backoff
	best    uint64 // highest slot whose block meta came
	proven  bool   // the endpoint was useful once in this process

	state                                  atomic.Value // State
	updates, bytes, opens, overflows, gaps atomic.Uint64
	slot                                   atomic.Uint64
	lag                                    atomic.Int64 // nanoseconds; noLag before the first
	mu                                     sync.Mutex
	lastError                              error
	lastErrorAt                            time.Time
}

// New returns a Pool that is not running. It fails on a URL that cannot be used.
func New(c Config) (*Pool, error) {
	if c.Budget == nil || c.Resume == nil {
		return nil, errors.New("pool: Budget and Resume must be set")
	}
	if err := c.Endpoint.Check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	c.Endpoint.Name = c.Endpoint.Label()
	p := &Pool{config: c, queue: newQueue(c.QueueBytes, c.QueueUpdates)}
	p.log = c.Log.With("endpoint", c.Endpoint.Name)
	p.breaker = breaker.New(breaker.Config{OnChange: func(from, to breaker.State) {
		p.log.Info("breaker changed", "from", from, "to", to)
	}})
	p.resume = resume{durable: c.Resume, margin: c.Margin}
	p.state.Store(Connecting)
	p.lag.Store(noLag)
	return p, nil
}

// Run keeps the stream open until ctx ends, and then returns nil. It returns an error only when the endpoint can never serve this
// configuration: the token is refused or the request is not accepted, and it never worked before. Whatever was received stays readable
// with Next after Run returned.
func (p *Pool) Run(ctx context.Context) error {
	defer p.queue.close()
	defer p.state.Store(Stopped)
	for {
		end := p.turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		p.note(end)
		wait, hopeless := p.judge(end)
		if hopeless {
			return end
		}
		p.log.Warn("stream ended", "error", end, "wait", wait.Round(time.Millisecond))
		if sleep(ctx, wait) != nil {
			return nil
		}
	}
}

// Next waits for the next item. See NextBatch.
func (p *Pool) Next(ctx context.Context) (Item, error) {
	var one [1]Item
	batch, err := p.NextBatch(ctx, one[:0])
	if err != nil {
		return Item{}, err
	}
	return batch[0], nil
}

// NextBatch waits for at least one item and returns what there is, in batch[:0] up to its capacity, in the order of arrival. The caller
// releases the updates. It returns io.EOF after Run has ended and everything was read, and the cause of ctx when that ends.
func (p *Pool) NextBatch(ctx context.Context, batch []Item) ([]Item, error) {
	return p.queue.pop(ctx, batch)
}

// Item is one step of the flow: exactly one of the two is set.
type Item struct {
	Update *geyser.Update
	Gap    *Gap
}

// Gap says that transactions of the slots From to To, both inclusive, may be missing. It stands in the flow before all that came after
// the gap. To may be a slot of which a part came, and then comes behind the gap.
type Gap struct {
	From, To uint64
	// Reason is for people.
	Reason string
}

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
