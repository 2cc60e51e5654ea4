package pool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// connection is one stream that does not end. Its own goroutine opens it and receives; the pool's coordinator decides which groups it
// serves.
type connection struct {
	pool   *Pool
	index  int
	source *source
	log    *slog.Logger
	wake   chan struct{} // of capacity 1: there is a group to serve
	// probeNow is of capacity 1: what is known of the replay store is too old.
	probeNow chan struct{}
	resume   resume // own goroutine; reason also under Pool.mu
	backoff  backoff
	best     uint64 // highest slot whose block meta came

	// Guarded by Pool.mu.
	wants     GroupSet       // what it shall serve
	sent      GroupSet       // what the open stream was asked for
	version   uint64         // of the table in the last request
	stream    *geyser.Stream // nil while none is open
	streaming bool           // content has come
	began     begin
	ask       *ask
	heal      GroupSet // groups to be replayed in the open stream
	changed   time.Time
	asked     time.Time   // when the last request went out in the stream
	down      bool        // the last stream ended in trouble and no new one works yet
	idle      bool        // waits for a group
	hopeless  bool        // can never serve
	ends      []time.Time // in trouble, within the last minute
	rates     rates

	wholeFrom atomic.Uint64 // the first slot of which it brings all groups; 0 = it does not

	count counters
}

type counters struct {
	state                              atomic.Value // State
	updates, bytes, opens, overflows   atomic.Uint64
	slot                               atomic.Uint64
	lag                                atomic.Int64 // nanoseconds; noLag before the first
	parsed, failed, won, lost, changes atomic.Uint64
	lastError                          atomic.Pointer[stamped]
}

type stamped struct {
	err error
	at  time.Time
}

func newConnection(p *Pool, index int, s *source) *connection {
	k := &connection{pool: p, index: index, source: s, wake: make(chan struct{}, 1), probeNow: make(chan struct{}, 1), resume: resume{margin: s.Margin}}
	k.log = p.log.With("endpoint", s.Endpoint.Name, "connection", index)
	k.count.state.Store(Idle)
	k.count.lag.Store(noLag)
	return k
}

func (k *connection) request(groups GroupSet, from uint64) (*geyserpb.SubscribeRequest, error) {
	return fold.Request(k.pool.table.folded, groups, fold.Options{
		Limits: k.source.profile.Limits(), Commitment: k.pool.config.Commitment, FromSlot: from,
	})
}

// run keeps the stream open until ctx ends, or returns why it can never be.
func (k *connection) run(ctx context.Context) error {
	defer k.count.state.Store(Stopped)
	if k.stagger(ctx) != nil {
		return nil
	}
	for {
		if k.waitGroups(ctx) != nil {
			return nil
		}
		end := k.turn(ctx)
		if ctx.Err() != nil {
			return nil
		}
		k.count.lastError.Store(&stamped{end, time.Now()})
		wait, hopeless := k.judge(end, k.learn(end))
		k.ended(end, hopeless)
		if hopeless {
			k.log.Error("endpoint cannot be used", "error", end)
			return end
		}
		k.log.Warn("stream ended", "error", end, "wait", wait.Round(time.Millisecond))
		if sleep(ctx, wait) != nil {
			return nil
		}
	}
}

// waitGroups waits until there is something to serve.
func (k *connection) waitGroups(ctx context.Context) error {
	for {
		k.pool.mu.Lock()
		k.idle = k.wants == 0
		idle := k.idle
		k.pool.mu.Unlock()
		if !idle {
			return ctx.Err()
		}
		k.count.state.Store(Idle)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-k.wake:
		}
	}
}

// errOverflow ends a stream on purpose: its reader cannot wait, and the provider replays what is dropped.
var errOverflow = errors.New("the queue is full: the pipeline is slower than the stream; dropped the stream, resuming when half of the queue is free")

// turn is the life of one stream. It returns why it ended.
func (k *connection) turn(ctx context.Context) error {
	if err := k.admit(ctx); err != nil {
		return err
	}
	end, err := k.begins(ctx)
	if err != nil {
		return err
	}
	defer end()
	if err := k.source.Budget.Take(ctx); err != nil {
		return k.verdict(err, false)
	}
	k.count.state.Store(Connecting)
	request, groups, err := k.plan()
	if err != nil {
		return k.verdict(err, false)
	}
	k.count.opens.Add(1)
	opened := time.Now()
	stream, err := geyser.Open(ctx, k.source.Endpoint, request)
	if err != nil {
		return k.verdict(err, false)
	}
	defer stream.Close()
	k.log.Info("stream open", "from_slot", request.GetFromSlot(), "groups", k.pool.Names(groups))
	k.opened(stream, groups)
	defer k.probe(ctx, stream)()
	return k.receive(stream, opened)
}

// admit waits until a stream may be opened: half of the queue is free, and the breaker lets it through. The budget comes behind it and
// last: what it allows must happen now, or it falls into another window at the provider.
func (k *connection) admit(ctx context.Context) error {
	k.count.state.Store(Waiting)
	if err := k.pool.queue.waitRoom(ctx); err != nil {
		return err
	}
	for {
		if err := sleep(ctx, k.source.breaker.Wait()); err != nil {
			return err
		}
		if k.source.breaker.Allow() {
			return nil
		}
		if err := sleep(ctx, max(k.source.breaker.Wait(), time.Second)); err != nil { // another connection probes
			return err
		}
	}
}

// plan makes the request to open with.
func (k *connection) plan() (*geyserpb.SubscribeRequest, GroupSet, error) {
	durable := k.pool.config.Resume()
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	groups := k.wants
	k.pool.cover.durable(durable)
	from := k.resume.plan(k.pool.cover.base(groups, durable), k.pool.cover.start)
	request, err := k.request(groups, from)
	if err != nil {
		return nil, 0, fmt.Errorf("endpoint %s: %w", k.source.Endpoint.Name, err)
	}
	k.version = k.pool.version
	return request, groups, nil
}

// opened notes a stream on which nothing came yet.
func (k *connection) opened(stream *geyser.Stream, groups GroupSet) {
	k.pool.mu.Lock()
	defer k.pool.mu.Unlock()
	k.stream, k.sent, k.streaming = stream, groups, false
	k.began, k.ask, k.heal = begin{}, nil, 0
}

// ended takes everything back that the stream gave.
func (k *connection) ended(err error, hopeless bool) {
	p := k.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	k.stream, k.sent, k.streaming, k.ask, k.heal = nil, 0, false, nil, 0
	k.hopeless = hopeless
	k.down = !errors.Is(err, errOverflow)
	p.cover.end(k.index)
	k.rewhole()
	now := time.Now()
	if k.down {
		k.ends = append(k.ends, now)
	}
	signal(p.kick)
}
