// Package orca reads and writes what Orca's Whirlpool program puts on chain about swaps: the Traded event of its log, instruction data and
// the places of accounts. A pool's token A is the mint of the lower address. Amounts are raw units. Layouts are of the program's IDL.
package orca

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// TagTraded is the discriminator of Traded. Swaps before 2025 have no event.
const TagTraded = 0xe1ca49af932ba096

// tradedFields is how many fields the only layout has.
const tradedFields = 10

// TradedEvent tells of one swap in one pool; an instruction of two hops sends two.
type TradedEvent struct {
	dex.Extent
	Whirlpool                           dex.Key
	AToB                                bool
	SqrtPriceBefore, SqrtPriceAfter     dex.Uint128 // of token A in B, times 2^64
	InputAmount                         uint64      // what the trader gave, with its transfer fee
	OutputAmount                        uint64      // what left the vault, with its transfer fee
	InputTransferFee, OutputTransferFee uint64
	LpFee, ProtocolFee                  uint64 // of the input
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *TradedEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagTraded {
		return fmt.Errorf("orca traded event: %w", dex.ErrTag)
	}
	*e = TradedEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.Whirlpool)
	e.AToB = r.Bool()
	e.SqrtPriceBefore = r.Uint128()
	e.SqrtPriceAfter = r.Uint128()
	e.InputAmount = r.Uint64()
	e.OutputAmount = r.Uint64()
	e.InputTransferFee = r.Uint64()
	e.OutputTransferFee = r.Uint64()
	e.LpFee = r.Uint64()
	e.ProtocolFee = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(tradedFields) {
		return fmt.Errorf("orca traded event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *TradedEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagTraded), e.Fields)
	w.Key(&e.Whirlpool)
	w.Bool(e.AToB)
	w.Uint128(e.SqrtPriceBefore)
	w.Uint128(e.SqrtPriceAfter)
	w.Uint64(e.InputAmount)
	w.Uint64(e.OutputAmount)
	w.Uint64(e.InputTransferFee)
	w.Uint64(e.OutputTransferFee)
	w.Uint64(e.LpFee)
	w.Uint64(e.ProtocolFee)
	return w.Written()
}

// Leg is what the price saw: the input without transfer fee and the pool's fees. It is false when the fees are more than there is.
func (e *TradedEvent) Leg() (in uint64, ok bool) {
	fees, ok := dex.Add(e.InputTransferFee, e.LpFee, e.ProtocolFee)
	if !ok || fees > e.InputAmount || e.OutputTransferFee > e.OutputAmount {
		return 0, false
	}
	return e.InputAmount - fees, true
}
