package raydium_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// TestCorpusLiquidity replays the real deposit of exact pc, and the LP that new pools gave out.
func TestCorpusLiquidity(t *testing.T) {
	for _, c := range dextest.Events(t, "rayv4", "Deposit") {
		l, _ := raydium.ParseDepositLog(c.Bytes)
		p := raydium.PoolReserves{Coin: l.PoolCoin, Pc: l.PoolPc, LPSupply: l.PoolLp}
		coin, lp, ok := p.DepositPc(l.DeductPc)
		if !ok || coin != l.DeductCoin || lp != l.MintLp {
			t.Errorf("%s: %d pc take %d coin for %d LP, the chain %d for %d", c.File, l.DeductPc, coin, lp, l.DeductCoin, l.MintLp)
		}
	}
	for _, c := range dextest.Events(t, "rayv4", "Init") {
		l, _ := raydium.ParseInitLog(c.Bytes)
		_, creator, ok := raydium.FirstLP(l.CoinAmount, l.PcAmount, l.CoinDecimals)
		if minted := minted(t, c.File); !ok || creator != minted {
			t.Errorf("%s: the creator gets %d %v LP, the chain minted %d", c.File, creator, ok, minted)
		}
	}
}

func TestFirstLP(t *testing.T) {
	for _, c := range []struct {
		coin, pc uint64
		decimals uint8
		want     uint64
		ok       bool
	}{
		{4_000_000, 9_000_000, 6, 5_000_000, true},
		{1_000, 1_000, 6, 0, false},
		{math.MaxUint64, math.MaxUint64, 20, 0, false},
		{math.MaxUint64, math.MaxUint64, 0, math.MaxUint64 - 1, true},
	} {
		if _, got, ok := raydium.FirstLP(c.coin, c.pc, c.decimals); ok != c.ok || ok && got != c.want {
			t.Errorf("%d and %d: %d %v, want %d", c.coin, c.pc, got, ok, c.want)
		}
	}
}

// TestSwapKeepsValue swaps at random: the product never falls, and what an output costs buys at least that output.
func TestSwapKeepsValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reserve := rapid.Uint64Range(1_000, 1<<62)
		p := raydium.PoolReserves{Coin: reserve.Draw(t, "coin"), Pc: reserve.Draw(t, "pc")}
		direction := rapid.Uint64Range(raydium.PcToCoin, raydium.CoinToPc).Draw(t, "direction")
		in := rapid.Uint64Range(1, 1<<61).Draw(t, "in")
		out, fee, ok := p.SwapIn(in, direction)
		if !ok || fee > in {
			t.Fatalf("%d in: %d, fee %d %v", in, out, fee, ok)
		}
		after := p.Swapped(in, out, direction)
		if float64(after.Coin)*float64(after.Pc) < float64(p.Coin)*float64(p.Pc)*(1-1e-9) {
			t.Fatalf("%+v becomes %+v", p, after)
		}
		if cost, _, ok := p.SwapOut(out, direction); ok {
			if again, _, ok := p.SwapIn(cost, direction); ok && again < out {
				t.Fatalf("%d out cost %d, which buys %d", out, cost, again)
			}
		}
	})
}

func TestSwapRefuses(t *testing.T) {
	p := raydium.PoolReserves{Coin: 1_000, Pc: 1_000, LPSupply: 10}
	if in, _, ok := p.SwapOut(1_000, raydium.PcToCoin); ok {
		t.Errorf("all of it costs %d", in)
	}
	if out, _, ok := (raydium.PoolReserves{Coin: math.MaxUint64, Pc: 1}).SwapIn(1_000, raydium.CoinToPc); ok {
		t.Errorf("a full pool gives %d", out)
	}
	if coin, pc, ok := p.WithdrawFor(11); ok {
		t.Errorf("more LP than there is gives %d %d", coin, pc)
	}
}
