package liquidity

import (
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// reserves of a pool. Base is the coin and quote the currency, but sqrt is the venue's.
type reserves struct {
	held                  bool // base and quote are known
	base, quote           uint64
	priced                bool // priceBase and priceQuote are known
	priceBase, priceQuote uint64
	past                  bool // they are those before the last trade
	boost                 bool // the last trade said that a part of priceQuote is nobody's
	concentrated          bool
	sqrt                  amount // square root of the price in 2^-64; 0: not known
}

// reservesOf reads a message; turned says that its base is the currency.
func reservesOf(r *sdk.Reserves, turned bool) reserves {
	if r == nil {
		return reserves{}
	}
	v := reserves{
		held: r.Base != nil && r.Quote != nil, base: r.GetBase(), quote: r.GetQuote(),
		priced: r.PriceBase != nil && r.PriceQuote != nil, priceBase: r.GetPriceBase(), priceQuote: r.GetPriceQuote(),
	}
	if turned {
		v.base, v.quote, v.priceBase, v.priceQuote = v.quote, v.base, v.priceQuote, v.priceBase
	}
	return v
}

// concentrate adds the price of a pool of concentrated liquidity, where the record says one.
func (v *reserves) concentrate(c *sdk.ConcentratedPrice, before reserves) {
	v.concentrated, v.sqrt = true, before.sqrt
	if c != nil {
		v.sqrt = amount{high: c.GetSqrtPriceX64High(), low: c.GetSqrtPriceX64Low()}
	}
}

// follow makes price reserves of those before the change where the record has none: what makes the price beside what the vaults hold is
// not touched by liquidity.
func (v *reserves) follow(last, before reserves) {
	if v.priced || !v.held || !before.held || !last.held || !last.priced || last.past || last.base != before.base || last.quote != before.quote {
		return
	}
	v.priced, v.boost = true, last.boost
	v.priceBase = last.priceBase + v.base - last.base
	v.priceQuote = last.priceQuote + v.quote - last.quote
}

// boosted tells of a pool whose price is made of more than is its providers': as its trades say, or more than it holds.
func (v *reserves) boosted() bool {
	return v.boost || v.held && v.priced && (v.priceBase > v.base || v.priceQuote > v.quote)
}

// message gives them to an output, nil when nothing is known.
func (v *reserves) message() *sdk.Reserves {
	if !v.held && !v.priced {
		return nil
	}
	r := &sdk.Reserves{}
	if v.held {
		r.Base, r.Quote = new(v.base), new(v.quote)
	}
	if v.priced {
		r.PriceBase, r.PriceQuote = new(v.priceBase), new(v.priceQuote)
	}
	return r
}

func (v *reserves) append(b []byte) []byte {
	b = append(b, flags(v.held, v.priced, v.concentrated, v.past, v.boost))
	for _, n := range []uint64{v.base, v.quote, v.priceBase, v.priceQuote} {
		b = pack.AppendUvarint(b, n)
	}
	return v.sqrt.append(b)
}

// smallestReserves is the fewest bytes that reserves take.
const smallestReserves = 7

func readReserves(r *pack.Reader) (v reserves) {
	f := r.Byte()
	v.held, v.priced, v.concentrated, v.past, v.boost = f&1 != 0, f&2 != 0, f&4 != 0, f&8 != 0, f&16 != 0
	v.base, v.quote, v.priceBase, v.priceQuote = r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint()
	v.sqrt = readAmount(r)
	return v
}

// flags packs up to eight bits, the first one lowest.
func flags(set ...bool) (f byte) {
	for i, v := range set {
		if v {
			f |= 1 << i
		}
	}
	return f
}
