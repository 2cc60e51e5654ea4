package query

import (
	"context"
	"encoding/json"
)

// Position is one row of table positions: a provider's part of a pool after its last change.
type Position struct {
	Pool  string `json:"pool"`
	Owner string `json:"owner"`
	// NFTMint names a position of concentrated liquidity; empty for LP tokens.
	NFTMint    string `json:"nft_mint,omitempty"`
	FirstEvent int64  `json:"first_event,string"`
	// Event to Change are of the last change.
	Event     int64  `json:"event,string"`
	Slot      int64  `json:"slot,string"`
	At        *int64 `json:"at,omitempty,string"`
	Signature string `json:"signature,omitempty"`
	Venue     string `json:"venue"`
	// Change is added, removed, received, sent, burned, locked or collected.
	Change    string `json:"change"`
	BaseMint  string `json:"base_mint,omitempty"`
	QuoteMint string `json:"quote_mint,omitempty"`
	// See eventv1.PoolPosition for this and what follows.
	LPAmount           *uint64 `json:"lp_amount,omitempty,string"`
	LPSupply           *uint64 `json:"lp_supply,omitempty,string"`
	SharePPM           *int64  `json:"share_ppm,omitempty"`
	BaseAmount         *uint64 `json:"base_amount,omitempty,string"`
	QuoteAmount        *uint64 `json:"quote_amount,omitempty,string"`
	EntryBaseAmount    *uint64 `json:"entry_base_amount,omitempty,string"`
	EntryQuoteAmount   *uint64 `json:"entry_quote_amount,omitempty,string"`
	ImpermanentLossPPM *int64  `json:"impermanent_loss_ppm,omitempty"`
	// Liquidity is a whole number of up to 128 bits, in decimal.
	Liquidity       string  `json:"liquidity,omitempty"`
	TickLower       *int64  `json:"tick_lower,omitempty"`
	TickUpper       *int64  `json:"tick_upper,omitempty"`
	FeesBaseAmount  *uint64 `json:"fees_base_amount,omitempty,string"`
	FeesQuoteAmount *uint64 `json:"fees_quote_amount,omitempty,string"`
	Locked          bool    `json:"locked,omitempty"`
	// Retracted says that something of a slot that never happened is counted in it. That is known at commitment processed only.
	Retracted bool `json:"retracted,omitempty"`
}

func (p *Position) into() []any {
	return []any{
		&p.Pool, &p.Owner, &p.NFTMint, &p.FirstEvent, &p.Event, &p.Slot, &p.At,
		text{&p.Signature},
		&p.Venue, &p.Change,
		text{&p.BaseMint},
		text{&p.QuoteMint},
		amountOr(&p.LPAmount), amountOr(&p.LPSupply), &p.SharePPM, amountOr(&p.BaseAmount), amountOr(&p.QuoteAmount), amountOr(&p.EntryBaseAmount),
		amountOr(&p.EntryQuoteAmount), &p.ImpermanentLossPPM, wide(&p.Liquidity), &p.TickLower, &p.TickUpper, amountOr(&p.FeesBaseAmount), amountOr(&p.FeesQuoteAmount),
		&p.Locked,
		flag{&p.Retracted},
	}
}

// PositionsQuery chooses positions; empty fields choose all.
type PositionsQuery struct {
	Page

	Pool, Owner string
}

// Positions lists positions, the last changed first.
func (r *Reader) Positions(ctx context.Context, q PositionsQuery) (List[Position], error) {
	s := &statement{text: `SELECT pool, owner, nft_mint, first_event, event, slot, at, signature, venue, change, base_mint, quote_mint, lp_amount, lp_supply, share_ppm,
		base_amount, quote_amount, entry_base_amount, entry_quote_amount, impermanent_loss_ppm, liquidity, tick_lower, tick_upper,
		fees_base_amount, fees_quote_amount, locked, retracted FROM positions`}
	s.is("pool", q.Pool)
	s.is("owner", q.Owner)
	return byEvent(ctx, r, s, "event", q.Page, (*Position).into, func(p *Position) int64 { return p.Event })
}

// Fee is one row of table fees: fees that were swept out of a pool.
type Fee struct {
	Event     int64  `json:"event,string"`
	Slot      int64  `json:"slot,string"`
	BlockTime *int64 `json:"block_time,omitempty,string"`
	Signature string `json:"signature"`
	Venue     string `json:"venue"`
	Pool      string `json:"pool"`
	Recipient string `json:"recipient,omitempty"`
	// Kind is to whom the fee goes, for example creator; Mint what it is in.
	Kind   string `json:"kind"`
	Mint   string `json:"mint,omitempty"`
	Amount uint64 `json:"amount,string"`
	// Accrued and Swept are sums since SinceSlot, of this kind and mint.
	Accrued   string `json:"accrued,omitempty"`
	Swept     string `json:"swept,omitempty"`
	SinceSlot *int64 `json:"since_slot,omitempty,string"`
	// Retracted says that something of a slot that never happened is counted in it. That is known at commitment processed only.
	Retracted bool `json:"retracted,omitempty"`
}

// FeesQuery chooses fees; empty fields choose all.
type FeesQuery struct {
	Page

	Pool, Recipient string
}

// Fees lists fees that were swept out of pools, the newest first.
func (r *Reader) Fees(ctx context.Context, q FeesQuery) (List[Fee], error) {
	s := &statement{text: "SELECT event, slot, block_time, signature, venue, pool, recipient, fee_kind, mint, amount, accrued, swept, since_slot, retracted FROM fees"}
	s.is("pool", q.Pool)
	s.is("recipient", q.Recipient)
	return byEvent(ctx, r, s, "event", q.Page, func(f *Fee) []any {
		return []any{
			&f.Event, &f.Slot, &f.BlockTime, &f.Signature, &f.Venue, &f.Pool,
			text{&f.Recipient},
			&f.Kind,
			text{&f.Mint},
			amount(&f.Amount),
			wide(&f.Accrued), wide(&f.Swept), &f.SinceSlot,
			flag{&f.Retracted},
		}
	}, func(f *Fee) int64 { return f.Event })
}

// PoolPeriod is one row of table pool_periods.
type PoolPeriod struct {
	// Start is its begin in Unix seconds, Seconds its length.
	Start        int64   `json:"start,string"`
	Seconds      int64   `json:"seconds"`
	Trades       int64   `json:"trades,string"`
	BaseVolume   string  `json:"base_volume"`
	QuoteVolume  string  `json:"quote_volume"`
	AddedBase    string  `json:"added_base"`
	AddedQuote   string  `json:"added_quote"`
	RemovedBase  string  `json:"removed_base"`
	RemovedQuote string  `json:"removed_quote"`
	BaseReserve  *uint64 `json:"base_reserve,omitempty,string"`
	QuoteReserve *uint64 `json:"quote_reserve,omitempty,string"`
	// See eventv1.PoolPeriod for what follows. Fees and Depth are as weir events prints them.
	ValueMint      string          `json:"value_mint,omitempty"`
	Value          *uint64         `json:"value,omitempty,string"`
	ValueUSDMicros *uint64         `json:"value_usd_micros,omitempty,string"`
	TurnoverPPM    *uint64         `json:"turnover_ppm,omitempty,string"`
	FeeAPRPPM      *uint64         `json:"fee_apr_ppm,omitempty,string"`
	Fees           json.RawMessage `json:"fees,omitempty"`
	Depth          json.RawMessage `json:"depth,omitempty"`
	// Gap says that records of that time were lost. Absent on rows from before it was kept.
	Gap *bool `json:"gap,omitempty"`
	// Retracted says that something of a slot that never happened is counted in it. That is known at commitment processed only.
	Retracted bool `json:"retracted,omitempty"`
}

func (p *PoolPeriod) into() []any {
	return []any{
		&p.Start, &p.Seconds, &p.Trades, wide(&p.BaseVolume), wide(&p.QuoteVolume), wide(&p.AddedBase), wide(&p.AddedQuote), wide(&p.RemovedBase), wide(&p.RemovedQuote),
		amountOr(&p.BaseReserve), amountOr(&p.QuoteReserve),
		text{&p.ValueMint},
		amountOr(&p.Value), amountOr(&p.ValueUSDMicros), amountOr(&p.TurnoverPPM),
		amountOr(&p.FeeAPRPPM),
		raw{&p.Fees},
		raw{&p.Depth},
		&p.Gap,
		flag{&p.Retracted},
	}
}

// PoolPeriodsQuery chooses periods of one pool and length.
type PoolPeriodsQuery struct {
	Page

	Pool    string
	Seconds int64
}

// PoolPeriods lists periods, the newest first.
func (r *Reader) PoolPeriods(ctx context.Context, q PoolPeriodsQuery) (List[PoolPeriod], error) {
	s := &statement{text: `SELECT start_time, seconds, trades, base_volume, quote_volume, added_base, added_quote, removed_base, removed_quote, base_reserve, quote_reserve,
		value_mint, value_amount, value_usd_micros, turnover_ppm, fee_apr_ppm, fees, depth, gap, retracted FROM pool_periods`}
	s.where("pool = ? AND seconds = ?", q.Pool, q.Seconds)
	return byEvent(ctx, r, s, "start_time", q.Page, (*PoolPeriod).into, func(p *PoolPeriod) int64 { return p.Start })
}
