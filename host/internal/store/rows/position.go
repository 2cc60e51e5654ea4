package rows

import (
	"math/big"
	"strings"

	"github.com/weir-run/weir/host/internal/store/sqldb"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var (
	positions = made(table{
		name: "positions", key: []string{"pool", "owner", "nft_mint"}, first: []string{"first_event"},
		state: strings.Fields(`event slot at signature venue change base_mint quote_mint lp_amount lp_supply share_ppm base_amount quote_amount
			entry_base_amount entry_quote_amount impermanent_loss_ppm liquidity tick_lower tick_upper fees_base_amount fees_quote_amount locked retracted`),
	})
	// kept are LP tokens of a pool that nobody can take out any more.
	kept = made(table{
		name: "pools", key: []string{"pool"}, first: strings.Fields("first_event venue base_mint quote_mint last_event last_slot last_change"),
		rest: strings.Fields("lp_burned lp_locked"),
	})
	positionChanges = labelsOf(eventv1.PositionChange_name, "POSITION_CHANGE_")
)

func addPosition(b *Batch, h head) {
	p := h.GetPoolPosition()
	venue, pool, change := venues.of(int32(p.GetVenue())), named(p.GetPool()), positionChanges.of(int32(p.GetChange()))
	base, quote := key(p.GetBaseMint()), key(p.GetQuoteMint())
	b.put(positions, pool, named(p.GetOwner()), named(p.GetNftMint()), h.event, h.event, count(h.GetSlot()), signedOr(h.BlockTime), key(h.GetSignature()),
		venue, change, base, quote, amountOr(p.LpAmount), amountOr(p.LpSupply), countOr(p.SharePpm), amountOr(p.BaseAmount), amountOr(p.QuoteAmount),
		amountOr(p.EntryBaseAmount), amountOr(p.EntryQuoteAmount), signedOr(p.ImpermanentLossPpm), liquidity(p.LiquidityHigh, p.LiquidityLow),
		tickOr(p.TickLower), tickOr(p.TickUpper), amountOr(p.FeesBaseAmount), amountOr(p.FeesQuoteAmount), p.GetLocked(),
		marked(b.Marks.people, pool.(string)+named(p.GetOwner()).(string)))
	if p.PoolLpBurned != nil || p.PoolLpLocked != nil {
		b.put(kept, pool, h.event, venue, base, quote, h.event, count(h.GetSlot()), change, amountOr(p.PoolLpBurned), amountOr(p.PoolLpLocked))
	}
	switch p.GetChange() {
	case eventv1.PositionChange_POSITION_CHANGE_ADDED, eventv1.PositionChange_POSITION_CHANGE_REMOVED: // liquidity_events has them
	default:
		signal{mint: base, quoteMint: quote, pool: pool, actor: key(p.GetOwner())}.add(b, h, asJSON(p))
	}
}

// liquidity joins the halves of a number of 128 bits.
func liquidity(high, low *uint64) any {
	if high == nil || low == nil {
		return nil
	}
	n := new(big.Int).SetUint64(*high)
	n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(*low))
	return sqldb.Wide(n.String())
}

func addDrained(b *Batch, h head) {
	d := h.GetPoolDrained()
	signal{mint: key(d.GetBaseMint()), quoteMint: key(d.GetQuoteMint()), pool: key(d.GetPool()), actor: key(d.GetActor()), trades: count(d.GetStepCount())}.
		add(b, h, asJSON(d))
}
