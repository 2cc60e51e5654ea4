package cpmm

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of accounts. Other programs use the same ones: tell by the owner.
const (
	TagPoolState = 0xf7ede3f5d7c3de46
	TagAmmConfig = 0xdaf42168cbcb2b6f
)

// Sizes of accounts in bytes.
const (
	PoolStateSize = 637
	AmmConfigSize = 236
)

// Status bits of a pool; a set bit forbids.
const (
	StatusDeposit  = 1 << 0
	StatusWithdraw = 1 << 1
	StatusSwap     = 1 << 2
)

// PoolState is the account of a pool.
type PoolState struct {
	AmmConfig, PoolCreator         dex.Key
	Token0Vault, Token1Vault       dex.Key
	LpMint, Token0Mint, Token1Mint dex.Key
	Token0Program, Token1Program   dex.Key
	ObservationKey                 dex.Key
	AuthBump, Status               uint8
	LpMintDecimals                 uint8
	Mint0Decimals, Mint1Decimals   uint8
	LpSupply                       uint64
	ProtocolFees0, ProtocolFees1   uint64
	FundFees0, FundFees1           uint64
	OpenTime                       uint64 // Unix seconds
	RecentEpoch                    uint64
	CreatorFeeOn                   uint8 // 0 both tokens, 1 only token 0, 2 only token 1
	EnableCreatorFee               bool
	CreatorFees0, CreatorFees1     uint64
}

// ParsePoolState reads the data of an account. It fails with dex.ErrTag or dex.ErrShort.
func ParsePoolState(b []byte) (PoolState, error) {
	var p PoolState
	if dex.Tag(b) != TagPoolState {
		return p, fmt.Errorf("cpmm pool state: %w", dex.ErrTag)
	}
	if len(b) < PoolStateSize {
		return p, fmt.Errorf("cpmm pool state: %w", dex.ErrShort)
	}
	r := dex.NewReader(b[8:])
	for _, k := range p.keys() {
		r.Key(k)
	}
	p.AuthBump, p.Status, p.LpMintDecimals = r.Uint8(), r.Uint8(), r.Uint8()
	p.Mint0Decimals, p.Mint1Decimals = r.Uint8(), r.Uint8()
	p.LpSupply = r.Uint64()
	p.ProtocolFees0, p.ProtocolFees1 = r.Uint64(), r.Uint64()
	p.FundFees0, p.FundFees1 = r.Uint64(), r.Uint64()
	p.OpenTime, p.RecentEpoch = r.Uint64(), r.Uint64()
	p.CreatorFeeOn, p.EnableCreatorFee = r.Uint8(), r.Bool()
	for range padding {
		r.Uint8()
	}
	p.CreatorFees0, p.CreatorFees1 = r.Uint64(), r.Uint64()
	return p, nil
}

// padding is what stands between the switches and the amounts of the creator fee.
const padding = 6

func (p *PoolState) keys() [10]*dex.Key {
	return [...]*dex.Key{
		&p.AmmConfig, &p.PoolCreator, &p.Token0Vault, &p.Token1Vault, &p.LpMint, &p.Token0Mint, &p.Token1Mint, &p.Token0Program,
		&p.Token1Program, &p.ObservationKey,
	}
}

// Append writes the account's data with its padding.
func (p *PoolState) Append(dst []byte) []byte {
	from := len(dst)
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagPoolState), 0)
	for _, k := range p.keys() {
		w.Key(k)
	}
	for _, v := range [...]uint8{p.AuthBump, p.Status, p.LpMintDecimals, p.Mint0Decimals, p.Mint1Decimals} {
		w.Uint8(v)
	}
	for _, v := range [...]uint64{p.LpSupply, p.ProtocolFees0, p.ProtocolFees1, p.FundFees0, p.FundFees1, p.OpenTime, p.RecentEpoch} {
		w.Uint64(v)
	}
	w.Uint8(p.CreatorFeeOn)
	w.Bool(p.EnableCreatorFee)
	for range padding {
		w.Uint8(0)
	}
	w.Uint64(p.CreatorFees0)
	w.Uint64(p.CreatorFees1)
	return append(w.Written(), make([]byte, PoolStateSize-(len(w.Written())-from))...)
}

// Reserves returns what the price formula sees of vaults that hold that much. It is false when more is owed than there is.
func (p *PoolState) Reserves(vault0, vault1 uint64) (token0, token1 uint64, ok bool) {
	owed0, ok0 := dex.Add(p.ProtocolFees0, p.FundFees0, p.CreatorFees0)
	owed1, ok1 := dex.Add(p.ProtocolFees1, p.FundFees1, p.CreatorFees1)
	return vault0 - owed0, vault1 - owed1, ok0 && ok1 && owed0 <= vault0 && owed1 <= vault1
}

// AmmConfig is the account that holds the rates of its pools, in 1/RateUnit. Protocol and fund rates are parts of the trade fee.
type AmmConfig struct {
	Bump                       uint8
	DisableCreatePool          bool
	Index                      uint16
	TradeFeeRate               uint64
	ProtocolFeeRate            uint64
	FundFeeRate, CreatePoolFee uint64
	ProtocolOwner, FundOwner   dex.Key
	CreatorFeeRate             uint64
}

// ParseAmmConfig reads the data of an account. It fails with dex.ErrTag or dex.ErrShort.
func ParseAmmConfig(b []byte) (AmmConfig, error) {
	var c AmmConfig
	if dex.Tag(b) != TagAmmConfig {
		return c, fmt.Errorf("cpmm config: %w", dex.ErrTag)
	}
	if len(b) < AmmConfigSize {
		return c, fmt.Errorf("cpmm config: %w", dex.ErrShort)
	}
	r := dex.NewReader(b[8:])
	c.Bump, c.DisableCreatePool, c.Index = r.Uint8(), r.Bool(), r.Uint16()
	c.TradeFeeRate, c.ProtocolFeeRate, c.FundFeeRate, c.CreatePoolFee = r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()
	r.Key(&c.ProtocolOwner)
	r.Key(&c.FundOwner)
	c.CreatorFeeRate = r.Uint64()
	return c, nil
}

// Append writes the account's data with its padding.
func (c *AmmConfig) Append(dst []byte) []byte {
	from := len(dst)
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagAmmConfig), 0)
	w.Uint8(c.Bump)
	w.Bool(c.DisableCreatePool)
	w.Uint16(c.Index)
	w.Uint64(c.TradeFeeRate)
	w.Uint64(c.ProtocolFeeRate)
	w.Uint64(c.FundFeeRate)
	w.Uint64(c.CreatePoolFee)
	w.Key(&c.ProtocolOwner)
	w.Key(&c.FundOwner)
	w.Uint64(c.CreatorFeeRate)
	return append(w.Written(), make([]byte, AmmConfigSize-(len(w.Written())-from))...)
}
