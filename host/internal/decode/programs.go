package decode

import (
	"cmp"
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/idl"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// programReader decodes what programs with a dropped-in IDL were told and said. It goes its own way through a transaction, so that the
// venues pay nothing for it but one look for whether there is any such program.
type programReader struct {
	set    func() *idl.Set // nil when no IDLs are wanted
	calls  []programCall
	heads  []programHead
	stack  []int32 // calls whose frames are open in the logs, -1: of another program
	found  []programRecord
	keys   [][]byte
	text   []byte
	merged []*eventv1.Record
}

// programCall is one execution of a program that has an IDL, or an event that it sent to itself.
type programCall struct {
	program *idl.Program
	in      *geyser.Instruction // nil when only the logs tell of it
	outer   int32
	inner   int32 // -1: the outer instruction itself
	height  uint32
	owner   int32 // of an event the call that sent it, else -1
	event   bool
	sent    bool  // it sent events to itself: the log has the same ones again
	later   int32 // next call of the same program, -1: none
}

// programHead is the next call of a program that the logs will enter.
type programHead struct {
	program *idl.Program
	next    int32
	last    int32
}

// programRecord is a record with the call behind which it belongs.
type programRecord struct {
	record *eventv1.Record
	behind int32
}

// withPrograms puts the records of programs with an IDL among those of venues.
func (d *Decoder) withPrograms(records []*eventv1.Record) []*eventv1.Record {
	p := &d.programs
	if p.set == nil {
		return records
	}
	set := p.set()
	if set.Len() == 0 {
		return records
	}
	p.calls, p.heads, p.found, p.text = p.calls[:0], p.heads[:0], p.found[:0], p.text[:0]
	d.programCalls(set)
	for i := range p.calls {
		d.programCall(int32(i))
	}
	if d.programLogsMatter(set) {
		d.programLogs(set)
	}
	if len(p.found) == 0 {
		return records
	}
	return p.merge(records)
}

// programCalls lists the calls in order of execution.
func (d *Decoder) programCalls(set *idl.Set) {
	tx, j := d.tx, 0
	for i := range tx.Outer {
		for j < len(d.order) && int(tx.Inner[d.order[j]].Outer) < i {
			j++
		}
		d.programs.call(tx, set, programCall{in: &tx.Outer[i], outer: int32(i), inner: -1, height: 1})
		for ; j < len(d.order) && int(tx.Inner[d.order[j]].Outer) == i; j++ {
			in := &tx.Inner[d.order[j]]
			d.programs.call(tx, set, programCall{in: &in.Instruction, outer: int32(i), inner: int32(in.Position), height: in.Height})
		}
	}
}

func (p *programReader) call(tx *geyser.Transaction, set *idl.Set, c programCall) {
	if c.program = set.Program(tx.Key(c.in.Program)); c.program == nil {
		return
	}
	c.owner, c.later = -1, -1
	if c.inner >= 0 && dex.Tag(c.in.Data) == dex.EventTag {
		c.event = true
		if c.owner = p.sender(&c); c.owner >= 0 {
			p.calls[c.owner].sent = true
		}
	}
	p.push(c)
}

// push adds a call to the list and to the chain of its program.
func (p *programReader) push(c programCall) {
	at := int32(len(p.calls))
	p.calls = append(p.calls, c)
	for i := range p.heads {
		if h := &p.heads[i]; h.program == c.program {
			p.calls[h.last].later, h.last = at, at
			return
		}
	}
	p.heads = append(p.heads, programHead{program: c.program, next: at, last: at})
}

// senderReach is how many calls back the sender of an event is looked for; no honest transaction has so many.
const senderReach = 256

// sender finds the call that sent an event to its own program: the latest of that program below the same outer instruction, one
// level up where levels are known.
func (p *programReader) sender(c *programCall) int32 {
	for i := len(p.calls) - 1; i >= max(0, len(p.calls)-senderReach); i-- {
		o := &p.calls[i]
		if o.outer != c.outer {
			break
		}
		if o.program == c.program && !o.event && (c.height == 0 || o.height == 0 || o.height+1 == c.height) {
			return int32(i)
		}
	}
	return -1
}

// programCall decodes a call: its arguments, or the event that it is.
func (d *Decoder) programCall(i int32) {
	p := &d.programs
	c := &p.calls[i]
	if c.event {
		if raw, ok := dex.CutEvent(c.in.Data); ok {
			e, err := c.program.Event(raw)
			d.programRecord(i, max(c.owner, 0), c.owner < 0, e, err, eventv1.Strategy_STRATEGY_EVENT_CPI)
		}
		return
	}
	p.keys = p.keys[:0]
	for n := range c.in.Accounts {
		p.keys = append(p.keys, d.tx.Account(c.in, n))
	}
	e, err := c.program.Instruction(c.in.Data, p.keys)
	d.programRecord(i, i, false, e, err, eventv1.Strategy_STRATEGY_IX_TRANSFERS)
}

// programRecord makes the record of a decoded event or instruction. owner is the call it belongs to, or itself when alone.
func (d *Decoder) programRecord(behind, owner int32, alone bool, e *eventv1.ProgramEvent, err error, s eventv1.Strategy) {
	if err != nil { // counted by the program
		return
	}
	if alone {
		owner = behind
	}
	tx, c := d.tx, &d.programs.calls[owner]
	r := &eventv1.Record{
		Signature: tx.Signature, Slot: tx.Slot, TxIndex: new(tx.Index), Program: e.GetProgram(), Strategy: s,
		Instruction: &eventv1.InstructionPath{Outer: uint32(c.outer)},
		Body:        &eventv1.Record_ProgramEvent{ProgramEvent: e},
	}
	if c.inner >= 0 {
		r.Instruction.Inner = new(uint32(c.inner))
	}
	if tx.BlockTime != nil {
		r.BlockTime = new(*tx.BlockTime)
	}
	d.programs.found = append(d.programs.found, programRecord{record: r, behind: behind})
}

// merge puts both lists together by the place of execution; each keeps its own order as far as that goes.
func (p *programReader) merge(records []*eventv1.Record) []*eventv1.Record {
	slices.SortStableFunc(p.found, func(a, b programRecord) int { // those from logs were found last
		return cmp.Or(cmp.Compare(p.calls[a.behind].outer, p.calls[b.behind].outer), cmp.Compare(a.behind, b.behind))
	})
	p.merged = p.merged[:0]
	next := 0
	for _, r := range records {
		for next < len(p.found) && p.precedes(&p.calls[p.found[next].behind], r.GetInstruction()) {
			p.merged = append(p.merged, p.found[next].record)
			next++
		}
		p.merged = append(p.merged, r)
	}
	for ; next < len(p.found); next++ {
		p.merged = append(p.merged, p.found[next].record)
	}
	return p.merged
}

func (p *programReader) precedes(c *programCall, path *eventv1.InstructionPath) bool {
	inner := int32(-1)
	if path.Inner != nil {
		inner = int32(path.GetInner())
	}
	outer := int32(path.GetOuter())
	return c.outer < outer || c.outer == outer && c.inner < inner
}
