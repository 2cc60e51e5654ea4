// Package pumpswap reads and writes what the PumpSwap program (constant-product pools) puts on chain: events, instruction data,
// the places of accounts, and the arithmetic of a pool. Amounts are raw units.
package pumpswap

// Discriminators of events, as dex.Tag reads them.
const (
	TagBuy        = 0x67f4521f2cf57777
	TagSell       = 0x3e2f370aa503dc2a
	TagCreatePool = 0xb1310cd2a076a774
	TagDeposit    = 0x78f83d531f8e6b90
	TagWithdraw   = 0x1609851aa02c47c0
)
