package pumpfun

import (
	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/layout"
)

// Tables of accounts of the pump program.
var (
	GlobalAccount = layout.Account("Global", "initialized bool, authority pubkey, fee_recipient pubkey, initial_virtual_token_reserves u64, "+
		"initial_virtual_sol_reserves u64, initial_real_token_reserves u64, token_total_supply u64, fee_basis_points u64, "+
		"withdraw_authority pubkey, enable_migrate bool, pool_migration_fee u64, creator_fee_basis_points u64, "+
		"fee_recipients [pubkey;7] / set_creator_authority pubkey / admin_set_creator_authority pubkey / "+
		"create_v2_enabled bool, whitelist_pda pubkey, reserved_fee_recipient pubkey, mayhem_mode_enabled bool / "+
		"reserved_fee_recipients [pubkey;7] / is_cashback_enabled bool / buyback_fee_recipients [pubkey;8], "+
		"buyback_basis_points u64, initial_virtual_quote_reserves u64, whitelisted_quote_mints [pubkey;1] / "+
		"creator_fee_configurable bool, max_configurable_creator_fee_bps u64 / holder_reward_claim_authority pubkey, "+
		"is_holder_reward_enabled bool / max_curve_depth u8")
	UserVolumeAccount = layout.Account("UserVolumeAccumulator", "user pubkey, needs_claim bool, total_unclaimed_tokens u64, "+
		"total_claimed_tokens u64, current_sol_volume u64, last_update_timestamp i64 / has_total_claimed_tokens bool / "+
		"cashback_earned u64, total_cashback_claimed u64 / stable_cashback_earned u64, total_stable_cashback_claimed u64")
	QuoteControlAccount = layout.Account("QuoteControl", "admin pubkey, reserves_admin pubkey, reserved pubkey, mints vec<QuoteControlMint>")
)

var (
	globalVirtualToken = GlobalAccount.Index("initial_virtual_token_reserves")
	globalVirtualSOL   = GlobalAccount.Index("initial_virtual_sol_reserves")
	globalRealToken    = GlobalAccount.Index("initial_real_token_reserves")
	globalSupply       = GlobalAccount.Index("token_total_supply")
	globalFee          = GlobalAccount.Index("fee_basis_points")
	globalMigration    = GlobalAccount.Index("pool_migration_fee")
	globalVirtualQuote = GlobalAccount.Index("initial_virtual_quote_reserves")
	globalQuotes       = GlobalAccount.Index("whitelisted_quote_mints")
)

// Global is what Weir needs of the program's settings: how new coins start. Trades pay by FeeConfig, not by the rates here. A field
// that the account is too old for is 0.
type Global struct {
	dex.Extent
	InitialVirtualToken, InitialVirtualSOL, InitialRealToken uint64
	Supply, FeeBps, MigrationFee                             uint64
	InitialVirtualQuote                                      uint64  // of curves quoted in QuoteMint
	QuoteMint                                                dex.Key // the stable coin that curves may be quoted in
}

// ParseGlobal reads the settings account's whole data. It fails with dex.ErrTag or dex.ErrShort.
func ParseGlobal(b []byte) (Global, error) {
	v, err := GlobalAccount.Parse(b)
	if err != nil {
		return Global{}, err
	}
	g := Global{
		Extent:              v.Extent,
		InitialVirtualToken: v.Uint64(globalVirtualToken), InitialVirtualSOL: v.Uint64(globalVirtualSOL),
		InitialRealToken: v.Uint64(globalRealToken), Supply: v.Uint64(globalSupply), FeeBps: v.Uint64(globalFee),
		MigrationFee: v.Uint64(globalMigration), InitialVirtualQuote: v.Uint64(globalVirtualQuote),
	}
	copy(g.QuoteMint[:], v.Raw(globalQuotes))
	return g, nil
}
