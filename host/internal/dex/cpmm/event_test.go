package cpmm_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/dextest"
)

func parseSwap(b []byte) (dextest.Value, dex.Extent, error) {
	var e cpmm.SwapEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseLpChange(b []byte) (dextest.Value, dex.Extent, error) {
	var e cpmm.LpChangeEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func TestEventRoundTrip(t *testing.T) {
	for name, c := range map[string]struct {
		empty func() dextest.Value
		parse dextest.Parser
	}{
		"swap":      {func() dextest.Value { return new(cpmm.SwapEvent) }, parseSwap},
		"lp change": {func() dextest.Value { return new(cpmm.LpChangeEvent) }, parseLpChange},
	} {
		t.Run(name, func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				v := c.empty()
				dextest.Fill(t, v)
				return v
			}, c.parse)
		})
	}
}

// TestLayoutSizes holds the lengths that the chain's history has.
func TestLayoutSizes(t *testing.T) {
	for fields, want := range map[uint8]int{cpmm.SwapOldest: 89, cpmm.SwapNewest: 170, 0: 170} {
		if got := len((&cpmm.SwapEvent{Extent: dex.Extent{Fields: fields}}).Append(nil)); got != want {
			t.Errorf("swap of %d fields has %d bytes, want %d", fields, got, want)
		}
	}
	if got := len(new(cpmm.LpChangeEvent).Append(nil)); got != 97 {
		t.Errorf("lp change has %d bytes", got)
	}
}

func TestEventErrors(t *testing.T) {
	swap, change := new(cpmm.SwapEvent).Append(nil), new(cpmm.LpChangeEvent).Append(nil)
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":    {nil, dex.ErrTag},
		"liquidity":  {change, dex.ErrTag},
		"one short":  {swap[:88], dex.ErrShort},
		"the oldest": {swap[:89], nil},
		"half newer": {swap[:169], nil},
	} {
		var e cpmm.SwapEvent
		if err := e.Parse(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	var e cpmm.LpChangeEvent
	if err := e.Parse(change[:96]); !errors.Is(err, dex.ErrShort) {
		t.Errorf("lp change cut: %v", err)
	}
}

// TestCorpusEvents reads real events, compares them with an independent decoder and writes them back.
func TestCorpusEvents(t *testing.T) {
	for name, parse := range map[string]dextest.Parser{"SwapEvent": parseSwap, "LpChangeEvent": parseLpChange} {
		for _, c := range dextest.Events(t, "cpmm", name) {
			e, extent, err := parse(c.Bytes)
			if err != nil || extent.Tail != c.Extra {
				t.Fatalf("%s: %v, %d left", c.File, err, extent.Tail)
			}
			c.Check(t, e, map[string]string{
				"pool_id": "PoolID", "token_0_vault_before": "Token0VaultBefore", "token_1_vault_before": "Token1VaultBefore",
				"token_0_amount": "Token0Amount", "token_1_amount": "Token1Amount", "token_0_transfer_fee": "Token0TransferFee",
				"token_1_transfer_fee": "Token1TransferFee",
			})
			if got := e.Append(nil); !bytes.Equal(got, c.Bytes) {
				t.Errorf("%s: written back it differs", c.File)
			}
		}
	}
}

func TestLeg(t *testing.T) {
	for name, c := range map[string]struct {
		e       cpmm.SwapEvent
		in, out uint64
		fees    bool
		ok      bool
	}{
		"old":             {cpmm.SwapEvent{Extent: dex.Extent{Fields: 8}, InputAmount: 100, OutputAmount: 50}, 100, 50, false, true},
		"creator of in":   {cpmm.SwapEvent{Extent: dex.Extent{Fields: 13}, InputAmount: 100, OutputAmount: 50, TradeFee: 3, CreatorFee: 2, CreatorFeeOnInput: true}, 95, 50, true, true},
		"creator of out":  {cpmm.SwapEvent{Extent: dex.Extent{Fields: 13}, InputAmount: 100, OutputAmount: 50, TradeFee: 3, CreatorFee: 2}, 97, 52, true, true},
		"more than there": {cpmm.SwapEvent{Extent: dex.Extent{Fields: 13}, InputAmount: 1, TradeFee: 3}, 0, 0, false, false},
	} {
		in, out, fees, ok := c.e.Leg()
		if ok != c.ok || ok && (in != c.in || out != c.out || fees != c.fees) {
			t.Errorf("%s: %d %d %v %v", name, in, out, fees, ok)
		}
	}
}

// TestReservesKeepValue swaps at random: the product never falls, and what an output costs buys it.
func TestReservesKeepValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reserve := rapid.Uint64Range(1_000, 1<<62)
		p := cpmm.Reserves{In: reserve.Draw(t, "in"), Out: reserve.Draw(t, "out")}
		net := rapid.Uint64Range(1, 1<<62).Draw(t, "net")
		out, ok := p.Output(net)
		if !ok || out >= p.Out {
			t.Fatalf("%d in: %d %v", net, out, ok)
		}
		cost, ok := p.Input(out)
		if !ok || cost > net {
			t.Fatalf("%d out cost %d, %d bought it", out, cost, net)
		}
		if again, ok := p.Output(cost); !ok || again < out {
			t.Fatalf("%d bought %d, should %d", cost, again, out)
		}
	})
	if _, ok := (cpmm.Reserves{In: 1, Out: 5}).Input(5); ok {
		t.Error("a pool sells all it has")
	}
}

func FuzzSwapEvent(f *testing.F) {
	f.Add(new(cpmm.SwapEvent).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseSwap) })
}

func FuzzLpChangeEvent(f *testing.F) {
	f.Add(new(cpmm.LpChangeEvent).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseLpChange) })
}

func BenchmarkParseSwapEvent(b *testing.B) {
	data := new(cpmm.SwapEvent).Append(nil)
	var e cpmm.SwapEvent
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func TestGolden(t *testing.T) {
	e := dextest.Vector(t, "A20")
	delete(e.Fields, "transfer fees") // two in one
	got, extent, err := parseSwap(e.Bytes)
	if err != nil || extent.Tail != 0 || !bytes.Equal(got.Append(nil), e.Bytes) {
		t.Fatalf("%+v %v", got, err)
	}
	e.Check(t, got, map[string]string{"pool_id": "PoolID"})
}
