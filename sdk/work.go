package sdk

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

const (
	// stuckAfter is how long one record, or the host's taking of one frame, may last before Health speaks of it.
	stuckAfter = 3 * time.Second
	// sayEvery is how long a batch may last until the host is told how far it is, lest it takes a slow monitor for one that stands still.
	sayEvery = time.Second
	// maxErrorText bounds the text of a RecordError, and of trouble, in bytes.
	maxErrorText = 2 << 10
)

// doing is what the work loop is at.
type doing int32

const (
	doingWait doing = iota
	doingHandle
	doingSend
	doingSave
)

// work is one monitor being fed. run, and all that it calls, is one goroutine; the atomic fields and drain are for the rest.
type work struct {
	monitor Monitor
	host    *Host
	out     *outbox
	epoch   uint64
	wanted  [kindLimit]bool
	venues  map[eventv1.Venue]bool // nil wants all
	stream  grpc.ServerStream
	saved   []byte // memory of the last state, for the next one
	// checkpoint is the last one sent, or restored, and 0 before: what changed is known since then.
	checkpoint uint64
	reuse      *tradeRecord // memory of the last trade; nil when it may be kept
	settled    func()       // to be called when a restored state is; nil when there is none

	busy     chan struct{} // holds one token while a frame is handled
	draining atomic.Bool

	through atomic.Uint64 // last number done, its outputs sent
	number  atomic.Uint64 // record at hand
	doing   atomic.Int32
	since   atomic.Int64 // when that began, in nanoseconds after born: a wall clock may be set
	said    int64        // when the host was told last how far a batch is, or it began; likewise
	born    time.Time
	counters
}

// kindLimit is above every record kind of this version.
const kindLimit = 32

func newWork(m Monitor, host *Host) *work {
	w := &work{monitor: m, host: host, out: host.out, busy: make(chan struct{}, 1), born: time.Now()}
	w.out.kinds = m.Emits
	if m.ReuseRecords {
		w.reuse = &tradeRecord{}
	}
	for _, kind := range m.kinds() {
		w.wanted[kind] = true
	}
	for _, venue := range m.Venues {
		if w.venues == nil {
			w.venues = map[eventv1.Venue]bool{eventv1.Venue_VENUE_UNSPECIFIED: true}
		}
		w.venues[venue] = true
	}
	return w
}

func (w *work) open(in *pluginv1.OpenRequest) {
	w.epoch = in.GetEpoch()
	w.host.Instance, w.host.questions.epoch = in.GetInstance(), in.GetEpoch()
	w.through.Store(in.GetResumeAfter())
}

// run handles frames until the stream ends. A protocol error of the host ends it with a status.
func (w *work) run(stream grpc.ServerStream) error {
	w.stream = stream
	defer w.settle()()
	var raw wire.Raw
	defer raw.Free()
	for {
		if err := stream.RecvMsg(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		done, err := w.frame(raw.Bytes())
		if done || err != nil {
			return err
		}
	}
}

// frame handles one frame; done says that none may follow.
func (w *work) frame(b []byte) (done bool, err error) {
	w.busy <- struct{}{}
	defer func() {
		w.doing.Store(int32(doingWait))
		<-w.busy
	}()
	f, err := readFrame(b)
	if err != nil {
		return true, status.Errorf(codes.InvalidArgument, "read host frame: %v", err)
	}
	if f.epoch != w.epoch {
		return true, status.Errorf(codes.FailedPrecondition, "frame of epoch %d, but epoch %d is open", f.epoch, w.epoch)
	}
	if w.draining.Load() && (f.kind == frameBatch || f.kind == frameGap || f.kind == frameRetract) {
		// The host was told where we stopped; it sends these again to whoever comes next.
		return false, nil
	}
	switch f.kind {
	case frameBatch:
		return false, w.batch(f.body)
	case frameBarrier:
		return false, w.barrier(f.body)
	case frameGap:
		return false, w.gap(f.body)
	case frameRetract:
		return false, w.retract(f.body)
	case frameCutOver:
		return true, nil
	default:
		// Durable asks nothing of us, and a frame that a later host knows more about is no reason to stop.
		return false, nil
	}
}

func (w *work) batch(b []byte) error {
	run, err := readBatch(b)
	if err != nil {
		return status.Errorf(codes.InvalidArgument, "read batch: %v", err)
	}
	if err := w.follows(run.first, run.last); err != nil {
		return err
	}
	previous := run.first - 1
	w.now(doingHandle)
	w.said = w.since.Load()
	for {
		e, ok, err := run.next()
		if err != nil {
			return status.Errorf(codes.InvalidArgument, "read batch %d to %d: %v", run.first, run.last, err)
		}
		if !ok {
			return w.send(run.last)
		}
		if e.number <= previous || e.number > run.last {
			return status.Errorf(codes.InvalidArgument, "record %d after %d in batch %d to %d",
				e.number, previous, run.first, run.last)
		}
		previous = e.number
		if err := w.envelope(e); err != nil {
			return err
		}
		if now := w.since.Load(); now-w.said > int64(sayEvery) && e.number < run.last {
			w.said = now
			if err := w.send(e.number); err != nil {
				return err
			}
		}
	}
}

// follows refuses what does not continue where the last frame ended: a hole that is not announced would be silent loss.
func (w *work) follows(first, last uint64) error {
	through := w.through.Load()
	if first == 0 || last < first {
		return status.Errorf(codes.InvalidArgument, "numbers %d to %d are not a range", first, last)
	}
	// The start of the journal is not number 1 once it has been trimmed.
	if through != 0 && first != through+1 {
		return status.Errorf(codes.InvalidArgument, "numbers %d to %d do not follow %d", first, last, through)
	}
	return nil
}

func (w *work) envelope(e envelope) error {
	if e.kind < 0 || e.kind >= kindLimit || !w.wanted[e.kind] || (w.venues != nil && !w.venues[e.venue]) {
		return nil
	}
	w.number.Store(e.number)
	w.now(doingHandle)
	r, err := e.decode(w.reuse)
	if err == nil {
		w.out.begin(e.number, r)
		err = w.out.end(w.monitor.call(r))
	}
	w.records[e.kind].Add(1)
	if failed := w.host.questions.failed; failed != nil {
		return failed
	}
	if err != nil {
		return w.refused(e.number, err)
	}
	if len(w.out.buf) >= wire.MaxOutputs {
		return w.send(0)
	}
	return nil
}

// drain waits for the frame at hand and keeps later records away.
func (w *work) drain(ctx context.Context) (through uint64, err error) {
	w.draining.Store(true)
	select {
	case w.busy <- struct{}{}:
		<-w.busy
		return w.through.Load(), nil
	case <-ctx.Done():
		return 0, status.FromContextError(ctx.Err()).Err()
	}
}

// close frees what the monitor holds.
func (w *work) close() error {
	w.calm()
	if w.monitor.Close == nil {
		return nil
	}
	return w.monitor.Close()
}

func (w *work) now(d doing) {
	w.doing.Store(int32(d))
	w.since.Store(int64(time.Since(w.born)))
}
