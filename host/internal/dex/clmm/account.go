package clmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of accounts. Other programs use the first two: tell by the owner.
const (
	TagPoolState        = 0xf7ede3f5d7c3de46
	TagAmmConfig        = 0xdaf42168cbcb2b6f
	TagPersonalPosition = 0x466f967ee60f1975
)

// Sizes of accounts in bytes.
const (
	PoolStateSize = 1544
	AmmConfigSize = 117
)

// PoolState is the account of a pool, without its rewards, its bitmap and what is of 2026.
type PoolState struct {
	Bump                         uint8
	AmmConfig, Owner             dex.Key
	TokenMint0, TokenMint1       dex.Key
	TokenVault0, TokenVault1     dex.Key
	ObservationKey               dex.Key
	MintDecimals0, MintDecimals1 uint8
	TickSpacing                  uint16
	Liquidity, SqrtPriceX64      dex.Uint128
	TickCurrent                  int32
	ProtocolFees0, ProtocolFees1 uint64
	Status                       uint8
	FundFees0, FundFees1         uint64
	OpenTime, RecentEpoch        uint64 // OpenTime in Unix seconds
}

// Offsets of what stands behind padding and fields that are not read.
const (
	atProtocolFees = 309
	atStatus       = 389
	atFundFees     = 1064
)

// ParsePoolState reads the data of an account. It fails with dex.ErrTag or dex.ErrShort.
func ParsePoolState(b []byte) (PoolState, error) {
	var p PoolState
	if dex.Tag(b) != TagPoolState {
		return p, fmt.Errorf("clmm pool state: %w", dex.ErrTag)
	}
	if len(b) < PoolStateSize {
		return p, fmt.Errorf("clmm pool state: %w", dex.ErrShort)
	}
	r := dex.NewReader(b[8:])
	p.Bump = r.Uint8()
	for _, k := range p.keys() {
		r.Key(k)
	}
	p.MintDecimals0, p.MintDecimals1, p.TickSpacing = r.Uint8(), r.Uint8(), r.Uint16()
	p.Liquidity, p.SqrtPriceX64, p.TickCurrent = r.Uint128(), r.Uint128(), r.Int32()
	r = dex.NewReader(b[atProtocolFees:])
	p.ProtocolFees0, p.ProtocolFees1 = r.Uint64(), r.Uint64()
	p.Status = b[atStatus]
	r = dex.NewReader(b[atFundFees:])
	p.FundFees0, p.FundFees1, p.OpenTime, p.RecentEpoch = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	return p, nil
}

func (p *PoolState) keys() [7]*dex.Key {
	return [...]*dex.Key{
		&p.AmmConfig, &p.Owner, &p.TokenMint0, &p.TokenMint1, &p.TokenVault0, &p.TokenVault1, &p.ObservationKey,
	}
}

// Append writes the account's data; what is not read is zero.
func (p *PoolState) Append(dst []byte) []byte {
	from := len(dst)
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagPoolState), 0)
	w.Uint8(p.Bump)
	for _, k := range p.keys() {
		w.Key(k)
	}
	w.Uint8(p.MintDecimals0)
	w.Uint8(p.MintDecimals1)
	w.Uint16(p.TickSpacing)
	w.Uint128(p.Liquidity)
	w.Uint128(p.SqrtPriceX64)
	w.Int32(p.TickCurrent)
	b := w.Written()
	b = append(b, make([]byte, PoolStateSize-(len(b)-from))...)
	at := func(offset int, v uint64) { binary.LittleEndian.PutUint64(b[from+offset:], v) }
	at(atProtocolFees, p.ProtocolFees0)
	at(atProtocolFees+8, p.ProtocolFees1)
	b[from+atStatus] = p.Status
	for i, v := range [...]uint64{p.FundFees0, p.FundFees1, p.OpenTime, p.RecentEpoch} {
		at(atFundFees+8*i, v)
	}
	return b
}

// AmmConfig is the account that holds the rates of its pools, in 1/RateUnit. Protocol and fund rates are parts of the trade fee.
type AmmConfig struct {
	Bump            uint8
	Index           uint16
	Owner           dex.Key
	ProtocolFeeRate uint32
	TradeFeeRate    uint32
	TickSpacing     uint16
	FundFeeRate     uint32
}

// ParseAmmConfig reads the data of an account. It fails with dex.ErrTag or dex.ErrShort.
func ParseAmmConfig(b []byte) (AmmConfig, error) {
	var c AmmConfig
	if dex.Tag(b) != TagAmmConfig {
		return c, fmt.Errorf("clmm config: %w", dex.ErrTag)
	}
	if len(b) < AmmConfigSize {
		return c, fmt.Errorf("clmm config: %w", dex.ErrShort)
	}
	r := dex.NewReader(b[8:])
	c.Bump, c.Index = r.Uint8(), r.Uint16()
	r.Key(&c.Owner)
	c.ProtocolFeeRate, c.TradeFeeRate = r.Uint32(), r.Uint32()
	c.TickSpacing = r.Uint16()
	c.FundFeeRate = r.Uint32()
	return c, nil
}

// Append writes the account's data with its padding.
func (c *AmmConfig) Append(dst []byte) []byte {
	from := len(dst)
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagAmmConfig), 0)
	w.Uint8(c.Bump)
	w.Uint16(c.Index)
	w.Key(&c.Owner)
	w.Uint32(c.ProtocolFeeRate)
	w.Uint32(c.TradeFeeRate)
	w.Uint16(c.TickSpacing)
	w.Uint32(c.FundFeeRate)
	return append(w.Written(), make([]byte, AmmConfigSize-(len(w.Written())-from))...)
}
