// Package raydium reads and writes what Raydium AMM v4 puts on chain: its ray_log lines, instruction data, the places of accounts,
// and the arithmetic of a pool. Coin and pc are the program's words for a pool's base and quote side. Amounts are raw units.
package raydium

import (
	"encoding/base64"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Types of ray_log entries, their first byte.
const (
	LogInit        = 0
	LogDeposit     = 1
	LogWithdraw    = 2
	LogSwapBaseIn  = 3
	LogSwapBaseOut = 4
)

// Sizes of ray_log entries in bytes.
const (
	initSize     = 75
	depositSize  = 105
	withdrawSize = 89
	swapSize     = 57
)

// MaxLog is the length of the longest known entry.
const MaxLog = depositSize

// LogPrefix begins a log line that holds an entry in base64.
const LogPrefix = "Program log: ray_log: "

// Directions of a swap.
const (
	PcToCoin = 1
	CoinToPc = 2
)

// InitLog tells of a new pool and its first liquidity.
type InitLog struct {
	Time                     uint64 // when trading opens, Unix seconds
	PcDecimals, CoinDecimals uint8
	PcLotSize, CoinLotSize   uint64
	PcAmount, CoinAmount     uint64
	Market                   dex.Key
}

// DepositLog tells of liquidity that came. Pool amounts are those before it.
type DepositLog struct {
	MaxCoin, MaxPc, Base     uint64 // Base 0: coin is exact, 1: pc is
	PoolCoin, PoolPc, PoolLp uint64
	CalcPnlX, CalcPnlY       dex.Uint128
	DeductCoin, DeductPc     uint64 // what the depositor paid
	MintLp                   uint64
}

// WithdrawLog tells of liquidity that left. Pool amounts are those before it.
type WithdrawLog struct {
	WithdrawLp, UserLp       uint64
	PoolCoin, PoolPc, PoolLp uint64
	CalcPnlX, CalcPnlY       dex.Uint128
	OutCoin, OutPc           uint64
}

// SwapBaseInLog tells of a swap of an exact input. Pool amounts are those before it, without what the protocol may take. Failed
// transactions carry it too.
type SwapBaseInLog struct {
	AmountIn, MinimumOut        uint64 // AmountIn includes the fee
	Direction                   uint64 // PcToCoin or CoinToPc
	UserSource                  uint64 // balance before
	PoolCoin, PoolPc, OutAmount uint64
}

// SwapBaseOutLog tells of a swap for an exact output. Pool amounts are those before it, without what the protocol may take. Failed
// transactions carry it too.
type SwapBaseOutLog struct {
	MaxIn, AmountOut           uint64
	Direction                  uint64 // PcToCoin or CoinToPc
	UserSource                 uint64 // balance before
	PoolCoin, PoolPc, DeductIn uint64 // DeductIn includes the fee
}

// DecodeLog decodes the base64 of a log line after LogPrefix into buf, which holds at least MaxLog bytes to keep it from
// allocating. Longer entries keep their first bytes.
func DecodeLog(buf, line []byte) ([]byte, error) {
	if n := base64.StdEncoding.DecodedLen(len(line)); n > len(buf) {
		buf = make([]byte, n)
	}
	n, err := base64.StdEncoding.Decode(buf, line)
	if err != nil {
		return nil, fmt.Errorf("ray_log: %w", err)
	}
	return buf[:n], nil
}

func open(b []byte, kind uint8, size int) (dex.Reader, error) {
	if len(b) == 0 || b[0] != kind {
		return dex.Reader{}, fmt.Errorf("ray_log %d: %w", kind, dex.ErrTag)
	}
	if len(b) < size {
		return dex.Reader{}, fmt.Errorf("ray_log %d: %w", kind, dex.ErrShort)
	}
	return dex.NewReader(b[1:]), nil
}

func wide(r *dex.Reader) dex.Uint128 {
	lo := r.Uint64()
	return dex.Uint128{Lo: lo, Hi: r.Uint64()}
}

func putWide(w *dex.Writer, v dex.Uint128) {
	w.Uint64(v.Lo)
	w.Uint64(v.Hi)
}

// ParseInitLog reads an entry of type LogInit. It fails with dex.ErrTag or dex.ErrShort.
func ParseInitLog(b []byte) (l InitLog, err error) {
	r, err := open(b, LogInit, initSize)
	if err != nil {
		return l, err
	}
	l.Time = r.Uint64()
	l.PcDecimals, l.CoinDecimals = r.Uint8(), r.Uint8()
	l.PcLotSize, l.CoinLotSize = r.Uint64(), r.Uint64()
	l.PcAmount, l.CoinAmount = r.Uint64(), r.Uint64()
	r.Key(&l.Market)
	return l, nil
}

// Append writes the entry's bytes.
func (l *InitLog) Append(dst []byte) []byte {
	w := dex.NewWriter(append(dst, LogInit), 0)
	w.Uint64(l.Time)
	w.Uint8(l.PcDecimals)
	w.Uint8(l.CoinDecimals)
	w.Uint64(l.PcLotSize)
	w.Uint64(l.CoinLotSize)
	w.Uint64(l.PcAmount)
	w.Uint64(l.CoinAmount)
	w.Key(&l.Market)
	return w.Written()
}

// ParseDepositLog reads an entry of type LogDeposit. It fails with dex.ErrTag or dex.ErrShort.
func ParseDepositLog(b []byte) (l DepositLog, err error) {
	r, err := open(b, LogDeposit, depositSize)
	if err != nil {
		return l, err
	}
	l.MaxCoin, l.MaxPc, l.Base = r.Uint64(), r.Uint64(), r.Uint64()
	l.PoolCoin, l.PoolPc, l.PoolLp = r.Uint64(), r.Uint64(), r.Uint64()
	l.CalcPnlX, l.CalcPnlY = wide(&r), wide(&r)
	l.DeductCoin, l.DeductPc, l.MintLp = r.Uint64(), r.Uint64(), r.Uint64()
	return l, nil
}

// Append writes the entry's bytes.
func (l *DepositLog) Append(dst []byte) []byte {
	w := dex.NewWriter(append(dst, LogDeposit), 0)
	for _, v := range [...]uint64{l.MaxCoin, l.MaxPc, l.Base, l.PoolCoin, l.PoolPc, l.PoolLp} {
		w.Uint64(v)
	}
	putWide(&w, l.CalcPnlX)
	putWide(&w, l.CalcPnlY)
	for _, v := range [...]uint64{l.DeductCoin, l.DeductPc, l.MintLp} {
		w.Uint64(v)
	}
	return w.Written()
}

// ParseWithdrawLog reads an entry of type LogWithdraw. It fails with dex.ErrTag or dex.ErrShort.
func ParseWithdrawLog(b []byte) (l WithdrawLog, err error) {
	r, err := open(b, LogWithdraw, withdrawSize)
	if err != nil {
		return l, err
	}
	l.WithdrawLp, l.UserLp = r.Uint64(), r.Uint64()
	l.PoolCoin, l.PoolPc, l.PoolLp = r.Uint64(), r.Uint64(), r.Uint64()
	l.CalcPnlX, l.CalcPnlY = wide(&r), wide(&r)
	l.OutCoin, l.OutPc = r.Uint64(), r.Uint64()
	return l, nil
}

// Append writes the entry's bytes.
func (l *WithdrawLog) Append(dst []byte) []byte {
	w := dex.NewWriter(append(dst, LogWithdraw), 0)
	for _, v := range [...]uint64{l.WithdrawLp, l.UserLp, l.PoolCoin, l.PoolPc, l.PoolLp} {
		w.Uint64(v)
	}
	putWide(&w, l.CalcPnlX)
	putWide(&w, l.CalcPnlY)
	w.Uint64(l.OutCoin)
	w.Uint64(l.OutPc)
	return w.Written()
}

// ParseSwapBaseInLog reads an entry of type LogSwapBaseIn. It fails with dex.ErrTag or dex.ErrShort.
func ParseSwapBaseInLog(b []byte) (l SwapBaseInLog, err error) {
	r, err := open(b, LogSwapBaseIn, swapSize)
	if err != nil {
		return l, err
	}
	l.AmountIn, l.MinimumOut, l.Direction, l.UserSource = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	l.PoolCoin, l.PoolPc, l.OutAmount = r.Uint64(), r.Uint64(), r.Uint64()
	return l, nil
}

// Append writes the entry's bytes.
func (l *SwapBaseInLog) Append(dst []byte) []byte {
	w := dex.NewWriter(append(dst, LogSwapBaseIn), 0)
	for _, v := range [...]uint64{l.AmountIn, l.MinimumOut, l.Direction, l.UserSource, l.PoolCoin, l.PoolPc, l.OutAmount} {
		w.Uint64(v)
	}
	return w.Written()
}

// ParseSwapBaseOutLog reads an entry of type LogSwapBaseOut. It fails with dex.ErrTag or dex.ErrShort.
func ParseSwapBaseOutLog(b []byte) (l SwapBaseOutLog, err error) {
	r, err := open(b, LogSwapBaseOut, swapSize)
	if err != nil {
		return l, err
	}
	l.MaxIn, l.AmountOut, l.Direction, l.UserSource = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	l.PoolCoin, l.PoolPc, l.DeductIn = r.Uint64(), r.Uint64(), r.Uint64()
	return l, nil
}

// Append writes the entry's bytes.
func (l *SwapBaseOutLog) Append(dst []byte) []byte {
	w := dex.NewWriter(append(dst, LogSwapBaseOut), 0)
	for _, v := range [...]uint64{l.MaxIn, l.AmountOut, l.Direction, l.UserSource, l.PoolCoin, l.PoolPc, l.DeductIn} {
		w.Uint64(v)
	}
	return w.Written()
}
