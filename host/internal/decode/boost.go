package decode

import (
	"github.com/weir-run/weir/host/internal/dex/layout"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// boost says where an event of a pool's boost keeps what a record needs.
type boost struct {
	change                  eventv1.ReservesChange
	time, mint, pool, quote int
	base                    int  // -1 where the event does not say it
	baseVault, quoteVault   int8 // of the instruction
}

// boostOf returns nil for an event that is none of a boost.
func boostOf(l *layout.Layout) *boost {
	b := &boost{baseVault: 5, quoteVault: 6, base: -1} // both instructions have the vaults there
	switch l.Name {
	case "InitBoostEvent":
		b.change = eventv1.ReservesChange_RESERVES_CHANGE_BOOST
	case "BoostBuyAndBurnEvent":
		b.change = eventv1.ReservesChange_RESERVES_CHANGE_BOOST_BURN
		b.base = l.Index("base_reserves_after")
	default:
		return nil
	}
	b.time, b.mint, b.pool, b.quote = l.Index("timestamp"), l.Index("mint"), l.Index("pool"), l.Index("real_quote_reserves_after")
	return b
}

// boosted tells that a pool's boost changed what its vaults hold. The event's virtual reserve stands there without a word whether it is
// the one before or after, so no price is made of it.
func (d *Decoder) boosted(c *call, f *found, b *boost, v *layout.Value) {
	changed := &eventv1.ReservesChanged{Venue: wire[c.venue], Change: b.change, Mint: v.Key(b.mint), Pool: v.Key(b.pool)}
	if after := d.afterBoost(c, b, v); after.held {
		changed.ReservesAfter = d.reserves(&eventv1.Reserves{}, &after, false)
	}
	d.seldom(c, f.strategy, v.Int64(b.time)).Body = &eventv1.Record_ReservesChanged{ReservesChanged: changed}
}

// afterBoost is what the vaults hold. The event's real reserve may or may not count fees that the vault holds for others, and the start of
// a boost does not say the base, so the balances after the transaction are asked, and believed only where the event says the same.
func (d *Decoder) afterBoost(c *call, b *boost, v *layout.Value) state {
	base, quote := d.balanceAt(c, b.baseVault), d.balanceAt(c, b.quoteVault)
	switch {
	case base.mint == nil || quote.mint == nil || string(base.mint[:]) != string(v.Key(b.mint)):
		return state{}
	case quote.post != v.Uint64(b.quote) || b.base >= 0 && base.post != v.Uint64(b.base):
		return state{}
	}
	return state{base: base.post, quote: quote.post, held: true}
}
