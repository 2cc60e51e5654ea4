package monitor

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
	"github.com/weir-run/weir/host/internal/latency"
)

// meters are an instance's counts over all its processes. Safe for concurrent use.
type meters struct {
	records    atomic.Uint64 // sent, replays included
	through    atomic.Uint64
	outputs    atomic.Uint64 // appended
	suppressed atomic.Uint64
	refused    atomic.Uint64 // records that handlers returned an error for
	gaps       atomic.Uint64
	lost       atomic.Uint64 // records of all gaps
	lastGap    atomic.Pointer[journal.GapError]
	parked     atomic.Uint64 // records kept from the plugin
	trouble    atomic.Pointer[string]

	checkpoint   atomic.Uint64
	checkpointAt atomic.Int64 // Unix nanoseconds, 0 before the first
	lastSaved    atomic.Pointer[savedState]

	latencies latency.Recorder
}

// inherit adds the counts of the program before.
func (m *meters) inherit(o *meters) {
	m.records.Add(o.records.Load())
	m.outputs.Add(o.outputs.Load())
	m.suppressed.Add(o.suppressed.Load())
	m.refused.Add(o.refused.Load())
	m.gaps.Add(o.gaps.Load())
	m.lost.Add(o.lost.Load())
	m.parked.Store(o.parked.Load()) // it is spared the same records
	m.lastGap.CompareAndSwap(nil, o.lastGap.Load())
	m.checkpoint.CompareAndSwap(0, o.checkpoint.Load())
}

// missing notes records that are gone from the journal. A plugin that starts again is told of the same ones again, which counts once.
func (m *meters) missing(g journal.GapError) {
	if last := m.lastGap.Load(); last != nil && g.To <= last.To {
		return
	} else if last != nil {
		m.lost.Add(g.To - max(g.From-1, last.To))
	} else {
		m.lost.Add(g.To - g.From + 1)
	}
	m.gaps.Add(1)
	m.lastGap.Store(&g)
}

// savedState tells of a durable checkpoint: what was written for it and how large it is with what it stands on, in bytes; how long it
// took, and for how long of that the plugin handled no record.
type savedState struct {
	number        uint64
	written, size int
	took, stood   time.Duration
}

func (m *meters) saved(s savedState) {
	m.checkpoint.Store(s.number)
	m.lastSaved.Store(&s)
	m.checkpointAt.Store(time.Now().UnixNano())
}

// stamps is how many of the newest records are remembered by latencyClock: more than fit into the frames in flight.
const stamps = 1 << 15

// latencyClock measures from the receipt of a record to the moment when an output that it caused is durable. Safe for concurrent
// use.
type latencyClock struct {
	after uint64 // records up to here are replays and are not measured
	sums  *latency.Recorder

	mu      sync.Mutex
	numbers [stamps]uint64
	times   [stamps]int64
	pending []int64 // receipt of each output under way, in order; 0 when it is not known
	head    int
	passed  []time.Duration // of one call of durable
}

// received notes a record on its way to the plugin.
func (c *latencyClock) received(number uint64, unixNanos int64) {
	if number <= c.after {
		return
	}
	c.mu.Lock()
	c.numbers[number%stamps], c.times[number%stamps] = number, unixNanos
	c.mu.Unlock()
}

// caused notes outputs on their way to the ledger.
func (c *latencyClock) caused(names []Cursor) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range names {
		at := int64(0)
		if slot := name.Cause % stamps; c.numbers[slot] == name.Cause {
			at = c.times[slot]
		}
		c.pending = append(c.pending, at)
	}
}

// keep forgets all pending outputs but the newest n.
func (c *latencyClock) keep(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	rest := c.pending[c.head:]
	c.pending, c.head = append(c.pending[:0], rest[max(0, len(rest)-n):]...), 0
}

// durable is told of the next count outputs that became durable.
func (c *latencyClock) durable(_, _ uint64, count int) {
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passed = c.passed[:0]
	for range min(count, len(c.pending)-c.head) {
		if at := c.pending[c.head]; at != 0 {
			c.passed = append(c.passed, time.Duration(now.UnixNano()-at))
		}
		c.head++
	}
	c.sums.Add(now, c.passed...)
	if c.head == len(c.pending) {
		c.pending, c.head = c.pending[:0], 0
	}
}

// slowLog logs at most ten warnings a second and counts the rest. One goroutine uses it.
type slowLog struct {
	log    *slog.Logger
	last   time.Time
	unsaid int
}

// Warn logs, or counts.
func (s *slowLog) Warn(message string, args ...any) {
	now := time.Now()
	if now.Sub(s.last) < time.Second/10 {
		s.unsaid++
		return
	}
	if s.unsaid > 0 {
		args = append(args, "unsaid", s.unsaid)
	}
	s.last, s.unsaid = now, 0
	s.log.Warn(message, args...)
}
