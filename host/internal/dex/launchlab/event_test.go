package launchlab_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
)

func parseTrade(b []byte) (dextest.Value, dex.Extent, error) {
	var e launchlab.TradeEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseCreate(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := launchlab.ParsePoolCreateEvent(b)
	return &e, e.Extent, err
}

func fillCurve(t *rapid.T, c *launchlab.CurveParams) {
	dextest.Fill(t, c, "Curve")
	c.Curve = rapid.Uint8Range(launchlab.CurveConstant, launchlab.CurveLinear).Draw(t, "kind")
	if c.Curve != launchlab.CurveConstant {
		c.TotalBaseSell = 0
	}
}

func fillCreate(t *rapid.T) dextest.Value {
	e := new(launchlab.PoolCreateEvent)
	dextest.Fill(t, e, "Mint", "Curve", "Vesting")
	dextest.Fill(t, &e.Mint)
	dextest.Fill(t, &e.Vesting)
	fillCurve(t, &e.Curve)
	return e
}

func TestEventRoundTrip(t *testing.T) {
	t.Run("trade", func(t *testing.T) {
		dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
			e := new(launchlab.TradeEvent)
			dextest.Fill(t, e)
			return e
		}, parseTrade)
	})
	t.Run("create", func(t *testing.T) { dextest.RoundTrip(t, fillCreate, parseCreate) })
}

// TestFirstLayout checks the trade of 2025, which later ones do not continue.
func TestFirstLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := launchlab.TradeEvent{}
		dextest.Fill(t, &e)
		e.Fields, e.CreatorFee, e.ExactIn = launchlab.TradeFirst, 0, false
		b := e.Append(nil)
		got, extent, err := parseTrade(b)
		if err != nil || len(b) != 138 || extent != (dex.Extent{Fields: launchlab.TradeFirst}) {
			t.Fatalf("%d bytes: %v %+v", len(b), err, extent)
		}
		if !dextest.Equal(got, &e) {
			t.Fatalf("read back %+v, want %+v", got, e)
		}
	})
}

func TestLayoutSizes(t *testing.T) {
	for fields, want := range map[uint8]int{launchlab.TradeFirst: 138, launchlab.TradeCreator: 146, launchlab.TradeNewest: 147, 0: 147} {
		b := (&launchlab.TradeEvent{Extent: dex.Extent{Fields: fields}}).Append(nil)
		if len(b) != want {
			t.Errorf("%d fields: %d bytes, want %d", fields, len(b), want)
		}
		if _, extent, err := parseTrade(b); err != nil || extent.Tail != 0 {
			t.Errorf("%d bytes: %v %+v", len(b), err, extent)
		}
	}
	b := new(launchlab.TradeEvent).Append(nil)
	for n := 8; n < 146; n++ {
		_, extent, err := parseTrade(b[:n])
		if n < 138 && !errors.Is(err, dex.ErrShort) || n >= 138 && (err != nil || extent != dex.Extent{Fields: launchlab.TradeFirst, Tail: n - 138}) {
			t.Errorf("%d bytes: %v %+v", n, err, extent)
		}
	}
	for fields, want := range map[uint8]int{launchlab.PoolCreateOldest: 8 + 96 + 13 + 26 + 24, launchlab.PoolCreateNewest: 8 + 96 + 13 + 26 + 25} {
		if got := len((&launchlab.PoolCreateEvent{Extent: dex.Extent{Fields: fields}}).Append(nil)); got != want {
			t.Errorf("%d fields: %d bytes, want %d", fields, got, want)
		}
	}
	c := launchlab.PoolCreateEvent{Curve: launchlab.CurveParams{Curve: 3}}
	if _, _, err := parseCreate(c.Append(nil)); !errors.Is(err, dex.ErrShort) {
		t.Errorf("a curve of no known kind: %v", err)
	}
}

// TestCorpusEvents reads a real trade, checks it and the arithmetic of its curve, and writes it back.
func TestCorpusEvents(t *testing.T) {
	for _, c := range dextest.Events(t, "launchlab", "TradeEvent") {
		var e launchlab.TradeEvent
		if err := e.Parse(c.Bytes); err != nil || e.Tail != c.Extra {
			t.Fatalf("%s: %v, %d left", c.File, err, e.Tail)
		}
		delete(c.Fields, "trade_direction") // names there, numbers here
		delete(c.Fields, "pool_status")
		c.Check(t, &e, nil)
		if got := e.Append(nil); !bytes.Equal(got, c.Bytes) {
			t.Errorf("%s: written back it differs", c.File)
		}
		base, quote, ok := e.Legs()
		fees, _ := e.Fees()
		if !ok || base != e.AmountOut || quote+fees != e.AmountIn || !e.IsConstantProduct() {
			t.Errorf("%s: %d for %d and fees of %d", c.File, base, quote, fees)
		}
		if cost, ok := e.Before().BuyOut(base); !ok || cost != quote {
			t.Errorf("%s: %d cost %d, the chain took %d", c.File, base, cost, quote)
		}
	}
}

// TestCurveKeepsValue trades at random.
func TestCurveKeepsValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Uint64Range(1_000, 1<<60)
		c := launchlab.Curve{VirtualBase: amount.Draw(t, "base"), VirtualQuote: amount.Draw(t, "quote")}
		in := rapid.Uint64Range(1, 1<<60).Draw(t, "in")
		out, ok := c.Buy(in)
		if !ok || out > c.VirtualBase {
			t.Fatalf("%d in: %d %v", in, out, ok)
		}
		if cost, ok := c.BuyOut(out); !ok || cost > in {
			t.Fatalf("%d out cost %d %v", out, cost, ok)
		}
		c.RealBase, c.RealQuote = out, in
		back, ok := c.Sell(out)
		if _, _, priced := c.Price(); priced && (!ok || back > in) {
			t.Fatalf("bought for %d, sold for %d", in, back)
		}
		if cost, ok := c.SellOut(back); ok && cost > out {
			t.Fatalf("%d out of a sale cost %d, %d got it", back, cost, out)
		}
	})
}

func TestProgress(t *testing.T) {
	for _, c := range []struct {
		sold, all, want uint64
		ok              bool
	}{{0, 10, 0, true}, {3, 9, 3_333, true}, {9, 9, 10_000, true}, {10, 9, 0, false}, {1, 0, 0, false}} {
		got, ok := (&launchlab.TradeEvent{RealBaseAfter: c.sold, TotalBaseSell: c.all}).Progress()
		if ok != c.ok || ok && got != c.want {
			t.Errorf("%d of %d: %d %v", c.sold, c.all, got, ok)
		}
	}
}

func FuzzTradeEvent(f *testing.F) {
	for _, fields := range []uint8{launchlab.TradeFirst, launchlab.TradeCreator, launchlab.TradeNewest} {
		f.Add((&launchlab.TradeEvent{Extent: dex.Extent{Fields: fields}}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseTrade) })
}

func FuzzPoolCreateEvent(f *testing.F) {
	f.Add((&launchlab.PoolCreateEvent{Mint: launchlab.MintParams{Name: []byte("n")}}).Append(nil))
	f.Add((&launchlab.PoolCreateEvent{Curve: launchlab.CurveParams{Curve: launchlab.CurveLinear}}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseCreate) })
}

func BenchmarkParseTradeEvent(b *testing.B) {
	data := new(launchlab.TradeEvent).Append(nil)
	var e launchlab.TradeEvent
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
