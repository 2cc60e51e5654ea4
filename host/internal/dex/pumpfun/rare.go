package pumpfun

import "github.com/weir-run/weir/host/internal/dex/layout"

// Rare are the events of the pump program that are read by table: payouts, changes of virtual reserves, and what its administrators do.
var Rare = [...]*layout.Layout{
	layout.Event("SweepBondingCurveFeeEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, quote_mint pubkey, recipient pubkey, amount u64, "+
		"bucket u8"),
	layout.Event("CollectCreatorFeeEvent", "timestamp i64, creator pubkey, creator_fee u64 / quote_mint pubkey"),
	layout.Event("ExtendAccountEvent", "account pubkey, user pubkey, current_size u64, new_size u64, timestamp i64"),
	layout.Event("UpdateMayhemVirtualParamsEvent", "timestamp i64, mint pubkey, virtual_token_reserves u64, virtual_sol_reserves u64, "+
		"new_virtual_token_reserves u64, new_virtual_sol_reserves u64, real_token_reserves u64, "+
		"real_sol_reserves u64"),
	layout.Event("SetCreatorEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, creator pubkey"),
	layout.Event("SetMetaplexCreatorEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, metadata pubkey, creator pubkey"),
	layout.Event("MigrateBondingCurveCreatorEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, sharing_config pubkey, old_creator pubkey, "+
		"new_creator pubkey"),
	layout.Event("AdminCtoEvent", "timestamp i64, authority pubkey, mint pubkey, bonding_curve pubkey, old_creator pubkey, "+
		"new_creator pubkey, is_holder_reward bool, is_cashback_coin bool, old_creator_fee_bps u64, "+
		"new_creator_fee_bps u64, sharing_config_reset bool, swept_to_holder_vault u64, pool_updated bool"),
	layout.Event("DistributeCreatorFeesEvent", "timestamp i64, mint pubkey, bonding_curve pubkey, sharing_config pubkey, admin pubkey, "+
		"shareholders vec<Shareholder>, distributed u64 / quote_mint pubkey"),
	layout.Event("DistributeFeeToHoldersEvent", "timestamp i64, mint pubkey, quote_mint pubkey, recipients u64, total u64"),
	layout.Event("MinimumDistributableFeeEvent", "minimum_required u64, distributable_fees u64, can_distribute bool"),
	layout.Event("ClaimCashbackEvent", "user pubkey, amount u64, timestamp i64, total_claimed u64, total_cashback_earned u64"),
	layout.Event("SetParamsEvent", "initial_virtual_token_reserves u64, initial_virtual_sol_reserves u64, "+
		"initial_real_token_reserves u64, final_real_sol_reserves u64, token_total_supply u64, "+
		"fee_basis_points u64, withdraw_authority pubkey, enable_migrate bool, pool_migration_fee u64, "+
		"creator_fee_basis_points u64, fee_recipients [pubkey;8], timestamp i64 / "+
		"set_creator_authority pubkey / admin_set_creator_authority pubkey"),
	layout.Event("UpdateGlobalAuthorityEvent", "global pubkey, authority pubkey, new_authority pubkey, timestamp i64"),
	layout.Event("UpdateCreatorFeeConfigEvent", "timestamp i64, authority pubkey, creator_fee_configurable bool, max_configurable_creator_fee_bps u64"),
	layout.Event("AddQuoteControlMintEvent", "quote_control pubkey, authority pubkey, quote_mint pubkey, initial_virtual_quote_reserves u64, "+
		"timestamp i64"),
	layout.Event("RemoveQuoteControlMintEvent", "quote_control pubkey, authority pubkey, quote_mint pubkey, timestamp i64"),
	layout.Event("SetQuoteControlAdminEvent", "quote_control pubkey, authority pubkey, old_admin pubkey, new_admin pubkey, timestamp i64"),
	layout.Event("SetQuoteControlReservesAdminEvent", "quote_control pubkey, authority pubkey, old_reserves_admin pubkey, new_reserves_admin pubkey, "+
		"timestamp i64"),
	layout.Event("SetQuoteControlMintReservesEvent", "quote_control pubkey, authority pubkey, quote_mint pubkey, old_initial_virtual_quote_reserves u64, "+
		"new_initial_virtual_quote_reserves u64, timestamp i64"),
	layout.Event("ReservedFeeRecipientsEvent", "timestamp i64, reserved_fee_recipient pubkey, reserved_fee_recipients [pubkey;7]"),
	layout.Event("AdminUpdateTokenIncentivesEvent", "start_time i64, end_time i64, day_number u64, token_supply_per_day u64 / mint pubkey, "+
		"seconds_in_a_day i64, timestamp i64"),
	layout.Event("ClaimTokenIncentivesEvent", "user pubkey, mint pubkey, amount u64 / timestamp i64 / total_claimed_tokens u64, "+
		"current_sol_volume u64"),
	layout.Event("InitUserVolumeAccumulatorEvent", "payer pubkey, user pubkey, timestamp i64"),
	layout.Event("SyncUserVolumeAccumulatorEvent", "user pubkey, total_claimed_tokens_before u64, total_claimed_tokens_after u64 / timestamp i64"),
	layout.Event("CloseUserVolumeAccumulatorEvent", "user pubkey, timestamp i64 / total_unclaimed_tokens u64, total_claimed_tokens u64, "+
		"current_sol_volume u64, last_update_timestamp i64"),
	layout.Event("AdminSetIdlAuthorityEvent", "idl_authority pubkey"),
	layout.Event("AdminSetCreatorEvent", "timestamp i64, admin_set_creator_authority pubkey, mint pubkey, bonding_curve pubkey, "+
		"old_creator pubkey, new_creator pubkey"),
	layout.Event("SetCreatorFeeBpsEvent", "timestamp i64, authority pubkey, mint pubkey, bonding_curve pubkey, old_creator_fee_bps u64, "+
		"new_creator_fee_bps u64"),
}
