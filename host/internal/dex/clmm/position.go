package clmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// CreatePersonalPositionEvent tells of a position that was opened with its first liquidity.
type CreatePersonalPositionEvent struct {
	dex.Extent
	PoolState, Minter, NftOwner    dex.Key
	TickLower, TickUpper           int32
	Liquidity                      dex.Uint128
	DepositAmount0, DepositAmount1 uint64 // what the pool got: without transfer fees
	TransferFee0, TransferFee1     uint64
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *CreatePersonalPositionEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagCreatePosition {
		return fmt.Errorf("clmm create position event: %w", dex.ErrTag)
	}
	*e = CreatePersonalPositionEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.PoolState)
	r.Key(&e.Minter)
	r.Key(&e.NftOwner)
	e.TickLower = r.Int32()
	e.TickUpper = r.Int32()
	e.Liquidity = r.Uint128()
	e.DepositAmount0 = r.Uint64()
	e.DepositAmount1 = r.Uint64()
	e.TransferFee0 = r.Uint64()
	e.TransferFee1 = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(CreatePositionNewest) {
		return fmt.Errorf("clmm create position event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *CreatePersonalPositionEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagCreatePosition), e.Fields)
	w.Key(&e.PoolState)
	w.Key(&e.Minter)
	w.Key(&e.NftOwner)
	w.Int32(e.TickLower)
	w.Int32(e.TickUpper)
	w.Uint128(e.Liquidity)
	w.Uint64(e.DepositAmount0)
	w.Uint64(e.DepositAmount1)
	w.Uint64(e.TransferFee0)
	w.Uint64(e.TransferFee1)
	return w.Written()
}

// IncreaseLiquidityEvent tells of liquidity that a position got. It does not name the pool.
type IncreaseLiquidityEvent struct {
	dex.Extent
	PositionNftMint            dex.Key
	Liquidity                  dex.Uint128
	Amount0, Amount1           uint64 // what the pool got: without transfer fees
	TransferFee0, TransferFee1 uint64
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *IncreaseLiquidityEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagIncreaseLiquidity {
		return fmt.Errorf("clmm increase liquidity event: %w", dex.ErrTag)
	}
	*e = IncreaseLiquidityEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.PositionNftMint)
	e.Liquidity = r.Uint128()
	e.Amount0 = r.Uint64()
	e.Amount1 = r.Uint64()
	e.TransferFee0 = r.Uint64()
	e.TransferFee1 = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(IncreaseLiquidityNewest) {
		return fmt.Errorf("clmm increase liquidity event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *IncreaseLiquidityEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagIncreaseLiquidity), e.Fields)
	w.Key(&e.PositionNftMint)
	w.Uint128(e.Liquidity)
	w.Uint64(e.Amount0)
	w.Uint64(e.Amount1)
	w.Uint64(e.TransferFee0)
	w.Uint64(e.TransferFee1)
	return w.Written()
}

// DecreaseLiquidityEvent tells of liquidity that left a position, and of its fees and rewards that were paid out with it. It does
// not name the pool. Liquidity 0: only fees and rewards were claimed.
type DecreaseLiquidityEvent struct {
	dex.Extent
	PositionNftMint                  dex.Key
	Liquidity                        dex.Uint128
	DecreaseAmount0, DecreaseAmount1 uint64 // without the fees
	FeeAmount0, FeeAmount1           uint64
	RewardAmount0, RewardAmount1     uint64
	RewardAmount2                    uint64
	TransferFee0, TransferFee1       uint64
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *DecreaseLiquidityEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagDecreaseLiquidity {
		return fmt.Errorf("clmm decrease liquidity event: %w", dex.ErrTag)
	}
	*e = DecreaseLiquidityEvent{}
	r := dex.NewReader(b[8:])
	r.Key(&e.PositionNftMint)
	e.Liquidity = r.Uint128()
	e.DecreaseAmount0 = r.Uint64()
	e.DecreaseAmount1 = r.Uint64()
	e.FeeAmount0 = r.Uint64()
	e.FeeAmount1 = r.Uint64()
	e.RewardAmount0 = r.Uint64()
	e.RewardAmount1 = r.Uint64()
	e.RewardAmount2 = r.Uint64()
	e.TransferFee0 = r.Uint64()
	e.TransferFee1 = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(DecreaseLiquidityNewest) {
		return fmt.Errorf("clmm decrease liquidity event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *DecreaseLiquidityEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagDecreaseLiquidity), e.Fields)
	w.Key(&e.PositionNftMint)
	w.Uint128(e.Liquidity)
	w.Uint64(e.DecreaseAmount0)
	w.Uint64(e.DecreaseAmount1)
	w.Uint64(e.FeeAmount0)
	w.Uint64(e.FeeAmount1)
	w.Uint64(e.RewardAmount0)
	w.Uint64(e.RewardAmount1)
	w.Uint64(e.RewardAmount2)
	w.Uint64(e.TransferFee0)
	w.Uint64(e.TransferFee1)
	return w.Written()
}
