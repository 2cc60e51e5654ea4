package decode

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
	"github.com/weir-run/weir/host/internal/dex/raydium"
	"github.com/weir-run/weir/host/internal/geyser"
)

// Amounts that the reserves of the same event cannot have given are those of a layout that is not understood. They make no trade: a later
// strategy answers, or the counters say that none could.
func TestImpossibleAmountsMakeNoTrade(t *testing.T) {
	const absurd = 17_287_889_441_168_440_582
	pool := key(50)
	curve := curveBuy(coin, wallet, 1_000_000, 1_000_000)
	curve.TokenAmount = absurd
	buy := poolBuy(pool, wallet)
	buy.BaseAmountOut = absurd
	in := pumpswap.Instruction{Kind: pumpswap.Buy, Amount: 1_000, Limit: 900}
	amm := ammSwap(pool, 100, absurd, raydium.CoinToPc, raydium.PoolReserves{Coin: 1_000, Pc: 2_000})
	amm.does = amm.does[:1]
	swapped := newSwap()
	swapped.OutputAmount = absurd
	whole := cpmmNode(swapped, dex.Token2022)
	cases := map[string]struct {
		tx    *geyser.Transaction
		stats func(s Stats) ProgramStats
	}{
		"a curve": {run([]dex.Key{wallet}, buyNode(coin, key(60), wallet, curve)), func(s Stats) ProgramStats { return s.Pump }},
		"PumpSwap": {run([]dex.Key{wallet}, &node{
			program: dex.PumpSwap, accounts: poolAccounts(pool, wallet, coin, dex.WSOL), data: in.Append(nil), does: emit(dex.PumpSwap, buy.Append(nil)),
		}), func(s Stats) ProgramStats { return s.PumpSwap }},
		"Raydium v4": {run([]dex.Key{wallet}, amm), func(s Stats) ProgramStats { return s.RaydiumV4 }},
		"CPMM": {run([]dex.Key{wallet}, &node{
			program: dex.RaydiumCPMM, data: whole.data, accounts: whole.accounts, does: []any{dataLine(swapped.Append(nil))},
		}), func(s Stats) ProgramStats { return s.RaydiumCPMM }},
	}
	for name, c := range cases {
		if name == "Raydium v4" {
			holds(c.tx, amm.accounts[5], coin, key(9), 6, 1_000, 1_000)
			holds(c.tx, amm.accounts[6], dex.WSOL, key(9), 9, 2_000, 2_000)
		}
		d := New(Options{})
		records := d.Decode(c.tx)
		if s := c.stats(d.Stats()); len(records) != 0 || s.Malformed == 0 || s.Unresolved == 0 {
			t.Errorf("%s: records %v, malformed %d, unresolved %d", name, records, s.Malformed, s.Unresolved)
		}
	}
}
