// Package pool keeps streams to one or more providers open and hands on what comes as one flow. Groups of programs are spread over the
// connections; when a connection fails, others take its groups over. Before each open stand the budget, the breaker and a backoff; after
// each end stands the decision from which slot to resume. Between the sockets and the reader of the pool lies the one bounded queue, so
// that a socket never waits for the pipeline.
package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/pool/balance"
	"github.com/weir-run/weir/host/internal/pool/quiet"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Budget says when an open is allowed. A budget.Budget is one.
type Budget interface {
	Take(ctx context.Context) error
	// Use tells how many opens count right now, how many may, and in which window.
	Use() (used, limit int, window time.Duration)
	// Lower keeps to fewer opens from now on.
	Lower(limit int)
}

// Config of a Pool.
type Config struct {
	// Sources are the providers, the preferred one first.
	Sources []Source
	// Groups to watch. SetGroups changes them.
	Groups []Group
	// Commitment of all streams. The zero value is processed.
	Commitment geyserpb.CommitmentLevel
	// Failed asks for failed transactions too.
	Failed bool
	// Connections is how many streams there may be, 1 to 3; those that get no group are not opened. Default 2, at least Copies, and
	// no more than the profiles allow.
	Connections int
	// Copies is on how many sources each group is watched at the same time, 1 or 2; the first copy of a transaction wins in the
	// deduplication. No more than there are sources. Default 1.
	Copies int
	// Stagger is the time between the first opens of two connections. Default 250 ms.
	Stagger time.Duration
	// Balance says when a group moves to another connection.
	Balance balance.Config
	// Resume returns the highest slot that is durable with everything before it, for every group, 0 when nothing is. It is called before
	// each open.
	Resume func() uint64
	// QueueBytes and QueueUpdates bound the queue. When it is full, the stream that finds it so is dropped and resumed once half of it is
	// free. Default 256 MiB, which is some 100 s at 500 transactions a second, and 262,144.
	QueueBytes, QueueUpdates int
	// Log takes one line for each open, each end and each move of a group. Default slog.Default.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.QueueBytes <= 0 {
		c.QueueBytes = 256 << 20
	}
	if c.QueueUpdates <= 0 {
		c.QueueUpdates = 1 << 18
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Stagger <= 0 {
		c.Stagger = 250 * time.Millisecond
	}
	c.Copies = min(max(c.Copies, 1), 2, len(c.Sources))
	if c.Connections <= 0 {
		c.Connections = 2
	}
	c.Connections = min(max(c.Connections, c.Copies), maxConnections)
	return c
}

func (c Config) check() error {
	if c.Resume == nil {
		return errors.New("pool: Resume must be set")
	}
	if len(c.Sources) == 0 {
		return errors.New("pool: no source; name at least one endpoint")
	}
	for _, s := range c.Sources {
		if s.Budget == nil {
			return errors.New("pool: Budget must be set")
		}
		if err := s.Endpoint.Check(); err != nil {
			return err
		}
	}
	return nil
}

// Pool is streams that do not end. Run is called once; Next and NextBatch are for one goroutine; all else for any.
type Pool struct {
	config      Config
	log         *slog.Logger
	queue       *queue
	sources     []*source
	connections []*connection
	kick        chan struct{} // of capacity 1: a token says "look again"
	first       chan struct{} // of capacity 1: the turn of one connection before started
	started     chan struct{} // closed when all connections may open
	gaps        atomic.Uint64

	mu      sync.Mutex
	table   groupTable
	version uint64                // of the table
	homes   map[int]connectionSet // of each active group
	cover   cover
	vacant  GroupSet // groups that went away, and did not begin again
	asks    int32    // ids of pings given away
	moves   uint64

	routed   atomic.Bool // the pipeline tells what it routes
	heard    GroupSet    // since the last look at watch
	watch    *quiet.Watch
	balancer *balance.Balancer
	measured time.Time
	carried  [maxConnections][fold.MostGroups]carried
}

// New returns a Pool that is not running. It fails on a URL that cannot be used and on groups that a provider's limits do not let in.
func New(c Config) (*Pool, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c = c.withDefaults()
	p := &Pool{
		config: c, log: c.Log, queue: newQueue(c.QueueBytes, c.QueueUpdates), kick: make(chan struct{}, 1), first: make(chan struct{}, 1), started: make(chan struct{}),
		table: groupTable{failed: c.Failed},
	}
	for i, s := range c.Sources {
		p.sources = append(p.sources, newSource(i, s, c.Log))
	}
	p.makeConnections()
	if err := p.table.set(c.Groups); err != nil {
		return nil, fmt.Errorf("pool: %w", err)
	}
	p.place()
	if err := p.fits(); err != nil {
		return nil, err
	}
	p.balancer, p.watch = balance.New(c.Balance), quiet.New(p.table.quietGroups())
	return p, nil
}

// fits tells whether each provider allows what its connections shall serve.
func (p *Pool) fits() error {
	for _, k := range p.connections {
		if _, err := k.request(k.wants, 0); err != nil {
			return fmt.Errorf("endpoint %s: %w", k.source.Endpoint.Name, err)
		}
	}
	return nil
}

// makeConnections spreads the connections over the sources, as far as their streams reach.
func (p *Pool) makeConnections() {
	used := make([]int, len(p.sources))
	for round := 0; len(p.connections) < p.config.Connections && round < maxConnections; round++ {
		for i, s := range p.sources {
			if len(p.connections) == p.config.Connections {
				break
			}
			if s.profile.Streams > 0 && used[i] >= s.profile.Streams {
				continue
			}
			used[i]++
			p.connections = append(p.connections, newConnection(p, len(p.connections), s))
		}
	}
}

// Run keeps the streams open until ctx ends, and then returns nil. It returns an error only when no endpoint can ever serve this
// configuration: the token is refused or the request is not accepted, and it never worked before. Whatever was received stays readable
// with Next after Run returned.
func (p *Pool) Run(ctx context.Context) error {
	defer p.queue.close()
	p.mu.Lock()
	durable := p.config.Resume()
	p.cover.restore(p.table.active, durable)
	if durable > 0 {
		p.start()
	}
	p.mu.Unlock()
	ctx, stop := context.WithCancel(ctx)
	ends := make(chan error, len(p.connections))
	var running sync.WaitGroup
	for _, k := range p.connections {
		running.Go(func() { ends <- k.run(ctx) })
	}
	running.Go(func() { p.coordinate(ctx) })
	defer running.Wait()
	defer stop()
	for range p.connections {
		if err := <-ends; err != nil && p.hopeless() {
			return err
		}
	}
	return nil
}

// hopeless tells whether no connection can ever serve. Those that could take a group do so.
func (p *Pool) hopeless() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := true
	for _, k := range p.connections {
		all = all && (k.hopeless || k.idle && k.source.allHopeless(p.connections))
	}
	if !all {
		p.place()
		signal(p.kick)
	}
	return all
}

func (s *source) allHopeless(connections []*connection) bool {
	for _, k := range connections {
		if k.source == s && k.hopeless {
			return true
		}
	}
	return false
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
