package launchlab_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/launchlab"
)

var kinds = []launchlab.Kind{
	launchlab.BuyExactIn, launchlab.BuyExactOut, launchlab.SellExactIn, launchlab.SellExactOut, launchlab.Initialize,
	launchlab.InitializeV2, launchlab.InitializeWithToken2022, launchlab.MigrateAmm, launchlab.MigrateCpswap,
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := launchlab.ParseInstruction(b)
	return &in, in.Extent, err
}

// TestInstructionRoundTrip fills the arguments that each kind has.
func TestInstructionRoundTrip(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := launchlab.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind", "Mint", "Curve", "Vesting")
				dextest.Fill(t, &in.Mint)
				dextest.Fill(t, &in.Vesting)
				fillCurve(t, &in.Curve)
				out, err := launchlab.ParseInstruction(in.Append(nil))
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
		data := (&launchlab.Instruction{Kind: k}).Append(nil)
		if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want || launchlab.KindOf(data) != k {
			t.Errorf("%s has discriminator %x, its name makes %x", k, got, want)
		}
	}
	for name, tag := range map[string]uint64{
		"event:TradeEvent": launchlab.TagTrade, "event:PoolCreateEvent": launchlab.TagPoolCreate, "account:PoolState": launchlab.TagPoolState,
		"account:GlobalConfig": launchlab.TagGlobalConfig,
	} {
		if want := dextest.Discriminator(name); tag != want {
			t.Errorf("%s has discriminator %x, its name makes %x", name, tag, want)
		}
	}
}

func TestInstructionErrors(t *testing.T) {
	buy := (&launchlab.Instruction{Kind: launchlab.BuyExactIn, Amount: 7, Limit: 9}).Append(nil)
	if in, err := launchlab.ParseInstruction(append(buy, 1)); err != nil || in.Amount != 7 || in.Limit != 9 || in.Tail != 1 {
		t.Errorf("%+v %v", in, err)
	}
	if _, err := launchlab.ParseInstruction(buy[:23]); !errors.Is(err, dex.ErrShort) {
		t.Errorf("cut: %v", err)
	}
	if _, err := launchlab.ParseInstruction([]byte("whatever")); !errors.Is(err, dex.ErrTag) {
		t.Errorf("unknown: %v", err)
	}
	if launchlab.Kind(200).Places() != launchlab.Other.Places() || launchlab.Kind(200).String() != "other" {
		t.Error("a kind that is none has places")
	}
}

// TestCorpusPlaces checks the event authority and the program, which stand last in the list of a trade.
func TestCorpusPlaces(t *testing.T) {
	trades := 0
	for _, c := range dextest.Events(t, "launchlab", "TradeEvent") {
		dextest.Load(t, c.File).Each(t, dex.LaunchLab, func(data []byte, accounts []string) {
			in, err := launchlab.ParseInstruction(data)
			if err != nil {
				return
			}
			p := in.Kind.Places()
			if accounts[p.Pool] != c.Fields["pool_state"] || accounts[p.QuoteMint] != dex.WSOL.String() ||
				accounts[p.BaseProgram] != dex.SPLToken.String() || accounts[13] != "2DPAtwB8L12vrMRExbLuyGnC7n2J5LNoZQSejeQGpwkr" {
				t.Errorf("%s: %s stands elsewhere: %v", c.File, in.Kind, accounts)
			}
			trades++
		})
	}
	if trades == 0 {
		t.Error("no trade")
	}
}

func TestAccountRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p launchlab.PoolState
		dextest.Fill(t, &p, "Vesting")
		p.Vesting = [5]uint64{1, 2, 3, 4, 5}
		b := p.Append([]byte("x"))[1:]
		if got, err := launchlab.ParsePoolState(b); err != nil || got != p || len(b) != launchlab.PoolStateSize {
			t.Fatalf("%v, %d bytes: %+v, want %+v", err, len(b), got, p)
		}
		if b[141] != p.GlobalConfig[0] || b[269] != p.BaseVault[0] || b[365] != p.TokenProgramFlag || b[17] != p.Status {
			t.Fatal("fields stand elsewhere")
		}
		var c launchlab.GlobalConfig
		dextest.Fill(t, &c)
		b = c.Append(nil)
		if got, err := launchlab.ParseGlobalConfig(b); err != nil || got != c || b[83] != c.QuoteMint[0] {
			t.Fatalf("%v: %+v, want %+v", err, got, c)
		}
	})
	if _, err := launchlab.ParsePoolState(new(launchlab.PoolState).Append(nil)[:428]); !errors.Is(err, dex.ErrShort) {
		t.Errorf("cut: %v", err)
	}
	if _, err := launchlab.ParseGlobalConfig(new(launchlab.PoolState).Append(nil)); !errors.Is(err, dex.ErrTag) {
		t.Errorf("pool read as config: %v", err)
	}
	if c := (&launchlab.PoolState{VirtualBase: 4, RealBase: 2}).Curve(); c.VirtualBase != 4 || c.RealBase != 2 {
		t.Errorf("curve %+v", c)
	}
}

func FuzzInstruction(f *testing.F) {
	for _, k := range kinds {
		f.Add((&launchlab.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseInstruction) })
}
