package decode

import (
	"bytes"
	"encoding/base64"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// frame is a program that is running as the logs tell: pushed by "Program X invoke [n]", popped by its success or failure.
type frame struct {
	name  []byte
	venue venue
	call  int32 // whose execution it is, -1: none that gives records
}

var (
	programWord = []byte("Program ")
	rayWord     = []byte("log: ray_log: ")
	dataWord    = []byte("data: ")
	invokeWord  = []byte("invoke [")
	successWord = []byte("success")
	failedWord  = []byte("failed")
)

// logScan is the state of one pass over the logs.
type logScan struct {
	seen  [venues]int // frames of each program so far
	outer int         // outer instruction of the frame at the bottom, -1: not known
	next  int         // the outer instruction from which the next one is looked for
}

// readLogs finds events in the logs and gives them to the execution that wrote them.
//
// A node keeps the first 10,000 bytes of logs, writes "Log truncated", and from then on leaves out each line that does not
// fit, which the shortest ones still may. That cannot mislead: an event's line is longer than any line that opens or closes a
// frame, so when an event is there, so are the frame lines before it.
func (d *Decoder) readLogs() {
	d.stack = d.stack[:0]
	scan := logScan{outer: -1}
	for n, line := range d.tx.Logs {
		rest, ok := bytes.CutPrefix(line, programWord)
		if !ok {
			continue
		}
		if len(rest) > 0 && rest[0] == 'l' { // "log: ": no base58 has this letter
			if entry, ok := bytes.CutPrefix(rest, rayWord); ok {
				d.logged(entry, n, true)
			}
		} else if text, ok := bytes.CutPrefix(rest, dataWord); ok {
			d.logged(text, n, false)
		} else {
			d.frameLine(&scan, rest)
		}
	}
}

// frameLine follows a line "X invoke [n]", "X success" or "X failed: why".
func (d *Decoder) frameLine(scan *logScan, line []byte) {
	space := bytes.IndexByte(line, ' ')
	if space < 32 || space > 44 || space+1 == len(line) { // no program id
		return
	}
	name, what := line[:space], line[space+1:]
	switch {
	case what[0] == 'c': // "consumed …", as frequent as the others
	case bytes.HasPrefix(what, invokeWord):
		if depth := number(what[len(invokeWord):]); depth > 0 {
			d.enter(scan, name, depth)
		}
	case bytes.HasPrefix(what, successWord), bytes.HasPrefix(what, failedWord):
		if top := len(d.stack) - 1; top >= 0 && bytes.Equal(d.stack[top].name, name) {
			d.stack = d.stack[:top]
		}
	}
}

// maxDepth is more than the runtime allows programs to nest.
const maxDepth = 64

func number(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' || n > maxDepth {
			break
		}
		n = n*10 + int(c-'0')
	}
	if n > maxDepth {
		return 0
	}
	return n
}

// enter opens a frame at a depth, from 1. The depth is trusted more than the stack: lines may have been lost.
func (d *Decoder) enter(scan *logScan, name []byte, depth int) {
	for len(d.stack) < depth-1 {
		d.stack = append(d.stack, frame{venue: other, call: -1})
	}
	d.stack = d.stack[:depth-1]
	v := venueNamed(name)
	f := frame{name: name, venue: v, call: -1}
	switch {
	case d.tx.InnerMissing:
		f.call = d.unrecorded(scan, name, v, depth)
	case v != other && scan.seen[v] < len(d.frames[v]):
		f.call = d.frames[v][scan.seen[v]]
		if f.call >= 0 && depth > 1 && d.stack[depth-2].venue == v {
			f.call = -1 // it sends an event, although no such instruction is recorded here
		} else {
			scan.seen[v]++
		}
	}
	d.stack = append(d.stack, f)
}

// unrecorded finds the call of a frame where the node did not record inner instructions: outer ones are known, for deeper ones
// a call is made up that knows its place and nothing else.
func (d *Decoder) unrecorded(scan *logScan, name []byte, v venue, depth int) int32 {
	if depth == 1 {
		scan.outer = d.outerNamed(name, scan.next)
		if scan.outer >= 0 {
			scan.next = scan.outer + 1
		}
		for i := range d.calls {
			if c := &d.calls[i]; c.in != nil && int(c.outer) == scan.outer {
				return int32(i)
			}
		}
		return -1
	}
	if v == other || scan.outer < 0 || d.stack[depth-2].venue == v { // a program below itself sends an event
		return -1
	}
	d.calls = append(d.calls, call{venue: v, outer: int32(scan.outer), inner: -1, flat: int32(scan.outer) * room})
	return int32(len(d.calls)) - 1
}

// outerNamed finds the first outer instruction of a program from an index on; -1 when there is none. Instructions of native
// programs leave no lines.
func (d *Decoder) outerNamed(name []byte, from int) int {
	key := d.mints.of(name)
	if key == nil {
		return -1
	}
	for i := from; i < len(d.tx.Outer); i++ {
		if bytes.Equal(d.tx.Key(d.tx.Outer[i].Program), key[:]) {
			return i
		}
	}
	return -1
}

// logged takes a line that may be an event: entry is its base64, n its number, rayLog its form. Calls that sent events to
// themselves are left alone: the log line is the same event again.
func (d *Decoder) logged(entry []byte, n int, rayLog bool) {
	if len(d.stack) == 0 {
		return
	}
	top := d.stack[len(d.stack)-1]
	if top.call < 0 || rayLog != (top.venue == ray) {
		return
	}
	c := &d.calls[top.call]
	if c.events > 0 {
		return
	}
	raw := d.base64(entry)
	if raw == nil {
		d.stats.of[top.venue].malformed.Add(1)
		return
	}
	flat := d.end(c)
	if d.tx.InnerMissing {
		flat = c.flat + int32(min(n, room-2))
	}
	d.found = append(d.found, found{raw: raw, call: top.call, flat: flat, strategy: eventv1.Strategy_STRATEGY_EVENT_LOG})
}

// base64 decodes the first chunk of a line; nil when it is none.
func (d *Decoder) base64(entry []byte) []byte {
	if space := bytes.IndexByte(entry, ' '); space >= 0 {
		entry = entry[:space]
	}
	from := len(d.text)
	text, err := base64.StdEncoding.AppendDecode(d.text, entry)
	if err != nil || len(text) == from {
		return nil
	}
	d.text = text
	return text[from:len(text):len(text)]
}
