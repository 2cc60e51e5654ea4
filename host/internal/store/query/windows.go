package query

import "context"

// Window is one row of table windows: a pair in the time before a moment.
type Window struct {
	Mint      string `json:"mint"`
	QuoteMint string `json:"quote_mint"`
	// Seconds is its length, End its end in Unix seconds: how old it is says whether the pair still trades.
	Seconds int64 `json:"seconds"`
	End     int64 `json:"end,string"`
	Buys    int64 `json:"buys,string"`
	Sells   int64 `json:"sells,string"`
	// Volumes are raw units.
	BaseVolume       string `json:"base_volume"`
	QuoteVolume      string `json:"quote_volume"`
	BuyQuoteVolume   string `json:"buy_quote_volume,omitempty"`
	Traders          int64  `json:"traders,string"`
	TradersEstimated bool   `json:"traders_estimated,omitempty"`
	High             *Price `json:"high,omitempty"`
	Low              *Price `json:"low,omitempty"`
	// Gap says that records of that time were lost: there may have been more trades. Absent on rows from before it was kept.
	Gap *bool `json:"gap,omitempty"`
	// Retracted says that something of a slot that never happened is counted in it. That is known at commitment processed only.
	Retracted bool `json:"retracted,omitempty"`
}

const windowNames = `mint quote_mint seconds end_time buys sells base_volume quote_volume buy_quote_volume traders traders_estimated
	high_quote high_base low_quote low_base gap retracted`

func (w *Window) into() []any {
	return []any{
		&w.Mint, &w.QuoteMint, &w.Seconds, &w.End, &w.Buys, &w.Sells, wide(&w.BaseVolume), wide(&w.QuoteVolume), wide(&w.BuyQuoteVolume),
		&w.Traders, &w.TradersEstimated,
		price{&w.High},
		denominator{&w.High},
		price{&w.Low},
		denominator{&w.Low},
		&w.Gap,
		flag{&w.Retracted},
	}
}

// intoWindow scans the columns of a window that may not be there.
func intoWindow(to **Window) []any {
	w := &Window{}
	return joined(to, w, w.into())
}

// Windows returns the last window of each length and quote mint of a coin.
func (r *Reader) Windows(ctx context.Context, mint string) ([]Window, error) {
	s := &statement{text: "SELECT " + columnsOf("w", windowNames) + " FROM windows w"}
	s.where("mint = ?", mint)
	return all(ctx, r, s, "ORDER BY quote_mint, seconds", (*Window).into)
}
