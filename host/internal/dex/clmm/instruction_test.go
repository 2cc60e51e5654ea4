package clmm_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/clmm"
	"github.com/weir-run/weir/host/internal/dex/dextest"
)

var kinds = []clmm.Kind{
	clmm.CreatePool, clmm.CreateCustomizablePool, clmm.Swap, clmm.SwapV2, clmm.SwapRouterBaseIn, clmm.OpenPosition,
	clmm.OpenPositionV2, clmm.OpenPositionToken22, clmm.IncreaseLiquidity, clmm.IncreaseLiquidityV2, clmm.DecreaseLiquidity,
	clmm.DecreaseLiquidityV2,
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := clmm.ParseInstruction(b)
	return &in, in.Extent, err
}

// TestInstructionRoundTrip fills the arguments that each kind has.
func TestInstructionRoundTrip(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := clmm.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				out, err := clmm.ParseInstruction(in.Append(nil))
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
		data := (&clmm.Instruction{Kind: k}).Append(nil)
		if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want || clmm.KindOf(data) != k {
			t.Errorf("%s has discriminator %x, its name makes %x", k, got, want)
		}
	}
	for name, tag := range map[string]uint64{
		"PoolState": clmm.TagPoolState, "AmmConfig": clmm.TagAmmConfig, "PersonalPositionState": clmm.TagPersonalPosition,
	} {
		if want := dextest.Discriminator("account:" + name); tag != want {
			t.Errorf("%s has discriminator %x, its name makes %x", name, tag, want)
		}
	}
}

func TestInstructionErrors(t *testing.T) {
	swap := (&clmm.Instruction{Kind: clmm.SwapV2, Amount: 7, IsBaseInput: true}).Append(nil)
	if in, err := clmm.ParseInstruction(append(swap, 1)); err != nil || in.Amount != 7 || in.Tail != 1 || !in.IsBaseInput {
		t.Errorf("%+v %v", in, err)
	}
	if _, err := clmm.ParseInstruction(swap[:40]); !errors.Is(err, dex.ErrShort) {
		t.Errorf("cut: %v", err)
	}
	if _, err := clmm.ParseInstruction([]byte("whatever")); !errors.Is(err, dex.ErrTag) {
		t.Errorf("unknown: %v", err)
	}
	if clmm.Kind(200).Places() != clmm.Other.Places() || clmm.Kind(200).String() != "other" {
		t.Error("a kind that is none has places")
	}
}

// TestCorpusPlaces checks a swap's pool and token accounts against its event.
func TestCorpusPlaces(t *testing.T) {
	swaps := 0
	for _, c := range dextest.Events(t, "clmm", "SwapEvent") {
		var e clmm.SwapEvent
		if err := e.Parse(c.Bytes); err != nil {
			t.Fatal(err)
		}
		dextest.Load(t, c.File).Each(t, dex.RaydiumCLMM, func(data []byte, accounts []string) {
			in, err := clmm.ParseInstruction(data)
			p := in.Kind.Places()
			if err != nil || accounts[p.Pool] != e.PoolState.String() {
				return
			}
			from, to := e.TokenAccount0.String(), e.TokenAccount1.String()
			if !e.ZeroForOne {
				from, to = to, from
			}
			if accounts[p.User] != e.Sender.String() || accounts[p.UserIn] != from || accounts[p.UserOut] != to {
				t.Errorf("%s: %s stands elsewhere", c.File, in.Kind)
			}
			swaps++
		})
	}
	if swaps < 7 {
		t.Errorf("%d swaps", swaps)
	}
}

// TestCorpusAccounts reads a real pool and a real config.
func TestCorpusAccounts(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range dextest.Accounts(t, "clmm-") {
		switch {
		case strings.Contains(a.File, "clmm-pool-state"):
			p, err := clmm.ParsePoolState(a.Data)
			if err != nil || p.TokenMint0 != dex.WSOL || p.MintDecimals0 != 9 || p.TickSpacing == 0 {
				t.Errorf("pool %+v %v", p, err)
			}
			back, err := clmm.ParsePoolState(p.Append(nil))
			if err != nil || back != p {
				t.Errorf("written back: %+v %v", back, err)
			}
			seen["pool"] = true
		case strings.Contains(a.File, "clmm-amm-config"):
			c, err := clmm.ParseAmmConfig(a.Data)
			if err != nil || c.Index != 4 || c.TradeFeeRate == 0 || c.TradeFeeRate >= clmm.RateUnit || c.TickSpacing == 0 {
				t.Errorf("config %+v %v", c, err)
			}
			seen["config"] = true
		}
	}
	if len(seen) != 2 {
		t.Errorf("accounts %v", seen)
	}
}

func TestAccountRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p clmm.PoolState
		dextest.Fill(t, &p)
		b := p.Append([]byte("x"))[1:]
		if got, err := clmm.ParsePoolState(b); err != nil || got != p || len(b) != clmm.PoolStateSize {
			t.Fatalf("%v, %d bytes: %+v, want %+v", err, len(b), got, p)
		}
		var c clmm.AmmConfig
		dextest.Fill(t, &c)
		if got, err := clmm.ParseAmmConfig(c.Append(nil)); err != nil || got != c || len(c.Append(nil)) != clmm.AmmConfigSize {
			t.Fatalf("%v: %+v, want %+v", err, got, c)
		}
	})
	if _, err := clmm.ParsePoolState(new(clmm.PoolState).Append(nil)[:1543]); !errors.Is(err, dex.ErrShort) {
		t.Errorf("cut: %v", err)
	}
	if _, err := clmm.ParseAmmConfig(new(clmm.PoolState).Append(nil)); !errors.Is(err, dex.ErrTag) {
		t.Errorf("pool read as config: %v", err)
	}
}

func FuzzInstruction(f *testing.F) {
	for _, k := range kinds {
		f.Add((&clmm.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseInstruction) })
}
