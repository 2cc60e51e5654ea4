// Package latency sums up how long things took: durations go in; medians, 99th percentiles and maxima come out, of the last seconds
// and of all time. It belongs to no room, so every room may use it.
package latency

import (
	"math/bits"
	"sync"
	"time"
)

// Summary describes durations.
type Summary struct {
	// Count of durations.
	Count uint64
	// P50, P99 and Max; P50 and P99 are at most 1/16 too high.
	P50, P99, Max time.Duration
}

// histogram counts microseconds in buckets of one sixteenth of a power of two: 32 exact ones, then 16 a doubling.
type histogram struct {
	buckets  [16 * 40]uint32
	count    uint64
	max      uint64
	together uint64
}

const subBits = 4

func bucketOf(us uint64) int {
	if us < 2<<subBits {
		return int(us)
	}
	shift := bits.Len64(us) - 1 - subBits
	return min(shift<<subBits+int(us>>shift), len(histogram{}.buckets)-1)
}

// ceiling is the highest value of a bucket.
func ceiling(bucket int) uint64 {
	if bucket < 2<<subBits {
		return uint64(bucket)
	}
	shift := bucket>>subBits - 1
	return uint64(bucket&(1<<subBits-1)|1<<subBits)<<shift + 1<<shift - 1
}

func (h *histogram) add(d time.Duration) {
	us := uint64(max(0, d.Microseconds()))
	h.buckets[bucketOf(us)]++
	h.count++
	h.together += us
	h.max = max(h.max, us)
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.buckets {
		h.buckets[i] += n
	}
	h.count += other.count
	h.together += other.together
	h.max = max(h.max, other.max)
}

func (h *histogram) quantile(q float64) time.Duration {
	rank := max(1, uint64(q*float64(h.count)+0.5))
	var seen uint64
	for i, n := range &h.buckets {
		if seen += uint64(n); seen >= rank {
			return time.Duration(min(ceiling(i), h.max)) * time.Microsecond
		}
	}
	return 0
}

func (h *histogram) sum() Summary {
	if h.count == 0 {
		return Summary{}
	}
	return Summary{Count: h.count, P50: h.quantile(0.5), P99: h.quantile(0.99), Max: time.Duration(h.max) * time.Microsecond}
}

// window is half of what Status calls recent.
const window = 10 * time.Second

// Recorder keeps a histogram of everything and two of the newest windows. Safe for concurrent use.
type Recorder struct {
	mu        sync.Mutex
	total     histogram
	now, past histogram
	began     time.Time // of now
}

// Add counts durations that ended at a time.
func (l *Recorder) Add(at time.Time, durations ...time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(at)
	for _, d := range durations {
		l.now.add(d)
		l.total.add(d)
	}
}

// turn moves the windows on.
func (l *Recorder) turn(at time.Time) {
	switch age := at.Sub(l.began); {
	case age >= 2*window:
		l.past, l.now, l.began = histogram{}, histogram{}, at
	case age >= window:
		l.past, l.now, l.began = l.now, histogram{}, l.began.Add(window)
	}
}

// Sums returns the distribution of the last 10 to 20 s, and of all time.
func (l *Recorder) Sums(at time.Time) (recent, total Summary) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(at)
	both := l.past
	both.merge(&l.now)
	return both.sum(), l.total.sum()
}
