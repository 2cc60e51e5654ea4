package query

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Step is when a coin entered a phase of its life.
type Step struct {
	Event int64 `json:"event,string"`
	Slot  int64 `json:"slot,string"`
	// At is Unix seconds.
	At        *int64 `json:"at,omitempty,string"`
	Signature string `json:"signature,omitempty"`
}

// Token is one row of table tokens, and one of its windows.
type Token struct {
	Mint string `json:"mint"`
	// FirstEvent is the event by which the coin became known.
	FirstEvent int64  `json:"first_event,string"`
	Name       string `json:"name,omitempty"`
	Symbol     string `json:"symbol,omitempty"`
	Creator    string `json:"creator,omitempty"`
	Curve      string `json:"curve,omitempty"`
	// QuoteMint is what its curve trades against; empty for coins that were not launched on a watched curve.
	QuoteMint string `json:"quote_mint,omitempty"`
	// Phase is created, trading, completed or migrated; empty for coins whose creation was not seen.
	Phase     string `json:"phase,omitempty"`
	Created   *Step  `json:"created,omitempty"`
	Completed *Step  `json:"completed,omitempty"`
	Migrated  *Step  `json:"migrated,omitempty"`
	// Pool and PoolQuoteAmount are of its migration.
	Pool            string  `json:"pool,omitempty"`
	PoolQuoteAmount *uint64 `json:"pool_quote_amount,omitempty,string"`
	CurveTrades     *int64  `json:"curve_trades,omitempty,string"`
	Decimals        *int64  `json:"decimals,omitempty"`
	URI             string  `json:"uri,omitempty"`
	TokenProgram    string  `json:"token_program,omitempty"`
	TotalSupply     *uint64 `json:"total_supply,omitempty,string"`
	PoolBaseAmount  *uint64 `json:"pool_base_amount,omitempty,string"`
	MigrationFee    *uint64 `json:"migration_fee,omitempty,string"`
	// Mayhem says that an agent trades it.
	Mayhem bool `json:"mayhem,omitempty"`
	// Activity is abandoned or revived, whichever came last; empty when neither did.
	Activity string `json:"activity,omitempty"`
	Trades   *int64 `json:"trades,omitempty,string"`
	Buys     *int64 `json:"buys,omitempty,string"`
	Sells    *int64 `json:"sells,omitempty,string"`
	// BaseVolume is the sum of all its trades, raw units.
	BaseVolume string `json:"base_volume,omitempty"`
	// LastEvent to LastPool are of its last trade.
	LastEvent *int64 `json:"last_event,omitempty,string"`
	LastSlot  *int64 `json:"last_slot,omitempty,string"`
	LastAt    *int64 `json:"last_at,omitempty,string"`
	LastVenue string `json:"last_venue,omitempty"`
	LastPool  string `json:"last_pool,omitempty"`
	// Price is of its last trade that had one, in PriceMint; QuoteVolume the sum of all trades against that, raw units.
	Price         *Price `json:"price,omitempty"`
	PriceMint     string `json:"price_mint,omitempty"`
	PriceDecimals *int64 `json:"price_decimals,omitempty"`
	QuoteVolume   string `json:"quote_volume,omitempty"`
	// Retracted says that Trades to BaseVolume, QuoteVolume or Figures count trades of slots that never happened.
	Retracted bool `json:"retracted,omitempty"`
	// Window is its last one of TokensQuery.Window; nil when there is none.
	Window *Window `json:"window,omitempty"`
	// Figures are the last ones of the lifecycle monitor; nil for coins that it does not watch.
	Figures *Figures `json:"figures,omitempty"`
	// Before is, for Gainers, the price at the beginning of the time that is compared.
	Before *Price `json:"before,omitempty"`
}

var tokenColumns = columnsOf("t", `mint first_event name symbol creator curve quote_mint phase created_event created_slot created_at created_signature
	completed_event completed_slot completed_at completed_signature migrated_event migrated_slot migrated_at migrated_signature
	pool pool_quote_amount curve_trades base_decimals trades buys sells base_volume last_event last_slot last_at last_venue last_pool
	price_quote price_base last_quote_mint last_quote_decimals quote_volume
	uri token_program total_supply pool_base_amount migration_fee mayhem activity retracted`)

// columnsOf names columns of a table.
func columnsOf(table, names string) string {
	fields := strings.Fields(names)
	for i, name := range fields {
		fields[i] = table + "." + name
	}
	return strings.Join(fields, ", ")
}

func (t *Token) into() []any {
	columns := []any{
		&t.Mint, &t.FirstEvent, text{&t.Name}, text{&t.Symbol}, text{&t.Creator}, text{&t.Curve}, text{&t.QuoteMint}, text{&t.Phase},
	}
	for _, step := range []**Step{&t.Created, &t.Completed, &t.Migrated} {
		columns = append(columns, stepEvent{step}, stepPart{step, func(s *Step) any { return &s.Slot }}, stepPart{step, func(s *Step) any { return &s.At }},
			stepPart{step, func(s *Step) any { return text{&s.Signature} }})
	}
	return append(columns, text{&t.Pool}, amountOr(&t.PoolQuoteAmount), &t.CurveTrades, &t.Decimals, &t.Trades, &t.Buys, &t.Sells, wide(&t.BaseVolume),
		&t.LastEvent, &t.LastSlot, &t.LastAt, text{&t.LastVenue}, text{&t.LastPool},
		price{&t.Price}, denominator{&t.Price}, text{&t.PriceMint}, &t.PriceDecimals, wide(&t.QuoteVolume),
		text{&t.URI}, text{&t.TokenProgram}, amountOr(&t.TotalSupply), amountOr(&t.PoolBaseAmount), amountOr(&t.MigrationFee), flag{&t.Mayhem}, text{&t.Activity}, flag{&t.Retracted})
}

// View is a choice of coins and their order.
type View string

// Views.
const (
	// Newest are all coins, the last to become known first.
	Newest View = "newest"
	// Launched are coins whose creation was seen, the youngest first.
	Launched View = "launched"
	// Graduated are coins that moved to a pool, the last first.
	Graduated View = "graduated"
	// Active are coins by their last trade.
	Active View = "active"
	// NearGraduation are coins on a curve that is sold by at least TokensQuery.MinProgress, the furthest first.
	NearGraduation View = "near_graduation"
	// Largest are pools by what they are worth in dollars.
	Largest View = "largest"
	// Gainers are coins by how much their price rose within TokensQuery.Within.
	Gainers View = "gainers"
)

var viewOrder = map[View]string{"": "t.first_event", Newest: "t.first_event", Launched: "t.created_event", Graduated: "t.migrated_event", Active: "t.last_event"}

// TokensQuery chooses coins; empty fields choose all.
type TokensQuery struct {
	Page

	// View is what to list, and in which order. Default Newest.
	View View
	// Search is the beginning of a name or symbol, upper and lower case alike, or a mint.
	Search string
	// Phase is created, trading, completed or migrated.
	Phase   string
	Creator string
	// MinProgress is, for NearGraduation, the least part of the curve that is sold, millionths. Default 800,000.
	MinProgress int64
	// Window is the length of Token.Window, seconds. Default 24 h.
	Window int64
	// Within is, for Gainers, how far back the price is compared, seconds of chain time; default one hour.
	Within int64
	// CandleSeconds is, for Gainers, the length of the candles that former prices are read from; default 60.
	CandleSeconds int64
}

// Tokens lists coins.
func (r *Reader) Tokens(ctx context.Context, q TokensQuery) (List[Token], error) {
	switch q.View {
	case Gainers:
		return r.gainers(ctx, q)
	case NearGraduation:
		return r.nearGraduation(ctx, q)
	default:
	}
	order, ok := viewOrder[q.View]
	if !ok {
		return List[Token]{}, fmt.Errorf("%w: no view is called %.40q", ErrBadQuery, q.View)
	}
	s := q.statement("")
	s.where(order + " IS NOT NULL")
	event := map[string]func(*Token) int64{
		"t.first_event": func(t *Token) int64 { return t.FirstEvent }, "t.created_event": func(t *Token) int64 { return t.Created.Event },
		"t.migrated_event": func(t *Token) int64 { return t.Migrated.Event }, "t.last_event": func(t *Token) int64 { return *t.LastEvent },
	}[order]
	return byEvent(ctx, r, s, order, q.Page, (*Token).intoAll, event)
}

// Token returns a coin; ok is false when it is not known. window is the length of its window in seconds, 0 for 24 h.
func (r *Reader) Token(ctx context.Context, mint string, window int64) (_ Token, ok bool, err error) {
	s := TokensQuery{Window: window}.statement("")
	s.where("t.mint = ?", mint)
	return one(ctx, r, s, (*Token).intoAll)
}

const day = 24 * 60 * 60

// statement selects coins with their window; more names further columns, each after a comma.
func (q TokensQuery) statement(more string) *statement {
	if q.Window == 0 {
		q.Window = day
	}
	s := &statement{text: "SELECT " + tokenColumns + ", " + columnsOf("w", windowNames) + ", " + columnsOf("f", figureNames) + more + ` FROM tokens t
		LEFT JOIN token_figures f ON f.mint = t.mint
		LEFT JOIN windows w ON w.mint = t.mint AND w.quote_mint = t.last_quote_mint AND w.seconds = ?`, values: []any{q.Window}}
	s.is("t.phase", q.Phase)
	s.is("t.creator", q.Creator)
	if q.Search != "" {
		begin := asciiLower(q.Search)
		end := begin + "\U0010FFFF"
		s.where("(t.mint = ? OR lower(t.symbol) >= ? AND lower(t.symbol) < ? OR lower(t.name) >= ? AND lower(t.name) < ?)", q.Search, begin, end, begin, end)
	}
	return s
}

// asciiLower is lower() of both databases.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, strings.ReplaceAll(s, "\x00", ""))
}

// intoAll is into with the window and the figures beside the coin.
func (t *Token) intoAll() []any {
	return slices.Concat(t.into(), intoWindow(&t.Window), intoFigures(&t.Figures))
}

// nearGraduation lists coins by progress and pages by how many came before, as gainers does.
func (r *Reader) nearGraduation(ctx context.Context, q TokensQuery) (List[Token], error) {
	if q.MinProgress <= 0 {
		q.MinProgress = 800_000
	}
	s := q.statement("")
	s.where("f.phase IN ('created', 'trading') AND f.progress_ppm >= ?", q.MinProgress)
	return bySkip(ctx, r, s, "ORDER BY f.progress_ppm DESC, t.mint", q.Page, (*Token).intoAll)
}

// gainers lists coins that traded within the time, by price now over price then. Prices change from page to page, so a coin can come
// twice or not at all.
func (r *Reader) gainers(ctx context.Context, q TokensQuery) (List[Token], error) {
	if q.Within <= 0 {
		q.Within = 60 * 60
	}
	if q.CandleSeconds <= 0 {
		q.CandleSeconds = 60
	}
	now, _, err := one(ctx, r, &statement{text: "SELECT coalesce(max(last_at), 0) FROM tokens WHERE last_event = (SELECT max(last_event) FROM tokens WHERE last_at IS NOT NULL)"},
		func(at *int64) []any { return []any{at} })
	if err != nil {
		return List[Token]{}, err
	}
	s := q.statement(", c.open_quote, c.open_base")
	since := now - q.Within
	s.text += ` JOIN candles c ON c.event = (SELECT event FROM candles WHERE mint = t.mint AND quote_mint = t.last_quote_mint AND seconds = ?
		AND start_time >= ? AND open_base IS NOT NULL ORDER BY start_time LIMIT 1)`
	s.values = slices.Insert(s.values, 1, any(q.CandleSeconds), any(since))
	s.where("t.last_at >= ? AND t.price_base IS NOT NULL AND c.open_quote > 0", since)
	return bySkip(ctx, r, s, `ORDER BY CAST(t.price_quote AS DOUBLE PRECISION) * CAST(c.open_base AS DOUBLE PRECISION)
		/ (CAST(t.price_base AS DOUBLE PRECISION) * CAST(c.open_quote AS DOUBLE PRECISION)) DESC, t.mint`, q.Page, func(t *Token) []any {
		return append(t.intoAll(), price{&t.Before}, denominator{&t.Before})
	})
}
