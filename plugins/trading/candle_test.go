package trading_test

import (
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/plugins/trading"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

// begin is the first moment of a day.
const begin = int64(1_699_920_000)

// tradeAt is a trade at a second after begin, with a price of quote over 1,000,000 after it.
func tradeAt(second int64, side sdk.Side, trader string, base, quote, price uint64) *sdk.Record {
	r := weirtest.Trade(&sdk.Trade{
		Side: side, Trader: weirtest.Key(trader), BaseAmount: base, PoolQuoteAmount: quote, ReservesAfter: reserves(1_000_000, price),
	})
	r.BlockTime = new(begin + second)
	return r
}

func of(outputs []*sdk.Output, kind string) (found []*sdk.Output) {
	for _, o := range outputs {
		if o.GetKind() == kind {
			found = append(found, o)
		}
	}
	return found
}

func TestCandle(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"candles": ["1m"], "late_seconds": 5}`))
	outputs := h.Send(
		tradeAt(0, sdk.Buy, "a", 10, 100, 50),
		tradeAt(20, sdk.Sell, "b", 20, 200, 40),
		tradeAt(59, sdk.Buy, "a", 30, 300, 60),
		tradeAt(64, sdk.Buy, "a", 1, 1, 70),   // the next minute; the first one stays open
		tradeAt(58, sdk.Sell, "c", 5, 50, 45), // behind, but not late
		tradeAt(65, sdk.Buy, "a", 2, 2, 80),   // closes the first minute
		tradeAt(59, sdk.Buy, "c", 7, 70, 10),  // late: volume of the second minute, not its price
		tradeAt(130, sdk.Sell, "a", 4, 4, 90), // closes the second
	)
	candles := of(outputs, "candle")
	want := []*sdk.CandleClosed{
		{
			Start: begin, Open: &sdk.Price{Quote: 50, Base: 1e6}, High: &sdk.Price{Quote: 60, Base: 1e6}, Low: &sdk.Price{Quote: 40, Base: 1e6},
			Close: &sdk.Price{Quote: 45, Base: 1e6}, Buys: 2, Sells: 2, BaseVolume: "65", QuoteVolume: "650",
		},
		{
			Start: begin + 60, Open: &sdk.Price{Quote: 70, Base: 1e6}, High: &sdk.Price{Quote: 80, Base: 1e6}, Low: &sdk.Price{Quote: 70, Base: 1e6},
			Close: &sdk.Price{Quote: 80, Base: 1e6}, Buys: 3, BaseVolume: "10", QuoteVolume: "73", LateTrades: 1,
		},
	}
	if len(candles) != len(want) {
		t.Fatalf("%d candles, want %d: %v", len(candles), len(want), candles)
	}
	for i, w := range want {
		w.Mint, w.QuoteMint, w.Seconds = weirtest.Key("mint"), weirtest.WSOL, 60
		if got := candles[i].GetCandleClosed(); !proto.Equal(got, w) {
			t.Errorf("candle %d is %v\nwant %v", i, got, w)
		}
	}
	if cause := candles[0].GetCause(); cause != 6 {
		t.Errorf("the first minute was closed by record %d, want 6", cause)
	}
}

func TestWindows(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"windows": true, "late_seconds": 0}`))
	outputs := h.Send(
		tradeAt(10, sdk.Buy, "a", 10, 100, 50),
		tradeAt(50, sdk.Sell, "b", 20, 200, 40),
		tradeAt(100, sdk.Buy, "a", 30, 300, 60),
		tradeAt(290, sdk.Buy, "c", 40, 400, 30),
		tradeAt(3600, sdk.Buy, "d", 1, 1, 20),
	)
	type window struct {
		end, seconds, buys, sells, traders uint64
		base, quote, bought                string
		high, low                          uint64
	}
	want := []window{
		{60, 60, 1, 1, 2, "30", "300", "100", 50, 40},
		{60, 300, 1, 1, 2, "30", "300", "100", 50, 40},
		{120, 60, 1, 0, 1, "30", "300", "300", 60, 60},
		{120, 300, 2, 1, 2, "60", "600", "400", 60, 40},
		{300, 60, 1, 0, 1, "40", "400", "400", 30, 30},
		{300, 300, 3, 1, 3, "100", "1000", "800", 60, 30},
		{300, 3600, 3, 1, 3, "100", "1000", "800", 60, 30},
		{3600, 86400, 3, 1, 3, "100", "1000", "800", 60, 30},
	}
	got := of(outputs, "window")
	if len(got) != len(want) {
		t.Fatalf("%d windows, want %d: %v", len(got), len(want), got)
	}
	for i, w := range want {
		b := got[i].GetWindowClosed()
		has := window{
			uint64(b.GetEnd() - begin), uint64(b.GetSeconds()), b.GetBuys(), b.GetSells(), b.GetTraders(),
			b.GetBaseVolume(), b.GetQuoteVolume(), b.GetBuyQuoteVolume(), b.GetHigh().GetQuote(), b.GetLow().GetQuote(),
		}
		if has != w || b.GetTradersEstimated() {
			t.Errorf("window %d is %v, want %v", i, has, w)
		}
	}
}

// wander makes trades of several coins whose block times mostly rise.
func wander(n int) []*sdk.Record {
	const seed = 5
	random := rand.New(rand.NewPCG(seed, seed))
	var records []*sdk.Record
	second := int64(0)
	for range n {
		second += random.Int64N(20)
		r := tradeAt(max(0, second-random.Int64N(30)), sdk.Side(1+random.IntN(2)), strconv.Itoa(random.IntN(30)), random.Uint64N(1<<40), random.Uint64N(1<<40), 1+random.Uint64N(1000))
		r.GetTrade().Mint = weirtest.Key(strconv.Itoa(random.IntN(6)))
		if random.IntN(20) == 0 {
			r.GetTrade().QuoteMint = weirtest.USDC
		}
		records = append(records, r)
	}
	return records
}

func TestCandlesReplay(t *testing.T) {
	weirtest.Replays(t, trading.New, wander(150), weirtest.Config(`{"candles": ["1s", "1m", "5m"], "windows": true, "max_windows": 4}`))
}

// Every trade is in one candle of each length, and closing takes as many records as it needs.
func TestCandlesHoldAllVolume(t *testing.T) {
	const coins = 700 // more than one record closes
	var records []*sdk.Record
	sent := new(big.Int)
	for _, r := range wander(300) {
		records = append(records, r)
		sent.Add(sent, new(big.Int).SetUint64(r.GetTrade().GetPoolQuoteAmount()))
	}
	late := records[len(records)-1].GetBlockTime() - begin
	for i := range coins {
		r := tradeAt(late+1, sdk.Buy, "a", 1, 10, 5)
		r.GetTrade().Mint = weirtest.Key("crowd " + strconv.Itoa(i))
		records = append(records, r)
	}
	sent.Add(sent, big.NewInt(10*coins))
	for range 5 { // the last one's own candle stays open
		records = append(records, tradeAt(late+100_000, sdk.Buy, "a", 1, 0, 5))
	}
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"candles": ["1s", "1m", "1h"]}`))
	sums := map[uint32]*big.Int{1: {}, 60: {}, 3600: {}}
	seen := map[string]bool{}
	for _, o := range of(h.Send(records...), "candle") {
		c := o.GetCandleClosed()
		volume, _ := new(big.Int).SetString(c.GetQuoteVolume(), 10)
		sums[c.GetSeconds()].Add(sums[c.GetSeconds()], volume)
		id := string(c.GetMint()) + string(c.GetQuoteMint()) + strconv.Itoa(int(c.GetSeconds())) + "/" + strconv.Itoa(int(c.GetStart()))
		if seen[id] {
			t.Errorf("%v comes twice", c)
		}
		seen[id] = true
	}
	for seconds, sum := range sums {
		if sum.Cmp(sent) != 0 {
			t.Errorf("candles of %d s hold %s, want %s", seconds, sum, sent)
		}
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, change := range map[string]func(*trading.Config){
		"unknown length": func(c *trading.Config) { c.Candles = []string{"2m"} },
		"length twice":   func(c *trading.Config) { c.Candles = []string{"1m", "1m"} },
		"no candles":     func(c *trading.Config) { c.MaxCandles = 0 },
		"no windows":     func(c *trading.Config) { c.MaxWindows = 0 },
		"early":          func(c *trading.Config) { c.LateSeconds = -1 },
	} {
		m := trading.New(nil)
		change(m.Config.(*trading.Config))
		if m.Check() == nil {
			t.Errorf("%s passes", name)
		}
	}
}

// BenchmarkCandles is BenchmarkTrading with candles of three lengths and windows.
// Candles and windows of a time of which records were lost say so, and no others. A restart forgets none.
func TestGaps(t *testing.T) {
	h := weirtest.Start(t, trading.New, weirtest.Config(`{"candles": ["1m", "1h"], "windows": true, "late_seconds": 0}`))
	send := func(second int64) []*sdk.Output {
		h.Crash()
		return h.Send(tradeAt(second, sdk.Buy, "a", 1000, 10, 10))
	}
	timeless := tradeAt(0, sdk.Buy, "a", 1000, 10, 10)
	timeless.BlockTime = new(int64(0)) // as one that knows none
	var all []*sdk.Output
	all = append(all, send(10)...)
	all = append(all, send(70)...)
	all = append(all, h.Send(weirtest.Gap(nil), timeless)...)
	all = append(all, send(130)...)
	h.LoseRecords(3, "retention")
	for _, second := range []int64{190, 250, 310, 370, 610, 3600, 3700, 7300} {
		all = append(all, send(second)...)
	}
	got := map[string][]int64{}
	for _, o := range all {
		switch c, w := o.GetCandleClosed(), o.GetWindowClosed(); {
		case c.GetGap():
			got[strconv.Itoa(int(c.GetSeconds()))] = append(got[strconv.Itoa(int(c.GetSeconds()))], c.GetStart()-begin)
		case w.GetGap():
			got["to "+strconv.Itoa(int(w.GetSeconds()))] = append(got["to "+strconv.Itoa(int(w.GetSeconds()))], w.GetEnd()-begin)
		}
	}
	want := map[string][]int64{
		"60": {60, 120, 180}, "3600": {0}, "to 60": {120, 180, 240}, "to 300": {120, 180, 240, 300, 360, 420}, "to 3600": {300, 600, 900}, "to 86400": {3600, 7200},
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("gaps are in %v, want %v", got, want)
	}
}

func BenchmarkCandles(b *testing.B) {
	records := make([]*sdk.Record, 1000)
	for i := range records {
		records[i] = trade(strconv.Itoa(i), sdk.Buy, 1_000_000_000, 1_000_000_000)
		records[i].BlockTime = new(begin)
	}
	weirtest.Benchmark(b, trading.New, records, weirtest.Config(`{"candles": ["1s", "1m", "1h"], "windows": true}`))
}
