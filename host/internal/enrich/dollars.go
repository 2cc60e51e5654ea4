package enrich

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// DollarConfig says where the price of SOL in dollars comes from.
type DollarConfig struct {
	// Pools are the SOL/USDC pools that are believed, printed addresses. Anyone can make a pool with any price, so none other is. Empty: no
	// price is ever known.
	Pools []string
	// MaxAge is after how many slots without a trade in them the price is no longer known. Default 1,500, some ten minutes.
	MaxAge uint64
	// Least is how many millionths of a dollar a trade must be worth to say anything. Default ten dollars.
	Least uint64
	// Kept keeps the newest prices over a restart. Nil keeps nothing.
	Kept Table
}

// quotes is how many trades the price is the median of, so that one odd trade says nothing.
const quotes = 5

// keepEvery is how many slots pass between two times that prices are stored.
const keepEvery = 150

// quote is one trade's price: usd millionths of a dollar for units lamports.
type quote struct{ usd, units, slot uint64 }

// dollars follows the price of SOL.
type dollars struct {
	config DollarConfig
	pools  map[dex.Key]struct{}
	newest [quotes]quote // ring; units is 0 where there is none yet
	next   int
	kept   uint64 // slot at which prices were stored

	price *eventv1.DollarPrice // the median; nil before the first
}

func newDollars(c DollarConfig) (*dollars, error) {
	if c.MaxAge == 0 {
		c.MaxAge = 1500
	}
	if c.Least == 0 {
		c.Least = 10_000_000
	}
	d := &dollars{config: c, pools: map[dex.Key]struct{}{}}
	for _, pool := range c.Pools {
		key, err := dex.ParseKey(pool)
		if err != nil {
			return nil, fmt.Errorf("pool %q: %w", pool, err)
		}
		d.pools[key] = struct{}{}
	}
	return d, nil
}

// parity is the price of USDC.
var parity = &eventv1.DollarPrice{UsdMicros: 1, Units: 1}

// mark tells a trade what its quote mint is worth, as was known before it, and then learns from it.
func (d *dollars) mark(ctx context.Context, slot uint64, t *eventv1.Trade) error {
	t.QuoteUsd = nil
	if len(t.GetQuoteMint()) != len(dex.Key{}) {
		return nil
	}
	switch dex.Key(t.GetQuoteMint()) {
	case dex.USDC:
		t.QuoteUsd = parity
		return d.learn(ctx, slot, t)
	case dex.WSOL:
		if d.price != nil && slot <= d.price.Slot+d.config.MaxAge {
			t.QuoteUsd = d.price
		}
	}
	return nil
}

// learn takes the price of a trade of SOL for USDC in a pool that is believed: that of the reserves behind it, else that of its amounts.
func (d *dollars) learn(ctx context.Context, slot uint64, t *eventv1.Trade) error {
	if len(d.pools) == 0 || len(t.GetPool()) != len(dex.Key{}) || t.GetQuoteAmount() < d.config.Least || dex.Key(t.GetMint()) != dex.WSOL {
		return nil
	}
	if _, believed := d.pools[dex.Key(t.GetPool())]; !believed {
		return nil
	}
	q := quote{usd: t.GetPoolQuoteAmount(), units: t.GetBaseAmount(), slot: slot}
	if r := t.GetReservesAfter(); r.GetPriceBase() > 0 && r.GetPriceQuote() > 0 {
		q.usd, q.units = r.GetPriceQuote(), r.GetPriceBase()
	}
	if q.usd == 0 || q.units == 0 {
		return nil
	}
	d.take(q)
	if slot < d.kept+keepEvery {
		return nil
	}
	d.kept = slot
	return d.keep(ctx)
}

func (d *dollars) take(q quote) {
	d.newest[d.next] = q
	d.next = (d.next + 1) % quotes
	d.settle()
}

// settle takes the median of what is there, dated by the newest; what was too old when that came says nothing. With few, the lower of the
// middle ones.
func (d *dollars) settle() {
	var there []quote
	newest := uint64(0)
	for _, q := range d.newest {
		newest = max(newest, q.slot)
	}
	for _, q := range d.newest {
		if q.units > 0 && newest-q.slot <= d.config.MaxAge {
			there = append(there, q)
		}
	}
	if len(there) == 0 {
		return
	}
	slices.SortFunc(there, byPrice)
	middle := there[(len(there)-1)/2]
	// A new message each time: records that were told the one before still point to it.
	d.price = &eventv1.DollarPrice{UsdMicros: middle.usd, Units: middle.units, Slot: newest}
}

// byPrice orders by usd/units, exactly.
func byPrice(a, b quote) int {
	ah, al := bits.Mul64(a.usd, b.units)
	bh, bl := bits.Mul64(b.usd, a.units)
	return cmp.Or(cmp.Compare(ah, bh), cmp.Compare(al, bl))
}

// solUSD is the key under which prices are kept.
const solUSD = "sol_usd"

func (d *dollars) keep(ctx context.Context) error {
	if d.config.Kept == nil {
		return nil
	}
	value := []byte{1}
	for i := range quotes { // oldest first
		q := d.newest[(d.next+i)%quotes]
		for _, n := range []uint64{q.usd, q.units, q.slot} {
			value = binary.LittleEndian.AppendUint64(value, n)
		}
	}
	if err := d.config.Kept.Put(ctx, solUSD, value); err != nil {
		return fmt.Errorf("store the price of SOL: %w", err)
	}
	return nil
}

// ahead is by how many slots what was kept may be ahead of the journal: a price is learned before its record is durable.
const ahead = 32

// Tail visits the encoded records of trades that are durable, of slots from one on, in order.
type Tail func(ctx context.Context, from uint64, see func(slot uint64, record []byte) error) error

// relearn makes the price what it was after the last durable record: what was kept is up to keepEvery slots older than that, or a little
// ahead of it, and a trade must be told the same as without a restart.
func (d *dollars) relearn(ctx context.Context, tail Tail) error {
	newest := uint64(0)
	for _, q := range d.newest {
		newest = max(newest, q.slot)
	}
	if len(d.pools) == 0 || newest == 0 {
		return nil
	}
	kept := slices.Concat(d.newest[d.next:], d.newest[:d.next]) // oldest first
	for back := uint64(ahead); ; back *= 4 {
		from := newest - min(newest, back)
		d.newest, d.next, d.price, d.kept = [quotes]quote{}, 0, nil, newest
		for _, q := range kept {
			if q.units > 0 && q.slot < from {
				d.take(q)
			}
		}
		found := 0
		err := tail(ctx, from, func(slot uint64, record []byte) error {
			before := d.next
			err := d.reread(ctx, slot, record)
			if d.next != before {
				found++
			}
			return err
		})
		// With fewer, one that belongs here may have made room for one that is not durable.
		if err != nil || found >= quotes || from == 0 || back > d.config.MaxAge {
			return err
		}
	}
}

// reread learns from a record of the journal.
func (d *dollars) reread(ctx context.Context, slot uint64, record []byte) error {
	if !d.names(record) {
		return nil
	}
	var r eventv1.Record
	if err := proto.Unmarshal(record, &r); err != nil {
		return fmt.Errorf("read a trade of slot %d: %w", slot, err)
	}
	if t := r.GetTrade(); t != nil && len(t.GetQuoteMint()) == len(dex.Key{}) && dex.Key(t.GetQuoteMint()) == dex.USDC {
		return d.learn(ctx, slot, t)
	}
	return nil
}

// names tells whether the bytes of a pool that is believed are in a record, which costs far less than reading it.
func (d *dollars) names(record []byte) bool {
	for pool := range d.pools {
		if bytes.Contains(record, pool[:]) {
			return true
		}
	}
	return false
}

func (d *dollars) restore(ctx context.Context) error {
	if d.config.Kept == nil {
		return nil
	}
	value, found, err := d.config.Kept.Get(ctx, solUSD)
	if err != nil || !found {
		return err
	}
	if len(value) != 1+quotes*24 || value[0] != 1 {
		return fmt.Errorf("price of SOL: %w", errShort)
	}
	for i := range quotes {
		at := value[1+24*i:]
		d.newest[i] = quote{usd: binary.LittleEndian.Uint64(at), units: binary.LittleEndian.Uint64(at[8:]), slot: binary.LittleEndian.Uint64(at[16:])}
	}
	d.settle()
	return nil
}
