package decode

// Instructions and events of Raydium's programs that ask for no record, from decode-facts §2.5 to §2.7 and §3.5 to §3.7.
var (
	cpmmInstructions = []string{
		"collect_creator_fee", "collect_protocol_fee", "collect_fund_fee", "create_amm_config", "update_amm_config",
		"update_pool_status", "create_permission_pda", "close_permission_pda",
	}
	clmmInstructions = []string{
		"close_position", "open_limit_order", "increase_limit_order", "decrease_limit_order", "settle_limit_order",
		"close_limit_order", "initialize_reward", "set_reward_params", "update_reward_infos", "collect_remaining_rewards",
		"collect_protocol_fee", "collect_fund_fee", "create_amm_config", "update_amm_config", "create_dynamic_fee_config",
		"update_dynamic_fee_config", "update_pool_status", "create_operation_account", "update_operation_account",
		"transfer_reward_owner", "create_support_mint_associated", "close_protocol_position",
	}
	labInstructions = []string{
		"claim_creator_fee", "claim_platform_fee", "claim_platform_fee_from_vault", "claim_vested_token", "collect_fee",
		"collect_migrate_fee", "create_config", "create_platform_config", "create_vesting_account",
		"remove_platform_curve_param", "update_config", "update_platform_config", "update_platform_curve_param",
		"create_platform_vesting_account", "create_platform_allow_config", "close_platform_allow_config",
		"create_platform_curve_rule", "update_platform_curve_rule", "remove_platform_curve_rule", "close_platform_curve_rule",
	}
	clmmEvents = []string{
		"LiquidityChangeEvent", "CollectPersonalFeeEvent", "CollectProtocolFeeEvent",
		"UpdateRewardInfosEvent", "ConfigChangeEvent", "OpenLimitOrderEvent", "IncreaseLimitOrderEvent",
		"SettleLimitOrderEvent", "DecreaseLimitOrderEvent",
	}
	labEvents = []string{"ClaimVestedEvent", "CreateVestingEvent"}
)
