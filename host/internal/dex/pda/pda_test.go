package pda_test

import (
	"testing"

	"github.com/gagliardetto/solana-go"
	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pda"
)

// TestFind compares with another implementation.
func TestFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := dex.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "program"))
		seeds := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 32), 0, 4).Draw(t, "seeds")
		want, bump, err := solana.FindProgramAddress(seeds, solana.PublicKey(program))
		if err != nil {
			t.Skip("no address", err)
		}
		if got, b := pda.Find(program, seeds...); got != dex.Key(want) || b != bump {
			t.Fatalf("%s %d, want %s %d", got, b, want, bump)
		}
	})
}

// TestKnown derives the addresses that the sources hold as constants.
func TestKnown(t *testing.T) {
	find := func(program dex.Key, seed string) dex.Key { k, _ := pda.Find(program, []byte(seed)); return k }
	for name, c := range map[string][2]dex.Key{
		"pump global":             {find(dex.Pump, "global"), dex.PumpGlobal},
		"pump event authority":    {pda.EventAuthority(dex.Pump), dex.PumpEventAuthority},
		"pump mint authority":     {find(dex.Pump, "mint-authority"), dex.PumpMintAuthority},
		"pump quote control":      {find(dex.Pump, "quote-control"), dex.PumpQuoteControl},
		"pump volume":             {find(dex.Pump, "global_volume_accumulator"), dex.PumpVolumeAccumulator},
		"pump fee config":         {pda.FeeConfig(dex.Pump), dex.PumpFeeConfig},
		"PumpSwap config":         {find(dex.PumpSwap, "global_config"), dex.PumpSwapGlobalConfig},
		"PumpSwap authority":      {pda.EventAuthority(dex.PumpSwap), dex.PumpSwapEventAuthority},
		"PumpSwap volume":         {find(dex.PumpSwap, "global_volume_accumulator"), dex.PumpSwapVolumeAccumulator},
		"PumpSwap fee config":     {pda.FeeConfig(dex.PumpSwap), dex.PumpSwapFeeConfig},
		"Mayhem params":           {find(dex.Mayhem, "global-params"), dex.MayhemGlobalParams},
		"Mayhem agent":            {find(dex.Mayhem, "sol-vault"), dex.MayhemAgent},
		"Raydium v4 config":       {find(dex.RaydiumV4, "amm_config_account_seed"), dex.RaydiumV4Config},
		"Jupiter authority":       {pda.EventAuthority(dex.Jupiter), dex.MustKey("D8cy77BBepLMngZx6ZukaTff5hCt1HrWyKk3Hnd9oitf")},
		"USDC account of a curve": {pda.TokenAccount(dex.PumpGlobal, dex.USDC, dex.SPLToken), ata(dex.PumpGlobal, dex.USDC)},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: derived %s, want %s", name, c[0], c[1])
		}
	}
}

func ata(owner, mint dex.Key) dex.Key {
	k, _, err := solana.FindAssociatedTokenAddress(solana.PublicKey(owner), solana.PublicKey(mint))
	if err != nil {
		panic(err)
	}
	return dex.Key(k)
}

func BenchmarkFind(b *testing.B) {
	for b.Loop() {
		pda.BondingCurve(dex.USDC)
	}
}
