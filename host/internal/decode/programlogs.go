package decode

import (
	"bytes"
	"encoding/base64"

	"github.com/weir-run/weir/host/internal/dex/idl"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// programLogsMatter tells whether events may stand in the logs alone.
func (d *Decoder) programLogsMatter(set *idl.Set) bool {
	tx := d.tx
	if tx.LogsMissing || len(tx.Logs) == 0 {
		return false
	}
	for i := range d.programs.calls {
		if c := &d.programs.calls[i]; !c.event && !c.sent && c.program.HasEvents() {
			return true
		}
	}
	if tx.InnerMissing {
		for _, key := range tx.Keys {
			if p := set.Program(key); p != nil && p.HasEvents() {
				return true
			}
		}
	}
	return false
}

// programLogs reads events from the logs. See readLogs for why truncated logs cannot mislead.
func (d *Decoder) programLogs(set *idl.Set) {
	p := &d.programs
	p.stack = p.stack[:0]
	scan := logScan{outer: -1}
	entered := int32(-1) // the call that was entered last
	for _, line := range d.tx.Logs {
		rest, ok := bytes.CutPrefix(line, programWord)
		if !ok {
			continue
		}
		if text, ok := bytes.CutPrefix(rest, dataWord); ok {
			d.programLine(text, entered)
		} else if call := d.programFrame(set, &scan, rest); call >= 0 {
			entered = call
		}
	}
}

// programFrame follows a line that opens or closes a frame, and returns the call of one that was opened.
func (d *Decoder) programFrame(set *idl.Set, scan *logScan, line []byte) int32 {
	p := &d.programs
	space := bytes.IndexByte(line, ' ')
	if space < 32 || space > 44 || space+1 == len(line) {
		return -1
	}
	name, what := line[:space], line[space+1:]
	switch {
	case bytes.HasPrefix(what, invokeWord):
		depth := number(what[len(invokeWord):])
		if depth == 0 {
			return -1
		}
		for len(p.stack) < depth-1 {
			p.stack = append(p.stack, -1)
		}
		call := d.programEnter(set, scan, name, depth)
		p.stack = append(p.stack[:depth-1], call)
		return call
	case bytes.HasPrefix(what, successWord), bytes.HasPrefix(what, failedWord):
		p.stack = p.stack[:max(0, len(p.stack)-1)]
	}
	return -1
}

// programEnter finds the call of a frame, -1 when it is none of interest.
func (d *Decoder) programEnter(set *idl.Set, scan *logScan, name []byte, depth int) int32 {
	p := &d.programs
	if d.tx.InnerMissing && depth == 1 {
		if scan.outer = d.outerNamed(name, scan.next); scan.outer >= 0 {
			scan.next = scan.outer + 1
		}
	}
	program := set.Named(name)
	if program == nil {
		return -1
	}
	if d.tx.InnerMissing && depth > 1 {
		if scan.outer < 0 {
			return -1
		}
		p.calls = append(p.calls, programCall{program: program, outer: int32(scan.outer), inner: -1, owner: -1, later: -1})
		return int32(len(p.calls)) - 1
	}
	for i := range p.heads {
		if h := &p.heads[i]; h.program == program && h.next >= 0 {
			at := h.next
			h.next = p.calls[at].later
			return at
		}
	}
	return -1
}

// programLine takes a line that may be an event of the innermost frame.
func (d *Decoder) programLine(text []byte, entered int32) {
	p := &d.programs
	if len(p.stack) == 0 {
		return
	}
	at := p.stack[len(p.stack)-1]
	if at < 0 || p.calls[at].sent || p.calls[at].event || !p.calls[at].program.HasEvents() {
		return
	}
	if space := bytes.IndexByte(text, ' '); space >= 0 {
		text = text[:space]
	}
	raw, err := base64.StdEncoding.AppendDecode(p.text[:0], text)
	if err != nil {
		return
	}
	p.text = raw
	e, err := p.calls[at].program.Event(raw)
	d.programRecord(max(at, entered), at, false, e, err, eventv1.Strategy_STRATEGY_EVENT_LOG)
}
