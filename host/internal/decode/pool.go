package decode

import eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"

// pool hands out values that are used again after reset. It keeps as many as the fullest transaction needed.
type pool[T any] struct {
	items []*T
	used  int
}

func (p *pool[T]) next() *T {
	if p.used == len(p.items) {
		p.items = append(p.items, new(T))
	}
	p.used++
	return p.items[p.used-1]
}

func (p *pool[T]) reset() { p.used = 0 }

// numbers are the targets of optional fields. A slice that grows leaves the old one to those who point into it.
type numbers[T any] []T

func (n *numbers[T]) of(v T) *T {
	*n = append(*n, v)
	return &(*n)[len(*n)-1]
}

// tradeBody is what a trade record is made of, in one piece.
type tradeBody struct {
	record        eventv1.Record
	path          eventv1.InstructionPath
	body          eventv1.Record_Trade
	trade         eventv1.Trade
	before, after eventv1.Reserves
	price         eventv1.ConcentratedPrice
	fees          [8]eventv1.Fee
	list          [8]*eventv1.Fee
}

// messages are the message objects of one transaction.
type messages struct {
	trades pool[tradeBody]
	u64    numbers[uint64]
	u32    numbers[uint32]
	i64    numbers[int64]
}

func (m *messages) reset() {
	m.trades.reset()
	m.u64, m.u32, m.i64 = m.u64[:0], m.u32[:0], m.i64[:0]
}

func (m *messages) newTrade() *tradeBody {
	b := m.trades.next()
	b.record.Reset()
	b.path.Reset()
	b.trade.Reset()
	b.body.Trade = &b.trade
	b.record.Body = &b.body
	b.record.Instruction = &b.path
	return b
}

// fill writes what all records say: where they stand in the chain and where they come from.
func (d *Decoder) fill(r *eventv1.Record, c *call, s eventv1.Strategy, timestamp int64) {
	d.place(r, c, timestamp)
	r.Strategy = s
	d.out = append(d.out, r)
	c.answered = true
	d.stats.of[c.venue].answered(s)
}

// place writes where in the chain a record stands.
func (d *Decoder) place(r *eventv1.Record, c *call, timestamp int64) {
	tx := d.tx
	r.Signature = tx.Signature
	r.Slot = tx.Slot
	r.Program = programs[c.venue][:]
	r.TxIndex = d.pool.u64.of(tx.Index)
	switch {
	case tx.BlockTime != nil:
		r.BlockTime = d.pool.i64.of(*tx.BlockTime)
	case timestamp != 0:
		r.BlockTime = d.pool.i64.of(timestamp)
	}
	r.Instruction.Outer = uint32(c.outer)
	if c.inner >= 0 {
		r.Instruction.Inner = d.pool.u32.of(uint32(c.inner))
	}
}

// seldom makes a record of a kind that is too rare to keep objects for.
func (d *Decoder) seldom(c *call, s eventv1.Strategy, timestamp int64) *eventv1.Record {
	r := &eventv1.Record{Instruction: &eventv1.InstructionPath{}}
	d.fill(r, c, s, timestamp)
	return r
}
