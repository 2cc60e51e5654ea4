package pumpswap

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layouts of BuyEvent by the number of fields, for Extent.Fields.
const (
	BuyOldest  = 20 // 2025-04, 312 bytes
	BuyCreator = 23 // 2025-05: creator fee, 360
	BuyVolume  = 28 // 2025-08, 393
	BuyName    = 30 // 2025-10: instruction name, 405 + n
	BuyBack    = 32 // 2026-02: cashback, 421 + n
	BuyBuyback = 34 // 2026-05, 437 + n
	BuyVirtual = 36 // 2026-07: virtual quote reserves, 454 + n
	BuySupply  = 37 // 2026-09, 462 + n
	BuyHolders = 39 // 2026-09: holder rewards, 478 + n
	BuyNewest  = 40 // 2026-10: unclaimed creator fee, 486 + n
)

// BuyEvent tells of one buy in a pool. Reserves and balances are those before it. The mints are not
// in it: they are accounts of the instruction.
type BuyEvent struct {
	dex.Extent
	Timestamp                                     int64 // block time, Unix seconds
	BaseAmountOut, MaxQuoteAmountIn               uint64
	UserBaseTokenReserves, UserQuoteTokenReserves uint64
	PoolBaseTokenReserves                         uint64
	// The raw vault: the price is made by it plus VirtualQuoteReserves.
	PoolQuoteTokenReserves                        uint64
	QuoteAmountIn                                 uint64 // without any fee
	LpFeeBasisPoints, LpFee                       uint64
	ProtocolFeeBasisPoints, ProtocolFee           uint64
	QuoteAmountInWithLpFee                        uint64
	UserQuoteAmountIn                             uint64 // all that the user paid
	Pool, User                                    dex.Key
	UserBaseTokenAccount, UserQuoteTokenAccount   dex.Key
	ProtocolFeeRecipient                          dex.Key // zero: the fee stays in the pool
	ProtocolFeeRecipientTokenAccount, CoinCreator dex.Key
	CoinCreatorFeeBasisPoints, CoinCreatorFee     uint64
	TrackVolume                                   bool
	TotalUnclaimedTokens, TotalClaimedTokens      uint64
	CurrentSolVolume                              uint64
	LastUpdateTimestamp                           int64
	MinBaseAmountOut                              uint64
	IxName                                        []byte // aliases the input
	CashbackFeeBasisPoints, Cashback              uint64
	BuybackFeeBasisPoints                         uint64
	BuybackFee                                    uint64     // part of ProtocolFee
	VirtualQuoteReserves                          dex.Int128 // may be negative
	CanBoost                                      bool       // the pool is boosted
	BaseSupply                                    uint64     // supply that chose the fee tier
	HolderRewardsBps, HolderRewards               uint64
	CreatorFeeUnclaimed                           uint64
}

// ParseBuyEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseBuyEvent(b []byte) (BuyEvent, error) {
	var e BuyEvent
	err := e.Parse(b)
	return e, err
}

// Parse is ParseBuyEvent into a value that is used again.
func (e *BuyEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagBuy {
		return fmt.Errorf("buy event: %w", dex.ErrTag)
	}
	*e = BuyEvent{}
	if len(b) < buyHeadSize {
		var pad [buyHeadSize]byte
		e.Extent = buyHead.Pad(pad[:], b)
		e.readHead(&pad)
	} else {
		e.readHead((*[buyHeadSize]byte)(b))
		r := dex.NewReaderAfter(b[buyHeadSize:], uint8(len(buyHead)))
		e.IxName = r.Bytes()
		e.CashbackFeeBasisPoints = r.Uint64()
		e.Cashback = r.Uint64()
		e.BuybackFeeBasisPoints = r.Uint64()
		e.BuybackFee = r.Uint64()
		e.VirtualQuoteReserves = r.Int128()
		e.CanBoost = r.Bool()
		e.BaseSupply = r.Uint64()
		e.HolderRewardsBps = r.Uint64()
		e.HolderRewards = r.Uint64()
		e.CreatorFeeUnclaimed = r.Uint64()
		e.Extent = r.Extent()
	}
	if !e.Has(BuyOldest) {
		return fmt.Errorf("buy event: %w", dex.ErrShort)
	}
	return nil
}

// buyHead are the fields up to MinBaseAmountOut, 401 bytes with the discriminator.
var buyHead = dex.Head{8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 32, 32, 32, 32, 32, 32, 32, 8, 8, 1, 8, 8, 8, 8, 8}

const buyHeadSize = 401

// readHead reads the head at its offsets in the event.
func (e *BuyEvent) readHead(h *[buyHeadSize]byte) {
	e.Timestamp = int64(binary.LittleEndian.Uint64(h[8:]))
	e.BaseAmountOut = binary.LittleEndian.Uint64(h[16:])
	e.MaxQuoteAmountIn = binary.LittleEndian.Uint64(h[24:])
	e.UserBaseTokenReserves = binary.LittleEndian.Uint64(h[32:])
	e.UserQuoteTokenReserves = binary.LittleEndian.Uint64(h[40:])
	e.PoolBaseTokenReserves = binary.LittleEndian.Uint64(h[48:])
	e.PoolQuoteTokenReserves = binary.LittleEndian.Uint64(h[56:])
	e.QuoteAmountIn = binary.LittleEndian.Uint64(h[64:])
	e.LpFeeBasisPoints = binary.LittleEndian.Uint64(h[72:])
	e.LpFee = binary.LittleEndian.Uint64(h[80:])
	e.ProtocolFeeBasisPoints = binary.LittleEndian.Uint64(h[88:])
	e.ProtocolFee = binary.LittleEndian.Uint64(h[96:])
	e.QuoteAmountInWithLpFee = binary.LittleEndian.Uint64(h[104:])
	e.UserQuoteAmountIn = binary.LittleEndian.Uint64(h[112:])
	e.Pool = dex.Key(h[120:152])
	e.User = dex.Key(h[152:184])
	e.UserBaseTokenAccount = dex.Key(h[184:216])
	e.UserQuoteTokenAccount = dex.Key(h[216:248])
	e.ProtocolFeeRecipient = dex.Key(h[248:280])
	e.ProtocolFeeRecipientTokenAccount = dex.Key(h[280:312])
	e.CoinCreator = dex.Key(h[312:344])
	e.CoinCreatorFeeBasisPoints = binary.LittleEndian.Uint64(h[344:])
	e.CoinCreatorFee = binary.LittleEndian.Uint64(h[352:])
	e.TrackVolume = h[360] != 0
	e.TotalUnclaimedTokens = binary.LittleEndian.Uint64(h[361:])
	e.TotalClaimedTokens = binary.LittleEndian.Uint64(h[369:])
	e.CurrentSolVolume = binary.LittleEndian.Uint64(h[377:])
	e.LastUpdateTimestamp = int64(binary.LittleEndian.Uint64(h[385:]))
	e.MinBaseAmountOut = binary.LittleEndian.Uint64(h[393:])
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *BuyEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagBuy), e.Fields)
	w.Int64(e.Timestamp)
	w.Uint64(e.BaseAmountOut)
	w.Uint64(e.MaxQuoteAmountIn)
	w.Uint64(e.UserBaseTokenReserves)
	w.Uint64(e.UserQuoteTokenReserves)
	w.Uint64(e.PoolBaseTokenReserves)
	w.Uint64(e.PoolQuoteTokenReserves)
	w.Uint64(e.QuoteAmountIn)
	w.Uint64(e.LpFeeBasisPoints)
	w.Uint64(e.LpFee)
	w.Uint64(e.ProtocolFeeBasisPoints)
	w.Uint64(e.ProtocolFee)
	w.Uint64(e.QuoteAmountInWithLpFee)
	w.Uint64(e.UserQuoteAmountIn)
	w.Key(&e.Pool)
	w.Key(&e.User)
	w.Key(&e.UserBaseTokenAccount)
	w.Key(&e.UserQuoteTokenAccount)
	w.Key(&e.ProtocolFeeRecipient)
	w.Key(&e.ProtocolFeeRecipientTokenAccount)
	w.Key(&e.CoinCreator)
	w.Uint64(e.CoinCreatorFeeBasisPoints)
	w.Uint64(e.CoinCreatorFee)
	w.Bool(e.TrackVolume)
	w.Uint64(e.TotalUnclaimedTokens)
	w.Uint64(e.TotalClaimedTokens)
	w.Uint64(e.CurrentSolVolume)
	w.Int64(e.LastUpdateTimestamp)
	w.Uint64(e.MinBaseAmountOut)
	w.Bytes(e.IxName)
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
