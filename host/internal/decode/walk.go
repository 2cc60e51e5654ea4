package decode

import (
	"slices"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// call is one execution of a venue's instruction.
type call struct {
	in     *geyser.Instruction // nil when only the logs tell of it
	venue  venue
	kind   uint8 // the venue's own Kind
	height uint32
	outer  int32
	inner  int32 // position below the outer instruction, -1: the outer one itself
	at     int32 // index into d.order of the instruction after it
	flat   int32 // place in the order of execution of the whole transaction

	expects  bool // should give a record
	trades   bool // and that a trade
	events   int  // events among the inner instructions
	answered bool
	lost     bool           // an event of it was read and counted, but gave no record
	record   *eventv1.Trade // its last trade, to which a second part may be added
}

// settled tells whether nothing more is to be said of a call.
func (c *call) settled() bool {
	if c.trades {
		return c.record != nil || c.lost
	}
	return c.answered || c.lost
}

// found is an event with its place, or the end of a call that should have been told by then (raw is nil).
type found struct {
	raw      []byte // begins with the discriminator; ray_log: with its type
	call     int32
	move     int32 // 1 + place in moves of an instruction that may move LP tokens; then nothing else is set but flat
	flat     int32
	strategy eventv1.Strategy
}

// walk lists the calls of venues and the events that they sent to themselves.
func (d *Decoder) walk() {
	tx := d.tx
	d.sortInner()
	flat, j := int32(0), 0
	for i := range tx.Outer {
		if tx.InnerMissing {
			flat = int32(i) * room
		}
		for j < len(d.order) && int(tx.Inner[d.order[j]].Outer) < i {
			j++
		}
		d.step(&tx.Outer[i], int32(i), -1, 1, int32(j), flat)
		flat++
		for ; j < len(d.order) && int(tx.Inner[d.order[j]].Outer) == i; j++ {
			in := &tx.Inner[d.order[j]]
			d.step(&in.Instruction, int32(i), int32(in.Position), in.Height, int32(j+1), flat)
			flat++
		}
	}
}

// sortInner orders the inner instructions by their outer one. Servers send them so; a hostile or broken one may not.
func (d *Decoder) sortInner() {
	inner := d.tx.Inner
	d.order = d.order[:0]
	sorted := true
	for i := range inner {
		d.order = append(d.order, int32(i))
		sorted = sorted && (i == 0 || inner[i-1].Outer <= inner[i].Outer)
	}
	if !sorted {
		slices.SortStableFunc(d.order, func(a, b int32) int { return int(int64(inner[a].Outer) - int64(inner[b].Outer)) })
	}
}

func (d *Decoder) step(in *geyser.Instruction, outer, inner int32, height uint32, at, flat int32) {
	v := venueOf(d.tx.Key(in.Program))
	if v == other {
		if d.mayMoveLP(in, inner) {
			d.moves = append(d.moves, lpMove{in: in, outer: outer, inner: inner, flat: flat})
			d.found = append(d.found, found{move: int32(len(d.moves)), flat: flat})
		}
		return
	}
	if v.callsItself() && inner >= 0 && (dex.Tag(in.Data) == dex.EventTag || len(in.Accounts) == 1 && d.owner(v, outer, height) >= 0) {
		// The program sends itself an event: it names the event authority and nothing else, which no other instruction does. Its
		// own frame shows in the logs, so it counts as one, but it can own no event.
		d.frames[v] = append(d.frames[v], -1)
		d.sent(in, v, outer, height, flat)
		return
	}
	c := call{in: in, venue: v, height: height, outer: outer, inner: inner, at: at, flat: flat}
	c.kind, c.expects, c.trades = d.classify(v, in.Data)
	d.frames[v] = append(d.frames[v], int32(len(d.calls)))
	d.calls = append(d.calls, c)
}

// sent takes an event that a program sent itself.
func (d *Decoder) sent(in *geyser.Instruction, v venue, outer int32, height uint32, flat int32) {
	raw, ok := dex.CutEvent(in.Data)
	if !ok {
		d.stats.of[v].malformed.Add(1)
		return
	}
	owner := d.owner(v, outer, height)
	if owner < 0 {
		d.stats.of[v].unresolved.Add(1)
		return
	}
	d.calls[owner].events++
	d.found = append(d.found, found{raw: raw, call: owner, flat: flat, strategy: eventv1.Strategy_STRATEGY_EVENT_CPI})
}

// owner finds the instruction that sent an event to its own program: the latest of that program below the same outer
// instruction, one level up where levels are known.
func (d *Decoder) owner(v venue, outer int32, height uint32) int32 {
	latest := int32(-1)
	for i := int32(len(d.calls)) - 1; i >= 0 && d.calls[i].outer == outer; i-- {
		c := &d.calls[i]
		if c.venue != v {
			continue
		}
		if height == 0 || c.height == 0 || c.height+1 == height {
			return i
		}
		if latest < 0 {
			latest = i
		}
	}
	return latest
}

// router is the program of the outer instruction when that is not the venue itself.
func (d *Decoder) router(c *call) []byte {
	if c.inner < 0 && c.in != nil || int(c.outer) >= len(d.tx.Outer) {
		return nil
	}
	key := d.tx.Key(d.tx.Outer[c.outer].Program)
	if venueOf(key) == c.venue {
		return nil
	}
	return key
}

// needLogs tells whether a call did not say everything in events of its own.
func (d *Decoder) needLogs() bool {
	if d.tx.LogsMissing || len(d.tx.Logs) == 0 {
		return false
	}
	if d.tx.InnerMissing {
		return true
	}
	for i := range d.calls {
		c := &d.calls[i]
		if c.events == 0 && (c.expects || d.pays(c) || c.venue == swap && pumpswap.Kind(c.kind) == pumpswap.MultiHopSwap || d.strange(c)) {
			return true
		}
	}
	return false
}

// strange tells of an instruction that is not known, of a program whose events stand in the logs alone: it may be a new way to trade.
func (d *Decoder) strange(c *call) bool {
	return c.kind == 0 && (c.venue == cpmmPool || c.venue == clmmPool) && c.in != nil && !quiet[c.venue].instructions[dex.Tag(c.in.Data)]
}

// queueFallbacks puts every call that should give a record in line, behind its events.
func (d *Decoder) queueFallbacks() {
	for i := range d.calls {
		if c := &d.calls[i]; c.expects {
			d.stats.of[c.venue].seen.Add(1)
			d.found = append(d.found, found{call: int32(i), flat: d.end(c)})
		}
	}
}

// before orders by place of execution. Where a call ends with another one that it made, the other one ended first.
func before(a, b *found) bool { return a.flat < b.flat || a.flat == b.flat && a.call > b.call }

// sortFound orders the list, which is short and nearly always in order already.
func (d *Decoder) sortFound() {
	for i := 1; i < len(d.found); i++ {
		for j := i; j > 0 && before(&d.found[j], &d.found[j-1]); j-- {
			d.found[j], d.found[j-1] = d.found[j-1], d.found[j]
		}
	}
}
