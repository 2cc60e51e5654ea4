// Package journal takes the records of transactions and gives numbered frames of them that are durable; monitors replay from it, and
// it keeps their outputs, checkpoints and epochs. All of it lies in NATS JetStream: a server inside the process, or an external one.
package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/weir-run/weir/host/internal/latency"
)

// ErrClosed is returned by calls on a closed journal or output log.
var ErrClosed = errors.New("journal is closed")

// ErrFenced means that another owner writes: a second daemon on the same journal, or a later epoch of the same instance. Nothing of
// the caller is stored any more, and it must stop.
var ErrFenced = errors.New("fenced by another writer")

// Journal is an open journal. All methods may be called from many goroutines at the same time; the order of records is the order
// in which calls of Append take its lock, so one goroutine appends.
type Journal struct {
	cfg      Config
	node     *node
	frames   jetstream.Stream
	events   jetstream.Stream
	ckpts    jetstream.Stream
	letters  jetstream.Stream
	manifest jetstream.KeyValue
	epochs   jetstream.KeyValue
	cursors  jetstream.KeyValue

	pipe   *pipe
	writer string // names this process in frame headers
	next   uint64 // number of the next record; guarded by pipe.mu
	ring   *ring
	kept   *kept
	ledger *ledger

	mu       sync.Mutex
	first    uint64    // lowest number held, as last seen
	bytes    uint64    // likewise
	firstAt  time.Time // likewise
	complete uint64    // durable frontier
	logs     map[*OutputLog]struct{}

	stop    context.CancelFunc
	workers sync.WaitGroup
}

// Status is the state of a journal.
type Status struct {
	// First is the lowest record number held, Last the highest number that is durable; 0 when there is none.
	First, Last uint64
	// Bytes is what the stream of frames takes in the store.
	Bytes uint64
	// CompleteSlot is the durable frontier: everything of slots up to it is stored.
	CompleteSlot uint64
	// PendingBytes were appended and are not durable yet.
	PendingBytes int64
	// Trouble says why nothing can be stored at the moment, empty when all is well.
	Trouble string
	// FirstAt is when the oldest frame held was stored; zero when there is none. At most a second old.
	FirstAt time.Time
	// Recent is how long frames of the last 10 to 20 s took from being sent to being durable, All those of all time.
	Recent latency.Summary
	All    latency.Distribution
	// Gaps are the numbers found missing since Open, oldest first.
	Gaps []GapError
}

// Open starts or joins the server, makes what is missing in it, checks what is there and returns the journal. It waits while a big
// store is recovered, at most Config.StartTimeout.
func Open(ctx context.Context, cfg Config) (*Journal, error) {
	cfg = cfg.withDefaults()
	n, err := startNode(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{
		cfg: cfg, node: n, writer: newWriterID(), ring: newRing(cfg.TailBytes), kept: newKept(cfg.StateBytes), ledger: &ledger{log: cfg.Log},
		logs: map[*OutputLog]struct{}{},
	}
	if err := j.open(ctx); err != nil {
		n.close()
		return nil, fmt.Errorf("open journal: %w", err)
	}
	return j, nil
}

func (j *Journal) open(ctx context.Context) error {
	if err := j.makeStreams(ctx); err != nil {
		return err
	}
	found, err := j.inspect(ctx)
	if err != nil {
		return err
	}
	j.next, j.complete = found.number+1, found.complete
	j.ring.start(found.number)
	j.pipe, err = newPipe(ctx, pipeConfig{
		node: j.node, subject: framesSubject, stream: framesStream, what: "records", expect: jetstream.ExpectedLastSeqHeader,
		window: 16, maxHeld: j.cfg.MaxPendingBytes, interval: j.cfg.FlushInterval, ackTimeout: j.cfg.AckTimeout,
		header: j.frameHeader, acked: j.frameAcked, reconcile: j.reconcileFrames, log: j.cfg.Log,
	}, found.sequence)
	if err != nil {
		return err
	}
	j.pipe.open.complete, j.pipe.open.maxSlot = found.complete, found.maxSlot
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	j.stop = stop
	j.refresh(ctx)
	j.workers.Go(j.pipe.run)
	j.workers.Go(func() { j.keepFrontier(background, found.row) })
	return nil
}

// Close makes everything appended durable, waiting at most Config.CloseTimeout, and stops the embedded server. Closing twice is
// safe.
func (j *Journal) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), j.cfg.CloseTimeout)
	defer cancel()
	err := errors.Join(j.closeLogs(ctx), j.pipe.close(ctx))
	j.stop()
	j.workers.Wait()
	j.ring.close()
	j.node.close()
	if err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

func (j *Journal) closeLogs(ctx context.Context) error {
	j.mu.Lock()
	var open []*OutputLog
	for l := range j.logs {
		open = append(open, l)
	}
	j.mu.Unlock()
	var errs []error
	for _, l := range open {
		errs = append(errs, l.Close(ctx))
	}
	return errors.Join(errs...)
}

// Status returns the state. First and Bytes are at most a second old.
func (j *Journal) Status() Status {
	held, trouble := j.pipe.state()
	if trouble == "" { // what else is stored may be what the intake waits for: then no record comes to find the disk full
		if err := j.node.roomy(); err != nil {
			trouble = j.node.explain(err)
		}
	}
	recent, _ := j.pipe.took.Sums(time.Now())
	j.mu.Lock()
	defer j.mu.Unlock()
	return Status{
		First: j.first, Last: j.ring.lastNumber(), Bytes: j.bytes, CompleteSlot: j.complete,
		PendingBytes: held, Trouble: trouble, Gaps: j.ledger.list(), FirstAt: j.firstAt, Recent: recent, All: j.pipe.took.All(),
	}
}

// refresh asks the server for size and first number.
func (j *Journal) refresh(ctx context.Context) {
	info, err := j.frames.Info(ctx)
	if err != nil {
		return // the values stay as they were; Trouble tells of a server that is down
	}
	var first uint64
	if at, err := j.frameAtOrAfter(ctx, info.State.FirstSeq, info.State.LastSeq); err == nil {
		first = at.first
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.first, j.bytes, j.firstAt = first, info.State.Bytes, time.Time{}
	if info.State.Msgs > 0 {
		j.firstAt = info.State.FirstTime
	}
}
