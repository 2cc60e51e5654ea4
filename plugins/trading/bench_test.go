package trading_test

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// allOn is a configuration with all switched on.
const allOn = `{"candles": ["1s", "5s", "15s", "30s", "1m", "5m", "15m", "30m", "1h", "4h", "12h", "1d"], "windows": true,
	"detect": ["sandwich", "back_run", "arbitrage", "bundle", "whale", "sniper", "wash", "bundled_launch", "copy_trade", "creator_dump"]}`

// busy makes trades as a busy chain has them: 150 a slot of 400 ms, of coins that are traded unequally often, with reserves that follow from
// trade to trade. Each coin is launched before its first trade.
func busy(trades, coins int) []*sdk.Record {
	const seed, perSlot, firstSlot = 3, 150, 300_000_000
	random := rand.New(rand.NewPCG(seed, seed))
	type curve struct{ base, quote uint64 }
	curves := make([]curve, coins)
	var records []*sdk.Record
	add := func(r *sdk.Record, i int) {
		slot := firstSlot + uint64(i/perSlot)
		r.Slot, r.TxIndex, r.BlockTime = slot, new(uint64(10*(i%perSlot)+len(records)%2)), new(begin+int64(i/perSlot)*2/5)
		records = append(records, r)
	}
	for i := range trades {
		at := int(float64(coins) * random.Float64() * random.Float64() * random.Float64())
		c, mint := &curves[at], weirtest.Key("coin "+strconv.Itoa(at))
		if c.base == 0 {
			*c = curve{1_073_000_000_000_000, 30_000_000_000}
			add(weirtest.TokenCreated(&sdk.TokenCreated{Venue: sdk.Pump, Mint: mint, Creator: weirtest.Key("creator " + strconv.Itoa(at))}), i)
		}
		before := *c
		t := &sdk.Trade{Mint: mint, Pool: mint, Venue: sdk.Pump, Trader: weirtest.Key("wallet " + strconv.Itoa(random.IntN(5000))), Side: sdk.Buy}
		if random.IntN(2) == 0 && c.quote > 31_000_000_000 {
			t.Side, t.PoolQuoteAmount = sdk.Sell, 1+random.Uint64N(500_000_000)
			t.BaseAmount = t.PoolQuoteAmount * (c.base / c.quote)
			*c = curve{c.base + t.BaseAmount, c.quote - t.PoolQuoteAmount}
		} else {
			t.PoolQuoteAmount = 1 + random.Uint64N(500_000_000)
			t.BaseAmount = t.PoolQuoteAmount * (c.base / (c.quote + t.PoolQuoteAmount))
			*c = curve{c.base - t.BaseAmount, c.quote + t.PoolQuoteAmount}
		}
		t.FeePayer, t.QuoteAmount = t.Trader, t.PoolQuoteAmount+t.PoolQuoteAmount/80
		t.ReservesBefore, t.ReservesAfter = reserves(before.base, before.quote), reserves(c.base, c.quote)
		t.Fees = []*sdk.Fee{{Kind: sdk.FeeProtocol, Amount: t.PoolQuoteAmount / 100}, {Kind: sdk.FeeCreator, Amount: t.PoolQuoteAmount / 400}}
		t.PriorityFee, t.Tip, t.ExactIn, t.LimitAmount = new(uint64(50_000)), new(uint64(i%3*10_000)), new(true), new(t.BaseAmount/2)
		add(weirtest.Trade(t), i)
	}
	return records
}

// BenchmarkEverything is the monitor with all switched on, on a busy chain that goes on for 150,000 trades. Run it for fewer than 2,300
// batches of 64, as a second is: after that the same slots come again and are too old for most of the work.
func BenchmarkEverything(b *testing.B) {
	weirtest.Benchmark(b, trading.New, busy(150_000, 2000), weirtest.Config(allOn))
}

// BenchmarkStateOfACoin says how large a checkpoint is for each coin: with all switched on, of coins of which many traded within the last
// minutes, and of totals alone.
func BenchmarkStateOfACoin(b *testing.B) {
	const coins = 2000
	records := busy(20_000, coins)
	for b.Loop() {
		for unit, config := range map[string]string{"B/coin-everything": allOn, "B/coin-totals": "{}"} {
			h := weirtest.Start(b, trading.New, weirtest.Config(config))
			h.Send(records...)
			b.ReportMetric(float64(len(h.Checkpoint()))/coins, unit)
		}
	}
}

// BenchmarkBusy is the monitor as it comes, on the chain of BenchmarkEverything.
func BenchmarkBusy(b *testing.B) { weirtest.Benchmark(b, trading.New, busy(150_000, 2000)) }
