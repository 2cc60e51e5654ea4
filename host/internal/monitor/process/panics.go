package process

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits of a panic's text. The first goroutine's stack is nearly always inside.
const (
	maxPanicLines = 40
	maxPanicBytes = 8 << 10
)

var panicStarts = [][]byte{[]byte("panic: "), []byte("fatal error: "), []byte("SIGSEGV: "), []byte("runtime: ")}

// panicLasts is longer than a runtime takes to print a panic and end.
const panicLasts = 2 * time.Second

// panicText collects what the Go runtime prints before it kills a process: from "panic:" to the limits. Safe for concurrent
// use.
type panicText struct {
	mu     sync.Mutex
	open   bool
	since  time.Time // of open
	text   []string
	length int
}

// take returns true when the line belongs to a panic and should not be logged by itself. withheld are lines before it that turn out to belong
// to none.
func (p *panicText) take(line []byte, now time.Time) (taken bool, withheld []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open && (bytes.HasPrefix(line, []byte("{")) || now.Sub(p.since) > panicLasts) {
		// A log line after a "panic:", or a line long after it, means that something else printed it: the program lives.
		withheld = p.text
		p.open, p.text = false, nil
	}
	if !p.open {
		if !slices.ContainsFunc(panicStarts, func(start []byte) bool { return bytes.HasPrefix(line, start) }) {
			return false, withheld
		}
		p.open, p.since, p.text, p.length = true, now, nil, 0
	}
	if len(p.text) == maxPanicLines || p.length+len(line) > maxPanicBytes {
		return true, withheld
	}
	p.text = append(p.text, strings.ToValidUTF8(string(line), "?"))
	p.length += len(line)
	return true, withheld
}

// lines returns the text; nil when there was no panic.
func (p *panicText) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.text)
}
