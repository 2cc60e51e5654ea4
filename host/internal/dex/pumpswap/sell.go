package pumpswap

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layouts of SellEvent by the number of fields, for Extent.Fields.
const (
	SellOldest  = 20 // 2025-04, 312 bytes
	SellCreator = 23 // 2025-05: creator fee, 360
	SellBack    = 25 // 2026-02: cashback, 376
	SellBuyback = 27 // 2026-05, 392
	SellVirtual = 29 // 2026-07: virtual quote reserves, 409
	SellSupply  = 30 // 2026-09, 417
	SellHolders = 32 // 2026-09: holder rewards, 433
	SellNewest  = 33 // 2026-10: unclaimed creator fee, 441
)

// SellEvent tells of one sale in a pool. Reserves and balances are those before it. The mints are not
// in it: they are accounts of the instruction.
type SellEvent struct {
	dex.Extent
	Timestamp                                     int64 // block time, Unix seconds
	BaseAmountIn, MinQuoteAmountOut               uint64
	UserBaseTokenReserves, UserQuoteTokenReserves uint64
	PoolBaseTokenReserves                         uint64
	// The raw vault: the price is made by it plus VirtualQuoteReserves.
	PoolQuoteTokenReserves                        uint64
	QuoteAmountOut                                uint64 // without any fee
	LpFeeBasisPoints, LpFee                       uint64
	ProtocolFeeBasisPoints, ProtocolFee           uint64
	QuoteAmountOutWithoutLpFee                    uint64
	UserQuoteAmountOut                            uint64 // all that the user received
	Pool, User                                    dex.Key
	UserBaseTokenAccount, UserQuoteTokenAccount   dex.Key
	ProtocolFeeRecipient                          dex.Key // zero: the fee stays in the pool
	ProtocolFeeRecipientTokenAccount, CoinCreator dex.Key
	CoinCreatorFeeBasisPoints, CoinCreatorFee     uint64
	CashbackFeeBasisPoints, Cashback              uint64
	BuybackFeeBasisPoints                         uint64
	BuybackFee                                    uint64     // part of ProtocolFee
	VirtualQuoteReserves                          dex.Int128 // may be negative
	CanBoost                                      bool       // the pool is boosted
	BaseSupply                                    uint64     // supply that chose the fee tier
	HolderRewardsBps, HolderRewards               uint64
	CreatorFeeUnclaimed                           uint64
}

// ParseSellEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseSellEvent(b []byte) (SellEvent, error) {
	var e SellEvent
	err := e.Parse(b)
	return e, err
}

// Parse is ParseSellEvent into a value that is used again.
func (e *SellEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagSell {
		return fmt.Errorf("sell event: %w", dex.ErrTag)
	}
	*e = SellEvent{}
	if len(b) < sellHeadSize {
		var pad [sellHeadSize]byte
		e.Extent = sellHead.Pad(pad[:], b)
		e.readHead(&pad)
	} else {
		e.readHead((*[sellHeadSize]byte)(b))
		e.Extent = dex.Extent{Fields: uint8(len(sellHead)), Tail: len(b) - sellHeadSize}
	}
	if !e.Has(SellOldest) {
		return fmt.Errorf("sell event: %w", dex.ErrShort)
	}
	return nil
}

// sellHead are the fields up to CreatorFeeUnclaimed, 441 bytes with the discriminator.
var sellHead = dex.Head{8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 32, 32, 32, 32, 32, 32, 32, 8, 8, 8, 8, 8, 8, 16, 1, 8, 8, 8, 8}

const sellHeadSize = 441

// readHead reads the head at its offsets in the event.
func (e *SellEvent) readHead(h *[sellHeadSize]byte) {
	e.Timestamp = int64(binary.LittleEndian.Uint64(h[8:]))
	e.BaseAmountIn = binary.LittleEndian.Uint64(h[16:])
	e.MinQuoteAmountOut = binary.LittleEndian.Uint64(h[24:])
	e.UserBaseTokenReserves = binary.LittleEndian.Uint64(h[32:])
	e.UserQuoteTokenReserves = binary.LittleEndian.Uint64(h[40:])
	e.PoolBaseTokenReserves = binary.LittleEndian.Uint64(h[48:])
	e.PoolQuoteTokenReserves = binary.LittleEndian.Uint64(h[56:])
	e.QuoteAmountOut = binary.LittleEndian.Uint64(h[64:])
	e.LpFeeBasisPoints = binary.LittleEndian.Uint64(h[72:])
	e.LpFee = binary.LittleEndian.Uint64(h[80:])
	e.ProtocolFeeBasisPoints = binary.LittleEndian.Uint64(h[88:])
	e.ProtocolFee = binary.LittleEndian.Uint64(h[96:])
	e.QuoteAmountOutWithoutLpFee = binary.LittleEndian.Uint64(h[104:])
	e.UserQuoteAmountOut = binary.LittleEndian.Uint64(h[112:])
	e.Pool = dex.Key(h[120:152])
	e.User = dex.Key(h[152:184])
	e.UserBaseTokenAccount = dex.Key(h[184:216])
	e.UserQuoteTokenAccount = dex.Key(h[216:248])
	e.ProtocolFeeRecipient = dex.Key(h[248:280])
	e.ProtocolFeeRecipientTokenAccount = dex.Key(h[280:312])
	e.CoinCreator = dex.Key(h[312:344])
	e.CoinCreatorFeeBasisPoints = binary.LittleEndian.Uint64(h[344:])
	e.CoinCreatorFee = binary.LittleEndian.Uint64(h[352:])
	e.CashbackFeeBasisPoints = binary.LittleEndian.Uint64(h[360:])
	e.Cashback = binary.LittleEndian.Uint64(h[368:])
	e.BuybackFeeBasisPoints = binary.LittleEndian.Uint64(h[376:])
	e.BuybackFee = binary.LittleEndian.Uint64(h[384:])
	e.VirtualQuoteReserves = dex.Int128At(h[392:])
	e.CanBoost = h[408] != 0
	e.BaseSupply = binary.LittleEndian.Uint64(h[409:])
	e.HolderRewardsBps = binary.LittleEndian.Uint64(h[417:])
	e.HolderRewards = binary.LittleEndian.Uint64(h[425:])
	e.CreatorFeeUnclaimed = binary.LittleEndian.Uint64(h[433:])
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *SellEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagSell), e.Fields)
	w.Int64(e.Timestamp)
	w.Uint64(e.BaseAmountIn)
	w.Uint64(e.MinQuoteAmountOut)
	w.Uint64(e.UserBaseTokenReserves)
	w.Uint64(e.UserQuoteTokenReserves)
	w.Uint64(e.PoolBaseTokenReserves)
	w.Uint64(e.PoolQuoteTokenReserves)
	w.Uint64(e.QuoteAmountOut)
	w.Uint64(e.LpFeeBasisPoints)
	w.Uint64(e.LpFee)
	w.Uint64(e.ProtocolFeeBasisPoints)
	w.Uint64(e.ProtocolFee)
	w.Uint64(e.QuoteAmountOutWithoutLpFee)
	w.Uint64(e.UserQuoteAmountOut)
	w.Key(&e.Pool)
	w.Key(&e.User)
	w.Key(&e.UserBaseTokenAccount)
	w.Key(&e.UserQuoteTokenAccount)
	w.Key(&e.ProtocolFeeRecipient)
	w.Key(&e.ProtocolFeeRecipientTokenAccount)
	w.Key(&e.CoinCreator)
	w.Uint64(e.CoinCreatorFeeBasisPoints)
	w.Uint64(e.CoinCreatorFee)
	w.Uint64(e.CashbackFeeBasisPoints)
	w.Uint64(e.Cashback)
	w.Uint64(e.BuybackFeeBasisPoints)
	w.Uint64(e.BuybackFee)
	w.Int128(e.VirtualQuoteReserves)
	w.Bool(e.CanBoost)
	w.Uint64(e.BaseSupply)
	w.Uint64(e.HolderRewardsBps)
	w.Uint64(e.HolderRewards)
	w.Uint64(e.CreatorFeeUnclaimed)
	return w.Written()
}
