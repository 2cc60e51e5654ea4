package query

// Figures are what the lifecycle monitor knew of a coin at one moment, with all trades on its curve and pool up to then.
type Figures struct {
	// Event, Slot and At are of that moment.
	Event int64  `json:"event,string"`
	Slot  int64  `json:"slot,string"`
	At    *int64 `json:"at,omitempty,string"`
	Phase string `json:"phase,omitempty"`
	// QuoteMint is what MarketCap, Price and QuoteReserve are in.
	QuoteMint   string `json:"quote_mint,omitempty"`
	Trades      int64  `json:"trades,string"`
	Buys        int64  `json:"buys,string"`
	AgentTrades int64  `json:"agent_trades,string"`
	// Complete says that every trade since the creation was seen; else counts are at least so many.
	Complete  bool    `json:"complete"`
	Holders   *int64  `json:"holders,omitempty,string"`
	MarketCap *uint64 `json:"market_cap,omitempty,string"`
	// MarketCapUSDMicros is in millionths of a dollar, at the price that was known in USDSlot.
	MarketCapUSDMicros *uint64 `json:"market_cap_usd_micros,omitempty,string"`
	USDSlot            *int64  `json:"usd_slot,omitempty,string"`
	// ProgressPPM is the part of the curve that is sold, millionths.
	ProgressPPM  *int64  `json:"progress_ppm,omitempty"`
	Price        *Price  `json:"price,omitempty"`
	BaseReserve  *uint64 `json:"base_reserve,omitempty,string"`
	QuoteReserve *uint64 `json:"quote_reserve,omitempty,string"`
}

const figureNames = `event slot at phase quote_mint trades buys agent_trades complete holders market_cap market_cap_usd_micros usd_slot progress_ppm
	price_quote price_base base_reserve quote_reserve`

// intoFigures scans figures that may not be there.
func intoFigures(to **Figures) []any {
	f := &Figures{}
	return joined(to, f, []any{
		&f.Event, &f.Slot, &f.At,
		text{&f.Phase},
		text{&f.QuoteMint},
		&f.Trades, &f.Buys, &f.AgentTrades, &f.Complete, &f.Holders, amountOr(&f.MarketCap),
		amountOr(&f.MarketCapUSDMicros), &f.USDSlot, &f.ProgressPPM,
		price{&f.Price},
		denominator{&f.Price},
		amountOr(&f.BaseReserve), amountOr(&f.QuoteReserve),
	})
}
