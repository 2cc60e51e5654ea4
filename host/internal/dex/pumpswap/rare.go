package pumpswap

import "github.com/weir-run/weir/host/internal/dex/layout"

// Rare are the events of PumpSwap that are read by table: payouts, boosts, and what its administrators do.
var Rare = [...]*layout.Layout{
	layout.Event("CollectCoinCreatorFeeEvent", "timestamp i64, coin_creator pubkey, coin_creator_fee u64, coin_creator_vault_ata pubkey, "+
		"coin_creator_token_account pubkey"),
	layout.Event("SweepPoolFeeEvent", "timestamp i64, pool pubkey, base_mint pubkey, quote_mint pubkey, recipient pubkey, payer pubkey, "+
		"amount u64, bucket u8"),
	layout.Event("InitBoostEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, pool pubkey, virtual_quote_reserves i128, "+
		"real_quote_reserves_after u64"),
	layout.Event("BoostBuyAndBurnEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, pool pubkey, authority pubkey, "+
		"quote_amount_in_requested u64, quote_amount_in_used u64, base_amount_burned u64, "+
		"virtual_quote_reserves i128, real_quote_reserves_after u64, base_reserves_after u64, "+
		"boost_vault_remaining u64"),
	layout.Event("SetBondingCurveCoinCreatorEvent", "timestamp i64, base_mint pubkey, pool pubkey, bonding_curve pubkey, coin_creator pubkey"),
	layout.Event("SetMetaplexCoinCreatorEvent", "timestamp i64, base_mint pubkey, pool pubkey, metadata pubkey, coin_creator pubkey"),
	layout.Event("MigratePoolCoinCreatorEvent", "timestamp i64, base_mint pubkey, pool pubkey, sharing_config pubkey, old_coin_creator pubkey, "+
		"new_coin_creator pubkey"),
	layout.Event("AdminCtoPoolEvent", "timestamp i64, base_mint pubkey, pool pubkey, old_coin_creator pubkey, new_coin_creator pubkey, "+
		"is_holder_reward bool, is_cashback_coin bool, old_creator_fee_bps u64, new_creator_fee_bps u64"),
	layout.Event("ClaimCashbackEvent", "user pubkey, amount u64, timestamp i64, total_claimed u64, total_cashback_earned u64"),
	layout.Event("CreateConfigEvent", "timestamp i64, admin pubkey, lp_fee_basis_points u64, protocol_fee_basis_points u64, "+
		"protocol_fee_recipients [pubkey;8] / coin_creator_fee_basis_points u64 / "+
		"admin_set_coin_creator_authority pubkey"),
	layout.Event("UpdateFeeConfigEvent", "timestamp i64, admin pubkey, lp_fee_basis_points u64, protocol_fee_basis_points u64, "+
		"protocol_fee_recipients [pubkey;8] / coin_creator_fee_basis_points u64 / "+
		"admin_set_coin_creator_authority pubkey"),
	layout.Event("UpdateAdminEvent", "timestamp i64, admin pubkey, new_admin pubkey"),
	layout.Event("DisableEvent", "timestamp i64, admin pubkey, disable_create_pool bool, disable_deposit bool, disable_withdraw bool, "+
		"disable_buy bool, disable_sell bool"),
	layout.Event("UpdateCreatorFeeConfigEvent", "timestamp i64, admin pubkey, creator_fee_configurable bool, max_configurable_creator_fee_bps u64"),
	layout.Event("SetBoostAuthorityEvent", "timestamp i64, admin pubkey, old_boost_authority pubkey, new_boost_authority pubkey"),
	layout.Event("ReservedFeeRecipientsEvent", "timestamp i64, reserved_fee_recipient pubkey, reserved_fee_recipients [pubkey;7]"),
	layout.Event("ExtendAccountEvent", "timestamp i64, account pubkey, user pubkey, current_size u64, new_size u64"),
	layout.Event("AdminUpdateTokenIncentivesEvent", "start_time i64, end_time i64, day_number u64, token_supply_per_day u64 / mint pubkey, "+
		"seconds_in_a_day i64, timestamp i64"),
	layout.Event("ClaimTokenIncentivesEvent", "user pubkey, mint pubkey, amount u64 / timestamp i64 / total_claimed_tokens u64, "+
		"current_sol_volume u64"),
	layout.Event("InitUserVolumeAccumulatorEvent", "payer pubkey, user pubkey, timestamp i64"),
	layout.Event("SyncUserVolumeAccumulatorEvent", "user pubkey, total_claimed_tokens_before u64, total_claimed_tokens_after u64 / timestamp i64"),
	layout.Event("CloseUserVolumeAccumulatorEvent", "user pubkey, timestamp i64 / total_unclaimed_tokens u64, total_claimed_tokens u64, "+
		"current_sol_volume u64, last_update_timestamp i64"),
	layout.Event("AdminSetCoinCreatorEvent", "timestamp i64, admin_set_coin_creator_authority pubkey, base_mint pubkey, pool pubkey, "+
		"old_coin_creator pubkey, new_coin_creator pubkey"),
	layout.Event("SetCoinCreatorFeeBpsEvent", "timestamp i64, authority pubkey, base_mint pubkey, pool pubkey, old_creator_fee_bps u64, "+
		"new_creator_fee_bps u64"),
}
