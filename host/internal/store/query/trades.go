package query

import "context"

// Trade is one row of table trades.
type Trade struct {
	// Event is the number under which it is stored: later ones have higher numbers.
	Event int64 `json:"event,string"`
	// Instance, Cause and Index name the output of the monitor.
	Instance string `json:"instance"`
	Cause    int64  `json:"cause,string"`
	Index    int64  `json:"index"`
	Slot     int64  `json:"slot,string"`
	// BlockTime is Unix seconds.
	BlockTime *int64 `json:"block_time,omitempty,string"`
	Signature string `json:"signature"`
	Venue     string `json:"venue"`
	Pool      string `json:"pool"`
	Trader    string `json:"trader,omitempty"`
	Mint      string `json:"mint"`
	QuoteMint string `json:"quote_mint,omitempty"`
	// Side is buy or sell, seen from the trader.
	Side string `json:"side"`
	// Amounts are raw units; see eventv1.TradeReported for this and what follows.
	BaseAmount      uint64  `json:"base_amount,string"`
	QuoteAmount     uint64  `json:"quote_amount,string"`
	PoolQuoteAmount uint64  `json:"pool_quote_amount,string"`
	QuoteFees       uint64  `json:"quote_fees,string"`
	Price           *Price  `json:"price,omitempty"`
	PriceSource     string  `json:"price_source,omitempty"`
	PriceImpactPPM  *int64  `json:"price_impact_ppm,omitempty,string"`
	SlippagePPM     *int64  `json:"slippage_ppm,omitempty,string"`
	LimitRoomPPM    *int64  `json:"limit_room_ppm,omitempty,string"`
	FeePPM          *uint64 `json:"fee_ppm,omitempty,string"`
	PriorityFee     *uint64 `json:"priority_fee,omitempty,string"`
	Tip             *uint64 `json:"tip,omitempty,string"`
	Router          string  `json:"router,omitempty"`
	USDMicros       *uint64 `json:"usd_micros,omitempty,string"`
	USDSlot         *int64  `json:"usd_slot,omitempty,string"`
	Agent           bool    `json:"agent,omitempty"`
}

const tradeColumns = `event, instance, cause, idx, slot, block_time, signature, venue, pool, trader, mint, quote_mint, side, base_amount, quote_amount,
	pool_quote_amount, quote_fees, price_quote, price_base, price_source, price_impact_ppm, slippage_ppm, limit_room_ppm, fee_ppm, priority_fee, tip,
	router, usd_micros, usd_slot, agent`

func (t *Trade) into() []any {
	return []any{
		&t.Event, &t.Instance, &t.Cause, &t.Index, &t.Slot, &t.BlockTime, &t.Signature, &t.Venue, &t.Pool,
		text{&t.Trader},
		&t.Mint,
		text{&t.QuoteMint},
		&t.Side,
		amount(&t.BaseAmount), amount(&t.QuoteAmount), amount(&t.PoolQuoteAmount), amount(&t.QuoteFees),
		price{&t.Price},
		denominator{&t.Price},
		text{&t.PriceSource},
		&t.PriceImpactPPM, &t.SlippagePPM, &t.LimitRoomPPM, amountOr(&t.FeePPM), amountOr(&t.PriorityFee), amountOr(&t.Tip),
		text{&t.Router},
		amountOr(&t.USDMicros), &t.USDSlot, &t.Agent,
	}
}

// TradesQuery chooses trades; empty fields choose all.
type TradesQuery struct {
	Page

	Mint, Pool, Trader string
	// Side is buy or sell.
	Side string
	// Since is the first event of interest; 0 means all.
	Since int64
}

// Trades lists trades, the newest first.
func (r *Reader) Trades(ctx context.Context, q TradesQuery) (List[Trade], error) {
	s := &statement{text: "SELECT " + tradeColumns + " FROM trades"}
	s.is("mint", q.Mint)
	s.is("pool", q.Pool)
	s.is("trader", q.Trader)
	s.is("side", q.Side)
	if q.Since > 0 {
		s.where("event >= ?", q.Since)
	}
	return byEvent(ctx, r, s, "event", q.Page, (*Trade).into, func(t *Trade) int64 { return t.Event })
}
