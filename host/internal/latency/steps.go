package latency

import "time"

// Bounds are the steps of Distribution: what a chart of latencies needs to tell apart.
var Bounds = [...]time.Duration{
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// Distribution is all durations since a Recorder was made.
type Distribution struct {
	// AtMost counts the durations up to each of Bounds; one that is up to 1/16 above a bound may be counted below it.
	AtMost [len(Bounds)]uint64
	// Count of all durations, and their Sum.
	Count uint64
	Sum   time.Duration
}

// Add adds another distribution.
func (d *Distribution) Add(other Distribution) {
	for i, n := range other.AtMost {
		d.AtMost[i] += n
	}
	d.Count += other.Count
	d.Sum += other.Sum
}

// All returns the distribution of everything.
func (l *Recorder) All() Distribution {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := Distribution{Count: l.total.count, Sum: time.Duration(l.total.together) * time.Microsecond}
	for i, bound := range Bounds {
		last := bucketOf(uint64(bound.Microseconds()))
		for _, n := range l.total.buckets[:last+1] {
			d.AtMost[i] += uint64(n)
		}
	}
	return d
}
