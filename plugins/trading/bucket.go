package trading

import (
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// pair is what figures in a quote mint are kept for: prices in SOL and in USDC cannot be added.
type pair struct{ mint, quote sdk.Key }

// observation is what candles and windows need of a trade.
type observation struct {
	pair        pair
	side        sdk.Side
	base, quote uint64
	price       price
	trader      uint64 // for a crowd
}

// bucket is what a pair did in one interval.
type bucket struct {
	open, high, low, last price
	buys, sells, late     uint64
	base, quote, bought   amount // bought is the part of quote that buyers gave
	traders               crowd
}

// dust is the fewest raw units on each side that make a price of a trade's amounts: below, rounding decides it.
const dust = 1000

// add counts a trade; one that is late changes no price.
func (b *bucket) add(o *observation, late bool) {
	switch o.side {
	case sdk.Buy:
		b.buys++
		b.bought.add(o.quote)
	case sdk.Sell:
		b.sells++
	default:
	}
	b.base.add(o.base)
	b.quote.add(o.quote)
	if late {
		b.late++
		return
	}
	if !o.price.known() {
		return
	}
	if !b.open.known() {
		b.open, b.high, b.low = o.price, o.price, o.price
	}
	b.widen(o.price, o.price)
	b.last = o.price
}

// widen takes a low and a high price, which may be unknown, into the range.
func (b *bucket) widen(low, high price) {
	if high.known() && (!b.high.known() || b.high.less(high)) {
		b.high = high
	}
	if low.known() && (!b.low.known() || low.less(b.low)) {
		b.low = low
	}
}

// join adds an interval to a longer one. Open and last are not kept.
func (b *bucket) join(c *bucket) {
	b.buys += c.buys
	b.sells += c.sells
	b.base.join(c.base)
	b.quote.join(c.quote)
	b.bought.join(c.bought)
	b.widen(c.low, c.high)
	b.traders.join(&c.traders)
}

func (b *bucket) append(to []byte) []byte {
	for _, p := range []price{b.open, b.high, b.low, b.last} {
		to = pack.AppendUvarint(pack.AppendUvarint(to, p.quote), p.base)
	}
	for _, n := range []uint64{b.buys, b.sells, b.late} {
		to = pack.AppendUvarint(to, n)
	}
	to = b.bought.append(b.quote.append(b.base.append(to)))
	return b.traders.append(to)
}

// smallestBucket is the fewest bytes of a bucket.
const smallestBucket = 8 + 3 + 6 + 2

func readBucket(r *pack.Reader) (b bucket) {
	for _, p := range []*price{&b.open, &b.high, &b.low, &b.last} {
		*p = price{quote: r.Uvarint(), base: r.Uvarint()}
	}
	b.buys, b.sells, b.late = r.Uvarint(), r.Uvarint(), r.Uvarint()
	b.base, b.quote, b.bought = readAmount(r), readAmount(r), readAmount(r)
	b.traders = readCrowd(r)
	return b
}

func (p pair) append(b []byte) []byte { return pack.AppendKey(pack.AppendKey(b, p.mint), p.quote) }

func readPair(r *pack.Reader) pair { return pair{mint: r.Key(), quote: r.Key()} }
