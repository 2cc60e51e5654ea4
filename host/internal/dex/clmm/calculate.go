package clmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// LiquidityCalculateEvent tells, within a change of a position, of the pool's price, which such a change does not move.
type LiquidityCalculateEvent struct {
	dex.Extent
	PoolLiquidity                dex.Uint128
	PoolSqrtPriceX64             dex.Uint128
	PoolTick                     int32
	CalcAmount0, CalcAmount1     uint64
	TradeFeeOwed0, TradeFeeOwed1 uint64
	TransferFee0, TransferFee1   uint64
}

// Parse reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func (e *LiquidityCalculateEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagCalculate {
		return fmt.Errorf("clmm liquidity calculate event: %w", dex.ErrTag)
	}
	*e = LiquidityCalculateEvent{}
	r := dex.NewReader(b[8:])
	e.PoolLiquidity = r.Uint128()
	e.PoolSqrtPriceX64 = r.Uint128()
	e.PoolTick = r.Int32()
	e.CalcAmount0 = r.Uint64()
	e.CalcAmount1 = r.Uint64()
	e.TradeFeeOwed0 = r.Uint64()
	e.TradeFeeOwed1 = r.Uint64()
	e.TransferFee0 = r.Uint64()
	e.TransferFee1 = r.Uint64()
	e.Extent = r.Extent()
	if !e.Has(CalculateNewest) {
		return fmt.Errorf("clmm liquidity calculate event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator.
func (e *LiquidityCalculateEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagCalculate), e.Fields)
	w.Uint128(e.PoolLiquidity)
	w.Uint128(e.PoolSqrtPriceX64)
	w.Int32(e.PoolTick)
	w.Uint64(e.CalcAmount0)
	w.Uint64(e.CalcAmount1)
	w.Uint64(e.TradeFeeOwed0)
	w.Uint64(e.TradeFeeOwed1)
	w.Uint64(e.TransferFee0)
	w.Uint64(e.TransferFee1)
	return w.Written()
}
