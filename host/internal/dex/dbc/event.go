// Package dbc reads and writes what Meteora's Dynamic Bonding Curve puts on chain: the events that it sends itself, instruction data and
// the places of accounts. Amounts are raw units. Layouts are of the program's IDL, dynamic_bonding_curve.
package dbc

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of events. DAMM v2 has events of the same names and other layouts.
const (
	TagSwap           = 0x1b3c15d58aaabb93
	TagSwap2          = 0xbd4233a826507599
	TagInitializePool = 0xe432f655cb428625
	TagCurveComplete  = 0xe5e756549c864b18
)

// Directions of a swap.
const (
	BaseToQuote = 0 // a sell
	QuoteToBase = 1 // a buy
)

// SwapEvent is EvtSwap and EvtSwap2: what both tell of a swap. Those of EvtSwap2 alone are zero in the other.
type SwapEvent struct {
	dex.Extent
	Newer                bool // EvtSwap2
	Pool, Config         dex.Key
	TradeDirection       uint8
	HasReferral          bool
	Amount0, Amount1     uint64 // arguments: amount and limit
	SwapMode             uint8  // EvtSwap2: 0 exact in, 1 partial fill, 2 exact out
	IncludedFeeIn        uint64 // what the trader gave, fees on the input included
	ExcludedFeeIn        uint64 // the same without fees, if they are on the input
	AmountLeft           uint64 // EvtSwap2: of a partial fill
	Output               uint64 // what the trader got: without fees, if they are on the output
	NextSqrtPrice        dex.Uint128
	TradingFee           uint64 // that stays with the curve
	ProtocolFee          uint64
	ReferralFee          uint64
	QuoteReserve         uint64 // EvtSwap2: after the swap
	MigrationThreshold   uint64 // EvtSwap2: quote reserve at which the curve is complete
	CurrentTimestampSecs uint64
}

// fields of the two layouts.
const (
	swapFields  = 14
	swap2Fields = 18
)

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *SwapEvent) Parse(b []byte) error {
	tag := dex.Tag(b)
	if tag != TagSwap && tag != TagSwap2 {
		return fmt.Errorf("dbc swap event: %w", dex.ErrTag)
	}
	*e = SwapEvent{Newer: tag == TagSwap2}
	r := dex.NewReader(b[8:])
	r.Key(&e.Pool)
	r.Key(&e.Config)
	e.TradeDirection = r.Uint8()
	e.HasReferral = r.Bool()
	e.Amount0, e.Amount1 = r.Uint64(), r.Uint64()
	need := uint8(swapFields)
	if e.Newer {
		need = swap2Fields
		e.SwapMode = r.Uint8()
		e.IncludedFeeIn, e.ExcludedFeeIn, e.AmountLeft = r.Uint64(), r.Uint64(), r.Uint64()
	} else {
		e.ExcludedFeeIn = r.Uint64()
	}
	e.Output = r.Uint64()
	e.NextSqrtPrice = r.Uint128()
	e.TradingFee, e.ProtocolFee, e.ReferralFee = r.Uint64(), r.Uint64(), r.Uint64()
	if e.Newer {
		e.QuoteReserve, e.MigrationThreshold = r.Uint64(), r.Uint64()
	} else {
		e.IncludedFeeIn = r.Uint64()
	}
	e.CurrentTimestampSecs = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(need) {
		return fmt.Errorf("dbc swap event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *SwapEvent) Append(dst []byte) []byte {
	tag := uint64(TagSwap)
	if e.Newer {
		tag = TagSwap2
	}
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, tag), e.Fields)
	w.Key(&e.Pool)
	w.Key(&e.Config)
	w.Uint8(e.TradeDirection)
	w.Bool(e.HasReferral)
	w.Uint64(e.Amount0)
	w.Uint64(e.Amount1)
	if e.Newer {
		w.Uint8(e.SwapMode)
		w.Uint64(e.IncludedFeeIn)
		w.Uint64(e.ExcludedFeeIn)
		w.Uint64(e.AmountLeft)
	} else {
		w.Uint64(e.ExcludedFeeIn)
	}
	w.Uint64(e.Output)
	w.Uint128(e.NextSqrtPrice)
	w.Uint64(e.TradingFee)
	w.Uint64(e.ProtocolFee)
	w.Uint64(e.ReferralFee)
	if e.Newer {
		w.Uint64(e.QuoteReserve)
		w.Uint64(e.MigrationThreshold)
	} else {
		w.Uint64(e.IncludedFeeIn)
	}
	w.Uint64(e.CurrentTimestampSecs)
	return w.Written()
}

// Legs are what the price saw. Fees are on the input where less than all of it reached the curve, else on the output. It is false when
// the numbers do not fit.
func (e *SwapEvent) Legs() (in, out uint64, onInput, ok bool) {
	fees, ok := dex.Add(e.TradingFee, e.ProtocolFee, e.ReferralFee)
	if !ok || e.ExcludedFeeIn > e.IncludedFeeIn {
		return 0, 0, false, false
	}
	if e.ExcludedFeeIn < e.IncludedFeeIn {
		return e.ExcludedFeeIn, e.Output, true, true
	}
	out, ok = dex.Add(e.Output, fees)
	return e.ExcludedFeeIn, out, false, ok
}

// InitializePoolEvent tells of a new curve.
type InitializePoolEvent struct {
	dex.Extent
	Pool, Config, Creator, BaseMint dex.Key
	PoolType                        uint8
	ActivationPoint                 uint64
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *InitializePoolEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagInitializePool {
		return fmt.Errorf("dbc initialize pool event: %w", dex.ErrTag)
	}
	*e = InitializePoolEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.Pool)
	r.Key(&e.Config)
	r.Key(&e.Creator)
	r.Key(&e.BaseMint)
	e.PoolType = r.Uint8()
	e.ActivationPoint = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(6) {
		return fmt.Errorf("dbc initialize pool event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *InitializePoolEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagInitializePool), e.Fields)
	w.Key(&e.Pool)
	w.Key(&e.Config)
	w.Key(&e.Creator)
	w.Key(&e.BaseMint)
	w.Uint8(e.PoolType)
	w.Uint64(e.ActivationPoint)
	return w.Written()
}

// CurveCompleteEvent tells that a curve has all the quote that it wants.
type CurveCompleteEvent struct {
	dex.Extent
	Pool, Config              dex.Key
	BaseReserve, QuoteReserve uint64
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *CurveCompleteEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagCurveComplete {
		return fmt.Errorf("dbc curve complete event: %w", dex.ErrTag)
	}
	*e = CurveCompleteEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.Pool)
	r.Key(&e.Config)
	e.BaseReserve, e.QuoteReserve = r.Uint64(), r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(4) {
		return fmt.Errorf("dbc curve complete event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *CurveCompleteEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagCurveComplete), e.Fields)
	w.Key(&e.Pool)
	w.Key(&e.Config)
	w.Uint64(e.BaseReserve)
	w.Uint64(e.QuoteReserve)
	return w.Written()
}
