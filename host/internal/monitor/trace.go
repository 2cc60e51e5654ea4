package monitor

import (
	"fmt"
	"sync"
	"time"
)

// traced is how many frame headers a crash report holds.
const traced = 32

// trace remembers the last frames on a stream: what a breach of the contract looked like. Safe for concurrent use.
type trace struct {
	mu   sync.Mutex
	ring [traced]frameHeader
	n    int
}

// frameHeader is a frame without its content.
type frameHeader struct {
	at          time.Time
	out         bool // from host to plugin
	kind        string
	first, last uint64
	size        int
}

func (t *trace) add(out bool, kind string, first, last uint64, size int) {
	now := time.Now()
	t.mu.Lock()
	t.ring[t.n%traced] = frameHeader{at: now, out: out, kind: kind, first: first, last: last, size: size}
	t.n++
	t.mu.Unlock()
}

// lines prints what is remembered, oldest first.
func (t *trace) lines() (out []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := max(0, t.n-traced); i < t.n; i++ {
		h := t.ring[i%traced]
		arrow := "<-"
		if h.out {
			arrow = "->"
		}
		out = append(out, fmt.Sprintf("%s %s %s %d to %d, %d bytes", h.at.UTC().Format("15:04:05.000000"), arrow, h.kind, h.first, h.last, h.size))
	}
	return out
}
