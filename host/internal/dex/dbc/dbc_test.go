package dbc_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dbc"
	"github.com/weir-run/weir/host/internal/dex/dextest"
)

func parseSwapEvent(b []byte) (dextest.Value, dex.Extent, error) {
	var e dbc.SwapEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseInitializePoolEvent(b []byte) (dextest.Value, dex.Extent, error) {
	var e dbc.InitializePoolEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseCurveCompleteEvent(b []byte) (dextest.Value, dex.Extent, error) {
	var e dbc.CurveCompleteEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := dbc.ParseInstruction(b)
	return &in, in.Extent, err
}

// layouts are all events, with the lengths that the facts give; 0 where they give none.
var layouts = map[string]dextest.Layout{
	"swap":       {Name: "EvtSwap", Tag: dbc.TagSwap, Bytes: 162, Empty: func() dextest.Value { return &dbc.SwapEvent{} }, Keep: []string{"Newer", "SwapMode", "AmountLeft", "QuoteReserve", "MigrationThreshold"}, Parse: parseSwapEvent},
	"swap 2":     {Name: "EvtSwap2", Tag: dbc.TagSwap2, Bytes: 187, Empty: func() dextest.Value { return &dbc.SwapEvent{Newer: true} }, Keep: []string{"Newer"}, Parse: parseSwapEvent},
	"initialize": {Name: "EvtInitializePool", Tag: dbc.TagInitializePool, Bytes: 145, Empty: func() dextest.Value { return &dbc.InitializePoolEvent{} }, Parse: parseInitializePoolEvent},
	"complete":   {Name: "EvtCurveComplete", Tag: dbc.TagCurveComplete, Bytes: 88, Empty: func() dextest.Value { return &dbc.CurveCompleteEvent{} }, Parse: parseCurveCompleteEvent},
}

func TestEvents(t *testing.T) { dextest.Layouts(t, layouts) }

var kinds = []dbc.Kind{dbc.Swap, dbc.Swap2, dbc.InitializeSPL, dbc.InitializeToken2022, dbc.MigrateDAMM, dbc.MigrateDAMMv2}

func TestInstructions(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			data := (&dbc.Instruction{Kind: k}).Append(nil)
			if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want || dbc.KindOf(data) != k {
				t.Errorf("discriminator %x, its name makes %x", got, want)
			}
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := dbc.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				out, err := dbc.ParseInstruction(in.Append(nil))
				if err != nil {
					t.Fatal(err)
				}
				out.Extent = dex.Extent{}
				return &out
			}, parseInstruction)
		})
	}
	if _, err := dbc.ParseInstruction([]byte("nonsense")); !errors.Is(err, dex.ErrTag) {
		t.Errorf("another program's instruction: %v", err)
	}
	if got := dbc.Kind(200).Places(); got != dbc.Other.Places() {
		t.Errorf("places of no kind: %+v", got)
	}
}

func TestLegs(t *testing.T) {
	for name, c := range map[string]struct {
		e       dbc.SwapEvent
		in, out uint64
		onInput bool
		ok      bool
	}{
		"fees on input":  {dbc.SwapEvent{IncludedFeeIn: 100, ExcludedFeeIn: 97, Output: 50, TradingFee: 2, ProtocolFee: 1}, 97, 50, true, true},
		"fees on output": {dbc.SwapEvent{IncludedFeeIn: 100, ExcludedFeeIn: 100, Output: 50, TradingFee: 2, ReferralFee: 1}, 100, 53, false, true},
		"impossible":     {dbc.SwapEvent{IncludedFeeIn: 1, ExcludedFeeIn: 2}, 0, 0, false, false},
	} {
		if in, out, onInput, ok := c.e.Legs(); in != c.in || out != c.out || onInput != c.onInput || ok != c.ok {
			t.Errorf("%s: %d %d %v %v", name, in, out, onInput, ok)
		}
	}
}

func FuzzDBC(f *testing.F) {
	for _, c := range layouts {
		f.Add(c.Empty().Append(nil))
	}
	for _, k := range kinds {
		f.Add((&dbc.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range layouts {
			dextest.Stable(t, b, c.Parse)
		}
		dextest.Stable(t, b, parseInstruction)
	})
}
