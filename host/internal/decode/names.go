package decode

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/damm"
	"github.com/weir-run/weir/host/internal/dex/dbc"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
	"github.com/weir-run/weir/host/internal/dex/orca"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// instructionName returns the name that an event gives, without allocating for those that are known.
func instructionName(b []byte) string {
	switch string(b) {
	case "":
		return ""
	case "buy":
		return "buy"
	case "sell":
		return "sell"
	case "buy_exact_sol_in":
		return "buy_exact_sol_in"
	case "buy_exact_quote_in":
		return "buy_exact_quote_in"
	case "buy_v2":
		return "buy_v2"
	case "sell_v2":
		return "sell_v2"
	case "buy_exact_quote_in_v2":
		return "buy_exact_quote_in_v2"
	case "buy_v3":
		return "buy_v3"
	case "sell_v3":
		return "sell_v3"
	case "buy_exact_quote_in_v3":
		return "buy_exact_quote_in_v3"
	case "multi_hop_swap":
		return "multi_hop_swap"
	}
	return text(b)
}

// classify tells the kind of an instruction, whether it should give a record, and whether that is a trade.
func (d *Decoder) classify(v venue, data []byte) (kind uint8, expects, trades bool) {
	switch v {
	case pump:
		k := pumpfun.KindOf(data)
		d.knownInstruction(v, k == pumpfun.Other, dex.Tag(data))
		trades = k.IsBuy() || k.IsSell() || k == pumpfun.MultiHopCurveSwap
		return uint8(k), trades || k.IsCreate() || k == pumpfun.Migrate || k == pumpfun.MigrateV2, trades
	case swap:
		k := pumpswap.KindOf(data)
		d.knownInstruction(v, k == pumpswap.Other, dex.Tag(data))
		// A multi-hop swap may go through curves alone, which tell of themselves.
		trades = k.IsBuy() || k.IsSell()
		return uint8(k), trades || k == pumpswap.CreatePool || k == pumpswap.Deposit || k == pumpswap.Withdraw, trades
	case cpmmPool:
		k := cpmm.KindOf(data)
		d.knownInstruction(v, k == cpmm.Other, dex.Tag(data))
		return uint8(k), k != cpmm.Other, k.IsSwap()
	case clmmPool:
		k := clmm.KindOf(data)
		d.knownInstruction(v, k == clmm.Other, dex.Tag(data))
		return uint8(k), k != clmm.Other, k.IsSwap()
	case lab:
		k := launchlab.KindOf(data)
		d.knownInstruction(v, k == launchlab.Other, dex.Tag(data))
		return uint8(k), k != launchlab.Other, k.IsTrade()
	case whirl:
		k := orca.KindOf(data)
		return uint8(k), k != orca.Other, k != orca.Other
	case dbcCurve:
		k := dbc.KindOf(data)
		return uint8(k), k != dbc.Other, k.IsSwap()
	case dammPool:
		k := damm.KindOf(data)
		return uint8(k), k != damm.Other, k.IsSwap()
	default:
		k := raydium.KindOf(data)
		if k == raydium.Other && (len(data) == 0 || data[0] > lastRaydiumTag) {
			d.stats.of[v].unknownInstruction.Add(1)
		}
		return uint8(k), k.IsSwap() || k == raydium.Initialize2 || k == raydium.Deposit || k == raydium.Withdraw, k.IsSwap()
	}
}

// lastRaydiumTag is the highest instruction tag of AMM v4.
const lastRaydiumTag = 17

func (d *Decoder) knownInstruction(v venue, other bool, tag uint64) {
	if other && !quiet[v].instructions[tag] {
		d.stats.of[v].unknownInstruction.Add(1)
	}
}

func (d *Decoder) unknownEvent(v venue, tag uint64) {
	if !v.partial() && !quiet[v].events[tag] {
		d.stats.of[v].unknownEvent.Add(1)
	}
}

// quiet are the discriminators that are known and ask for no record.
var quiet = [venues]struct{ instructions, events map[uint64]bool }{
	pump: {instructions: tags("global:", shared, pumpInstructions)},
	swap: {instructions: tags("global:", shared, swapInstructions)},
	ray:  {},

	cpmmPool: {instructions: tags("global:", cpmmInstructions)},
	clmmPool: {tags("global:", clmmInstructions), tags("event:", clmmEvents)},
	lab:      {tags("global:", labInstructions), tags("event:", labEvents)},
}

// tags are Anchor discriminators: the first 8 bytes of the hash of a name in its space.
func tags(space string, lists ...[]string) map[uint64]bool {
	m := map[uint64]bool{}
	for _, list := range lists {
		for _, name := range list {
			sum := sha256.Sum256([]byte(space + name))
			m[binary.BigEndian.Uint64(sum[:])] = true
		}
	}
	return m
}

// Instructions of pump and PumpSwap that ask for no record or whose events tell all, from decode-facts §2. Their events are in
// pumpfun.Rare and pumpswap.Rare.
var (
	shared = []string{
		"admin_update_token_incentives", "claim_cashback", "claim_token_incentives", "close_user_volume_accumulator",
		"extend_account", "init_user_volume_accumulator", "set_reserved_fee_recipient", "set_reserved_fee_recipients",
		"sync_user_volume_accumulator", "toggle_cashback_enabled", "toggle_mayhem_mode", "update_buyback_config",
		"update_creator_fee_config", "update_holder_reward_config", "sweep_protocol_fee", "sweep_creator_fee",
	}
	pumpInstructions = []string{
		"add_quote_control_mint", "add_quote_mint", "admin_cto", "create_v3", "admin_set_all_coin_creators", "admin_set_creator_fee_editable",
		"set_creator_fee_bps", "admin_set_creator", "admin_set_idl_authority",
		"claim_cashback_v2", "collect_creator_fee", "collect_creator_fee_v2", "distribute_creator_fees",
		"distribute_creator_fees_v2", "distribute_fee_to_holders", "get_minimum_distributable_fee", "initialize",
		"initialize_quote_control", "migrate_bonding_curve_creator", "remove_quote_control_mint", "remove_quote_mint",
		"set_creator", "set_mayhem_virtual_params", "set_metaplex_creator", "set_params", "set_quote_control_admin",
		"set_quote_control_mint_reserves", "set_quote_control_reserves_admin", "set_virtual_quote_reserves",
		"toggle_create_v2", "update_global_authority",
	}
	swapInstructions = []string{
		"admin_cto_pool", "admin_set_coin_creator", "admin_set_coin_creator_fee_editable", "set_coin_creator_fee_bps", "collect_coin_creator_fee", "create_config", "disable", "init_boost",
		"migrate_pool_coin_creator", "set_boost_authority", "set_coin_creator", "toggle_boost",
		"transfer_creator_fees_to_pump", "transfer_creator_fees_to_pump_v2", "update_admin", "update_fee_config",
	}
)
