package idl

import (
	"sync/atomic"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Stats count what became of one program's data since its IDL was first read.
type Stats struct {
	// Seen are instructions and events; Decoded those that gave a record.
	Seen, Decoded uint64
	// Unknown are discriminators that the IDL does not have.
	Unknown uint64
	// Malformed could not be read by the layout that the IDL has.
	Malformed uint64
	// Older ended before the last field of their layout, and Newer had bytes behind it; both were decoded.
	Older, Newer uint64
}

type counters struct{ seen, decoded, unknown, malformed, older, newer atomic.Uint64 }

// Stats returns the counters. They go on when a changed IDL takes the place of an older one.
func (p *Program) Stats() Stats {
	c := p.counters
	return Stats{
		Seen: c.seen.Load(), Decoded: c.decoded.Load(), Unknown: c.unknown.Load(), Malformed: c.malformed.Load(),
		Older: c.older.Load(), Newer: c.newer.Load(),
	}
}

// HasEvents tells whether the IDL describes events.
func (p *Program) HasEvents() bool { return len(p.events) > 0 }

// Event decodes an event, which begins with its discriminator. The error is ErrUnknown or says which field could not be read. The
// result shares nothing with data, but must not be written to.
func (p *Program) Event(data []byte) (*eventv1.ProgramEvent, error) {
	return p.read(p.events, eventv1.ProgramEventKind_PROGRAM_EVENT_KIND_EVENT, data)
}

// Account decodes the state of an account, as Event does.
func (p *Program) Account(data []byte) (*eventv1.ProgramEvent, error) {
	return p.read(p.accounts, eventv1.ProgramEventKind_PROGRAM_EVENT_KIND_ACCOUNT, data)
}

// Instruction decodes an instruction, as Event does, and names its accounts, whose keys are copied. A nil key is left out. Anchor
// writes the program's own address where an optional account is not given.
func (p *Program) Instruction(data []byte, keys [][]byte) (*eventv1.ProgramEvent, error) {
	e, err := p.read(p.instructions, eventv1.ProgramEventKind_PROGRAM_EVENT_KIND_INSTRUCTION, data)
	if err != nil {
		return nil, err
	}
	for i, a := range p.instructions.find(data).accounts {
		if i >= len(keys) {
			break
		}
		if len(keys[i]) != len(p.Key) || a.optional && string(keys[i]) == string(p.Key[:]) {
			continue
		}
		e.Accounts = append(e.Accounts, &eventv1.ProgramAccount{Name: a.name, Key: append([]byte(nil), keys[i]...)})
	}
	return e, nil
}

func (p *Program) read(t table, kind eventv1.ProgramEventKind, data []byte) (*eventv1.ProgramEvent, error) {
	c := p.counters
	c.seen.Add(1)
	l := t.find(data)
	if l == nil {
		c.unknown.Add(1)
		return nil, ErrUnknown
	}
	e, err := p.decode(l, kind, data)
	if err != nil {
		c.malformed.Add(1)
		return nil, err
	}
	c.decoded.Add(1)
	if e.Missing > 0 {
		c.older.Add(1)
	}
	if e.Unread > 0 {
		c.newer.Add(1)
	}
	return e, nil
}
