package market

import (
	"math/rand/v2"
	"time"
)

// Mix says how often each kind of transaction is made, as weights against each other.
type Mix struct {
	// Create launches coins; the other weights need coins and pools to work on and turn to curve trades until there are some.
	Create, Curve float64
	// SwapCreate, Swap and SwapLiquidity are pools opened by hand, trades, and deposits or withdrawals on PumpSwap. Migrations come
	// by themselves.
	SwapCreate, Swap, SwapLiquidity float64
	// RayCreate, Ray and RayLiquidity are the same on Raydium v4.
	RayCreate, Ray, RayLiquidity float64
	// Noise is what touches no venue, or touches one without anything to report.
	Noise float64
	// Vote is simple votes.
	Vote float64
}

// DefaultMix looks like the DEX part of a busy chain, with enough births, completions and migrations to see all of them in a
// minute of 40 transactions a slot.
func DefaultMix() Mix {
	return Mix{
		Create: 2, Curve: 36, SwapCreate: 0.5, Swap: 26, SwapLiquidity: 2.5, RayCreate: 0.6, Ray: 14, RayLiquidity: 2, Noise: 12, Vote: 5,
	}
}

// Options say what the market is like. The zero value is usable; equal options give equal blocks.
type Options struct {
	// Seed of everything that is random.
	Seed uint64
	// StartSlot is the slot of the first block; default 460,000,000.
	StartSlot uint64
	// StartTime is the block time of the first block, Unix seconds; default 2026-11-01.
	StartTime int64
	// TransactionsPerSlot is the mean size of a block; default 60. Blocks vary by a third.
	TransactionsPerSlot int
	// SkippedSlots is the share of slots without a block; default 0.02, negative for none.
	SkippedSlots float64
	// Tokens is how many coins may trade on curves at once, and how many pools of each kind; the oldest are forgotten.
	// Default 64 or a quarter of TransactionsPerSlot, whichever is more.
	Tokens int
	// HotShare is the share of coins that are bought until they complete; default 0.3, negative for none.
	HotShare float64
	// FailedShare of trades fail; default 0.08, negative for none.
	FailedShare float64
	// RoutedShare of trades go through a router or a bot's program; default 0.25, negative for none.
	RoutedShare float64
	// LoadedShare of transactions are v0 with loaded addresses; default 0.4, negative for none.
	LoadedShare float64
	// DoubleShare of trades come two to a transaction; default 0.08, negative for none.
	DoubleShare float64
	// Mix of the kinds; the zero value means DefaultMix.
	Mix Mix
	// Staged is how many patterns are staged in a block, on average: sandwiches, back-runs, arbitrage, wash trading, snipers, bundled
	// launches and rugs, in turn. They are listed in Block.Patterns. Default 0.
	Staged float64
	// Dollars says that SOL is traded for USDC too, at DollarPool.
	Dollars bool
	// SlotTime is how much chain time a slot takes; default 400 ms. Block times are its whole seconds.
	SlotTime time.Duration
}

// share gives an option its default, and 0 for a negative one.
func share(v, standard float64) float64 {
	if v == 0 {
		return standard
	}
	return max(v, 0)
}

func (o Options) withDefaults() Options {
	if o.StartSlot == 0 {
		o.StartSlot = 460_000_000
	}
	if o.StartTime == 0 {
		o.StartTime = 1_793_491_200
	}
	if o.SlotTime <= 0 {
		o.SlotTime = 400 * time.Millisecond
	}
	if o.TransactionsPerSlot <= 0 {
		o.TransactionsPerSlot = 60
	}
	if o.Tokens <= 0 {
		o.Tokens = max(64, o.TransactionsPerSlot/4)
	}
	o.SkippedSlots = share(o.SkippedSlots, 0.02)
	o.HotShare = share(o.HotShare, 0.3)
	o.FailedShare = share(o.FailedShare, 0.08)
	o.RoutedShare = share(o.RoutedShare, 0.25)
	o.LoadedShare = share(o.LoadedShare, 0.4)
	o.DoubleShare = share(o.DoubleShare, 0.08)
	if o.Mix == (Mix{}) {
		o.Mix = DefaultMix()
	}
	return o
}

// action is a kind of transaction.
type action int

const (
	doCreate action = iota
	doCurve
	doSwapCreate
	doSwap
	doSwapLiquidity
	doRayCreate
	doRay
	doRayLiquidity
	doNoise
	doVote
)

// draw chooses an action by the weights.
func (x Mix) draw(r *rand.Rand) action {
	weights := [...]float64{
		x.Create, x.Curve, x.SwapCreate, x.Swap, x.SwapLiquidity, x.RayCreate, x.Ray, x.RayLiquidity, x.Noise, x.Vote,
	}
	sum := 0.0
	for _, v := range weights {
		sum += v
	}
	at := r.Float64() * sum
	for i, v := range weights {
		if at -= v; at < 0 {
			return action(i)
		}
	}
	return doNoise
}
