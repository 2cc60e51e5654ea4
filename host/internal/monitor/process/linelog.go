package process

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of a plugin's log. A line costs the host about as much as a record.
const (
	maxLine   = 4 << 10 // bytes; the rest of a line is dropped
	lineRate  = 200     // lines a second
	lineBurst = 1000    // lines at once
)

// lineLog is an io.Writer that turns a plugin's lines into log records: hclog and slog JSON by their level, other text by its
// [LEVEL] prefix, else at the default level. It never fails and never blocks longer than the log does. Safe for concurrent
// use; lines of concurrent writers may mix.
type lineLog struct {
	log      *slog.Logger
	fallback slog.Level
	panics   *panicText // nil does not look for panics

	dropped atomic.Uint64 // lines over the rate

	mu     sync.Mutex
	line   []byte // begun, at most maxLine
	cut    int    // bytes of it that were dropped
	bucket bucket
	unsaid uint64 // dropped since the last line that was logged
	last   []byte // newest line, for messages
}

// Write implements io.Writer.
func (l *lineLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	written := len(p)
	for len(p) > 0 {
		part, rest, whole := bytes.Cut(p, []byte("\n"))
		room := min(len(part), maxLine-len(l.line))
		l.line = append(l.line, part[:room]...)
		l.cut += len(part) - room
		if whole {
			l.flush()
		}
		p = rest
	}
	return written, nil
}

// Close logs a last line that has no end.
func (l *lineLog) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.line) > 0 {
		l.flush()
	}
	return nil
}

func (l *lineLog) flush() {
	line, cut := bytes.TrimSuffix(l.line, []byte("\r")), l.cut
	l.line, l.cut = l.line[:0], 0
	if len(line) == 0 {
		return
	}
	l.last = append(l.last[:0], line...)
	now := time.Now()
	if l.panics != nil {
		taken, withheld := l.panics.take(line, now)
		for _, earlier := range withheld {
			l.say([]byte(earlier), 0, now)
		}
		if taken {
			return
		}
	}
	l.say(line, cut, now)
}

// say logs a line, as far as the rate allows.
func (l *lineLog) say(line []byte, cut int, now time.Time) {
	if !l.bucket.take(now, lineRate, lineBurst) {
		l.dropped.Add(1)
		l.unsaid++
		return
	}
	if l.unsaid > 0 {
		l.log.Warn("plugin logs too much; lines were dropped", "lines", l.unsaid)
		l.unsaid = 0
	}
	entry := parseLine(line, l.fallback)
	if !l.log.Enabled(context.Background(), entry.level) {
		return
	}
	if cut > 0 {
		entry.attrs = append(entry.attrs, slog.String("cut", strconv.Itoa(cut)+" bytes"))
	}
	l.log.LogAttrs(context.Background(), entry.level, entry.message, entry.attrs...)
}

// newest returns the newest line.
func (l *lineLog) newest() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.last)
}

// bucket is a token bucket; the zero value is full.
type bucket struct {
	spent float64
	last  time.Time
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	if !b.last.IsZero() {
		b.spent = max(0, b.spent-now.Sub(b.last).Seconds()*rate)
	}
	b.last = now
	if b.spent+1 > burst {
		return false
	}
	b.spent++
	return true
}
