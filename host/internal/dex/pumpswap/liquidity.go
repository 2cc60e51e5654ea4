package pumpswap

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layouts of DepositEvent and WithdrawEvent by the number of fields, for Extent.Fields.
const (
	DepositNewest  = 16 // 256 bytes, the only layout of DepositEvent
	WithdrawNewest = 16 // 256 bytes, the only layout of WithdrawEvent
)

// DepositEvent tells of liquidity that came. Reserves, balances and LP supply are those before it.
type DepositEvent struct {
	dex.Extent
	Timestamp                                     int64 // block time, Unix seconds
	LpTokenAmountOut, MaxBaseAmountIn             uint64
	MaxQuoteAmountIn, UserBaseTokenReserves       uint64
	UserQuoteTokenReserves, PoolBaseTokenReserves uint64
	PoolQuoteTokenReserves, BaseAmountIn          uint64
	QuoteAmountIn, LpMintSupply                   uint64
	Pool, User                                    dex.Key
	UserBaseTokenAccount, UserQuoteTokenAccount   dex.Key
	UserPoolTokenAccount                          dex.Key
}

// ParseDepositEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseDepositEvent(b []byte) (DepositEvent, error) {
	var e DepositEvent
	err := e.Parse(b)
	return e, err
}

// Parse is ParseDepositEvent into a value that is used again.
func (e *DepositEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagDeposit {
		return fmt.Errorf("deposit event: %w", dex.ErrTag)
	}
	*e = DepositEvent{}
	r := dex.NewReader(b[8:])
	e.Timestamp = r.Int64()
	e.LpTokenAmountOut = r.Uint64()
	e.MaxBaseAmountIn = r.Uint64()
	e.MaxQuoteAmountIn = r.Uint64()
	e.UserBaseTokenReserves = r.Uint64()
	e.UserQuoteTokenReserves = r.Uint64()
	e.PoolBaseTokenReserves = r.Uint64()
	e.PoolQuoteTokenReserves = r.Uint64()
	e.BaseAmountIn = r.Uint64()
	e.QuoteAmountIn = r.Uint64()
	e.LpMintSupply = r.Uint64()
	r.Key(&e.Pool)
	r.Key(&e.User)
	r.Key(&e.UserBaseTokenAccount)
	r.Key(&e.UserQuoteTokenAccount)
	r.Key(&e.UserPoolTokenAccount)
	e.Extent = r.Extent()
	if !e.Has(DepositNewest) {
		return fmt.Errorf("deposit event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *DepositEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagDeposit), e.Fields)
	w.Int64(e.Timestamp)
	w.Uint64(e.LpTokenAmountOut)
	w.Uint64(e.MaxBaseAmountIn)
	w.Uint64(e.MaxQuoteAmountIn)
	w.Uint64(e.UserBaseTokenReserves)
	w.Uint64(e.UserQuoteTokenReserves)
	w.Uint64(e.PoolBaseTokenReserves)
	w.Uint64(e.PoolQuoteTokenReserves)
	w.Uint64(e.BaseAmountIn)
	w.Uint64(e.QuoteAmountIn)
	w.Uint64(e.LpMintSupply)
	w.Key(&e.Pool)
	w.Key(&e.User)
	w.Key(&e.UserBaseTokenAccount)
	w.Key(&e.UserQuoteTokenAccount)
	w.Key(&e.UserPoolTokenAccount)
	return w.Written()
}

// WithdrawEvent tells of liquidity that left. Reserves, balances and LP supply are those before it.
type WithdrawEvent struct {
	dex.Extent
	Timestamp                                     int64 // block time, Unix seconds
	LpTokenAmountIn, MinBaseAmountOut             uint64
	MinQuoteAmountOut, UserBaseTokenReserves      uint64
	UserQuoteTokenReserves, PoolBaseTokenReserves uint64
	PoolQuoteTokenReserves, BaseAmountOut         uint64
	QuoteAmountOut, LpMintSupply                  uint64
	Pool, User                                    dex.Key
	UserBaseTokenAccount, UserQuoteTokenAccount   dex.Key
	UserPoolTokenAccount                          dex.Key
}

// ParseWithdrawEvent reads an event that begins with its discriminator. It fails with dex.ErrTag or dex.ErrShort.
func ParseWithdrawEvent(b []byte) (WithdrawEvent, error) {
	var e WithdrawEvent
	err := e.Parse(b)
	return e, err
}

// Parse is ParseWithdrawEvent into a value that is used again.
func (e *WithdrawEvent) Parse(b []byte) error {
	if dex.Tag(b) != TagWithdraw {
		return fmt.Errorf("withdraw event: %w", dex.ErrTag)
	}
	*e = WithdrawEvent{}
	r := dex.NewReader(b[8:])
	e.Timestamp = r.Int64()
	e.LpTokenAmountIn = r.Uint64()
	e.MinBaseAmountOut = r.Uint64()
	e.MinQuoteAmountOut = r.Uint64()
	e.UserBaseTokenReserves = r.Uint64()
	e.UserQuoteTokenReserves = r.Uint64()
	e.PoolBaseTokenReserves = r.Uint64()
	e.PoolQuoteTokenReserves = r.Uint64()
	e.BaseAmountOut = r.Uint64()
	e.QuoteAmountOut = r.Uint64()
	e.LpMintSupply = r.Uint64()
	r.Key(&e.Pool)
	r.Key(&e.User)
	r.Key(&e.UserBaseTokenAccount)
	r.Key(&e.UserQuoteTokenAccount)
	r.Key(&e.UserPoolTokenAccount)
	e.Extent = r.Extent()
	if !e.Has(WithdrawNewest) {
		return fmt.Errorf("withdraw event: %w", dex.ErrShort)
	}
	return nil
}

// Append writes the event with its discriminator, in the layout that e.Fields names; 0 is the newest.
func (e *WithdrawEvent) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagWithdraw), e.Fields)
	w.Int64(e.Timestamp)
	w.Uint64(e.LpTokenAmountIn)
	w.Uint64(e.MinBaseAmountOut)
	w.Uint64(e.MinQuoteAmountOut)
	w.Uint64(e.UserBaseTokenReserves)
	w.Uint64(e.UserQuoteTokenReserves)
	w.Uint64(e.PoolBaseTokenReserves)
	w.Uint64(e.PoolQuoteTokenReserves)
	w.Uint64(e.BaseAmountOut)
	w.Uint64(e.QuoteAmountOut)
	w.Uint64(e.LpMintSupply)
	w.Key(&e.Pool)
	w.Key(&e.User)
	w.Key(&e.UserBaseTokenAccount)
	w.Key(&e.UserQuoteTokenAccount)
	w.Key(&e.UserPoolTokenAccount)
	return w.Written()
}
