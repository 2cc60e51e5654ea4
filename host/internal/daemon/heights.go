package daemon

import (
	"slices"
	"sync"
	"time"
)

// heights remembers for each of the last seconds how far the journal was, so that how far behind a monitor is can be said in time. The zero
// value is ready; any goroutine may use it.
type heights struct {
	mu   sync.Mutex
	kept []height // oldest first, at least heightEvery apart
}

type height struct {
	at   time.Time
	last uint64
}

// heightEvery is the time between two heights, maxHeights how many are kept: an hour.
const (
	heightEvery = time.Second
	maxHeights  = 3600
)

// note is told the newest record number every now and then.
func (h *heights) note(now time.Time, last uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.kept); n > 0 && now.Sub(h.kept[n-1].at) < heightEvery {
		return
	}
	if h.kept = append(h.kept, height{now, last}); len(h.kept) > 2*maxHeights {
		h.kept = append([]height(nil), h.kept[len(h.kept)-maxHeights:]...)
	}
}

// behind is how old, in milliseconds, the oldest record is that one who is through a number has not done; nil when it is older than what is
// remembered.
func (h *heights) behind(now time.Time, through, last uint64) *uint64 {
	if through >= last {
		return new(uint64(0))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, k := range slices.Backward(h.kept) {
		if k.last <= through { // then it had done all
			return new(uint64(now.Sub(k.at).Milliseconds()))
		}
	}
	return nil
}
