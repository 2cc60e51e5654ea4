package orca_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/orca"
)

func parseTradedEvent(b []byte) (dextest.Value, dex.Extent, error) {
	var e orca.TradedEvent
	err := e.Parse(b)
	return &e, e.Extent, err
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := orca.ParseInstruction(b)
	return &in, in.Extent, err
}

// layouts are all events, with the lengths that the facts give; 0 where they give none.
var layouts = map[string]dextest.Layout{
	"traded": {Name: "Traded", Tag: orca.TagTraded, Bytes: 121, Empty: func() dextest.Value { return &orca.TradedEvent{} }, Parse: parseTradedEvent},
}

func TestEvents(t *testing.T) { dextest.Layouts(t, layouts) }

var kinds = []orca.Kind{orca.Swap, orca.SwapV2, orca.TwoHopSwap, orca.TwoHopSwapV2}

func TestInstructions(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			data := (&orca.Instruction{Kind: k}).Append(nil)
			if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want || orca.KindOf(data) != k {
				t.Errorf("discriminator %x, its name makes %x", got, want)
			}
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := orca.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				out, err := orca.ParseInstruction(in.Append(nil))
				if err != nil {
					t.Fatal(err)
				}
				out.Extent = dex.Extent{}
				return &out
			}, parseInstruction)
		})
	}
	if _, err := orca.ParseInstruction([]byte("nonsense")); !errors.Is(err, dex.ErrTag) {
		t.Errorf("another program's instruction: %v", err)
	}
	if got := orca.Kind(200).Places(); got != orca.Other.Places() {
		t.Errorf("places of no kind: %+v", got)
	}
}

func TestLeg(t *testing.T) {
	for name, c := range map[string]struct {
		e  orca.TradedEvent
		in uint64
		ok bool
	}{
		"fees":        {orca.TradedEvent{InputAmount: 1000, InputTransferFee: 10, LpFee: 3, ProtocolFee: 2, OutputAmount: 5, OutputTransferFee: 5}, 985, true},
		"too much":    {orca.TradedEvent{InputAmount: 4, LpFee: 3, ProtocolFee: 2}, 0, false},
		"output gone": {orca.TradedEvent{OutputTransferFee: 1}, 0, false},
	} {
		if in, ok := c.e.Leg(); in != c.in || ok != c.ok {
			t.Errorf("%s: %d %v", name, in, ok)
		}
	}
}

func FuzzOrca(f *testing.F) {
	for _, c := range layouts {
		f.Add(c.Empty().Append(nil))
	}
	for _, k := range kinds {
		f.Add((&orca.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range layouts {
			dextest.Stable(t, b, c.Parse)
		}
		dextest.Stable(t, b, parseInstruction)
	})
}
