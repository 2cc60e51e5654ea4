package sdk

import (
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// Nine records of ten are trades, and decoding one by reflection takes 39 allocations and most of a monitor's time. This file
// reads those by hand, all messages of a trade in one piece of memory, which can be used again. It reads only what it knows to
// the last field; anything else, a field of a later version above all, is left to protobuf.

// maxFees is how many fees a trade has at most here; venues take up to five.
const maxFees = 8

// tradeRecord is the memory of a record with a trade in it.
type tradeRecord struct {
	record  eventv1.Record
	body    eventv1.Record_Trade
	trade   eventv1.Trade
	path    eventv1.InstructionPath
	before  eventv1.Reserves
	after   eventv1.Reserves
	dollars eventv1.DollarPrice
	fees    [maxFees]eventv1.Fee
	feeList [maxFees]*eventv1.Fee

	blockTime                                    int64
	txIndex, limit                               uint64
	priorityFee, tip, computeUnits, marketCap    uint64
	exactIn                                      bool
	reserves                                     [8]uint64
	inner, baseDecimals, quoteDecimals, progress uint32
	basisPoints                                  [maxFees]uint32
}

// decodeTrade reads a Record with a Trade into t, whose memory it may have used before. The record aliases encoded. It returns
// nil when the bytes hold anything that it does not know.
func decodeTrade(t *tradeRecord, encoded []byte) *eventv1.Record {
	*t = tradeRecord{}
	if !t.readRecord(encoded) || t.record.Body == nil {
		return nil
	}
	return &t.record
}

// Wire types of a tag, which is the field number times eight plus the type.
const (
	varint = uint64(protowire.VarintType)
	length = uint64(protowire.BytesType)
)

func (t *tradeRecord) readRecord(b []byte) bool {
	c, r := cursor{b: b}, &t.record
	for c.more() {
		switch c.tag() {
		case 1<<3 | length:
			r.Signature = c.bytes()
		case 3<<3 | varint:
			r.Slot = c.varint()
		case 4<<3 | varint:
			t.blockTime = int64(c.varint())
			r.BlockTime = &t.blockTime
		case 5<<3 | varint:
			t.txIndex = c.varint()
			r.TxIndex = &t.txIndex
		case 6<<3 | length:
			// A message that comes twice is merged by protobuf. Nobody writes that; we do not read it.
			c.require(r.Instruction == nil && t.readPath(c.bytes()))
			r.Instruction = &t.path
		case 7<<3 | length:
			r.Program = c.bytes()
		case 8<<3 | varint:
			r.Strategy = eventv1.Strategy(c.varint())
		case 20<<3 | length:
			c.require(r.Body == nil && t.readTrade(c.bytes()))
			t.body.Trade = &t.trade
			r.Body = &t.body
		default:
			return false
		}
	}
	return !c.failed
}

func (t *tradeRecord) readPath(b []byte) bool {
	c := cursor{b: b}
	for c.more() {
		switch c.tag() {
		case 1<<3 | varint:
			t.path.Outer = uint32(c.varint())
		case 2<<3 | varint:
			t.inner = uint32(c.varint())
			t.path.Inner = &t.inner
		default:
			return false
		}
	}
	return !c.failed
}

func (t *tradeRecord) readTrade(b []byte) bool {
	c, d := cursor{b: b}, &t.trade
	for c.more() {
		switch tag := c.tag(); tag {
		case 1<<3 | varint:
			d.Venue = eventv1.Venue(c.varint())
		case 2<<3 | length:
			d.Pool = c.bytes()
		case 3<<3 | length:
			d.Trader = c.bytes()
		case 4<<3 | length:
			d.FeePayer = c.bytes()
		case 5<<3 | length:
			d.Mint = c.bytes()
		case 6<<3 | length:
			d.QuoteMint = c.bytes()
		case 7<<3 | varint:
			d.Side = eventv1.Side(c.varint())
		case 8<<3 | varint:
			d.BaseAmount = c.varint()
		case 9<<3 | varint:
			d.QuoteAmount = c.varint()
		case 10<<3 | varint:
			d.PoolQuoteAmount = c.varint()
		case 11<<3 | length:
			c.require(t.readFee(c.bytes()))
		case 12<<3 | length:
			c.require(d.ReservesBefore == nil && readReserves(c.bytes(), &t.before, (*[4]uint64)(t.reserves[:4])))
			d.ReservesBefore = &t.before
		case 13<<3 | length:
			c.require(d.ReservesAfter == nil && readReserves(c.bytes(), &t.after, (*[4]uint64)(t.reserves[4:])))
			d.ReservesAfter = &t.after
		default:
			if !t.readTradeDetail(&c, tag) {
				return false
			}
		}
	}
	return !c.failed
}

// readTradeDetail reads the fields of a Trade from 14 on.
func (t *tradeRecord) readTradeDetail(c *cursor, tag uint64) bool {
	d := &t.trade
	switch tag {
	case 14<<3 | length:
		d.PoolBaseMint = c.bytes()
	case 15<<3 | length:
		d.PoolQuoteMint = c.bytes()
	case 16<<3 | varint:
		t.baseDecimals = uint32(c.varint())
		d.BaseDecimals = &t.baseDecimals
	case 17<<3 | varint:
		t.quoteDecimals = uint32(c.varint())
		d.QuoteDecimals = &t.quoteDecimals
	case 18<<3 | length:
		d.Symbol = c.text()
	case 19<<3 | length:
		d.Router = c.bytes()
	case 20<<3 | length:
		d.InstructionName = c.text()
	case 21<<3 | varint:
		t.progress = uint32(c.varint())
		d.CurveProgressBps = &t.progress
	case 22<<3 | varint:
		d.Agent = c.varint() != 0
	case 23<<3 | length:
		d.VenueUser = c.bytes()
	case 24<<3 | varint:
		t.limit = c.varint()
		d.LimitAmount = &t.limit
	case 30<<3 | length:
		// Only pools of concentrated liquidity have it: protobuf may take its time.
		c.require(d.Concentrated == nil)
		d.Concentrated = &eventv1.ConcentratedPrice{}
		c.require(proto.Unmarshal(c.bytes(), d.Concentrated) == nil)
	default:
		return t.readTradeCost(c, tag)
	}
	return true
}

// readTradeCost reads the fields of a Trade from 40 on.
func (t *tradeRecord) readTradeCost(c *cursor, tag uint64) bool {
	d := &t.trade
	switch tag {
	case 40<<3 | varint:
		t.priorityFee = c.varint()
		d.PriorityFee = &t.priorityFee
	case 41<<3 | varint:
		t.tip = c.varint()
		d.Tip = &t.tip
	case 42<<3 | varint:
		t.computeUnits = c.varint()
		d.ComputeUnits = &t.computeUnits
	case 43<<3 | varint:
		t.marketCap = c.varint()
		d.MarketCap = &t.marketCap
	case 44<<3 | varint:
		t.exactIn = c.varint() != 0
		d.ExactIn = &t.exactIn
	case 45<<3 | length:
		c.require(d.QuoteUsd == nil && readDollars(c.bytes(), &t.dollars))
		d.QuoteUsd = &t.dollars
	case 46<<3 | varint:
		d.Boosted = c.varint() != 0
	default:
		return false
	}
	return true
}

func readDollars(b []byte, p *eventv1.DollarPrice) bool {
	c := cursor{b: b}
	for c.more() {
		switch c.tag() {
		case 1<<3 | varint:
			p.UsdMicros = c.varint()
		case 2<<3 | varint:
			p.Units = c.varint()
		case 3<<3 | varint:
			p.Slot = c.varint()
		default:
			return false
		}
	}
	return !c.failed
}

func (t *tradeRecord) readFee(b []byte) bool {
	n := len(t.trade.Fees)
	if n == maxFees {
		return false
	}
	c, fee := cursor{b: b}, &t.fees[n]
	for c.more() {
		switch c.tag() {
		case 1<<3 | varint:
			fee.Kind = eventv1.FeeKind(c.varint())
		case 2<<3 | varint:
			fee.Amount = c.varint()
		case 3<<3 | varint:
			t.basisPoints[n] = uint32(c.varint())
			fee.BasisPoints = &t.basisPoints[n]
		case 4<<3 | varint:
			fee.InBase = c.varint() != 0
		default:
			return false
		}
	}
	t.feeList[n] = fee
	t.trade.Fees = t.feeList[: n+1 : n+1]
	return !c.failed
}

func readReserves(b []byte, r *eventv1.Reserves, values *[4]uint64) bool {
	c := cursor{b: b}
	for c.more() {
		switch c.tag() {
		case 1<<3 | varint:
			values[0] = c.varint()
			r.Base = &values[0]
		case 2<<3 | varint:
			values[1] = c.varint()
			r.Quote = &values[1]
		case 3<<3 | varint:
			values[2] = c.varint()
			r.PriceBase = &values[2]
		case 4<<3 | varint:
			values[3] = c.varint()
			r.PriceQuote = &values[3]
		default:
			return false
		}
	}
	return !c.failed
}

// cursor reads the fields of one message. After a failure it is at its end.
type cursor struct {
	b      []byte
	failed bool
}

func (c *cursor) more() bool { return len(c.b) > 0 }

func (c *cursor) require(ok bool) {
	if !ok {
		c.b, c.failed = nil, true
	}
}

func (c *cursor) tag() uint64 { return c.varint() }

func (c *cursor) varint() uint64 {
	if len(c.b) > 0 && c.b[0] < 0x80 {
		v := uint64(c.b[0])
		c.b = c.b[1:]
		return v
	}
	v, n := protowire.ConsumeVarint(c.b)
	if n < 0 {
		c.require(false)
		return 0
	}
	c.b = c.b[n:]
	return v
}

// bytes cannot be appended to over what follows it.
func (c *cursor) bytes() []byte {
	n := c.varint()
	if n > uint64(len(c.b)) {
		c.require(false)
		return nil
	}
	out := c.b[:n:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) text() string {
	b := c.bytes()
	c.require(utf8.Valid(b))
	return string(b)
}
