package geysersim

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// stream is one open Subscribe call. Three goroutines work on it: the handler waits for the first reason to end, receive takes
// requests, run sends. Only run touches what is not marked otherwise.
type stream struct {
	s *Server
	// number counts accepted streams of the server from 1.
	number uint64
	conn   *framed // nil where grpc was given a connection of another kind
	grpc   grpc.BidiStreamingServer[geyserpb.SubscribeRequest, geyserpb.SubscribeUpdate]
	q      *queue
	f      *filter
	out    frame
	held   []*transaction // of one slot, to be sent in another order
	pad    atomic.Int64   // any goroutine: bytes to add to the next update

	ended     chan error    // any goroutine: why the stream is to end, first one counts
	updates   atomic.Uint64 // any goroutine reads: updates sent, pings not counted
	active    atomic.Bool   // the chain counts it as a subscriber
	replaying atomic.Bool

	attention atomic.Bool // receive has something for run
	mu        sync.Mutex
	request   *geyserpb.SubscribeRequest // newest that is not applied
	pongs     []int32
}

// end makes the stream end with err, unless it ends already.
func (st *stream) end(err error) {
	select {
	case st.ended <- err:
	default:
	}
}

// wait is the handler: it gives the status with which the stream ends.
func (st *stream) wait() error {
	select {
	case err := <-st.ended:
		if errors.Is(err, errClean) {
			return nil
		}
		return err
	case <-st.q.lag:
		st.s.counters.lagged.Add(1)
		return st.s.bounds.Load().dialect.lagged(st.replaying.Load())
	case <-st.s.closing:
		return st.s.bounds.Load().dialect.closing()
	case <-st.grpc.Context().Done():
		return status.FromContextError(st.grpc.Context().Err()).Err()
	}
}

// run sends until something goes wrong or the play ends.
func (st *stream) run(ctx context.Context) error {
	if err := st.ping(ctx); err != nil {
		return err
	}
	pings := time.NewTicker(st.s.o.PingEvery)
	defer pings.Stop()
	var events []event
	for {
		over, failed := st.s.chain.ended() // before take: what was told before the end is in the queue
		events = st.q.take(events[:0])
		if err := st.sendAll(ctx, events); err != nil {
			return err
		}
		if len(events) == 0 {
			switch {
			case over && failed != nil:
				return status.Error(codes.Unavailable, failed.Error())
			case over && st.s.o.EndStreams && st.active.Load():
				return errClean
			}
			select {
			case <-st.q.wake:
			case <-pings.C:
				if err := st.ping(ctx); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		select {
		case <-pings.C:
			if err := st.ping(ctx); err != nil {
				return err
			}
		default:
		}
		clear(events)
	}
}

// sendAll sends events, and looks after requests and pings in between.
func (st *stream) sendAll(ctx context.Context, events []event) error {
	for i := range events {
		if st.attention.Load() {
			moved, err := st.attend(ctx)
			if moved || err != nil {
				return err
			}
		}
		if err := st.send(ctx, &events[i]); err != nil {
			return err
		}
		st.q.done(events[i].weight())
	}
	if st.attention.Load() {
		_, err := st.attend(ctx)
		return err
	}
	return nil
}

// replay sends what the store has, oldest first.
func (st *stream) replay(ctx context.Context, from uint64) error {
	if err := st.s.faults.onReplay(from); err != nil {
		return err
	}
	dialect := st.s.bounds.Load().dialect
	if dialect == Richat {
		if err := richatReplay(st.f); err != nil {
			return err
		}
	}
	blocks, err := st.s.chain.replay(from, st.f.level, dialect)
	if err != nil {
		return err
	}
	st.s.counters.replays.Add(1)
	st.replaying.Store(true)
	defer st.replaying.Store(false)
	for _, b := range blocks {
		if err := st.block(ctx, b.block, true); err != nil {
			return err
		}
		for level := geyserpb.CommitmentLevel_PROCESSED; level <= b.reached; level++ {
			known := st.s.chain.statusOf(b.block, geyserpb.SlotStatus(level))
			if err := st.status(ctx, &known); err != nil {
				return err
			}
		}
	}
	return nil
}

// send sends what an event is to the stream.
func (st *stream) send(ctx context.Context, e *event) error {
	if st.s.faults.armed.Load() {
		if err := st.s.faults.late(ctx, st, e.at); err != nil {
			return err
		}
	}
	if len(st.held) > 0 && (e.tx == nil || e.tx.slot != st.held[0].slot) {
		if err := st.release(ctx); err != nil {
			return err
		}
	}
	switch {
	case e.tx != nil:
		return st.transaction(ctx, e.tx)
	case e.block != nil:
		return st.block(ctx, e.block, e.whole)
	default:
		return st.status(ctx, e)
	}
}

func (st *stream) status(ctx context.Context, e *event) error {
	names := st.f.slotNames(e.status)
	if len(names) == 0 {
		return nil
	}
	return st.update(ctx, e.slot, filterNames(names...), e.update)
}

func (st *stream) ping(ctx context.Context) error {
	return st.control(ctx, &geyserpb.SubscribeUpdate{
		UpdateOneof: &geyserpb.SubscribeUpdate_Ping{Ping: &geyserpb.SubscribeUpdatePing{}},
	})
}

// control sends a ping or pong. They carry no filter names.
func (st *stream) control(ctx context.Context, u *geyserpb.SubscribeUpdate) error {
	if err := st.s.faults.quiet(ctx, st); err != nil {
		return err
	}
	st.out.buffers = mem.BufferSlice{update(u, createdAt(time.Now()))}
	return st.grpc.SendMsg(&st.out)
}
