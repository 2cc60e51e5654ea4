package geysersim

import (
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/mem"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// levels is a set of commitment levels.
type levels uint8

func levelBit(l geyserpb.CommitmentLevel) levels { return 1 << l }

const (
	processedLevel levels = 1 << geyserpb.CommitmentLevel_PROCESSED
	everyLevel     levels = processedLevel | 1<<geyserpb.CommitmentLevel_CONFIRMED | 1<<geyserpb.CommitmentLevel_FINALIZED
)

// event is one thing that happened on the chain, as the streams of some levels see it. Exactly one of tx, block and status is set.
type event struct {
	to     levels
	at     time.Time
	tx     *transaction // executed
	block  *block       // with content: a whole slot reached the level; without: it was sealed, Block and BlockMeta are due
	whole  bool
	slot   uint64 // of status
	status geyserpb.SlotStatus
	update mem.Buffer // of status
}

// weight is how many updates an event may become.
func (e *event) weight() int64 {
	if e.whole {
		return int64(len(e.block.transactions)) + 2
	}
	return 1
}

// queue is what waits for one stream. The chain pushes, the stream takes; both from their own goroutine.
type queue struct {
	limit   int64
	pending atomic.Int64  // updates pushed and not yet done with
	wake    chan struct{} // has a value when events came
	lag     chan struct{} // has a value once the limit was passed
	room    chan struct{} // told when pending falls to low water

	mu      sync.Mutex
	level   levels
	events  []event
	lagging bool
}

// lowWater is where an unpaced chain goes on, highWater where it waits.
const (
	lowWater  = 1024
	highWater = 4096
)

func newQueue(limit int, room chan struct{}) *queue {
	return &queue{limit: int64(limit), wake: make(chan struct{}, 1), lag: make(chan struct{}, 1), room: room, level: processedLevel}
}

// push adds what concerns the queue's level. Once the limit is passed the queue is emptied and takes nothing any more: the stream is to
// be cut.
func (q *queue) push(events []event) {
	q.mu.Lock()
	before := len(q.events)
	for i := range events {
		if e := &events[i]; e.to&q.level != 0 && !q.lagging {
			q.events = append(q.events, *e)
			if q.pending.Add(e.weight()) > q.limit {
				q.lagging, q.events = true, nil
				signal(q.lag)
			}
		}
	}
	news := len(q.events) > before
	q.mu.Unlock()
	if news {
		signal(q.wake)
	}
}

// take gives everything that waits and uses spare, which must be empty, for what comes next.
func (q *queue) take(spare []event) []event {
	q.mu.Lock()
	defer q.mu.Unlock()
	var events []event
	events, q.events = q.events, spare
	return events
}

// done says that n updates of taken events are sent or of no interest.
func (q *queue) done(n int64) {
	if after := q.pending.Add(-n); after <= lowWater && after+n > lowWater {
		signal(q.room)
	}
}

// move changes the level and drops what waits, which is of the level before. Taken events must be dropped by the caller.
func (q *queue) move(to levels) {
	q.mu.Lock()
	q.level, q.events = to, nil
	q.pending.Store(0)
	q.mu.Unlock()
	signal(q.room)
}

// signal puts a value into a channel of capacity one unless there is one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
