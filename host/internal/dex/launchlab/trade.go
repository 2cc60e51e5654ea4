// Package launchlab reads and writes what Raydium LaunchLab puts on chain: its events, instruction data, the places of accounts,
// its accounts, and the arithmetic of its curve. letsbonk.fun and other platforms run on it. Amounts are raw units.
package launchlab

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of events. TagTrade is shared with pump and others.
const (
	TagTrade      = 0xbddb7fd34ee661ee
	TagPoolCreate = 0x97d7e20976a173ae
)

// Layouts of TradeEvent. The first is not the beginning of the later ones, which put a fee into its middle; only its length tells
// it. Extent.Fields of the first counts the fields that it has.
const (
	TradeFirst      = 15 // 2025, 138 bytes
	TradeCreator    = 16 // creator fee, 146 bytes
	TradeNewest     = 17 // exact in, 147 bytes
	tradeSecondSize = 146
)

// Directions of a trade.
const (
	DirectionBuy  = 0
	DirectionSell = 1
)

// States of a pool.
const (
	StatusFund    = 0 // the curve sells
	StatusMigrate = 1 // it is sold out
	StatusTrade   = 2 // its liquidity is in a pool of its own
)

// TradeEvent tells of a trade on a curve. RealBase counts what the curve has sold, RealQuote what it has got for that. It names
// neither user nor mints.
type TradeEvent struct {
	dex.Extent
	PoolState                       dex.Key
	TotalBaseSell                   uint64
	VirtualBase, VirtualQuote       uint64
	RealBaseBefore, RealQuoteBefore uint64
	RealBaseAfter, RealQuoteAfter   uint64
	AmountIn, AmountOut             uint64 // what the user gave and got: fees are in AmountIn of a buy, and taken off a sale's AmountOut
	ProtocolFee, PlatformFee        uint64 // all fees are in quote
	CreatorFee, ShareFee            uint64
	TradeDirection, PoolStatus      uint8
	ExactIn                         bool
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *TradeEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagTrade {
		return fmt.Errorf("launchlab trade event: %w", dex.ErrTag)
	}
	*e = TradeEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.PoolState)
	e.TotalBaseSell = r.Uint64()
	e.VirtualBase = r.Uint64()
	e.VirtualQuote = r.Uint64()
	e.RealBaseBefore = r.Uint64()
	e.RealQuoteBefore = r.Uint64()
	e.RealBaseAfter = r.Uint64()
	e.RealQuoteAfter = r.Uint64()
	e.AmountIn = r.Uint64()
	e.AmountOut = r.Uint64()
	e.ProtocolFee = r.Uint64()
	e.PlatformFee = r.Uint64()
	first := len(b) < tradeSecondSize // also with stray bytes behind it
	if !first {
		e.CreatorFee = r.Uint64()
	}
	e.ShareFee = r.Uint64()
	e.TradeDirection = r.Uint8()
	e.PoolStatus = r.Uint8()
	if !first {
		e.ExactIn = r.Bool()
	}
	e.Extent = r.Extent()
	if !e.Has(TradeFirst) || !first && !e.Has(TradeCreator) {
		return fmt.Errorf("launchlab trade event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *TradeEvent) Append(dst []byte) []byte {
	first := e.Fields == TradeFirst
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagTrade), e.Fields)
	w.Key(&e.PoolState)
	w.Uint64(e.TotalBaseSell)
	w.Uint64(e.VirtualBase)
	w.Uint64(e.VirtualQuote)
	w.Uint64(e.RealBaseBefore)
	w.Uint64(e.RealQuoteBefore)
	w.Uint64(e.RealBaseAfter)
	w.Uint64(e.RealQuoteAfter)
	w.Uint64(e.AmountIn)
	w.Uint64(e.AmountOut)
	w.Uint64(e.ProtocolFee)
	w.Uint64(e.PlatformFee)
	if !first {
		w.Uint64(e.CreatorFee)
	}
	w.Uint64(e.ShareFee)
	w.Uint8(e.TradeDirection)
	w.Uint8(e.PoolStatus)
	if !first {
		w.Bool(e.ExactIn)
	}
	return w.Written()
}

// IsBuy tells that the user got the coin.
func (e *TradeEvent) IsBuy() bool { return e.TradeDirection == DirectionBuy }

// Fees is the sum of the fees. It is false when that does not fit 64 bits.
func (e *TradeEvent) Fees() (uint64, bool) {
	return dex.Add(e.ProtocolFee, e.PlatformFee, e.CreatorFee, e.ShareFee)
}
