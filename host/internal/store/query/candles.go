package query

import "context"

// Candle is one row of table candles.
type Candle struct {
	// Start is its begin in Unix seconds, Seconds its length.
	Start   int64 `json:"start,string"`
	Seconds int64 `json:"seconds"`
	// Prices are absent when only late trades are counted.
	Open  *Price `json:"open,omitempty"`
	High  *Price `json:"high,omitempty"`
	Low   *Price `json:"low,omitempty"`
	Close *Price `json:"close,omitempty"`
	Buys  int64  `json:"buys,string"`
	Sells int64  `json:"sells,string"`
	// Volumes are raw units.
	BaseVolume  string `json:"base_volume"`
	QuoteVolume string `json:"quote_volume"`
	LateTrades  int64  `json:"late_trades,string"`
	// Gap says that records of that time were lost: there may have been more trades. Absent on rows from before it was kept.
	Gap *bool `json:"gap,omitempty"`
	// Retracted says that something of a slot that never happened is counted in it. That is known at commitment processed only.
	Retracted bool `json:"retracted,omitempty"`
}

func (c *Candle) into() []any {
	return []any{
		&c.Start, &c.Seconds,
		price{&c.Open},
		denominator{&c.Open},
		price{&c.High},
		denominator{&c.High},
		price{&c.Low},
		denominator{&c.Low},
		price{&c.Close},
		denominator{&c.Close},
		&c.Buys, &c.Sells, wide(&c.BaseVolume), wide(&c.QuoteVolume), &c.LateTrades, &c.Gap,
		flag{&c.Retracted},
	}
}

// CandlesQuery chooses candles of one pair and length.
type CandlesQuery struct {
	Page

	Mint, QuoteMint string
	// Seconds is the length.
	Seconds int64
	// From and To bound Candle.Start, Unix seconds, From inclusive and To exclusive; 0 means no bound.
	From, To int64
}

// Candles lists candles, the newest first. An interval without a trade has none.
func (r *Reader) Candles(ctx context.Context, q CandlesQuery) (List[Candle], error) {
	s := &statement{text: `SELECT start_time, seconds, open_quote, open_base, high_quote, high_base, low_quote, low_base, close_quote, close_base,
		buys, sells, base_volume, quote_volume, late_trades, gap, retracted FROM candles`}
	s.where("mint = ? AND quote_mint = ? AND seconds = ?", q.Mint, q.QuoteMint, q.Seconds)
	if q.From > 0 {
		s.where("start_time >= ?", q.From)
	}
	if q.To > 0 {
		s.where("start_time < ?", q.To)
	}
	return byEvent(ctx, r, s, "start_time", q.Page, (*Candle).into, func(c *Candle) int64 { return c.Start })
}

// CandleKind is a pair and length of which there are candles.
type CandleKind struct {
	QuoteMint string `json:"quote_mint"`
	Seconds   int64  `json:"seconds"`
}

// CandleKinds lists for which quote mints and lengths a coin has candles.
func (r *Reader) CandleKinds(ctx context.Context, mint string) ([]CandleKind, error) {
	s := &statement{text: "SELECT DISTINCT quote_mint, seconds FROM candles"}
	s.where("mint = ?", mint)
	return all(ctx, r, s, "ORDER BY quote_mint, seconds", func(k *CandleKind) []any { return []any{&k.QuoteMint, &k.Seconds} })
}
