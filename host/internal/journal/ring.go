package journal

import (
	"sort"
	"sync"
)

// ring keeps the newest durable frames for readers and wakes those who wait for more. Any goroutine may call it.
type ring struct {
	limit int64

	mu     sync.Mutex
	frames []Frame
	size   int64
	last   uint64        // highest durable number
	more   chan struct{} // closed when last grows; nil when nobody waits
	closed bool
}

func newRing(limit int64) *ring { return &ring{limit: limit} }

func (r *ring) start(last uint64) { r.last = last }

func (r *ring) push(f Frame) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = append(r.frames, f)
	r.size += int64(len(f.Payload))
	for r.size > r.limit && len(r.frames) > 1 {
		r.size -= int64(len(r.frames[0].Payload))
		r.frames[0] = Frame{}
		r.frames = r.frames[1:]
	}
	r.last = f.Last
	r.wake()
}

func (r *ring) wake() {
	if r.more != nil {
		close(r.more)
		r.more = nil
	}
}

func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.wake()
}

func (r *ring) lastNumber() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// look is what the ring knows of a number.
type look struct {
	frame Frame
	found bool
	// last is the highest durable number; floor the lowest number in the ring, or last+1 when it is empty.
	last, floor uint64
	more        <-chan struct{} // set when the number is beyond last
	closed      bool
}

// find looks for the frame with number, or the first frame after it when the ring holds the one before or begins there.
func (r *ring) find(number uint64) look {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := look{last: r.last, floor: r.last + 1, closed: r.closed}
	if len(r.frames) > 0 {
		l.floor = r.frames[0].First
	}
	if number > r.last {
		if r.more == nil && !r.closed {
			r.more = make(chan struct{})
		}
		l.more = r.more
		return l
	}
	if number >= l.floor {
		i := sort.Search(len(r.frames), func(i int) bool { return r.frames[i].Last >= number })
		l.frame, l.found = r.frames[i], true
	}
	return l
}
