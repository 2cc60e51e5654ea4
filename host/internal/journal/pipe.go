package journal

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/weir-run/weir/host/internal/latency"
)

// parcel is one message on its way into a stream: a frame of records or a batch of outputs.
type parcel struct {
	data []byte
	// first and last are record numbers, or causes of outputs; count is how many lie in data.
	first, last uint64
	count       int
	// appends is how many calls filled it.
	appends uint64
	// complete and maxSlot run on from parcel to parcel.
	complete, maxSlot uint64
	// cursor is the last output in it.
	cursor Cursor
	// seq is the stream sequence it is meant for; id names the attempt to send it.
	seq, id uint64
	// sent is when.
	sent time.Time
}

// pipeConfig tells a pipe where it leads.
type pipeConfig struct {
	node            *node
	subject, stream string
	what            string // what it carries, for messages
	// expect is the NATS header that fences: the last sequence of stream or subject that the sender knows.
	expect string
	// window is how many messages may be in flight. More than 1 needs a stream that this pipe alone fills.
	window     int
	maxHeld    int64
	interval   time.Duration
	ackTimeout time.Duration
	header     func(*parcel) nats.Header
	// acked is told of each durable parcel, in order.
	acked func(*parcel)
	// reconcile returns how many of the parcels in flight are stored after all, and the last sequence. Errors that are ErrFenced end
	// the pipe.
	reconcile func(ctx context.Context, inflight []parcel) (stored int, last uint64, err error)
	log       *slog.Logger
}

// pipe carries appended bytes into a stream: in order, without loss, with bounded memory, through any trouble of the server. One
// goroutine runs it; the other methods may be called from any.
type pipe struct {
	cfg pipeConfig

	mu    sync.Mutex
	moved *sync.Cond // signalled when something became durable, or failed
	// open is being filled; its data is reused. sealed wait to be sent.
	open   parcel
	sealed []parcel
	// held bytes were appended and are not durable.
	held int64
	// added counts appends, done those that are durable.
	added, done uint64
	// failed refuses appends for good.
	failed  error
	hurried bool // appends that would wait are refused
	closing bool
	trouble string

	kick chan struct{}
	// ctx ends, by abort, when close ran out of time.
	ctx   context.Context
	abort context.CancelFunc
	// lastSequence is last for other goroutines.
	lastSequence atomic.Uint64
	ended        chan struct{}

	// The rest belongs to the goroutine in run.
	sub      *nats.Subscription
	acks     chan *nats.Msg
	inbox    string
	inflight []parcel
	last     uint64 // sequence of the last acked message
	nextID   uint64
	sent     time.Time        // when the last one was sent
	took     latency.Recorder // from sending to its being durable
}

func newPipe(ctx context.Context, cfg pipeConfig, last uint64) (*pipe, error) {
	p := &pipe{
		cfg: cfg, last: last, inbox: nats.NewInbox(), acks: make(chan *nats.Msg, 1024),
		kick: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	p.ctx, p.abort = context.WithCancel(context.WithoutCancel(ctx))
	p.lastSequence.Store(last)
	p.moved = sync.NewCond(&p.mu)
	var err error
	p.sub, err = cfg.node.nc.ChanSubscribe(p.inbox+".*", p.acks)
	return p, err
}

// begin locks the pipe with room for size more bytes in the open parcel, waiting while too much is held. After a nil error the
// caller fills p.open and calls commit, or withdraw.
func (p *pipe) begin(size int) error {
	p.mu.Lock()
	full := func() bool { return p.held > 0 && p.held+int64(size) > p.cfg.maxHeld }
	for p.failed == nil && !p.hurried && full() {
		p.moved.Wait()
	}
	if p.failed != nil {
		defer p.mu.Unlock()
		return p.failed
	}
	if full() {
		defer p.mu.Unlock()
		return ErrClosed
	}
	if len(p.open.data) > 0 && len(p.open.data)+size > maxFrame {
		p.seal()
	}
	p.held += int64(size)
	p.open.appends++
	p.added++
	return nil
}

// commit unlocks the pipe after begin.
func (p *pipe) commit() {
	p.mu.Unlock()
	p.wake()
}

// withdraw unlocks the pipe after begin when nothing was appended after all.
func (p *pipe) withdraw(size int) {
	p.held -= int64(size)
	p.open.appends--
	p.added--
	p.moved.Broadcast()
	p.mu.Unlock()
	p.wake() // begin may have sealed what was there
}

func (p *pipe) wake() {
	select {
	case p.kick <- struct{}{}:
	default:
	}
}

// seal moves the open parcel to the sealed ones. The data is copied to its exact size: readers keep it, and the open one's room is
// used again.
func (p *pipe) seal() {
	out := p.open
	out.data = slices.Clone(out.data)
	p.sealed = append(p.sealed, out)
	p.open = parcel{data: p.open.data[:0], complete: out.complete, maxSlot: out.maxSlot}
}

// take returns the next parcel to send. The open one goes only when partial is set.
func (p *pipe) take(partial bool) (parcel, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.sealed) == 0 && partial && p.open.count > 0 {
		p.seal()
	}
	if len(p.sealed) == 0 {
		return parcel{}, false
	}
	out := p.sealed[0]
	p.sealed = slices.Delete(p.sealed, 0, 1)
	return out, true
}

// hurry refuses appends that would wait.
func (p *pipe) hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hurried = true
	p.moved.Broadcast()
}

// flush waits until all appends before it are durable.
func (p *pipe) flush(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.moved.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for target := p.added; p.done < target; p.moved.Wait() {
		if p.failed != nil && (!errors.Is(p.failed, ErrClosed) || p.hasEnded()) {
			return p.failed
		}
		if ctx.Err() != nil {
			return p.notStored(ctx)
		}
	}
	return nil
}

// state returns the bytes held and the trouble at hand.
func (p *pipe) state() (held int64, trouble string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held, p.trouble
}

// settled returns the open parcel's running values when all that was appended is durable.
func (p *pipe) settled() (parcel, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.open, p.added == p.done && p.trouble == ""
}

func (p *pipe) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// fail refuses appends from now on.
func (p *pipe) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed == nil || errors.Is(p.failed, ErrClosed) {
		p.failed = err
	}
	p.moved.Broadcast()
}
