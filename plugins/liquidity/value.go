package liquidity

import (
	"math"
	"math/big"

	"github.com/weir-run/weir/sdk"
)

// worth is a PoolValue with the memory that its optional fields point into.
type worth struct {
	message         sdk.PoolValue
	mint            sdk.Key
	amount, usd, at uint64
}

// fill values reserves at their own price, in the currency, and that in dollars.
func (w *worth) fill(m *monitor, v *reserves, p *pool, slot uint64) *sdk.PoolValue {
	w.mint = p.quote
	w.message = sdk.PoolValue{Vaults: v.concentrated, Before: v.past}
	if !w.mint.IsZero() {
		w.message.Mint = w.mint[:]
	}
	w.amount, w.message.Absent = v.worth(p.turned)
	if w.message.Absent != sdk.Present {
		return &w.message
	}
	w.message.Amount = &w.amount
	var ok bool
	if w.usd, w.at, ok = m.state.rest.prices.of(w.mint, w.amount, slot, m.config.DollarSlots); ok {
		w.message.UsdMicros, w.message.UsdSlot = &w.usd, &w.at
	}
	return &w.message
}

// worth is what both sides are worth in the currency. On a constant product both are worth the same.
func (v *reserves) worth(turned bool) (uint64, sdk.Absent) {
	switch {
	case v.concentrated && v.held && v.sqrt != (amount{}):
		return v.atPrice(turned)
	case v.concentrated || !v.priced:
		return 0, sdk.AbsentReservesUnknown
	case v.boosted():
		return 0, sdk.AbsentBoosted
	case v.priceQuote > math.MaxUint64/2:
		return 0, sdk.AbsentTooLarge
	}
	return 2 * v.priceQuote, sdk.Present
}

// atPrice adds the coin at the price to the currency. The price of the venue's base in its quote is (sqrt / 2^64)^2.
func (v *reserves) atPrice(turned bool) (uint64, sdk.Absent) {
	square := v.sqrt.big()
	square.Mul(square, square)
	coin := new(big.Int).SetUint64(v.base)
	if turned { // the coin is the venue's quote
		coin.Lsh(coin, 128).Quo(coin, square)
	} else {
		coin.Mul(coin, square).Rsh(coin, 128)
	}
	coin.Add(coin, new(big.Int).SetUint64(v.quote))
	if !coin.IsUint64() {
		return 0, sdk.AbsentTooLarge
	}
	return coin.Uint64(), sdk.Present
}
