package geysersim

// Names of staged patterns. All but PatternLPRug are kinds of the trading monitor's findings.
const (
	PatternSandwich        = "sandwich"
	PatternSandwichAttempt = "sandwich_attempt" // costs ate what was won
	PatternBackRun         = "back_run"
	PatternArbitrage       = "arbitrage"
	PatternWash            = "wash"
	PatternSniper          = "sniper"
	PatternBundledLaunch   = "bundled_launch"
	// PatternCreatorDump is a coin whose creator sells all that he bought at its launch.
	PatternCreatorDump = "creator_dump"
	// PatternLPRug is a pool that its provider empties: the liquidity monitor's pool_drained.
	PatternLPRug = "lp_rug"
)

// Pattern is something that a source made happen on purpose, in one transaction or several, with figures that the source worked out
// itself. What happened by accident is not listed.
type Pattern struct {
	// Pattern is one of the names above; the field tells such a line from a Truth in a file of both.
	Pattern string `json:"pattern"`
	// Slot in which it was complete.
	Slot uint64 `json:"slot,string"`
	// Mint, QuoteMint and Pool as in a Truth; QuoteMint and Pool are empty where there are several.
	Mint      string `json:"mint"`
	QuoteMint string `json:"quote_mint,omitempty"`
	Pool      string `json:"pool,omitempty"`
	// Actor is who did it.
	Actor string `json:"actor"`
	// Parts in order of the chain.
	Parts []PatternPart `json:"parts"`
	// Gross is what the actor won before costs, raw units of QuoteMint (of Mint for an arbitrage); absent where the kind has none.
	Gross *int64 `json:"gross_profit,string,omitempty"`
	// Costs are priority fees and tips of the actor's transactions, lamports; absent where the kind has no profit.
	Costs *uint64 `json:"costs,string,omitempty"`
	// VictimLoss is what the victims of a sandwich lost: the same trades were made again on the venue as it would have been without the
	// front. Raw units of QuoteMint.
	VictimLoss *int64 `json:"victim_loss,string,omitempty"`
	// SharePPM is what part of the LP supply was withdrawn, or of the coin's supply was sold, in millionths, rounded down; for rugs.
	SharePPM uint64 `json:"share_ppm,string,omitempty"`
}

// PatternPart is one fact of a pattern. Signature and Ordinal name it.
type PatternPart struct {
	// Role is front, victim, back, leg, leader or creation.
	Role      string `json:"role"`
	Signature string `json:"signature"`
	Slot      uint64 `json:"slot,string"`
	TxIndex   uint64 `json:"tx_index,string"`
	Ordinal   int    `json:"ordinal"`
	Trader    string `json:"trader"`
	Side      string `json:"side,omitempty"`
	// Amounts of the fact, raw units.
	BaseAmount  uint64 `json:"base_amount,string"`
	QuoteAmount uint64 `json:"quote_amount,string"`
	// Loss of a victim, raw units of the quote mint.
	Loss *int64 `json:"loss,string,omitempty"`
}

// PartOf is the fact as a part of a pattern.
func PartOf(role string, f *Truth) PatternPart {
	return PatternPart{
		Role: role, Signature: f.Signature, Slot: f.Slot, TxIndex: f.TxIndex, Ordinal: f.Ordinal, Trader: f.Trader, Side: f.Side,
		BaseAmount: f.BaseAmount, QuoteAmount: f.QuoteAmount,
	}
}
