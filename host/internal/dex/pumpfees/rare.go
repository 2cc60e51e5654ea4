// Package pumpfees knows the events of the pump fees program.
package pumpfees

import "github.com/weir-run/weir/host/internal/dex/layout"

// Rare are the events of the pump fees program. It shares creator fees and holds the fee schedules; it makes no trades.
var Rare = [...]*layout.Layout{
	layout.Event("CreateFeeSharingConfigEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, pool opt<pubkey>, sharing_config pubkey, "+
		"admin pubkey, initial_shareholders vec<Shareholder>, status ConfigStatus"),
	layout.Event("UpdateFeeSharesEvent", "timestamp i64, mint pubkey, sharing_config pubkey, admin pubkey, new_shareholders vec<Shareholder> / "+
		"version u8"),
	layout.Event("ResetFeeSharingConfigEvent", "timestamp i64, mint pubkey, sharing_config pubkey, old_admin pubkey, "+
		"old_shareholders vec<Shareholder>, new_admin pubkey, new_shareholders vec<Shareholder> / "+
		"old_version u8, new_version u8"),
	layout.Event("SocialFeePdaCreated", "timestamp i64, user_id string, platform u8, social_fee_pda pubkey, created_by pubkey"),
	layout.Event("SocialFeePdaClaimed", "timestamp i64, user_id string, platform u8, social_fee_pda pubkey, recipient pubkey, "+
		"social_claim_authority pubkey, amount_claimed u64, claimable_before u64, lifetime_claimed u64, "+
		"recipient_balance_before u64, recipient_balance_after u64 / quote_mint pubkey / "+
		"lifetime_stable_claimed u64"),
	layout.Event("DonationFeePdaCreated", "timestamp i64, created_by pubkey, donation_fee_pda pubkey, config_id pubkey, base_mint pubkey, "+
		"quote_mint pubkey, creator pubkey"),
	layout.Event("DonationFeePdaCranked", "timestamp i64, signer pubkey, donation_fee_pda pubkey, config_id pubkey, base_mint pubkey, "+
		"quote_mint pubkey, creator pubkey, amount u64"),
	layout.Event("SweepBuybackEvent", "index u8, sol_amount u64, token_amount u64, destination pubkey, buyback_vault pubkey, mint pubkey"),
	layout.Event("UpdateFeeConfigEvent", "timestamp i64, admin pubkey, fee_config pubkey, fee_tiers vec<FeeTier>, flat_fees Fees"),
	layout.Event("UpsertFeeTiersEvent", "timestamp i64, admin pubkey, fee_config pubkey, fee_tiers vec<FeeTier>, offset u8"),
	layout.Event("UpdateStableFeeConfigEvent", "timestamp i64, admin pubkey, fee_config pubkey, stable_fee_tiers vec<FeeTier>, flat_fees Fees"),
	layout.Event("UpsertStableFeeTiersEvent", "timestamp i64, admin pubkey, fee_config pubkey, stable_fee_tiers vec<FeeTier>, offset u8"),
	layout.Event("SetExoticFlatFeesEvent", "timestamp i64, admin pubkey, fee_config pubkey, exotic_flat_fees Fees"),
	layout.Event("InitializeFeeConfigEvent", "timestamp i64, admin pubkey, fee_config pubkey"),
	layout.Event("UpdateAdminEvent", "timestamp i64, old_admin pubkey, new_admin pubkey"),
	layout.Event("ExtendFeeConfigEvent", "fee_config pubkey, user pubkey, current_size u64, new_size u64, timestamp i64"),
	layout.Event("InitializeFeeProgramGlobalEvent", "timestamp i64, authority pubkey, social_claim_authority pubkey, disable_flags u8, "+
		"claim_rate_limit u64"),
	layout.Event("SetAuthorityEvent", "timestamp i64, old_authority pubkey, new_authority pubkey"),
	layout.Event("SetClaimRateLimitEvent", "timestamp i64, claim_rate_limit u64"),
	layout.Event("SetDisableFlagsEvent", "timestamp i64, disable_flags u8"),
	layout.Event("SetSocialClaimAuthorityEvent", "timestamp i64, social_claim_authority pubkey"),
	layout.Event("RevokeFeeSharingAuthorityEvent", "timestamp i64, mint pubkey, sharing_config pubkey, admin pubkey"),
	layout.Event("TransferFeeSharingAuthorityEvent", "timestamp i64, mint pubkey, sharing_config pubkey, old_admin pubkey, new_admin pubkey"),
}
