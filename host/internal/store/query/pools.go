package query

import (
	"context"
	"encoding/json"
	"fmt"
)

// Pool is one row of table pools. Base is the coin and quote the currency, whatever the venue calls them.
type Pool struct {
	Pool       string `json:"pool"`
	FirstEvent int64  `json:"first_event,string"`
	Venue      string `json:"venue"`
	BaseMint   string `json:"base_mint,omitempty"`
	QuoteMint  string `json:"quote_mint,omitempty"`
	// Created is absent for pools whose opening was not seen.
	Created *Step  `json:"created,omitempty"`
	Creator string `json:"creator,omitempty"`
	// LastEvent to LastChange are of the last change, which is created, added, removed or traded.
	LastEvent  int64  `json:"last_event,string"`
	LastSlot   int64  `json:"last_slot,string"`
	LastAt     *int64 `json:"last_at,omitempty,string"`
	LastChange string `json:"last_change"`
	// Reserves after it, raw units; the price ones are those of the pool's formula.
	BaseReserve       *uint64 `json:"base_reserve,omitempty,string"`
	QuoteReserve      *uint64 `json:"quote_reserve,omitempty,string"`
	PriceBaseReserve  *uint64 `json:"price_base_reserve,omitempty,string"`
	PriceQuoteReserve *uint64 `json:"price_quote_reserve,omitempty,string"`
	// LP tokens, raw units: all, and those of them that were burned or locked since the pool is watched.
	LPSupply *uint64 `json:"lp_supply,omitempty,string"`
	LPBurned *uint64 `json:"lp_burned,omitempty,string"`
	LPLocked *uint64 `json:"lp_locked,omitempty,string"`
	// Value is what both sides are worth after the last change (TVL), raw units of ValueMint, and in millionths of a dollar.
	ValueMint      string  `json:"value_mint,omitempty"`
	Value          *uint64 `json:"value,omitempty,string"`
	ValueUSDMicros *uint64 `json:"value_usd_micros,omitempty,string"`
	// Depth is the last PoolDepth of it, as weir events prints it, given by event DepthEvent.
	Depth      json.RawMessage `json:"depth,omitempty"`
	DepthEvent *int64          `json:"depth_event,omitempty,string"`
}

const poolColumns = `pool, first_event, venue, base_mint, quote_mint, created_event, created_slot, created_at, created_signature, creator,
	last_event, last_slot, last_at, last_change, base_reserve, quote_reserve, price_base_reserve, price_quote_reserve,
	lp_supply, lp_burned, lp_locked, value_mint, value_amount, value_usd_micros, depth, depth_event`

func (p *Pool) into() []any {
	return []any{
		&p.Pool, &p.FirstEvent, &p.Venue,
		text{&p.BaseMint},
		text{&p.QuoteMint},
		stepEvent{&p.Created},
		stepPart{&p.Created, func(s *Step) any { return &s.Slot }},
		stepPart{&p.Created, func(s *Step) any { return &s.At }},
		stepPart{&p.Created, func(s *Step) any { return text{&s.Signature} }},
		text{&p.Creator},
		&p.LastEvent, &p.LastSlot, &p.LastAt, &p.LastChange,
		amountOr(&p.BaseReserve), amountOr(&p.QuoteReserve), amountOr(&p.PriceBaseReserve), amountOr(&p.PriceQuoteReserve),
		amountOr(&p.LPSupply), amountOr(&p.LPBurned), amountOr(&p.LPLocked),
		text{&p.ValueMint},
		amountOr(&p.Value), amountOr(&p.ValueUSDMicros),
		raw{&p.Depth},
		&p.DepthEvent,
	}
}

// PoolsQuery chooses pools; empty fields choose all.
type PoolsQuery struct {
	Page

	// View is Newest, Active or Largest. Default Newest.
	View  View
	Mint  string
	Venue string
}

// Pools lists pools.
func (r *Reader) Pools(ctx context.Context, q PoolsQuery) (List[Pool], error) {
	s := &statement{text: "SELECT " + poolColumns + " FROM pools"}
	s.is("base_mint", q.Mint)
	s.is("venue", q.Venue)
	switch q.View {
	case "", Newest:
		return byEvent(ctx, r, s, "first_event", q.Page, (*Pool).into, func(p *Pool) int64 { return p.FirstEvent })
	case Active:
		return byEvent(ctx, r, s, "last_event", q.Page, (*Pool).into, func(p *Pool) int64 { return p.LastEvent })
	case Largest:
		s.where("value_usd_micros IS NOT NULL")
		return bySkip(ctx, r, s, "ORDER BY value_usd_micros DESC, pool", q.Page, (*Pool).into)
	default:
		return List[Pool]{}, fmt.Errorf("%w: pools have no view %.40q", ErrBadQuery, q.View)
	}
}

// Pool returns a pool; ok is false when it is not known.
func (r *Reader) Pool(ctx context.Context, pool string) (_ Pool, ok bool, err error) {
	s := &statement{text: "SELECT " + poolColumns + " FROM pools"}
	s.where("pool = ?", pool)
	return one(ctx, r, s, (*Pool).into)
}

// LiquidityEvent is one row of table liquidity_events.
type LiquidityEvent struct {
	Event     int64  `json:"event,string"`
	Instance  string `json:"instance"`
	Cause     int64  `json:"cause,string"`
	Index     int64  `json:"index"`
	Slot      int64  `json:"slot,string"`
	BlockTime *int64 `json:"block_time,omitempty,string"`
	Signature string `json:"signature"`
	Venue     string `json:"venue"`
	Pool      string `json:"pool"`
	// Change is created, added or removed.
	Change    string `json:"change"`
	Owner     string `json:"owner,omitempty"`
	BaseMint  string `json:"base_mint,omitempty"`
	QuoteMint string `json:"quote_mint,omitempty"`
	// Amounts are what moved, reserves what there is after it, raw units.
	BaseAmount   uint64  `json:"base_amount,string"`
	QuoteAmount  uint64  `json:"quote_amount,string"`
	LPAmount     *uint64 `json:"lp_amount,omitempty,string"`
	BaseReserve  *uint64 `json:"base_reserve,omitempty,string"`
	QuoteReserve *uint64 `json:"quote_reserve,omitempty,string"`
	LPSupply     *uint64 `json:"lp_supply,omitempty,string"`
	// SharePPM is the part of the pool that went in (of what there is after) or out (of what there was before), millionths.
	SharePPM       *int64  `json:"share_ppm,omitempty"`
	ValueMint      string  `json:"value_mint,omitempty"`
	Value          *uint64 `json:"value,omitempty,string"`
	ValueUSDMicros *uint64 `json:"value_usd_micros,omitempty,string"`
}

func (e *LiquidityEvent) into() []any {
	return []any{
		&e.Event, &e.Instance, &e.Cause, &e.Index, &e.Slot, &e.BlockTime, &e.Signature, &e.Venue, &e.Pool, &e.Change,
		text{&e.Owner},
		text{&e.BaseMint},
		text{&e.QuoteMint},
		amount(&e.BaseAmount), amount(&e.QuoteAmount), amountOr(&e.LPAmount), amountOr(&e.BaseReserve), amountOr(&e.QuoteReserve),
		amountOr(&e.LPSupply), &e.SharePPM,
		text{&e.ValueMint},
		amountOr(&e.Value), amountOr(&e.ValueUSDMicros),
	}
}

// LiquidityQuery chooses changes of liquidity; empty fields choose all.
type LiquidityQuery struct {
	Page

	Pool, Owner string
	// Change is created, added or removed.
	Change string
}

// Liquidity lists changes of liquidity, the newest first.
func (r *Reader) Liquidity(ctx context.Context, q LiquidityQuery) (List[LiquidityEvent], error) {
	s := &statement{text: `SELECT event, instance, cause, idx, slot, block_time, signature, venue, pool, change, owner, base_mint, quote_mint,
		base_amount, quote_amount, lp_amount, base_reserve, quote_reserve, lp_supply, share_ppm, value_mint, value_amount, value_usd_micros FROM liquidity_events`}
	s.is("pool", q.Pool)
	s.is("owner", q.Owner)
	s.is("change", q.Change)
	return byEvent(ctx, r, s, "event", q.Page, (*LiquidityEvent).into, func(e *LiquidityEvent) int64 { return e.Event })
}
