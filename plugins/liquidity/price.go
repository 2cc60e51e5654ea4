package liquidity

import (
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/pack"
)

// maxPrices is how many quote mints have a dollar price at most. The host knows that of SOL and USDC.
const maxPrices = 64

// dollar is a price: micros millionths of a dollar for units raw units, of a slot; 0 is that of a dollar by definition.
type dollar struct{ micros, units, slot uint64 }

// prices are the newest dollar prices that trades carried.
type prices struct{ mints bounded.Map[sdk.Key, dollar] }

// learn takes the price of a trade's quote mint.
func (p *prices) learn(t *sdk.Trade) {
	price := t.GetQuoteUsd()
	if price.GetUnits() == 0 {
		return
	}
	mint := sdk.KeyOf(t.GetQuoteMint())
	if p.mints.Get(mint) == nil && p.mints.Len() >= maxPrices {
		p.mints.DeleteOldest()
	}
	*p.mints.Put(mint) = dollar{micros: price.GetUsdMicros(), units: price.GetUnits(), slot: price.GetSlot()}
}

// of is what raw units are worth in millionths of a dollar, and the slot of the price. It is false where no price is known that is at
// most that many slots old.
func (p *prices) of(mint sdk.Key, units, slot, oldest uint64) (micros, at uint64, ok bool) {
	price := p.mints.Get(mint)
	switch {
	case mint == currencies[0]: // USDC has as many decimals as millionths
		return units, 0, true
	case price == nil || price.slot != 0 && price.slot+oldest < slot:
		return 0, 0, false
	}
	micros, ok = mulDiv(units, price.micros, price.units)
	return micros, price.slot, ok
}

func (p *prices) append(b []byte) []byte {
	b = pack.AppendUvarint(b, uint64(p.mints.Len()))
	for mint, d := range p.mints.All() {
		b = pack.AppendKey(b, mint)
		b = pack.AppendUvarint(pack.AppendUvarint(pack.AppendUvarint(b, d.micros), d.units), d.slot)
	}
	return b
}

func readPrices(r *pack.Reader) (p prices) {
	for range r.Count(32 + 3) {
		*p.mints.Put(r.Key()) = dollar{micros: r.Uvarint(), units: r.Uvarint(), slot: r.Uvarint()}
	}
	return p
}
