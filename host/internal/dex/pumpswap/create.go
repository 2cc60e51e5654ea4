package pumpswap

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layouts of CreatePoolEvent by the number of fields, for Extent.Fields.
const (
	CreatePoolOldest  = 19 // 2025-04, 301 bytes
	CreatePoolCreator = 20 // 2025-05, 333
	CreatePoolMayhem  = 21 // 2025-11, 334
	CreatePoolFee     = 23 // 2026-09: creator fee, 343
	CreatePoolNewest  = 24 // 2026-09: holder reward, 344
)

// CreatePoolEvent tells of a new pool and its first liquidity.
type CreatePoolEvent struct {
	dex.Extent
	Timestamp                                   int64 // block time, Unix seconds
	Index                                       uint16
	Creator                                     dex.Key // pump's pool authority of the coin on canonical pools
	BaseMint, QuoteMint                         dex.Key
	BaseMintDecimals, QuoteMintDecimals         uint8
	BaseAmountIn, QuoteAmountIn                 uint64
	PoolBaseAmount, PoolQuoteAmount             uint64
	MinimumLiquidity, InitialLiquidity          uint64
	LpTokenAmountOut                            uint64
	PoolBump                                    uint8
	Pool, LpMint                                dex.Key
	UserBaseTokenAccount, UserQuoteTokenAccount dex.Key
	CoinCreator                                 dex.Key
	IsMayhemMode                                bool
	CreatorFeeBps                               uint64
	CanEditCreatorFee, IsHolderReward           bool
}

// ParseCreatePoolEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseCreatePoolEvent(b []byte) (CreatePoolEvent, error) {
	var e CreatePoolEvent
	err := e.Parse(b)
	return e, err
}

// Parse is ParseCreatePoolEvent into a value that is used again.
func (e *CreatePoolEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagCreatePool {
		return fmt.Errorf("create pool event: %w", dex.ErrTag)
	}
	*e = CreatePoolEvent{}
	r := dex.NewReader(b[8:])
	e.Timestamp = r.Int64()
	e.Index = r.Uint16()
	r.Key(&e.Creator)
	r.Key(&e.BaseMint)
	r.Key(&e.QuoteMint)
	e.BaseMintDecimals = r.Uint8()
	e.QuoteMintDecimals = r.Uint8()
	e.BaseAmountIn = r.Uint64()
	e.QuoteAmountIn = r.Uint64()
	e.PoolBaseAmount = r.Uint64()
	e.PoolQuoteAmount = r.Uint64()
	e.MinimumLiquidity = r.Uint64()
	e.InitialLiquidity = r.Uint64()
	e.LpTokenAmountOut = r.Uint64()
	e.PoolBump = r.Uint8()
	r.Key(&e.Pool)
	r.Key(&e.LpMint)
	r.Key(&e.UserBaseTokenAccount)
	r.Key(&e.UserQuoteTokenAccount)
	r.Key(&e.CoinCreator)
	e.IsMayhemMode = r.Bool()
	e.CreatorFeeBps = r.Uint64()
	e.CanEditCreatorFee = r.Bool()
	e.IsHolderReward = r.Bool()
	e.Extent = r.Extent()
	if !e.Has(CreatePoolOldest) {
		return fmt.Errorf("create pool event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *CreatePoolEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagCreatePool), e.Fields)
	w.Int64(e.Timestamp)
	w.Uint16(e.Index)
	w.Key(&e.Creator)
	w.Key(&e.BaseMint)
	w.Key(&e.QuoteMint)
	w.Uint8(e.BaseMintDecimals)
	w.Uint8(e.QuoteMintDecimals)
	w.Uint64(e.BaseAmountIn)
	w.Uint64(e.QuoteAmountIn)
	w.Uint64(e.PoolBaseAmount)
	w.Uint64(e.PoolQuoteAmount)
	w.Uint64(e.MinimumLiquidity)
	w.Uint64(e.InitialLiquidity)
	w.Uint64(e.LpTokenAmountOut)
	w.Uint8(e.PoolBump)
	w.Key(&e.Pool)
	w.Key(&e.LpMint)
	w.Key(&e.UserBaseTokenAccount)
	w.Key(&e.UserQuoteTokenAccount)
	w.Key(&e.CoinCreator)
	w.Bool(e.IsMayhemMode)
	w.Uint64(e.CreatorFeeBps)
	w.Bool(e.CanEditCreatorFee)
	w.Bool(e.IsHolderReward)
	return w.Written()
}
