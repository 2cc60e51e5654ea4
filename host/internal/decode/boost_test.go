package decode

import (
	"encoding/binary"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/geyser"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// boostEvent is one of the two events of a boost: 700 base and 90 quote are left in the vaults.
func boostEvent(name string) []byte {
	l := pumpswap.Rare[rareIndex(pumpswap.Rare[:], name)]
	virtual := binary.LittleEndian.AppendUint64(le(30), 0)
	if name == "InitBoostEvent" {
		return l.Make(le(5), raw(coin), raw(curve), raw(key(50)), virtual, le(90)).Append(nil)
	}
	return l.Make(le(5), raw(coin), raw(curve), raw(key(50)), raw(key(51)), le(11), le(10), le(20), virtual, le(90), le(700), le(40)).Append(nil)
}

// boostCall is a transaction of a boost whose quote vault holds that much in the end.
func boostCall(instruction, event string, quote uint64) *geyser.Transaction {
	accounts := make([]dex.Key, 14)
	for i := range accounts {
		accounts[i] = key(400 + i)
	}
	tx := paid(dex.PumpSwap, instruction, accounts, boostEvent(event))
	holds(tx, accounts[5], coin, key(50), 6, 720, 700)
	holds(tx, accounts[6], dex.WSOL, key(50), 9, 80, quote)
	return tx
}

// A boost moves what a pool holds without a trade. Its price is not told: that the event's virtual reserve is the one after is not known.
func TestBoost(t *testing.T) {
	for name, c := range map[string]struct {
		instruction, event string
		change             eventv1.ReservesChange
	}{
		"start":        {"init_boost", "InitBoostEvent", eventv1.ReservesChange_RESERVES_CHANGE_BOOST},
		"buy and burn": {"boost_buy_and_burn", "BoostBuyAndBurnEvent", eventv1.ReservesChange_RESERVES_CHANGE_BOOST_BURN},
	} {
		t.Run(name, func(t *testing.T) {
			d := New(Options{})
			r := one(t, d, boostCall(c.instruction, c.event, 90))
			changed := r.GetReservesChanged()
			expect(t, "change", changed.GetChange(), c.change)
			expect(t, "venue", changed.GetVenue(), eventv1.Venue_VENUE_PUMPSWAP)
			expect(t, "block time", r.GetBlockTime(), 5)
			expectKey(t, "mint", changed.GetMint(), coin)
			expectKey(t, "pool", changed.GetPool(), key(50))
			after := changed.GetReservesAfter()
			expect(t, "base", after.GetBase(), 700)
			expect(t, "quote", after.GetQuote(), 90)
			expect(t, "a price", after.PriceBase != nil || after.PriceQuote != nil, false)
			expect(t, "reserves before", changed.GetReservesBefore() == nil, true)

			tx := boostCall(c.instruction, c.event, 90)
			strip(tx) // the log alone tells it
			r = one(t, d, tx)
			expect(t, "strategy", r.GetStrategy(), eventv1.Strategy_STRATEGY_EVENT_LOG)
			expect(t, "change in the log", r.GetReservesChanged().GetChange(), c.change)

			other := one(t, d, boostCall(c.instruction, c.event, 91)).GetReservesChanged()
			expect(t, "reserves that the vaults deny", other.GetReservesAfter() == nil, true)
			expect(t, "decoded", d.Stats().PumpSwap.Decoded, d.Stats().PumpSwap.Seen)
			expect(t, "records of a cut event", len(d.Decode(paid(dex.PumpSwap, c.instruction, nil, boostEvent(c.event)[:60]))), 0)
			expect(t, "malformed", d.Stats().PumpSwap.Malformed, 1)
		})
	}
}
