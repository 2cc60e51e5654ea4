package geysersim

import (
	"context"

	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// Block is one slot of the chain that the server plays. The server keeps blocks for replay, so a Source must not change a block, or
// anything it points to, after Next returned it.
type Block struct {
	// Slot of the block, greater than that of the block before it. Slots left out count as skipped.
	Slot uint64
	// Parent is the slot of the parent block; 0 lets the server take the block before this one.
	Parent uint64
	// Height is the block height; 0 lets the server count on from the block before.
	Height uint64
	// Time is the block time, Unix seconds; 0 = not known, and then no update carries one.
	Time int64
	// Hash and ParentHash are base58 text; empty lets the server make them up from the slot.
	Hash, ParentHash string
	// Transactions in order of execution. The server numbers them (SubscribeUpdateTransactionInfo.index) by their Info; it does not
	// set the index itself.
	Transactions []Transaction
	// Patterns that are complete with this block.
	Patterns []Pattern
}

// Transaction is one transaction of a block.
type Transaction struct {
	// Info is what subscribers get. It is encoded once and read by many goroutines: never change it after Next returned the block.
	Info *geyserpb.SubscribeUpdateTransactionInfo
	// Truth is what a perfect observer says of it, in order of execution; none for failed transactions and for those that touch no
	// venue, and nil when the source does not know (corpus, capture).
	Truth []Truth
}

// Source gives the blocks that a server plays, in ascending order of slots. Next returns io.EOF after the last one; any other
// error ends the play and every open stream with UNAVAILABLE. One goroutine calls it.
type Source interface {
	Next(ctx context.Context) (*Block, error)
}

// Sized may be implemented by a Source that can fit its blocks to a pace.
type Sized interface {
	// SetBlockSize says how many transactions the next blocks should have, about; always > 0.
	SetBlockSize(transactions int)
}

// Truth kinds.
const (
	TruthTrade            = "trade"
	TruthTokenCreated     = "token_created"
	TruthCurveCompleted   = "curve_completed"
	TruthTokenMigrated    = "token_migrated"
	TruthPoolCreated      = "pool_created"
	TruthLiquidityAdded   = "liquidity_added"
	TruthLiquidityRemoved = "liquidity_removed"
	TruthLPBurned         = "lp_burned"
)

// Venue names as a Truth says them: those of the contract's Venue enum, without prefix, in lower case.
const (
	VenuePump      = "pump"
	VenuePumpSwap  = "pumpswap"
	VenueRaydiumV4 = "raydium_v4"
)

// Truth is one fact that a decoder must find in a transaction: the ground truth that a run's output is compared with. Its JSON form
// has the field names and the number form (64-bit as text) of the contract's records, so that both can be compared as text. Keys and
// signatures are base58. Fields that do not belong to the kind stay empty and are left out.
type Truth struct {
	// Slot, Signature and TxIndex name the transaction; Ordinal counts the facts in it, from 0 in order of execution.
	Slot      uint64 `json:"slot,string"`
	Signature string `json:"signature"`
	TxIndex   uint64 `json:"tx_index,string"`
	Ordinal   int    `json:"ordinal"`
	// BlockTime of the slot, Unix seconds. Not every venue tells it in its events.
	BlockTime int64 `json:"block_time,string,omitempty"`
	// Kind is one of the Truth kinds; Venue one of the Venue names.
	Kind  string `json:"kind"`
	Venue string `json:"venue"`
	// Mint is the coin and QuoteMint what it trades against (wrapped SOL for SOL): for a trade as in the contract's Trade, for pool and
	// liquidity kinds the mints that the venue calls base and quote.
	Mint      string `json:"mint,omitempty"`
	QuoteMint string `json:"quote_mint,omitempty"`
	// Pool is the pool; on the curve, and for created, completed and migrated tokens, the bonding curve account.
	Pool string `json:"pool,omitempty"`
	// TargetPool is the pool that a migration opened.
	TargetPool string `json:"target_pool,omitempty"`
	// Trader is whose trade it is; for other kinds who did it (creator of a token or pool, provider, caller of the migration).
	Trader string `json:"trader,omitempty"`
	// Side is "buy" or "sell", for trades.
	Side string `json:"side,omitempty"`
	// Amounts in raw units: for a trade what the trader gave or got with all fees, and what the price curve saw; for other kinds what
	// moved.
	BaseAmount      uint64 `json:"base_amount,string,omitempty"`
	QuoteAmount     uint64 `json:"quote_amount,string,omitempty"`
	PoolQuoteAmount uint64 `json:"pool_quote_amount,string,omitempty"`
	// FeePayer paid for the transaction; PriorityFee is what it paid above 5,000 lamports a signature, and Tip what it gave to accounts of
	// Jito, in lamports, both of the whole transaction. For trades.
	FeePayer    string `json:"fee_payer,omitempty"`
	PriorityFee uint64 `json:"priority_fee,string,omitempty"`
	Tip         uint64 `json:"tip,string,omitempty"`
	// Limit is the most that the trader would have given, or the least that would have been accepted, in raw units of the side that was
	// not fixed; ExactIn says that the given side was. For trades.
	Limit   uint64 `json:"limit_amount,string,omitempty"`
	ExactIn bool   `json:"exact_in,omitempty"`
	// BaseDecimals of Mint and QuoteDecimals of QuoteMint, for trades.
	BaseDecimals  uint32 `json:"base_decimals,omitempty"`
	QuoteDecimals uint32 `json:"quote_decimals,omitempty"`
	// LPAmount is LP tokens minted or burned.
	LPAmount uint64 `json:"lp_amount,string,omitempty"`
	// Fees of a trade, in raw units of the quote mint unless one says otherwise.
	Fees []TruthFee `json:"fees,omitempty"`
	// Before and After are the reserves around it.
	Before *TruthReserves `json:"reserves_before,omitempty"`
	After  *TruthReserves `json:"reserves_after,omitempty"`
	// Router is the program that called the venue when it was not called by the transaction itself.
	Router string `json:"router,omitempty"`
	// Name, Symbol and URI of a created token.
	Name   string `json:"name,omitempty"`
	Symbol string `json:"symbol,omitempty"`
	URI    string `json:"uri,omitempty"`
	// Traps names what makes this one hard to read (for example "truncated_log", "routed", "v0"), for reports.
	Traps []string `json:"traps,omitempty"`
}

// TruthFee is one fee of a trade. Kind is that of the contract's FeeKind, without prefix, in lower case.
type TruthFee struct {
	Kind   string `json:"kind"`
	Amount uint64 `json:"amount,string"`
	// InBase says that the amount is in the coin, not in the quote mint.
	InBase bool `json:"in_base,omitempty"`
}

// TruthReserves are those of the contract's Reserves: base belongs to Mint, quote to QuoteMint. Price reserves are 0 where the chain
// does not say them (liquidity on PumpSwap).
type TruthReserves struct {
	Base       uint64 `json:"base,string"`
	Quote      uint64 `json:"quote,string"`
	PriceBase  uint64 `json:"price_base,string,omitempty"`
	PriceQuote uint64 `json:"price_quote,string,omitempty"`
}
