package launchlab

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
)

// Discriminators of accounts. Other programs use them too: tell by the owner.
const (
	TagPoolState    = 0xf7ede3f5d7c3de46
	TagGlobalConfig = 0x95089ccaa0fcb0d9
)

// Sizes of accounts in bytes.
const (
	PoolStateSize    = 429
	globalConfigSize = 243 // what is read of it
)

// PoolState is the account of a curve.
type PoolState struct {
	Epoch                             uint64
	AuthBump, Status                  uint8
	BaseDecimals, QuoteDecimals       uint8
	MigrateType                       uint8
	Supply, TotalBaseSell             uint64
	VirtualBase, VirtualQuote         uint64
	RealBase, RealQuote               uint64 // sold, and got for it
	TotalQuoteFundRaising             uint64
	QuoteProtocolFee, PlatformFee     uint64 // owed
	MigrateFee                        uint64
	Vesting                           [5]uint64 // locked, cliff, unlock period, start, allocated
	GlobalConfig, PlatformConfig      dex.Key
	BaseMint, QuoteMint               dex.Key
	BaseVault, QuoteVault, Creator    dex.Key
	TokenProgramFlag, AmmCreatorFeeOn uint8
}

func (p *PoolState) amounts() [10]*uint64 {
	return [...]*uint64{
		&p.Supply, &p.TotalBaseSell, &p.VirtualBase, &p.VirtualQuote, &p.RealBase, &p.RealQuote, &p.TotalQuoteFundRaising,
		&p.QuoteProtocolFee, &p.PlatformFee, &p.MigrateFee,
	}
}

func (p *PoolState) keys() [7]*dex.Key {
	return [...]*dex.Key{&p.GlobalConfig, &p.PlatformConfig, &p.BaseMint, &p.QuoteMint, &p.BaseVault, &p.QuoteVault, &p.Creator}
}

// ParsePoolState reads the data of an account. It fails with dex.ErrTag or dex.ErrShort.
func ParsePoolState(b []byte) (PoolState, error) {
	var p PoolState
	if dex.Tag(b) != TagPoolState {
		return p, fmt.Errorf("launchlab pool state: %w", dex.ErrTag)
	}
	if len(b) < PoolStateSize {
		return p, fmt.Errorf("launchlab pool state: %w", dex.ErrShort)
	}
	r := dex.NewReader(b[8:])
	p.Epoch = r.Uint64()
	p.AuthBump, p.Status, p.BaseDecimals, p.QuoteDecimals, p.MigrateType = r.Uint8(), r.Uint8(), r.Uint8(), r.Uint8(), r.Uint8()
	for _, v := range p.amounts() {
		*v = r.Uint64()
	}
	for i := range p.Vesting {
		p.Vesting[i] = r.Uint64()
	}
	for _, k := range p.keys() {
		r.Key(k)
	}
	p.TokenProgramFlag, p.AmmCreatorFeeOn = r.Uint8(), r.Uint8()
	return p, nil
}

// Append writes the account's data with its padding.
func (p *PoolState) Append(dst []byte) []byte {
	from := len(dst)
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagPoolState), 0)
	w.Uint64(p.Epoch)
	for _, v := range [...]uint8{p.AuthBump, p.Status, p.BaseDecimals, p.QuoteDecimals, p.MigrateType} {
		w.Uint8(v)
	}
	for _, v := range p.amounts() {
		w.Uint64(*v)
	}
	for _, v := range p.Vesting {
		w.Uint64(v)
	}
	for _, k := range p.keys() {
		w.Key(k)
	}
	w.Uint8(p.TokenProgramFlag)
	w.Uint8(p.AmmCreatorFeeOn)
	return append(w.Written(), make([]byte, PoolStateSize-(len(w.Written())-from))...)
}

// Curve is the pool's curve, for those of constant product.
func (p *PoolState) Curve() Curve {
	return Curve{VirtualBase: p.VirtualBase, VirtualQuote: p.VirtualQuote, RealBase: p.RealBase, RealQuote: p.RealQuote}
}

// GlobalConfig is the account that holds what curves of one kind and quote coin share. TradeFeeRate is in 1/RateUnit.
type GlobalConfig struct {
	Epoch                    uint64
	CurveType                uint8
	Index                    uint16
	MigrateFee, TradeFeeRate uint64
	MaxShareFeeRate          uint64
	MinBaseSupply            uint64
	MaxLockRate              uint64
	MinBaseSellRate          uint64
	MinBaseMigrateRate       uint64
	MinQuoteFundRaising      uint64
	QuoteMint                dex.Key
	ProtocolFeeOwner         dex.Key
	MigrateFeeOwner          dex.Key
	MigrateToAmmWallet       dex.Key
	MigrateToCpswapWallet    dex.Key
}

// ParseGlobalConfig reads the data of an account. It fails with dex.ErrTag or dex.ErrShort.
func ParseGlobalConfig(b []byte) (GlobalConfig, error) {
	var c GlobalConfig
	if dex.Tag(b) != TagGlobalConfig {
		return c, fmt.Errorf("launchlab global config: %w", dex.ErrTag)
	}
	if len(b) < globalConfigSize {
		return c, fmt.Errorf("launchlab global config: %w", dex.ErrShort)
	}
	r := dex.NewReader(b[8:])
	c.Epoch, c.CurveType, c.Index = r.Uint64(), r.Uint8(), r.Uint16()
	for _, v := range c.amounts() {
		*v = r.Uint64()
	}
	for _, k := range c.keys() {
		r.Key(k)
	}
	return c, nil
}

func (c *GlobalConfig) amounts() [8]*uint64 {
	return [...]*uint64{
		&c.MigrateFee, &c.TradeFeeRate, &c.MaxShareFeeRate, &c.MinBaseSupply, &c.MaxLockRate, &c.MinBaseSellRate,
		&c.MinBaseMigrateRate, &c.MinQuoteFundRaising,
	}
}

func (c *GlobalConfig) keys() [5]*dex.Key {
	return [...]*dex.Key{&c.QuoteMint, &c.ProtocolFeeOwner, &c.MigrateFeeOwner, &c.MigrateToAmmWallet, &c.MigrateToCpswapWallet}
}

// Append writes the account's data without padding.
func (c *GlobalConfig) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagGlobalConfig), 0)
	w.Uint64(c.Epoch)
	w.Uint8(c.CurveType)
	w.Uint16(c.Index)
	for _, v := range c.amounts() {
		w.Uint64(*v)
	}
	for _, k := range c.keys() {
		w.Key(k)
	}
	return w.Written()
}
