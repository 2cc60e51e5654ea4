package pumpswap_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

var kinds = []pumpswap.Kind{
	pumpswap.CreatePool, pumpswap.Buy, pumpswap.BuyExactQuoteIn, pumpswap.Sell, pumpswap.BuyV2, pumpswap.BuyExactQuoteInV2,
	pumpswap.SellV2, pumpswap.MultiHopSwap, pumpswap.Deposit, pumpswap.Withdraw, pumpswap.BoostBuyAndBurn,
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := pumpswap.ParseInstruction(b)
	return &in, in.Extent, err
}

// TestParseInstruction reads one instruction of each shape, short forms and stray bytes among them.
func TestParseInstruction(t *testing.T) {
	two := "0100000000000000" + "0200000000000000"
	three := two + "0300000000000000"
	for name, c := range map[string]struct {
		data string
		want pumpswap.Instruction
		size dex.Extent
	}{
		"buy of 2025-04": {"66063d1201daebea" + two, pumpswap.Instruction{Kind: pumpswap.Buy, Amount: 1, Limit: 2}, dex.Extent{Fields: 2}},
		"buy, tracking":  {"66063d1201daebea" + two + "01", pumpswap.Instruction{Kind: pumpswap.Buy, Amount: 1, Limit: 2, TrackVolume: true}, dex.Extent{Fields: 3}},
		"sell, stray":    {"33e685a4017f83ad" + two + "ffff", pumpswap.Instruction{Kind: pumpswap.Sell, Amount: 1, Limit: 2}, dex.Extent{Fields: 2, Tail: 2}},
		"buy v2, stray":  {"b817ee6167c5d33d" + two + "01", pumpswap.Instruction{Kind: pumpswap.BuyV2, Amount: 1, Limit: 2}, dex.Extent{Fields: 2, Tail: 1}},
		"multi hop":      {"2b644913e9f66f94" + two, pumpswap.Instruction{Kind: pumpswap.MultiHopSwap, Amount: 1, Limit: 2}, dex.Extent{Fields: 2}},
		"deposit":        {"f223c68952e1f2b6" + three, pumpswap.Instruction{Kind: pumpswap.Deposit, LP: 1, Base: 2, Quote: 3}, dex.Extent{Fields: 3}},
		"withdraw":       {"b712469c946da122" + three, pumpswap.Instruction{Kind: pumpswap.Withdraw, LP: 1, Base: 2, Quote: 3}, dex.Extent{Fields: 3}},
		"create of 2025": {"e992d18ecf6840bc" + "0500" + two, pumpswap.Instruction{Kind: pumpswap.CreatePool, Index: 5, Base: 1, Quote: 2}, dex.Extent{Fields: 3}},
	} {
		b, err := hex.DecodeString(c.data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := pumpswap.ParseInstruction(b)
		if err != nil || got.Extent != c.size || !dextest.Equal(&got, &c.want) {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, c.want)
		}
	}
	for data, want := range map[string]error{"": dex.ErrTag, "e445a52e51cb9a1d": dex.ErrTag, "33e685a4017f83ad": dex.ErrShort, "f223c68952e1f2b6" + two: dex.ErrShort} {
		b, _ := hex.DecodeString(data)
		if _, err := pumpswap.ParseInstruction(b); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", data, err, want)
		}
	}
}

// TestInstructionRoundTrip fills the arguments' bytes, since each kind has others.
func TestInstructionRoundTrip(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := pumpswap.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				args := in.Append(nil)
				out, err := pumpswap.ParseInstruction(args)
				if err != nil {
					t.Fatal(err)
				}
				out.Extent = dex.Extent{}
				return &out
			}, parseInstruction)
		})
	}
}

// TestKindNames checks that every discriminator is the hash that Anchor makes of the instruction's name.
func TestKindNames(t *testing.T) {
	for _, k := range kinds {
		data := (&pumpswap.Instruction{Kind: k}).Append(nil)
		if got, want := dex.Tag(data), dextest.Discriminator("global:"+k.String()); got != want {
			t.Errorf("%s has discriminator %x, its name makes %x", k, got, want)
		}
		if got := pumpswap.KindOf(data); got != k {
			t.Errorf("%s is read as %s", k, got)
		}
	}
	for name, tag := range map[string]uint64{
		"BuyEvent": pumpswap.TagBuy, "SellEvent": pumpswap.TagSell, "CreatePoolEvent": pumpswap.TagCreatePool,
		"DepositEvent": pumpswap.TagDeposit, "WithdrawEvent": pumpswap.TagWithdraw,
	} {
		if want := dextest.Discriminator("event:" + name); tag != want {
			t.Errorf("%s has discriminator %x, its name makes %x", name, tag, want)
		}
	}
	if want := binary.BigEndian.AppendUint64(nil, dex.EventTag); hex.EncodeToString(want) != "e445a52e51cb9a1d" {
		t.Errorf("event tag is %x", want)
	}
}

func TestPlaces(t *testing.T) {
	for _, k := range kinds {
		for n := range 40 {
			if got, all := k.Places(n), k.Places(100); n >= 15 && got != all {
				t.Errorf("%s of %d accounts: %+v, want %+v", k, n, got, all)
			}
		}
		if k.Places(0).Pool >= 0 || k.Places(0).User >= 0 {
			t.Errorf("%s without accounts has a pool", k)
		}
	}
	if got := pumpswap.Sell.Places(8); got.BaseVault != 7 || got.QuoteVault != -1 {
		t.Errorf("sell of 8 accounts: %+v", got)
	}
	if got := pumpswap.Kind(200).Places(30); got.Pool != -1 {
		t.Errorf("no kind: %+v", got)
	}
}

func TestHops(t *testing.T) {
	for accounts, want := range map[int]int{0: 0, 16: 0, 20: 0, 21: 1, 26: 2, 30: 2, 31: 3} {
		if got := pumpswap.Hops(accounts); got != want {
			t.Errorf("%d accounts: %d hops, want %d", accounts, got, want)
		}
	}
	if got := pumpswap.Hop(1); got != (pumpswap.HopPlaces{BaseMint: 21, QuoteMint: 22, Venue: 23, BaseVault: 24, QuoteVault: 25}) {
		t.Errorf("second hop: %+v", got)
	}
}

func FuzzInstruction(f *testing.F) {
	for _, k := range kinds {
		f.Add((&pumpswap.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseInstruction) })
}
