package pda

import (
	"encoding/binary"

	"github.com/weir-run/weir/host/internal/dex"
)

func key(program dex.Key, seed string, keys ...dex.Key) dex.Key {
	seeds := make([][]byte, 0, 1+len(keys))
	if seed != "" {
		seeds = append(seeds, []byte(seed))
	}
	for i := range keys {
		seeds = append(seeds, keys[i][:])
	}
	k, _ := Find(program, seeds...)
	return k
}

// TokenAccount returns an owner's associated token account; tokenProgram is dex.SPLToken or dex.Token2022.
func TokenAccount(owner, mint, tokenProgram dex.Key) dex.Key {
	return key(dex.AssociatedToken, "", owner, tokenProgram, mint)
}

// Metadata returns the Metaplex metadata account of a mint.
func Metadata(mint dex.Key) dex.Key { return key(dex.Metaplex, "metadata", dex.Metaplex, mint) }

// EventAuthority returns the account that signs a program's calls to itself.
func EventAuthority(program dex.Key) dex.Key { return key(program, "__event_authority") }

// BondingCurve returns the curve of a pump coin.
func BondingCurve(mint dex.Key) dex.Key { return key(dex.Pump, "bonding-curve", mint) }

// BondingCurveV2 returns the account that legacy trades append since 2026.
func BondingCurveV2(mint dex.Key) dex.Key { return key(dex.Pump, "bonding-curve-v2", mint) }

// CreatorVault returns where pump gathers a creator's fees.
func CreatorVault(creator dex.Key) dex.Key { return key(dex.Pump, "creator-vault", creator) }

// HolderRewards returns where pump gathers a coin's holder rewards.
func HolderRewards(mint dex.Key) dex.Key { return key(dex.Pump, "holder-rewards", mint) }

// PoolAuthority returns the creator of a pump coin's canonical pool.
func PoolAuthority(mint dex.Key) dex.Key { return key(dex.Pump, "pool-authority", mint) }

// UserVolume returns a user's volume account in dex.Pump or dex.PumpSwap.
func UserVolume(program, user dex.Key) dex.Key { return key(program, "user_volume_accumulator", user) }

// SharingConfig returns the account that shares a coin's creator fee; as a creator it means that the fee is shared.
func SharingConfig(mint dex.Key) dex.Key { return key(dex.PumpFees, "sharing-config", mint) }

// FeeConfig returns the fee tiers of dex.Pump or dex.PumpSwap.
func FeeConfig(program dex.Key) dex.Key { return key(dex.PumpFees, "fee_config", program) }

// Pool returns a PumpSwap pool and its bump.
func Pool(index uint16, creator, baseMint, quoteMint dex.Key) (dex.Key, uint8) {
	n := binary.LittleEndian.AppendUint16(nil, index)
	return Find(dex.PumpSwap, []byte("pool"), n, creator[:], baseMint[:], quoteMint[:])
}

// CanonicalPool returns the PumpSwap pool into which a pump coin migrates; the zero quote mint means SOL.
func CanonicalPool(mint, quoteMint dex.Key) (dex.Key, uint8) {
	if quoteMint.IsZero() {
		quoteMint = dex.WSOL
	}
	return Pool(0, PoolAuthority(mint), mint, quoteMint)
}

// LPMint returns the LP mint of a PumpSwap pool.
func LPMint(pool dex.Key) dex.Key { return key(dex.PumpSwap, "pool_lp_mint", pool) }

// PoolV2 returns the account that PumpSwap trades append since 2026.
func PoolV2(baseMint dex.Key) dex.Key { return key(dex.PumpSwap, "pool-v2", baseMint) }

// CoinCreatorVault returns the authority of the token account where PumpSwap gathers a creator's fees.
func CoinCreatorVault(creator dex.Key) dex.Key { return key(dex.PumpSwap, "creator_vault", creator) }

// Raydium returns an account of an AMM v4 pool by its market; what is "amm", "target", "open_order", "coin_vault", "pc_vault" or
// "lp_mint".
func Raydium(market dex.Key, what string) dex.Key {
	k, _ := Find(dex.RaydiumV4, dex.RaydiumV4[:], market[:], []byte(what+"_associated_seed"))
	return k
}
