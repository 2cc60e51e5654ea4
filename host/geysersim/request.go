package geysersim

import (
	"context"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

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
