// Package clmm reads and writes what Raydium CLMM puts on chain: its events, instruction data, the places of accounts, its
// accounts, and prices. Token 0 is the mint of the lower address; prices are token 1 per token 0. Amounts are raw units.
package clmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of events. TagSwap is shared with CPMM, Jupiter and OKX.
const (
	TagSwap              = 0x40c6cde8260871e2
	TagPoolCreated       = 0x195e4b2f7063353f
	TagCreatePosition    = 0x641e57f9c4df9ace
	TagIncreaseLiquidity = 0x314f69d420221e54
	TagDecreaseLiquidity = 0x3ade563a44325538
	TagCalculate         = 0xed7094e63954b4a2
)

// Layouts of events by the number of fields, for Extent.Fields.
const (
	SwapOldest              = 12 // 2023, 205 bytes
	SwapNewest              = 14 // 2026-05: trade fees, 221 bytes
	PoolCreatedNewest       = 8  // 190 bytes, the only layout, as of those below
	CreatePositionNewest    = 10 // 160
	IncreaseLiquidityNewest = 6  // 88
	DecreaseLiquidityNewest = 11 // 128
	CalculateNewest         = 9  // 92
)

// SwapEvent tells of a swap on one pool. Price, liquidity and tick are those after it.
type SwapEvent struct {
	dex.Extent
	PoolState, Sender            dex.Key // Sender may be an account of a router's program
	TokenAccount0, TokenAccount1 dex.Key // the sender's
	Amount0, TransferFee0        uint64  // amounts include transfer fees: what the sender gave, or what left the vault
	Amount1, TransferFee1        uint64
	ZeroForOne                   bool // token 0 went in
	SqrtPriceX64, Liquidity      dex.Uint128
	Tick                         int32
	TradeFee0, TradeFee1         uint64
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *SwapEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagSwap {
		return fmt.Errorf("clmm swap event: %w", dex.ErrTag)
	}
	*e = SwapEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.PoolState)
	r.Key(&e.Sender)
	r.Key(&e.TokenAccount0)
	r.Key(&e.TokenAccount1)
	e.Amount0 = r.Uint64()
	e.TransferFee0 = r.Uint64()
	e.Amount1 = r.Uint64()
	e.TransferFee1 = r.Uint64()
	e.ZeroForOne = r.Bool()
	e.SqrtPriceX64 = r.Uint128()
	e.Liquidity = r.Uint128()
	e.Tick = r.Int32()
	e.TradeFee0 = r.Uint64()
	e.TradeFee1 = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(SwapOldest) {
		return fmt.Errorf("clmm swap event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *SwapEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagSwap), e.Fields)
	w.Key(&e.PoolState)
	w.Key(&e.Sender)
	w.Key(&e.TokenAccount0)
	w.Key(&e.TokenAccount1)
	w.Uint64(e.Amount0)
	w.Uint64(e.TransferFee0)
	w.Uint64(e.Amount1)
	w.Uint64(e.TransferFee1)
	w.Bool(e.ZeroForOne)
	w.Uint128(e.SqrtPriceX64)
	w.Uint128(e.Liquidity)
	w.Int32(e.Tick)
	w.Uint64(e.TradeFee0)
	w.Uint64(e.TradeFee1)
	return w.Written()
}

// PoolCreatedEvent tells of a new pool, which has a price and no liquidity.
type PoolCreatedEvent struct {
	dex.Extent
	TokenMint0, TokenMint1   dex.Key
	TickSpacing              uint16
	PoolState                dex.Key
	SqrtPriceX64             dex.Uint128
	Tick                     int32
	TokenVault0, TokenVault1 dex.Key
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *PoolCreatedEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagPoolCreated {
		return fmt.Errorf("clmm pool created event: %w", dex.ErrTag)
	}
	*e = PoolCreatedEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.TokenMint0)
	r.Key(&e.TokenMint1)
	e.TickSpacing = r.Uint16()
	r.Key(&e.PoolState)
	e.SqrtPriceX64 = r.Uint128()
	e.Tick = r.Int32()
	r.Key(&e.TokenVault0)
	r.Key(&e.TokenVault1)
	e.Extent = r.Extent()
	if !e.Has(PoolCreatedNewest) {
		return fmt.Errorf("clmm pool created event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *PoolCreatedEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagPoolCreated), e.Fields)
	w.Key(&e.TokenMint0)
	w.Key(&e.TokenMint1)
	w.Uint16(e.TickSpacing)
	w.Key(&e.PoolState)
	w.Uint128(e.SqrtPriceX64)
	w.Int32(e.Tick)
	w.Key(&e.TokenVault0)
	w.Key(&e.TokenVault1)
	return w.Written()
}
