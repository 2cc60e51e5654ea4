// Package pumpfun reads and writes what the pump program (bonding curves) puts on chain: events, instruction data, the places
// of accounts, and the arithmetic of a curve. Amounts are raw units: lamports or the smallest part of the quote coin, and
// millionths of a token.
package pumpfun

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of events, as dex.Tag reads them.
const (
	TagTrade           = 0xbddb7fd34ee661ee
	TagCreate          = 0x1b72a94ddeeb6376
	TagComplete        = 0x5f72619cd42e9808
	TagMigration       = 0xbde95db95c94ea94
	TagPostCompleteBuy = 0x6fb06d8b316cd5fb
)

// Layouts of TradeEvent by the number of fields, for Extent.Fields.
const (
	TradeOldest  = 8  // early 2024, 113 bytes
	TradeReal    = 10 // real reserves, 129
	TradeFees    = 16 // 2025-05: protocol and creator fee, 225
	TradeVolume  = 21 // 2025-08, 258
	TradeName    = 22 // 2025-10: instruction name, 262 + n
	TradeMayhem  = 23 // 2026-01, 263 + n
	TradeBack    = 25 // 2026-02: cashback, 279 + n
	TradeQuote   = 32 // 2026-05: buyback, shareholders, quote coin, 355 + n
	TradeHolders = 34 // 2026-09: holder rewards, 371 + n
	TradeNewest  = 35 // 2026-10: unclaimed creator fee, 379 + n
)

// TradeEvent tells of one buy or sell on a curve. Reserves are those after the trade.
type TradeEvent struct {
	dex.Extent
	Mint dex.Key
	// SolAmount is the curve's leg without fees; 0 on coins quoted in another coin than SOL: use Quote.
	SolAmount, TokenAmount                   uint64
	IsBuy                                    bool
	User                                     dex.Key
	Timestamp                                int64 // block time, Unix seconds
	VirtualSolReserves, VirtualTokenReserves uint64
	RealSolReserves, RealTokenReserves       uint64
	FeeRecipient                             dex.Key // zero: the fee stays on the curve
	FeeBasisPoints, Fee                      uint64
	Creator                                  dex.Key
	CreatorFeeBasisPoints, CreatorFee        uint64
	TrackVolume                              bool
	TotalUnclaimedTokens, TotalClaimedTokens uint64
	CurrentSolVolume                         uint64
	LastUpdateTimestamp                      int64
	IxName                                   []byte // aliases the input
	MayhemMode                               bool
	CashbackFeeBasisPoints, Cashback         uint64
	BuybackFeeBasisPoints, BuybackFee        uint64 // part of Fee
	Shareholders                             Shareholders
	QuoteMint                                dex.Key // zero: SOL
	QuoteAmount                              uint64
	VirtualQuoteReserves, RealQuoteReserves  uint64
	HolderRewardsBps, HolderRewards          uint64
	CreatorFeeUnclaimed                      uint64
}

// ParseTradeEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseTradeEvent(b []byte) (TradeEvent, error) {
	var e TradeEvent
	err := e.Parse(b)
	return e, err
}

// Parse is ParseTradeEvent into a value that is used again.
func (e *TradeEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagTrade {
		return fmt.Errorf("trade event: %w", dex.ErrTag)
	}
	*e = TradeEvent{}
	if len(b) < tradeHeadSize {
		var pad [tradeHeadSize]byte
		e.Extent = tradeHead.Pad(pad[:], b)
		e.readHead(&pad)
	} else {
		e.readHead((*[tradeHeadSize]byte)(b))
		r := dex.NewReaderAfter(b[tradeHeadSize:], uint8(len(tradeHead)))
		e.IxName = r.Bytes()
		e.MayhemMode = r.Bool()
		e.CashbackFeeBasisPoints = r.Uint64()
		e.Cashback = r.Uint64()
		e.BuybackFeeBasisPoints = r.Uint64()
		e.BuybackFee = r.Uint64()
		e.Shareholders = r.Items(shareholderSize)
		r.Key(&e.QuoteMint)
		e.QuoteAmount = r.Uint64()
		e.VirtualQuoteReserves = r.Uint64()
		e.RealQuoteReserves = r.Uint64()
		e.HolderRewardsBps = r.Uint64()
		e.HolderRewards = r.Uint64()
		e.CreatorFeeUnclaimed = r.Uint64()
		e.Extent = r.Extent()
	}
	if !e.Has(TradeOldest) {
		return fmt.Errorf("trade event: %w", dex.ErrShort)
	}
	return nil
}

// tradeHead are the fields up to LastUpdateTimestamp, 258 bytes with the discriminator.
var tradeHead = dex.Head{32, 8, 8, 1, 32, 8, 8, 8, 8, 8, 32, 8, 8, 32, 8, 8, 1, 8, 8, 8, 8}

const tradeHeadSize = 258

// readHead reads the head at its offsets in the event.
func (e *TradeEvent) readHead(h *[tradeHeadSize]byte) {
	e.Mint = dex.Key(h[8:40])
	e.SolAmount = binary.LittleEndian.Uint64(h[40:])
	e.TokenAmount = binary.LittleEndian.Uint64(h[48:])
	e.IsBuy = h[56] != 0
	e.User = dex.Key(h[57:89])
	e.Timestamp = int64(binary.LittleEndian.Uint64(h[89:]))
	e.VirtualSolReserves = binary.LittleEndian.Uint64(h[97:])
	e.VirtualTokenReserves = binary.LittleEndian.Uint64(h[105:])
	e.RealSolReserves = binary.LittleEndian.Uint64(h[113:])
	e.RealTokenReserves = binary.LittleEndian.Uint64(h[121:])
	e.FeeRecipient = dex.Key(h[129:161])
	e.FeeBasisPoints = binary.LittleEndian.Uint64(h[161:])
	e.Fee = binary.LittleEndian.Uint64(h[169:])
	e.Creator = dex.Key(h[177:209])
	e.CreatorFeeBasisPoints = binary.LittleEndian.Uint64(h[209:])
	e.CreatorFee = binary.LittleEndian.Uint64(h[217:])
	e.TrackVolume = h[225] != 0
	e.TotalUnclaimedTokens = binary.LittleEndian.Uint64(h[226:])
	e.TotalClaimedTokens = binary.LittleEndian.Uint64(h[234:])
	e.CurrentSolVolume = binary.LittleEndian.Uint64(h[242:])
	e.LastUpdateTimestamp = int64(binary.LittleEndian.Uint64(h[250:]))
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *TradeEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagTrade), e.Fields)
	w.Key(&e.Mint)
	w.Uint64(e.SolAmount)
	w.Uint64(e.TokenAmount)
	w.Bool(e.IsBuy)
	w.Key(&e.User)
	w.Int64(e.Timestamp)
	w.Uint64(e.VirtualSolReserves)
	w.Uint64(e.VirtualTokenReserves)
	w.Uint64(e.RealSolReserves)
	w.Uint64(e.RealTokenReserves)
	w.Key(&e.FeeRecipient)
	w.Uint64(e.FeeBasisPoints)
	w.Uint64(e.Fee)
	w.Key(&e.Creator)
	w.Uint64(e.CreatorFeeBasisPoints)
	w.Uint64(e.CreatorFee)
	w.Bool(e.TrackVolume)
	w.Uint64(e.TotalUnclaimedTokens)
	w.Uint64(e.TotalClaimedTokens)
	w.Uint64(e.CurrentSolVolume)
	w.Int64(e.LastUpdateTimestamp)
	w.Bytes(e.IxName)
	w.Bool(e.MayhemMode)
	w.Uint64(e.CashbackFeeBasisPoints)
	w.Uint64(e.Cashback)
	w.Uint64(e.BuybackFeeBasisPoints)
	w.Uint64(e.BuybackFee)
	w.Items(e.Shareholders, shareholderSize)
	w.Key(&e.QuoteMint)
	w.Uint64(e.QuoteAmount)
	w.Uint64(e.VirtualQuoteReserves)
	w.Uint64(e.RealQuoteReserves)
	w.Uint64(e.HolderRewardsBps)
	w.Uint64(e.HolderRewards)
	w.Uint64(e.CreatorFeeUnclaimed)
	return w.Written()
}

// Quote is the quote side of a trade, whatever coin the curve is quoted in. Reserves are those after the trade.
type Quote struct {
	Mint          dex.Key // zero: SOL
	Amount        uint64
	Virtual, Real uint64
}

// Quote returns the quote_ fields where the layout has them and the sol_ fields before.
func (e *TradeEvent) Quote() Quote {
	if e.Has(TradeQuote) {
		return Quote{Mint: e.QuoteMint, Amount: e.QuoteAmount, Virtual: e.VirtualQuoteReserves, Real: e.RealQuoteReserves}
	}
	return Quote{Amount: e.SolAmount, Virtual: e.VirtualSolReserves, Real: e.RealSolReserves}
}

// Curve returns the curve's state after the trade.
func (e *TradeEvent) Curve() Curve {
	q := e.Quote()
	return Curve{VirtualToken: e.VirtualTokenReserves, VirtualQuote: q.Virtual, RealToken: e.RealTokenReserves, RealQuote: q.Real}
}
