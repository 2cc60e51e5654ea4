package geysersim

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"

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

// receive takes requests until the stream ends. A half-closed stream goes on.
func (st *stream) receive() {
	var rate requestRate
	for {
		r, err := st.grpc.Recv()
		if err != nil {
			return // the handler sees the context end
		}
		if err := st.check(r, &rate); err != nil {
			st.end(err)
			return
		}
		st.mu.Lock()
		if r.Ping != nil {
			st.pongs = append(st.pongs, r.GetPing().GetId())
		} else {
			st.request = r
		}
		st.mu.Unlock()
		st.attention.Store(true)
		signal(st.q.wake)
	}
}

// check looks at a request as it comes in. What is beside a ping is checked but not applied.
func (st *stream) check(r *geyserpb.SubscribeRequest, rate *requestRate) error {
	b := st.s.bounds.Load()
	if r.Ping == nil {
		return rate.admit(b.requestsPerSecond)
	}
	if _, err := compile(r, b); err != nil {
		return invalidFilter(err)
	}
	return nil
}

func invalidFilter(err error) error {
	return status.Error(codes.InvalidArgument, "failed to create filter: "+err.Error())
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

// attend answers pings and applies the newest request. After a change of level, moved, taken events are void.
func (st *stream) attend(ctx context.Context) (moved bool, err error) {
	st.attention.Store(false)
	st.mu.Lock()
	request, pongs := st.request, st.pongs
	st.request, st.pongs = nil, nil
	st.mu.Unlock()
	for _, id := range pongs {
		pong := &geyserpb.SubscribeUpdate_Pong{Pong: &geyserpb.SubscribeUpdatePong{Id: id}}
		if err := st.control(ctx, &geyserpb.SubscribeUpdate{UpdateOneof: pong}); err != nil {
			return false, err
		}
		st.s.counters.pongs.Add(1)
	}
	if request == nil {
		return false, nil
	}
	return st.apply(ctx, request)
}

// apply replaces everything that the stream subscribed to, and replays if asked to.
func (st *stream) apply(ctx context.Context, r *geyserpb.SubscribeRequest) (moved bool, err error) {
	f, err := compile(r, st.s.bounds.Load())
	if err != nil {
		return false, invalidFilter(err)
	}
	if moved = f.level != st.f.level; moved {
		st.q.move(levelBit(f.level))
		st.held = nil
	}
	first := st.f.empty
	st.f = f
	st.s.counters.requests.Add(1)
	if !f.empty && st.active.CompareAndSwap(false, true) {
		st.s.chain.activate()
	}
	if r.FromSlot == nil || st.s.bounds.Load().dialect == Richat && !first && !moved {
		return moved, nil
	}
	return moved, st.replay(ctx, r.GetFromSlot())
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

// block sends, whole, the transactions of a block, and in any case its Block and BlockMeta.
func (st *stream) block(ctx context.Context, b *block, whole bool) error {
	if whole {
		for i := range b.transactions {
			if err := st.transaction(ctx, &b.transactions[i]); err != nil {
				return err
			}
		}
		if err := st.release(ctx); err != nil {
			return err
		}
	}
	for i := range st.f.blocks {
		f := &st.f.blocks[i]
		if err := st.update(ctx, b.slot, f.names, b.message(f.takes)); err != nil {
			return err
		}
	}
	if st.f.meta == nil {
		return nil
	}
	return st.update(ctx, b.slot, st.f.meta, b.meta)
}

func (st *stream) transaction(ctx context.Context, t *transaction) error {
	if st.s.faults.armed.Load() && st.s.faults.value(st, shuffle) != 0 {
		st.held = append(st.held, t)
		return nil
	}
	return st.sendTransaction(ctx, t)
}

// release sends the transactions that were held back, in the order that the fault's seed and their slot give.
func (st *stream) release(ctx context.Context) error {
	held := st.held
	if len(held) == 0 {
		return nil
	}
	st.held = nil
	seed := uint64(st.s.faults.value(st, shuffle))
	r := rand.New(rand.NewPCG(seed, held[0].slot))
	r.Shuffle(len(held), func(i, j int) { held[i], held[j] = held[j], held[i] })
	for _, t := range held {
		if err := st.sendTransaction(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

func (st *stream) sendTransaction(ctx context.Context, t *transaction) error {
	if names := st.f.transactions.match(t); names != nil {
		copies := 1
		if st.s.faults.armed.Load() {
			copies = st.s.faults.copies(st)
		}
		for range copies {
			if err := st.update(ctx, t.slot, names, t.update); err != nil {
				return err
			}
			st.s.counters.transactions.Add(1)
		}
	}
	if names := st.f.statuses.match(t); names != nil {
		return st.update(ctx, t.slot, names, t.status())
	}
	return nil
}

// update sends one update, names in front.
func (st *stream) update(ctx context.Context, slot uint64, names, update mem.Buffer) error {
	if st.s.faults.armed.Load() {
		if err := st.disturb(ctx, slot, names.Len()+update.Len()); err != nil {
			return err
		}
	}
	st.out.buffers = mem.BufferSlice{names, update} // the transport keeps it: never the same twice
	if st.pad.Load() > 0 {
		st.out.buffers = append(st.out.buffers, padding(st.pad.Swap(0)))
	}
	if err := st.grpc.SendMsg(&st.out); err != nil {
		return err
	}
	st.updates.Add(1)
	st.s.counters.updates.Add(1)
	st.s.counters.bytes.Add(uint64(names.Len() + update.Len()))
	return nil
}

// disturb lets faults hold or end a stream that is about to send an update of that size.
func (st *stream) disturb(ctx context.Context, slot uint64, size int) error {
	f := &st.s.faults
	if err := f.quiet(ctx, st); err != nil {
		return err
	}
	if err := f.spring(st, slot); err != nil {
		return err
	}
	if err := f.quiet(ctx, st); err != nil {
		return err
	}
	if perSecond := f.value(st, trickle); perSecond > 0 {
		return sleepUntil(ctx, time.Now().Add(time.Duration(float64(size)/float64(perSecond)*float64(time.Second))))
	}
	return nil
}

// padding is a field of about n bytes that no reader knows, and so skips.
func padding(n int64) mem.Buffer {
	const unknownField = 1000
	b := protowire.AppendTag(nil, unknownField, protowire.BytesType)
	return mem.SliceBuffer(protowire.AppendBytes(b, make([]byte, n)))
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
