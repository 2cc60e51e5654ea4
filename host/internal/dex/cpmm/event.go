// Package cpmm reads and writes what Raydium CPMM puts on chain: its events, instruction data, the places of accounts, its accounts,
// and the arithmetic of a pool. Token 0 is the mint of the lower address. Amounts are raw units.
package cpmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of events. TagSwap is shared with CLMM, Jupiter and OKX.
const (
	TagSwap     = 0x40c6cde8260871e2
	TagLpChange = 0x79a3cdc939da753c
)

// Layouts of events by the number of fields, for Extent.Fields.
const (
	SwapOldest     = 8  // 2024, 89 bytes
	SwapNewest     = 13 // 2025-08: mints and fees, 170 bytes
	LpChangeNewest = 9  // 97 bytes, the only layout
)

// SwapEvent tells of a swap. Vault amounts are those before it, without what the protocol and the creator may take.
type SwapEvent struct {
	dex.Extent
	PoolID                              dex.Key
	InputVaultBefore, OutputVaultBefore uint64
	InputAmount                         uint64 // what reached the vault: without its transfer fee, with the trade fee
	OutputAmount                        uint64 // what left the vault: with its transfer fee, without a creator fee on it
	InputTransferFee, OutputTransferFee uint64
	BaseInput                           bool // the input is exact
	InputMint, OutputMint               dex.Key
	TradeFee, CreatorFee                uint64 // TradeFee is of the input
	CreatorFeeOnInput                   bool
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *SwapEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagSwap {
		return fmt.Errorf("cpmm swap event: %w", dex.ErrTag)
	}
	*e = SwapEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.PoolID)
	e.InputVaultBefore = r.Uint64()
	e.OutputVaultBefore = r.Uint64()
	e.InputAmount = r.Uint64()
	e.OutputAmount = r.Uint64()
	e.InputTransferFee = r.Uint64()
	e.OutputTransferFee = r.Uint64()
	e.BaseInput = r.Bool()
	r.Key(&e.InputMint)
	r.Key(&e.OutputMint)
	e.TradeFee = r.Uint64()
	e.CreatorFee = r.Uint64()
	e.CreatorFeeOnInput = r.Bool()
	e.Extent = r.Extent()
	if !e.Has(SwapOldest) {
		return fmt.Errorf("cpmm swap event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *SwapEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagSwap), e.Fields)
	w.Key(&e.PoolID)
	w.Uint64(e.InputVaultBefore)
	w.Uint64(e.OutputVaultBefore)
	w.Uint64(e.InputAmount)
	w.Uint64(e.OutputAmount)
	w.Uint64(e.InputTransferFee)
	w.Uint64(e.OutputTransferFee)
	w.Bool(e.BaseInput)
	w.Key(&e.InputMint)
	w.Key(&e.OutputMint)
	w.Uint64(e.TradeFee)
	w.Uint64(e.CreatorFee)
	w.Bool(e.CreatorFeeOnInput)
	return w.Written()
}

// Changes of LpChangeEvent.
const (
	ChangeDeposit  = 0
	ChangeWithdraw = 1
)

// LpChangeEvent tells of liquidity that came or left. Vault amounts and LP supply are those before it.
type LpChangeEvent struct {
	dex.Extent
	PoolID                     dex.Key
	LpAmountBefore             uint64
	Token0VaultBefore          uint64 // without what the protocol may take
	Token1VaultBefore          uint64
	Token0Amount, Token1Amount uint64 // without transfer fees
	Token0TransferFee          uint64
	Token1TransferFee          uint64
	ChangeType                 uint8
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *LpChangeEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagLpChange {
		return fmt.Errorf("cpmm lp change event: %w", dex.ErrTag)
	}
	*e = LpChangeEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.PoolID)
	e.LpAmountBefore = r.Uint64()
	e.Token0VaultBefore = r.Uint64()
	e.Token1VaultBefore = r.Uint64()
	e.Token0Amount = r.Uint64()
	e.Token1Amount = r.Uint64()
	e.Token0TransferFee = r.Uint64()
	e.Token1TransferFee = r.Uint64()
	e.ChangeType = r.Uint8()
	e.Extent = r.Extent()
	if !e.Has(LpChangeNewest) {
		return fmt.Errorf("cpmm lp change event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *LpChangeEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagLpChange), e.Fields)
	w.Key(&e.PoolID)
	w.Uint64(e.LpAmountBefore)
	w.Uint64(e.Token0VaultBefore)
	w.Uint64(e.Token1VaultBefore)
	w.Uint64(e.Token0Amount)
	w.Uint64(e.Token1Amount)
	w.Uint64(e.Token0TransferFee)
	w.Uint64(e.Token1TransferFee)
	w.Uint8(e.ChangeType)
	return w.Written()
}
