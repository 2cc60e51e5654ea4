package process

import (
	"bytes"
	"slices"
	"sync"
)

// Limits of a panic's text. The first goroutine's stack is nearly always inside.
const (
	maxPanicLines = 40
	maxPanicBytes = 8 << 10
)

var panicStarts = [][]byte{[]byte("panic: "), []byte("fatal error: "), []byte("SIGSEGV: "), []byte("runtime: ")}

// panicText collects what the Go runtime prints before it kills a process: from "panic:" to the limits. Safe for concurrent
// use.
type panicText struct {
	mu     sync.Mutex
	open   bool
	text   []string
	length int
}

// take returns true when the line belongs to a panic and should not be logged by itself.
func (p *panicText) take(line []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.open {
		if !slices.ContainsFunc(panicStarts, func(start []byte) bool { return bytes.HasPrefix(line, start) }) {
			return false
		}
		p.open, p.text, p.length = true, nil, 0
	}
	if bytes.HasPrefix(line, []byte("{")) {
		// A log line after a "panic:" means that something else printed it: the program lives.
		p.open, p.text = false, nil
		return false
	}
	if len(p.text) == maxPanicLines || p.length+len(line) > maxPanicBytes {
		return true
	}
	p.text = append(p.text, string(line))
	p.length += len(line)
	return true
}

// lines returns the text; nil when there was no panic.
func (p *panicText) lines() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.text)
}
