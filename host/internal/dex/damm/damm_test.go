package damm_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/damm"
	"github.com/weir-run/weir/host/internal/dex/dextest"
)

func parseSwapEvent(b []byte) (dextest.Value, dex.Extent, error) {
	var e damm.SwapEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseLiquidityChangeEvent(b []byte) (dextest.Value, dex.Extent, error) {
	var e damm.LiquidityChangeEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseInitializePoolEvent(b []byte) (dextest.Value, dex.Extent, error) {
	var e damm.InitializePoolEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := damm.ParseInstruction(b)
	return &in, in.Extent, err
}

// layouts are all events, with the lengths that the facts give; 0 where they give none.
var layouts = map[string]dextest.Layout{
	"swap 2":     {Name: "EvtSwap2", Tag: damm.TagSwap2, Empty: func() dextest.Value { return &damm.SwapEvent{} }, Parse: parseSwapEvent},
	"liquidity":  {Name: "EvtLiquidityChange", Tag: damm.TagLiquidityChange, Empty: func() dextest.Value { return &damm.LiquidityChangeEvent{} }, Parse: parseLiquidityChangeEvent},
	"initialize": {Name: "EvtInitializePool", Tag: damm.TagInitializePool, Empty: func() dextest.Value { return &damm.InitializePoolEvent{} }, Parse: parseInitializePoolEvent},
}

func TestEvents(t *testing.T) { dextest.Layouts(t, layouts) }

var kinds = []damm.Kind{damm.Swap, damm.Swap2, damm.InitializePool, damm.InitializeCustomizable, damm.InitializeDynamic, damm.AddLiquidity, damm.RemoveLiquidity, damm.RemoveAllLiquidity}

func TestInstructions(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			data := (&damm.Instruction{Kind: k}).Append(nil)
			if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want || damm.KindOf(data) != k {
				t.Errorf("discriminator %x, its name makes %x", got, want)
			}
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := damm.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				out, err := damm.ParseInstruction(in.Append(nil))
				if err != nil {
					t.Fatal(err)
				}
				out.Extent = dex.Extent{}
				return &out
			}, parseInstruction)
		})
	}
	if _, err := damm.ParseInstruction([]byte("nonsense")); !errors.Is(err, dex.ErrTag) {
		t.Errorf("another program's instruction: %v", err)
	}
	if got := damm.Kind(200).Places(); got != damm.Other.Places() {
		t.Errorf("places of no kind: %+v", got)
	}
}

func TestLegs(t *testing.T) {
	for name, c := range map[string]struct {
		e       damm.SwapEvent
		in, out uint64
		onInput bool
		ok      bool
	}{
		"fees on input":  {damm.SwapEvent{IncludedFeeIn: 100, ExcludedFeeIn: 97, Output: 50, TradingFee: 2, ProtocolFee: 1, GivenIn: 100}, 97, 50, true, true},
		"fees on output": {damm.SwapEvent{IncludedFeeIn: 100, ExcludedFeeIn: 100, Output: 50, TradingFee: 2, ReferralFee: 1, GivenIn: 100}, 100, 53, false, true},
		"impossible":     {damm.SwapEvent{IncludedFeeIn: 1, ExcludedFeeIn: 2, GivenIn: 100}, 0, 0, false, false},
	} {
		if in, out, onInput, ok := c.e.Legs(); in != c.in || out != c.out || onInput != c.onInput || ok != c.ok {
			t.Errorf("%s: %d %d %v %v", name, in, out, onInput, ok)
		}
	}
}

func FuzzDAMM(f *testing.F) {
	for _, c := range layouts {
		f.Add(c.Empty().Append(nil))
	}
	for _, k := range kinds {
		f.Add((&damm.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range layouts {
			dextest.Stable(t, b, c.Parse)
		}
		dextest.Stable(t, b, parseInstruction)
	})
}
