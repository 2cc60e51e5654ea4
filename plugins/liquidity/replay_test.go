package liquidity_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/liquidity"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// story is a few pools for a few minutes: opened, traded, joined, left, swept, their LP tokens sent and burned. The figures need not fit
// together: whatever comes, outputs must not depend on batches and crashes.
func story(random *rand.Rand, n int) []*sdk.Record {
	pick := func(name string, n int) []byte { return weirtest.Key(name + strconv.Itoa(random.IntN(n))) }
	some := func() *uint64 { return new(1 + random.Uint64N(1<<40)) }
	both := func() *sdk.Reserves { return full(*some(), *some(), *some(), *some()) }
	var records []*sdk.Record
	for i := range n {
		pool, who, venue := pick("pool", 5), pick("wallet", 4), sdk.Venue(2+random.IntN(4))
		var r *sdk.Record
		switch random.IntN(9) {
		case 0:
			r = weirtest.PoolCreated(&sdk.PoolCreated{Venue: venue, Pool: pool, Creator: who, LpAmount: some(), LpSupply: some()})
		case 1, 2, 3:
			r = weirtest.LiquidityChanged(&sdk.LiquidityChanged{
				Venue: venue, Pool: pool, Owner: who, Direction: sdk.LiquidityDirection(1 + random.IntN(2)), BaseAmount: *some(), QuoteAmount: *some(),
				LpAmount: some(), LpSupplyBefore: some(), ReservesBefore: both(), ReservesAfter: both(),
			})
			if random.IntN(3) == 0 {
				r.GetLiquidityChanged().Position = &sdk.Position{NftMint: pick("nft", 3), LiquidityLow: *some(), TickLower: proto.Int32(-5), TickUpper: proto.Int32(7)}
			}
		case 4:
			r = weirtest.FeesMoved(&sdk.FeesMoved{Venue: sdk.PumpSwap, Pool: pool, Amount: *some()})
		case 5:
			r = weirtest.LpMoved(&sdk.LpMoved{
				Venue: venue, Pool: pool, Movement: sdk.LpMovement(1 + random.IntN(3)), Owner: who, Receiver: pick("wallet", 4), Amount: *some(),
			})
		case 6:
			if r = weirtest.Gap(nil); random.IntN(4) > 0 {
				r = weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap, Pool: pool, ReservesAfter: both(), QuoteUsd: &sdk.DollarPrice{UsdMicros: 150, Units: 1000, Slot: 300_000_000}})
			}
		default:
			r = weirtest.Trade(&sdk.Trade{
				Venue: venue, Pool: pool, Side: sdk.Side(1 + random.IntN(2)), Trader: who, PoolQuoteAmount: *some(), ReservesBefore: both(), ReservesAfter: both(),
				Concentrated: &sdk.ConcentratedPrice{SqrtPriceX64High: random.Uint64N(9), SqrtPriceX64Low: random.Uint64()},
			})
		}
		if r.GetGap() == nil {
			at(r, int64(2*i)-random.Int64N(90))
		}
		records = append(records, r)
	}
	return records
}

func TestReplays(t *testing.T) {
	const seed = 7
	records := story(rand.New(rand.NewPCG(seed, seed)), 90)
	weirtest.Replays(t, liquidity.New, records, weirtest.Config(`{"periods": ["1m", "5m"]}`))
	t.Run("forgetting", func(t *testing.T) {
		weirtest.Replays(t, liquidity.New, records, weirtest.Config(`{"periods": ["1m"], "max_pools": 2, "max_positions": 3, "max_periods": 2}`))
	})
}

// Sums of periods are those of the trades, by kind to the unit, and shares of a pool that was seen from its creation on are all of it.
func TestSums(t *testing.T) {
	const seed = 3
	random := rand.New(rand.NewPCG(seed, seed))
	h := weirtest.Start(t, liquidity.New, weirtest.Config(`{"periods": ["1m"]}`))
	records := []*sdk.Record{at(opened(), 0)}
	held := map[string]uint64{"creator": 1900}
	supply, base, quote := uint64(2000), uint64(1_000_000), uint64(4_000_000)
	var volume, lpFees, protocolFees uint64
	for i := range 400 {
		var r *sdk.Record
		switch who := "w" + strconv.Itoa(random.IntN(6)); random.IntN(3) {
		case 0:
			amount, lp, protocol := random.Uint64N(1_000_000), random.Uint64N(1000), random.Uint64N(100)
			volume, lpFees, protocolFees = volume+amount, lpFees+lp, protocolFees+protocol
			r = swap(5, amount, &sdk.Fee{Kind: sdk.FeeLP, Amount: lp}, &sdk.Fee{Kind: sdk.FeeProtocol, Amount: protocol})
			r.GetTrade().ReservesAfter = full(base, quote, base, quote)
		case 1:
			lp := 1 + random.Uint64N(500)
			r = provided(who, sdk.LiquidityAdded, lp, lp, 4*lp, supply, vaults(base, quote), vaults(base+lp, quote+4*lp))
			supply, base, quote, held[who] = supply+lp, base+lp, quote+4*lp, held[who]+lp
		default:
			lp := random.Uint64N(held[who] + 1)
			r = provided(who, sdk.LiquidityRemoved, lp, lp, 4*lp, supply, vaults(base, quote), vaults(base-lp, quote-4*lp))
			supply, base, quote, held[who] = supply-lp, base-lp, quote-4*lp, held[who]-lp
		}
		records = append(records, at(r, int64(i)))
	}
	records = append(records, at(swap(0, 0), 10_000)) // closes all
	lp := map[string]uint64{}
	total, fees := uint64(0), map[sdk.FeeKind]uint64{}
	for _, o := range h.Send(records...) {
		if p := o.GetPoolPosition(); p != nil {
			lp[sdk.Base58(p.GetOwner())] = p.GetLpAmount()
		}
		if p := o.GetPoolPeriod(); p != nil {
			total += parse(t, p.GetQuoteVolume())
			for _, f := range p.GetFees() {
				fees[f.GetKind()] += parse(t, f.GetAccrued())
			}
		}
	}
	if total != volume || fees[sdk.FeeLP] != lpFees || fees[sdk.FeeProtocol] != protocolFees {
		t.Errorf("volume %d and fees %v, want %d and %d, %d", total, fees, volume, lpFees, protocolFees)
	}
	for who, n := range held {
		if got := lp[sdk.Base58(weirtest.Key(who))]; got != n {
			t.Errorf("%s has %d, want %d", who, got, n)
		}
	}
	sum := uint64(100) // locked for ever
	for _, n := range held {
		sum += n
	}
	if sum != supply {
		t.Errorf("positions are %d of %d", sum, supply)
	}
}

func parse(t *testing.T, text string) uint64 {
	t.Helper()
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestConfig(t *testing.T) {
	set := func(change func(*liquidity.Config)) error {
		m := liquidity.New(nil)
		change(m.Config.(*liquidity.Config))
		return m.Check()
	}
	if err := set(func(*liquidity.Config) {}); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	for word, change := range map[string]func(*liquidity.Config){
		"max_pools":     func(c *liquidity.Config) { c.MaxPools = 0 },
		"max_positions": func(c *liquidity.Config) { c.MaxPositions = -1 },
		"max_periods":   func(c *liquidity.Config) { c.MaxPeriods = 0 },
		"drain_ppm":     func(c *liquidity.Config) { c.DrainPpm = 1_000_001 },
		"late_seconds":  func(c *liquidity.Config) { c.LateSeconds = -1 },
		"known are":     func(c *liquidity.Config) { c.Periods = []string{"2m"} },
		"twice":         func(c *liquidity.Config) { c.Periods = []string{"1m", "1m"} },
	} {
		if err := set(change); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("error is %v, want one with %q", err, word)
		}
	}
}

// BenchmarkLiquidity is 1,000 pools with a trade each, in turn.
func BenchmarkLiquidity(b *testing.B) {
	records := make([]*sdk.Record, 1000)
	for i := range records {
		records[i] = weirtest.Trade(&sdk.Trade{Venue: sdk.PumpSwap, Pool: weirtest.Key(strconv.Itoa(i))})
	}
	for name, config := range map[string]string{"trades": `{}`, "periods": `{"periods": ["1m", "1h", "1d"]}`, "quiet": `{"trades": false}`} {
		b.Run(name, func(b *testing.B) { weirtest.Benchmark(b, liquidity.New, records, weirtest.Config(config)) })
	}
}
