package pool

import (
	"context"
	"io"
	"sync"
)

// queue is a ring of items, bounded by bytes and by count. One goroutine pushes and never waits; one pops.
type queue struct {
	maxBytes, maxItems int
	wake, room         chan struct{} // of capacity 1: a token says "look again"

	mu     sync.Mutex
	ring   []Item // its length is a power of two
	head   int
	n      int
	bytes  int
	closed bool
}

// crowdedBytes is from where updates will wait long enough to get memory of their own size.
const crowdedBytes = 4 << 20

func newQueue(maxBytes, maxItems int) *queue {
	return &queue{
		maxBytes: maxBytes, maxItems: maxItems,
		wake: make(chan struct{}, 1), room: make(chan struct{}, 1),
		ring: make([]Item, 1024),
	}
}

func sizeOf(i Item) int {
	if i.Update == nil {
		return 0
	}
	return i.Update.Size()
}

// push appends an item and tells whether there was room; a gap always has room. crowded tells that the queue is getting long.
func (q *queue) push(i Item) (ok, crowded bool) {
	size := sizeOf(i)
	q.mu.Lock()
	if i.Gap == nil && q.n > 0 && (q.n >= q.maxItems || q.bytes+size > q.maxBytes) {
		q.mu.Unlock()
		return false, true
	}
	if q.n == len(q.ring) {
		q.grow()
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = i
	q.n++
	q.bytes += size
	first, crowded := q.n == 1, q.bytes > min(crowdedBytes, q.maxBytes/2)
	q.mu.Unlock()
	if first {
		signal(q.wake)
	}
	return true, crowded
}

func (q *queue) grow() {
	bigger := make([]Item, 2*len(q.ring))
	n := copy(bigger, q.ring[q.head:])
	copy(bigger[n:], q.ring[:q.head])
	q.ring, q.head = bigger, 0
}

// pop waits for items and returns them in batch[:0], as many as fit its capacity. After close it returns what is left, then io.EOF.
func (q *queue) pop(ctx context.Context, batch []Item) ([]Item, error) {
	if cap(batch) == 0 {
		batch = make([]Item, 0, 256)
	}
	for {
		batch = q.take(batch[:0])
		if len(batch) > 0 {
			return batch, nil
		}
		if q.isOver() {
			return nil, io.EOF
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-q.wake:
		}
	}
}

func (q *queue) take(batch []Item) []Item {
	q.mu.Lock()
	for q.n > 0 && len(batch) < cap(batch) {
		slot := &q.ring[q.head]
		batch = append(batch, *slot)
		q.bytes -= sizeOf(*slot)
		*slot = Item{}
		q.head = (q.head + 1) & (len(q.ring) - 1)
		q.n--
	}
	free := q.halfFree()
	q.mu.Unlock()
	if free {
		signal(q.room)
	}
	return batch
}

func (q *queue) halfFree() bool { return q.n <= q.maxItems/2 && q.bytes <= q.maxBytes/2 }

func (q *queue) isOver() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.closed && q.n == 0
}

// waitRoom waits until half of the queue is free.
func (q *queue) waitRoom(ctx context.Context) error {
	for {
		q.mu.Lock()
		free := q.halfFree()
		q.mu.Unlock()
		if free {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-q.room:
		}
	}
}

func (q *queue) size() (items, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.n, q.bytes
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	signal(q.wake)
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
