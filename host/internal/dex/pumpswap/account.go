package pumpswap

import (
	"encoding/binary"
	"fmt"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/layout"
)

// TagPool begins the data of a pool account, as dex.Tag reads it.
const TagPool = 0xf19a6d0411b16dbc

// Layouts of Pool by the number of fields, for Extent.Fields. Accounts are often allocated longer than their layout; the rest
// is zero and reads as fields of the next one.
const (
	PoolOldest  = 9  // 211 bytes
	PoolCreator = 10 // 2025-05, 243
	PoolVirtual = 13 // 2026: mayhem, cashback, virtual quote reserves, 261
	PoolEdit    = 15 // 270
	PoolHolders = 16 // 271
	PoolNewest  = 18 // 2026-10: fees kept, 287
)

// Pool is the account of a pool. Its reserves are the balances of the two vaults, not in here.
type Pool struct {
	dex.Extent
	PoolBump                                    uint8
	Index                                       uint16
	Creator, BaseMint, QuoteMint, LPMint        dex.Key
	PoolBaseTokenAccount, PoolQuoteTokenAccount dex.Key
	LPSupply                                    uint64 // all that was ever minted less withdrawals: burns of LP do not count
	CoinCreator                                 dex.Key
	IsMayhemMode, IsCashbackCoin                bool
	VirtualQuoteReserves                        dex.Int128 // added to the quote vault to make the price
	CreatorFeeBps                               uint64
	CanEditCreatorFee, IsHolderReward           bool
	ProtocolFees, CreatorFees                   uint64 // kept in the quote vault until they are swept
}

// ParsePool reads an account's whole data. It fails with dex.ErrTag or dex.ErrShort.
func ParsePool(b []byte) (Pool, error) {
	var p Pool
	if dex.Tag(b) != TagPool {
		return p, fmt.Errorf("PumpSwap pool: %w", dex.ErrTag)
	}
	r := dex.NewReader(b[8:])
	p.PoolBump = r.Uint8()
	p.Index = r.Uint16()
	for _, key := range p.keys() {
		r.Key(key)
	}
	p.LPSupply = r.Uint64()
	r.Key(&p.CoinCreator)
	p.IsMayhemMode = r.Bool()
	p.IsCashbackCoin = r.Bool()
	p.VirtualQuoteReserves = r.Int128()
	p.CreatorFeeBps = r.Uint64()
	p.CanEditCreatorFee = r.Bool()
	p.IsHolderReward = r.Bool()
	p.ProtocolFees = r.Uint64()
	p.CreatorFees = r.Uint64()
	p.Extent = r.Extent()
	if !p.Has(PoolOldest) {
		return p, fmt.Errorf("PumpSwap pool: %w", dex.ErrShort)
	}
	return p, nil
}

func (p *Pool) keys() [6]*dex.Key {
	return [6]*dex.Key{&p.Creator, &p.BaseMint, &p.QuoteMint, &p.LPMint, &p.PoolBaseTokenAccount, &p.PoolQuoteTokenAccount}
}

// Append writes the account's data in the layout that p.Fields names; 0 is the newest.
func (p *Pool) Append(dst []byte) []byte {
	w := dex.NewWriter(binary.BigEndian.AppendUint64(dst, TagPool), p.Fields)
	w.Uint8(p.PoolBump)
	w.Uint16(p.Index)
	for _, key := range p.keys() {
		w.Key(key)
	}
	w.Uint64(p.LPSupply)
	w.Key(&p.CoinCreator)
	w.Bool(p.IsMayhemMode)
	w.Bool(p.IsCashbackCoin)
	w.Int128(p.VirtualQuoteReserves)
	w.Uint64(p.CreatorFeeBps)
	w.Bool(p.CanEditCreatorFee)
	w.Bool(p.IsHolderReward)
	w.Uint64(p.ProtocolFees)
	w.Uint64(p.CreatorFees)
	return w.Written()
}

// GlobalConfigAccount is the table of the program's settings.
var GlobalConfigAccount = layout.Account("GlobalConfig", "admin pubkey, lp_fee_basis_points u64, protocol_fee_basis_points u64, disable_flags u8, "+
	"protocol_fee_recipients [pubkey;8] / coin_creator_fee_basis_points u64 / admin_set_coin_creator_authority pubkey / "+
	"whitelist_pda pubkey, reserved_fee_recipient pubkey, mayhem_mode_enabled bool / reserved_fee_recipients [pubkey;7] / "+
	"is_cashback_enabled bool / buyback_fee_recipients [pubkey;8], buyback_basis_points u64 / boost_authority pubkey, "+
	"boost_enabled bool / creator_fee_configurable bool, max_configurable_creator_fee_bps u64")

var (
	configLP       = GlobalConfigAccount.Index("lp_fee_basis_points")
	configProtocol = GlobalConfigAccount.Index("protocol_fee_basis_points")
	configCreator  = GlobalConfigAccount.Index("coin_creator_fee_basis_points")
	configDisabled = GlobalConfigAccount.Index("disable_flags")
)

// GlobalConfig is what Weir needs of the program's settings. Trades on pools that pump opened pay by FeeConfig, not by Rates.
type GlobalConfig struct {
	dex.Extent
	Rates Rates
	// Disabled has a bit for each instruction that is turned off: create_pool, deposit, withdraw, buy, sell.
	Disabled uint8
}

// ParseGlobalConfig reads the settings account's whole data. It fails with dex.ErrTag or dex.ErrShort.
func ParseGlobalConfig(b []byte) (GlobalConfig, error) {
	v, err := GlobalConfigAccount.Parse(b)
	if err != nil {
		return GlobalConfig{}, err
	}
	return GlobalConfig{
		Extent:   v.Extent,
		Rates:    Rates{LP: v.Uint64(configLP), Protocol: v.Uint64(configProtocol), Creator: v.Uint64(configCreator)},
		Disabled: uint8(v.Uint64(configDisabled)),
	}, nil
}
