package geyser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Stream is one open Subscribe call. Recv is for one goroutine; Close may be called by any, also while Recv waits, and more than once.
type Stream struct {
	endpoint Endpoint
	conn     *grpc.ClientConn
	call     grpc.ClientStream
	ctx      context.Context // of the call; its cause tells why it ended
	cancel   context.CancelCauseFunc

	opened  time.Time
	last    atomic.Int64  // when the last message of any kind came, in nanoseconds after opened
	answers chan struct{} // a server ping that waits for an answer
	changes chan change   // a request to send in the open stream
	awaited atomic.Int32  // the ping behind the newest change, 0 for none
	started atomic.Int64  // the node's stamp of the first ping, in Unix nanoseconds
	running sync.WaitGroup
}

var errClosed = errors.New("stream closed")

// change is a request and the id of the ping to send behind it.
type change struct {
	request *geyserpb.SubscribeRequest
	ping    int32
}

// Open connects, subscribes and sends the request. It is one open in the count of the provider, whether it succeeds or not. The
// stream ends with ctx, and must be closed in any case. Errors are *Error, or the cause of ctx when that was cancelled.
func Open(ctx context.Context, e Endpoint, request *geyserpb.SubscribeRequest) (*Stream, error) {
	e = e.withDefaults()
	conn, err := e.connect()
	if err != nil {
		return nil, &Error{Class: Fatal, Endpoint: e.Name, err: err}
	}
	if e.Token != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, e.TokenHeader, e.Token)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := &Stream{endpoint: e, conn: conn, ctx: ctx, cancel: cancel, answers: make(chan struct{}, 1), changes: make(chan change, 1)}
	if err := s.subscribe(request); err != nil {
		s.Close()
		return nil, err
	}
	s.opened = time.Now()
	s.running.Go(s.watch)
	s.running.Go(s.sendPings)
	return s, nil
}

func (s *Stream) subscribe(request *geyserpb.SubscribeRequest) error {
	late := time.AfterFunc(s.endpoint.OpenTimeout, func() { s.cancel(ErrOpenTimeout) })
	defer late.Stop()
	desc := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	call, err := s.conn.NewStream(s.ctx, desc, geyserpb.Geyser_Subscribe_FullMethodName, s.endpoint.callOptions()...)
	if err != nil {
		return s.why(err)
	}
	s.call = call
	// EOF says that the server ended the stream already. What it sent before and why it ended come from Recv.
	if err := call.SendMsg(request); err != nil && !errors.Is(err, io.EOF) {
		return s.why(err)
	}
	return nil
}

// why turns the end of the call into an *Error. What this side did to it counts more than the status that it led to.
func (s *Stream) why(err error) error {
	cause := context.Cause(s.ctx)
	switch {
	case cause == nil:
		return newError(s.endpoint, err)
	case errors.Is(cause, ErrSilent):
		return newError(s.endpoint, fmt.Errorf("%w: no message for %s", ErrSilent, s.endpoint.Silence))
	case errors.Is(cause, ErrOpenTimeout):
		return newError(s.endpoint, fmt.Errorf("%w: %s passed", ErrOpenTimeout, s.endpoint.OpenTimeout))
	default:
		return cause
	}
}

// Change replaces what the stream asks for, without a new open, and sends a ping behind the request. The pong that answers it comes out of
// Recv as a KindPong: by then the server has read the request. It does not wait; false says that an earlier change is not on its way
// yet. ping must not be 0 and differ from one change to the next; small positive numbers are taken by the stream's own pings. A refused
// request ends the stream.
func (s *Stream) Change(request *geyserpb.SubscribeRequest, ping int32) bool {
	before := s.awaited.Swap(ping) // the pong may come before the next line is reached
	select {
	case s.changes <- change{request, ping}:
		return true
	default:
		s.awaited.Store(before)
		return false
	}
}

// Started returns the node's stamp of the ping that it sends when a stream opens, in Unix nanoseconds: what has a later stamp was made
// after that. 0 when it sent none yet, or none with a stamp.
func (s *Stream) Started() int64 { return s.started.Load() }

// Recv waits for the next update that is neither a ping nor a pong; those it answers and drops, except for a pong that Change waits
// for. The caller owns the update and releases it.
// After an error the stream is of no use and must be closed. Errors are *Error, or the cause of the context when it was cancelled.
func (s *Stream) Recv() (*Update, error) {
	for {
		u := updates.Get().(*Update)
		if err := s.call.RecvMsg(u); err != nil {
			u.Release()
			return nil, s.why(err)
		}
		now := time.Now()
		s.last.Store(int64(now.Sub(s.opened)))
		u.received, u.endpoint = now.UnixNano(), s.endpoint.Name
		u.glance()
		switch u.kind {
		case KindPing:
			s.started.CompareAndSwap(0, u.created)
			select {
			case s.answers <- struct{}{}:
			default: // one is on its way
			}
		case KindPong:
			if id := s.awaited.Load(); id != 0 && u.pong == id {
				return u, nil
			}
		default:
			return u, nil
		}
		u.Release()
	}
}

// watch ends the stream when nothing came for too long. It sleeps until that can first be the case.
func (s *Stream) watch() {
	look := time.NewTimer(s.endpoint.Silence)
	defer look.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-look.C:
		}
		quiet := time.Since(s.opened) - time.Duration(s.last.Load())
		if quiet >= s.endpoint.Silence {
			s.cancel(ErrSilent)
			return
		}
		look.Reset(s.endpoint.Silence - quiet)
	}
}

// sendPings sends the answers to server pings and, at intervals, pings of its own. It is the only sender after the first request.
func (s *Stream) sendPings() {
	tick := time.NewTicker(s.endpoint.PingEvery)
	defer tick.Stop()
	for id := int32(1); ; id++ {
		select {
		case <-s.ctx.Done():
			return
		case <-s.answers:
		case <-tick.C:
		case c := <-s.changes:
			if s.call.SendMsg(c.request) != nil || s.call.SendMsg(pingRequest(c.ping)) != nil {
				return
			}
			continue
		}
		if err := s.call.SendMsg(pingRequest(id)); err != nil {
			return // Recv tells why the stream ended
		}
	}
}

// Close ends the call, so that the provider no longer counts it, and waits until nothing of the stream runs any more.
func (s *Stream) Close() {
	s.cancel(errClosed)
	s.running.Wait()
	s.conn.Close() //nolint:errcheck // its only error is that it was closed before
}

// OldestReplay asks the server, outside of the stream and so without an open, for the oldest slot that it can replay. 0 is for a server
// that keeps none, or does not know yet.
func (s *Stream) OldestReplay(ctx context.Context) (uint64, error) {
	if md, ok := metadata.FromOutgoingContext(s.ctx); ok { //nolint:contextcheck // only the token of the stream is taken from it
		ctx = metadata.NewOutgoingContext(ctx, md)
	}
	r, err := geyserpb.NewGeyserClient(s.conn).SubscribeReplayInfo(ctx, &geyserpb.SubscribeReplayInfoRequest{})
	if err != nil {
		return 0, s.why(err)
	}
	if oldest := r.GetFirstAvailable(); oldest != ^uint64(0) {
		return oldest, nil
	}
	return 0, nil
}
