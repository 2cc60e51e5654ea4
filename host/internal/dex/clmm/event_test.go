package clmm_test

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/dextest"
)

type event interface {
	dextest.Value
	Parse(b []byte) error
}

// parser makes a Parser of an event type.
func parser[E any, P interface {
	*E
	event
}](extent func(P) dex.Extent) dextest.Parser {
	return func(b []byte) (dextest.Value, dex.Extent, error) {
		e := P(new(E))
		err := e.Parse(b)
		return e, extent(e), err
	}
}

var (
	parseSwap      = parser(func(e *clmm.SwapEvent) dex.Extent { return e.Extent })
	parseCreated   = parser(func(e *clmm.PoolCreatedEvent) dex.Extent { return e.Extent })
	parseOpen      = parser(func(e *clmm.CreatePersonalPositionEvent) dex.Extent { return e.Extent })
	parseIncrease  = parser(func(e *clmm.IncreaseLiquidityEvent) dex.Extent { return e.Extent })
	parseDecrease  = parser(func(e *clmm.DecreaseLiquidityEvent) dex.Extent { return e.Extent })
	parseCalculate = parser(func(e *clmm.LiquidityCalculateEvent) dex.Extent { return e.Extent })
)

var events = map[string]struct {
	empty func() dextest.Value
	parse dextest.Parser
	tag   uint64
	size  int
}{
	"SwapEvent":                   {func() dextest.Value { return new(clmm.SwapEvent) }, parseSwap, clmm.TagSwap, 221},
	"PoolCreatedEvent":            {func() dextest.Value { return new(clmm.PoolCreatedEvent) }, parseCreated, clmm.TagPoolCreated, 190},
	"CreatePersonalPositionEvent": {func() dextest.Value { return new(clmm.CreatePersonalPositionEvent) }, parseOpen, clmm.TagCreatePosition, 160},
	"IncreaseLiquidityEvent":      {func() dextest.Value { return new(clmm.IncreaseLiquidityEvent) }, parseIncrease, clmm.TagIncreaseLiquidity, 88},
	"DecreaseLiquidityEvent":      {func() dextest.Value { return new(clmm.DecreaseLiquidityEvent) }, parseDecrease, clmm.TagDecreaseLiquidity, 128},
	"LiquidityCalculateEvent":     {func() dextest.Value { return new(clmm.LiquidityCalculateEvent) }, parseCalculate, clmm.TagCalculate, 92},
}

func TestEventRoundTrip(t *testing.T) {
	for name, c := range events {
		t.Run(name, func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				v := c.empty()
				dextest.Fill(t, v)
				return v
			}, c.parse)
		})
	}
}

// TestLayouts holds the lengths, and that each discriminator is the hash of its name.
func TestLayouts(t *testing.T) {
	for name, c := range events {
		b := c.empty().Append(nil)
		if len(b) != c.size {
			t.Errorf("%s has %d bytes, want %d", name, len(b), c.size)
		}
		if want := dextest.Discriminator("event:" + name); c.tag != want || dex.Tag(b) != want {
			t.Errorf("%s has discriminator %x, its name makes %x", name, c.tag, want)
		}
		if _, _, err := c.parse(b[:len(b)-17]); !errors.Is(err, dex.ErrShort) {
			t.Errorf("%s cut by 17: %v", name, err)
		}
		if _, _, err := c.parse(b[1:]); !errors.Is(err, dex.ErrTag) {
			t.Errorf("%s without its first byte: %v", name, err)
		}
	}
	if got := len((&clmm.SwapEvent{Extent: dex.Extent{Fields: clmm.SwapOldest}}).Append(nil)); got != 205 {
		t.Errorf("the old swap has %d bytes", got)
	}
}

func TestGolden(t *testing.T) { dextest.Golden(t, parseSwap, alias, "A21") }

var alias = map[string]string{
	"sqrt_price_x64": "SqrtPriceX64", "amount_0": "Amount0", "amount_1": "Amount1", "transfer_fee_0": "TransferFee0",
	"transfer_fee_1": "TransferFee1", "token_account_0": "TokenAccount0", "token_account_1": "TokenAccount1",
	// The corpus writes these in another way.
	"poolState": "PoolState", "sender": "Sender", "tokenAccount0": "TokenAccount0", "tokenAccount1": "TokenAccount1", "amount0": "Amount0",
	"transferFee0": "TransferFee0", "amount1": "Amount1", "transferFee1": "TransferFee1", "zeroForOne": "ZeroForOne",
	"sqrtPriceX64": "SqrtPriceX64", "positionNftMint": "PositionNftMint", "decreaseAmount0": "DecreaseAmount0",
	"decreaseAmount1": "DecreaseAmount1", "feeAmount0": "FeeAmount0", "feeAmount1": "FeeAmount1",
	"poolLiquidity": "PoolLiquidity", "poolSqrtPriceX64": "PoolSqrtPriceX64", "poolTick": "PoolTick", "calcAmount0": "CalcAmount0",
	"calcAmount1": "CalcAmount1", "tradeFeeOwed0": "TradeFeeOwed0", "tradeFeeOwed1": "TradeFeeOwed1",
}

// TestCorpusEvents reads real events, compares them with an independent decoder and writes them back.
func TestCorpusEvents(t *testing.T) {
	for name, parse := range map[string]dextest.Parser{"SwapEvent": parseSwap, "DecreaseLiquidityEvent": parseDecrease, "LiquidityCalculateEvent": parseCalculate} {
		for _, c := range dextest.Events(t, "clmm", name) {
			e, extent, err := parse(c.Bytes)
			if err != nil || extent.Tail != c.Extra {
				t.Fatalf("%s: %v, %d left", c.File, err, extent.Tail)
			}
			delete(c.Fields, "rewardAmounts") // three fields here
			c.Check(t, e, alias)
			if got := e.Append(nil); !bytes.Equal(got, c.Bytes) {
				t.Errorf("%s: written back it differs", c.File)
			}
		}
	}
}

// TestCorpusPrice checks real prices against their ticks: the price is 1.0001 to the power of the tick, or up to one tick more.
func TestCorpusPrice(t *testing.T) {
	for _, c := range dextest.Events(t, "clmm", "SwapEvent") {
		var e clmm.SwapEvent
		if err := e.Parse(c.Bytes); err != nil {
			t.Fatal(err)
		}
		price, _ := clmm.Price(e.SqrtPriceX64).Float64()
		if tick := math.Log(price) / math.Log(1.0001); tick < float64(e.Tick)-0.01 || tick > float64(e.Tick)+1.01 {
			t.Errorf("%s: price %g is of tick %f, the event says %d", c.File, price, tick, e.Tick)
		}
	}
}

func TestSides(t *testing.T) {
	e := clmm.SwapEvent{
		Extent:  dex.Extent{Fields: clmm.SwapNewest},
		Amount0: 1_000, TransferFee0: 10, Amount1: 500, TransferFee1: 5, ZeroForOne: true, TradeFee0: 3, TradeFee1: 2,
	}
	gave, got, ok := e.Trader()
	in, out := e.Pool()
	legIn, legOut, fees, fit := e.Leg()
	if !ok || !fit || !fees || [6]uint64{gave, got, in, out, legIn, legOut} != [6]uint64{1_000, 495, 990, 500, 987, 502} {
		t.Errorf("0 for 1: %d %d %d %d %d %d", gave, got, in, out, legIn, legOut)
	}
	e.ZeroForOne = false
	gave, got, _ = e.Trader()
	in, out = e.Pool()
	legIn, legOut, _, _ = e.Leg()
	if [6]uint64{gave, got, in, out, legIn, legOut} != [6]uint64{500, 990, 495, 1_000, 493, 1_003} {
		t.Errorf("1 for 0: %d %d %d %d %d %d", gave, got, in, out, legIn, legOut)
	}
	e.Fields = clmm.SwapOldest
	if legIn, _, fees, _ := e.Leg(); fees || legIn != 495 {
		t.Errorf("old: %d %v", legIn, fees)
	}
	e.TransferFee1 = 501
	if _, _, ok := e.Trader(); ok {
		t.Error("a transfer fee above its amount")
	}
}

// TestAmounts puts a price below, inside and above a range.
func TestAmounts(t *testing.T) {
	at := func(v uint64) dex.Uint128 { return dex.Uint128{Hi: v} }                       // v·2⁶⁴: the root is v
	for price, want := range map[uint64][2]int64{1: {30, 0}, 4: {5, 200}, 9: {0, 300}} { // 100·(1/√P − 1/5) and 100·(√P − 2)
		a, b := clmm.Amounts(dex.Uint128{Lo: 100}, at(price), at(2), at(5))
		if a.Cmp(big.NewInt(want[0])) != 0 || b.Cmp(big.NewInt(want[1])) != 0 {
			t.Errorf("at %d: %v %v, want %v", price, a, b, want)
		}
	}
}

func FuzzEvent(f *testing.F) {
	for _, c := range events {
		f.Add(c.empty().Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range events {
			dextest.Stable(t, b, c.parse)
		}
	})
}

func BenchmarkParseSwapEvent(b *testing.B) {
	data := new(clmm.SwapEvent).Append(nil)
	var e clmm.SwapEvent
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
