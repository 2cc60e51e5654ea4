package figures

import (
	"math/big"
	"slices"

	"github.com/weir-run/weir/host/geysersim"
)

// What a price of SOL is made of: the last five trades of ten dollars or more in pools that are believed; it is known for 1,500 slots.
const (
	dollarTrades = 5
	dollarSlots  = 1_500
	dollarLeast  = 10_000_000 // raw units of USDC
)

// dollars follows the price of SOL.
type dollars struct {
	believed []string
	newest   []*geysersim.Truth
}

// Believe names a SOL/USDC pool that tells what SOL is worth. Without one no dollars are known but those of trades in USDC.
func (b *Book) Believe(pool string) { b.dollars.believed = append(b.dollars.believed, pool) }

// worth is the price of a raw unit of the quote mint in millionths of a dollar before the trade, and the slot that it is from; nil where it
// is not known.
func (d *dollars) worth(f *geysersim.Truth) (price *big.Rat, slot uint64) {
	switch {
	case f.QuoteMint == usdc: // a dollar by definition, with as many decimals as millionths
		return big.NewRat(1, 1), 0
	case f.QuoteMint != wsol || len(d.newest) == 0:
		return nil, 0
	}
	slot = d.newest[len(d.newest)-1].Slot
	if f.Slot > slot+dollarSlots {
		return nil, 0
	}
	prices := make([]*big.Rat, 0, dollarTrades)
	for _, t := range d.newest {
		if slot-min(slot, t.Slot) <= dollarSlots {
			prices = append(prices, spot(t.After))
		}
	}
	slices.SortFunc(prices, (*big.Rat).Cmp)
	return prices[(len(prices)-1)/2], slot // the middle one; the lower one of two
}

// learn takes the price of a trade.
func (d *dollars) learn(f *geysersim.Truth) {
	if f.Mint != wsol || f.QuoteMint != usdc || f.QuoteAmount < dollarLeast || !slices.Contains(d.believed, f.Pool) {
		return
	}
	if d.newest = append(d.newest, f); len(d.newest) > dollarTrades {
		d.newest = d.newest[1:]
	}
}

// micros is an amount at a price, rounded down.
func micros(amount uint64, price *big.Rat) uint64 {
	v := new(big.Rat).Mul(price, new(big.Rat).SetInt(n(amount)))
	return new(big.Int).Quo(v.Num(), v.Denom()).Uint64()
}
