package rows

import (
	"strings"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

var trades = made(table{name: "trades", rest: strings.Fields(`event instance cause idx slot block_time signature venue pool trader mint quote_mint side
	base_amount quote_amount pool_quote_amount quote_fees price_quote price_base price_source price_impact_ppm slippage_ppm limit_room_ppm fee_ppm
	priority_fee tip router usd_micros usd_slot agent`)})

// traded is what a trade says of its coin.
var traded = made(table{
	name: "tokens", key: []string{"mint"}, first: []string{"first_event"},
	rest: strings.Fields(`symbol base_decimals trades buys sells base_volume last_event last_slot last_at last_venue last_pool
	last_quote_mint last_quote_decimals quote_volume price_quote price_base retracted`),
})

var (
	venues       = labelsOf(eventv1.Venue_name, "VENUE_")
	sides        = labelsOf(eventv1.Side_name, "SIDE_")
	priceSources = labelsOf(eventv1.PriceSource_name, "PRICE_SOURCE_")
)

func addTrade(b *Batch, h head) {
	t := h.GetTradeReported()
	venue, pool, mint, quoteMint := venues.of(int32(t.GetVenue())), named(t.GetPool()), named(t.GetMint()), key(t.GetQuoteMint())
	priceQuote, priceBase := ratio(t.GetPrice())
	b.put(trades, h.event, h.instance, count(h.GetCause()), int64(h.GetIndex()), count(h.GetSlot()), signedOr(h.BlockTime), named(h.GetSignature()),
		venue, pool, key(t.GetTrader()), mint, quoteMint, sides.of(int32(t.GetSide())),
		amount(t.GetBaseAmount()), amount(t.GetQuoteAmount()), amount(t.GetPoolQuoteAmount()), amount(t.GetQuoteFees()),
		priceQuote, priceBase, priceSources.or(int32(t.GetPriceSource())), signedOr(t.PriceImpactPpm), signedOr(t.SlippagePpm), signedOr(t.LimitRoomPpm),
		amountOr(t.FeePpm), amountOr(t.PriorityFee), amountOr(t.Tip), key(t.GetRouter()), amountOr(t.UsdMicros), countOr(t.UsdSlot), t.GetAgent())

	// Price and volume belong to one quote mint, so they change together.
	quoteDecimals, quoteVolume := smallOr(t.QuoteDecimals), wide(t.GetQuoteVolume())
	if priceQuote == nil {
		quoteMint, quoteDecimals, quoteVolume = nil, nil, nil
	}
	b.put(traded, mint, h.event,
		text(t.GetSymbol()), smallOr(t.BaseDecimals), count(t.GetTrades()), count(t.GetBuys()), count(t.GetSells()), wide(t.GetBaseVolume()),
		h.event, count(h.GetSlot()), signedOr(h.BlockTime), venue, pool, quoteMint, quoteDecimals, quoteVolume, priceQuote, priceBase, marked(b.Marks.tokens, mint))
}

// ratio returns the two halves of a price; both NULL when it is absent.
func ratio(p *eventv1.Price) (quote, base any) {
	if p.GetBase() == 0 {
		return nil, nil
	}
	return amount(p.GetQuote()), amount(p.GetBase())
}
