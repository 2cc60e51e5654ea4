package cpmm_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/cpmm"
	"github.com/weir-run/weir/host/internal/dex/dextest"
)

var kinds = []cpmm.Kind{
	cpmm.Initialize, cpmm.InitializeWithPermission, cpmm.Deposit, cpmm.Withdraw, cpmm.SwapBaseInput, cpmm.SwapBaseOutput,
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := cpmm.ParseInstruction(b)
	return &in, in.Extent, err
}

// TestInstructionRoundTrip fills the arguments that each kind has.
func TestInstructionRoundTrip(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := cpmm.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				out, err := cpmm.ParseInstruction(in.Append(nil))
				if err != nil {
					t.Fatal(err)
				}
				out.Extent = dex.Extent{}
				return &out
			}, parseInstruction)
		})
	}
}

// TestNames checks that every discriminator is the hash that Anchor makes of the name.
func TestNames(t *testing.T) {
	for _, k := range kinds {
		data := (&cpmm.Instruction{Kind: k}).Append(nil)
		if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want || cpmm.KindOf(data) != k {
			t.Errorf("%s has discriminator %x, its name makes %x", k, got, want)
		}
	}
	for name, tag := range map[string]uint64{
		"event:SwapEvent": cpmm.TagSwap, "event:LpChangeEvent": cpmm.TagLpChange, "account:PoolState": cpmm.TagPoolState,
		"account:AmmConfig": cpmm.TagAmmConfig,
	} {
		if want := dextest.Discriminator(name); tag != want {
			t.Errorf("%s has discriminator %x, its name makes %x", name, tag, want)
		}
	}
}

func TestInstructionErrors(t *testing.T) {
	swap := (&cpmm.Instruction{Kind: cpmm.SwapBaseOutput, Amount: 7, Limit: 9}).Append(nil)
	if in, err := cpmm.ParseInstruction(append(swap, 1)); err != nil || in.Amount != 7 || in.Limit != 9 || in.Tail != 1 {
		t.Errorf("%+v %v", in, err)
	}
	if _, err := cpmm.ParseInstruction(swap[:23]); !errors.Is(err, dex.ErrShort) {
		t.Errorf("cut: %v", err)
	}
	if _, err := cpmm.ParseInstruction([]byte("whatever")); !errors.Is(err, dex.ErrTag) {
		t.Errorf("unknown: %v", err)
	}
	if cpmm.Kind(200).Places() != cpmm.Other.Places() || cpmm.Kind(200).String() != "other" {
		t.Error("a kind that is none has places")
	}
}

// TestCorpusPlaces checks the authority and the token accounts of real instructions by where they stand.
func TestCorpusPlaces(t *testing.T) {
	const authority = "GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL"
	seen := map[cpmm.Kind]int{}
	for _, file := range []string{"tx/cpmm-createpool-2ex9my1v.json", "tx/cpmm-deposit-3YWUfe2p.json", "tx/cpmm-swap_clmm-viaokx-2bhr1FWq.json"} {
		dextest.Load(t, file).Each(t, dex.RaydiumCPMM, func(data []byte, accounts []string) {
			in, err := cpmm.ParseInstruction(data)
			if err != nil {
				t.Fatal(err)
			}
			p := in.Kind.Places()
			at := map[cpmm.Kind]int{cpmm.Initialize: 2, cpmm.Deposit: 1, cpmm.SwapBaseInput: 1}[in.Kind]
			if accounts[at] != authority {
				t.Errorf("%s: no authority at %d", in.Kind, at)
			}
			if in.Kind.IsInitialize() && accounts[p.MintIn] != dex.WSOL.String() {
				t.Errorf("token 0 is %s", accounts[p.MintIn])
			}
			seen[in.Kind]++
		})
	}
	if len(seen) != 3 {
		t.Errorf("instructions %v", seen)
	}
}

func TestAccountRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p cpmm.PoolState
		dextest.Fill(t, &p)
		b := p.Append([]byte("x"))[1:]
		got, err := cpmm.ParsePoolState(b)
		if err != nil || got != p || len(b) != cpmm.PoolStateSize {
			t.Fatalf("%v, %d bytes: %+v, want %+v", err, len(b), got, p)
		}
		var c cpmm.AmmConfig
		dextest.Fill(t, &c)
		back, err := cpmm.ParseAmmConfig(c.Append(nil))
		if err != nil || back != c || len(c.Append(nil)) != cpmm.AmmConfigSize {
			t.Fatalf("%v: %+v, want %+v", err, back, c)
		}
	})
	for _, f := range []struct {
		at   int
		want uint8
		set  func(*cpmm.PoolState)
	}{
		{168, 9, func(p *cpmm.PoolState) { p.Token0Mint[0] = 9 }},
		{329, 4, func(p *cpmm.PoolState) { p.Status = cpmm.StatusSwap }},
		{333, 7, func(p *cpmm.PoolState) { p.LpSupply = 7 }},
		{373, 6, func(p *cpmm.PoolState) { p.OpenTime = 6 }},
		{397, 5, func(p *cpmm.PoolState) { p.CreatorFees0 = 5 }},
	} {
		var p cpmm.PoolState
		f.set(&p)
		if b := p.Append(nil); b[f.at] != f.want {
			t.Errorf("byte %d is %d, want %d", f.at, b[f.at], f.want)
		}
	}
	if _, err := cpmm.ParsePoolState(new(cpmm.PoolState).Append(nil)[:636]); !errors.Is(err, dex.ErrShort) {
		t.Errorf("cut: %v", err)
	}
	if _, err := cpmm.ParseAmmConfig(new(cpmm.PoolState).Append(nil)); !errors.Is(err, dex.ErrTag) {
		t.Errorf("pool read as config: %v", err)
	}
	p := cpmm.PoolState{ProtocolFees0: 1, FundFees0: 2, CreatorFees0: 3, FundFees1: 9}
	if a, b, ok := p.Reserves(10, 9); !ok || a != 4 || b != 0 {
		t.Errorf("reserves %d %d %v", a, b, ok)
	}
	if _, _, ok := p.Reserves(5, 9); ok {
		t.Error("owes more than it has")
	}
}

func FuzzInstruction(f *testing.F) {
	for _, k := range kinds {
		f.Add((&cpmm.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseInstruction) })
}
