// Package damm reads and writes what Meteora's DAMM v2 puts on chain: the events that it sends itself, instruction data and the places of
// accounts. Amounts are raw units. Layouts are of the program's IDL, cp_amm.
package damm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of events. The Dynamic Bonding Curve has events of the same names and other layouts. Of the first EvtSwap the layout is not
// known; such swaps are told by what moved.
const (
	TagSwap            = 0x1b3c15d58aaabb93
	TagSwap2           = 0xbd4233a826507599
	TagLiquidityChange = 0xc5ab4e7fe0d3570d
	TagInitializePool  = 0xe432f655cb428625
)

// AToB is the direction in which token A goes in.
const AToB = 0

// SwapEvent is EvtSwap2.
type SwapEvent struct {
	dex.Extent
	Pool             dex.Key
	TradeDirection   uint8
	CollectFeeMode   uint8
	HasReferral      bool
	Amount0, Amount1 uint64 // arguments: amount and limit
	SwapMode         uint8  // 0 exact in, 1 partial fill, 2 exact out
	IncludedFeeIn    uint64 // what reached the vault
	ExcludedFeeIn    uint64 // the same without fees, if they are on the input
	AmountLeft       uint64 // of a partial fill
	Output           uint64 // what left the vault: without fees, if they are on the output
	NextSqrtPrice    dex.Uint128
	TradingFee       uint64 // that stays with the liquidity
	ProtocolFee      uint64
	PartnerFee       uint64
	ReferralFee      uint64
	GivenIn          uint64 // what the trader gave, with the token program's fee
	SentOut          uint64 // what was sent to the trader, with the token program's fee
	GotOut           uint64 // what the trader got
	CurrentTimestamp uint64 // Unix seconds
	ReserveA         uint64 // after the swap
	ReserveB         uint64
}

const swapFields = 22

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *SwapEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagSwap2 {
		return fmt.Errorf("damm swap event: %w", dex.ErrTag)
	}
	*e = SwapEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.Pool)
	e.TradeDirection, e.CollectFeeMode, e.HasReferral = r.Uint8(), r.Uint8(), r.Bool()
	e.Amount0, e.Amount1, e.SwapMode = r.Uint64(), r.Uint64(), r.Uint8()
	e.IncludedFeeIn, e.ExcludedFeeIn, e.AmountLeft, e.Output = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	e.NextSqrtPrice = r.Uint128()
	e.TradingFee, e.ProtocolFee, e.PartnerFee, e.ReferralFee = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	e.GivenIn, e.SentOut, e.GotOut = r.Uint64(), r.Uint64(), r.Uint64()
	e.CurrentTimestamp, e.ReserveA, e.ReserveB = r.Uint64(), r.Uint64(), r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(swapFields) {
		return fmt.Errorf("damm swap event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *SwapEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagSwap2), e.Fields)
	w.Key(&e.Pool)
	w.Uint8(e.TradeDirection)
	w.Uint8(e.CollectFeeMode)
	w.Bool(e.HasReferral)
	w.Uint64(e.Amount0)
	w.Uint64(e.Amount1)
	w.Uint8(e.SwapMode)
	for _, v := range []uint64{e.IncludedFeeIn, e.ExcludedFeeIn, e.AmountLeft, e.Output} {
		w.Uint64(v)
	}
	w.Uint128(e.NextSqrtPrice)
	for _, v := range []uint64{
		e.TradingFee, e.ProtocolFee, e.PartnerFee, e.ReferralFee, e.GivenIn, e.SentOut, e.GotOut, e.CurrentTimestamp, e.ReserveA, e.ReserveB,
	} {
		w.Uint64(v)
	}
	return w.Written()
}

// Legs are what the price saw. Fees are on the input where less than all of it counts, else on the output. It is false when the numbers
// do not fit.
func (e *SwapEvent) Legs() (in, out uint64, onInput, ok bool) {
	fees, ok := dex.Add(e.TradingFee, e.ProtocolFee, e.PartnerFee, e.ReferralFee)
	if !ok || e.ExcludedFeeIn > e.IncludedFeeIn || e.IncludedFeeIn > e.GivenIn || e.GotOut > e.SentOut {
		return 0, 0, false, false
	}
	if e.ExcludedFeeIn < e.IncludedFeeIn {
		return e.ExcludedFeeIn, e.Output, true, true
	}
	out, ok = dex.Add(e.Output, fees)
	return e.ExcludedFeeIn, out, false, ok
}

// LiquidityChangeEvent tells of liquidity that came or left.
type LiquidityChangeEvent struct {
	dex.Extent
	Pool, Position, Owner  dex.Key
	TokenA, TokenB         uint64 // what counts for the pool
	WithFeeA, WithFeeB     uint64 // the same with the token program's fee
	ReserveA, ReserveB     uint64 // after the change
	LiquidityDelta         dex.Uint128
	ThresholdA, ThresholdB uint64
	ChangeType             uint8 // 0 added, 1 removed
}

// Changes of LiquidityChangeEvent.
const (
	ChangeAdded   = 0
	ChangeRemoved = 1
)

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *LiquidityChangeEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagLiquidityChange {
		return fmt.Errorf("damm liquidity change event: %w", dex.ErrTag)
	}
	*e = LiquidityChangeEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.Pool)
	r.Key(&e.Position)
	r.Key(&e.Owner)
	e.TokenA, e.TokenB, e.WithFeeA, e.WithFeeB = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	e.ReserveA, e.ReserveB = r.Uint64(), r.Uint64()
	e.LiquidityDelta = r.Uint128()
	e.ThresholdA, e.ThresholdB = r.Uint64(), r.Uint64()
	e.ChangeType = r.Uint8()
	e.Extent = r.Extent()
	if !e.Has(13) {
		return fmt.Errorf("damm liquidity change event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *LiquidityChangeEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagLiquidityChange), e.Fields)
	w.Key(&e.Pool)
	w.Key(&e.Position)
	w.Key(&e.Owner)
	for _, v := range []uint64{e.TokenA, e.TokenB, e.WithFeeA, e.WithFeeB, e.ReserveA, e.ReserveB} {
		w.Uint64(v)
	}
	w.Uint128(e.LiquidityDelta)
	w.Uint64(e.ThresholdA)
	w.Uint64(e.ThresholdB)
	w.Uint8(e.ChangeType)
	return w.Written()
}

// InitializePoolEvent is the beginning of the event of a new pool; what follows it depends on how its fees are made.
type InitializePoolEvent struct {
	dex.Extent
	Pool, MintA, MintB, Creator, Payer, AlphaVault dex.Key
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *InitializePoolEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagInitializePool {
		return fmt.Errorf("damm initialize pool event: %w", dex.ErrTag)
	}
	*e = InitializePoolEvent{}
	r := dex.NewReader(b[8:])
	for _, k := range []*dex.Key{&e.Pool, &e.MintA, &e.MintB, &e.Creator, &e.Payer, &e.AlphaVault} {
		r.Key(k)
	}
	e.Extent = r.Extent()
	if !e.Has(6) {
		return fmt.Errorf("damm initialize pool event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the beginning of the event, with its discriminator.
func (e *InitializePoolEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagInitializePool), e.Fields)
	for _, k := range []*dex.Key{&e.Pool, &e.MintA, &e.MintB, &e.Creator, &e.Payer, &e.AlphaVault} {
		w.Key(k)
	}
	return w.Written()
}
