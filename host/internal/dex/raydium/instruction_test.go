package raydium_test

import (
	"encoding/hex"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

var kinds = []raydium.Kind{
	raydium.Initialize2, raydium.Deposit, raydium.Withdraw, raydium.WithdrawPnl, raydium.SwapBaseIn, raydium.SwapBaseOut,
	raydium.SwapBaseInV2, raydium.SwapBaseOutV2,
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := raydium.ParseInstruction(b)
	return &in, in.Extent, err
}

func TestParseInstruction(t *testing.T) {
	one, two, three, four := "0100000000000000", "0200000000000000", "0300000000000000", "0400000000000000"
	for name, c := range map[string]struct {
		data   string
		want   raydium.Instruction
		extent dex.Extent
	}{
		"initialize2":        {"01fe" + one + two + three, raydium.Instruction{Kind: raydium.Initialize2, Nonce: 254, OpenTime: 1, Pc: 2, Coin: 3}, dex.Extent{Fields: 4}},
		"deposit":            {"03" + one + two + three, raydium.Instruction{Kind: raydium.Deposit, Coin: 1, Pc: 2, BaseSide: 3}, dex.Extent{Fields: 3}},
		"deposit with limit": {"03" + one + two + three + four, raydium.Instruction{Kind: raydium.Deposit, Coin: 1, Pc: 2, BaseSide: 3, OtherMin: 4}, dex.Extent{Fields: 4}},
		"withdraw":           {"04" + one, raydium.Instruction{Kind: raydium.Withdraw, LP: 1}, dex.Extent{Fields: 1}},
		"withdraw with min":  {"04" + one + two + three, raydium.Instruction{Kind: raydium.Withdraw, LP: 1, Coin: 2, Pc: 3}, dex.Extent{Fields: 3}},
		"swap in":            {"09" + one + two, raydium.Instruction{Kind: raydium.SwapBaseIn, In: 1, Out: 2}, dex.Extent{Fields: 2}},
		"swap out":           {"0b" + one + two + "ff", raydium.Instruction{Kind: raydium.SwapBaseOut, In: 1, Out: 2}, dex.Extent{Fields: 2, Tail: 1}},
		"swap in v2":         {"10" + one + two, raydium.Instruction{Kind: raydium.SwapBaseInV2, In: 1, Out: 2}, dex.Extent{Fields: 2}},
		"swap out v2":        {"11" + one + two, raydium.Instruction{Kind: raydium.SwapBaseOutV2, In: 1, Out: 2}, dex.Extent{Fields: 2}},
	} {
		b, err := hex.DecodeString(c.data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := raydium.ParseInstruction(b)
		if err != nil || got.Extent != c.extent || !dextest.Equal(&got, &c.want) {
			t.Errorf("%s: %+v %v, want %+v", name, got, err, c.want)
		}
	}
	for data, want := range map[string]error{"": dex.ErrTag, "05": dex.ErrTag, "09" + one: dex.ErrShort, "01": dex.ErrShort} {
		b, _ := hex.DecodeString(data)
		if _, err := raydium.ParseInstruction(b); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", data, err, want)
		}
	}
}

func TestInstructionRoundTrip(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.String(), func(t *testing.T) {
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				in := raydium.Instruction{Kind: k}
				dextest.Fill(t, &in, "Kind")
				out, err := raydium.ParseInstruction(in.Append(nil))
				if err != nil {
					t.Fatal(err)
				}
				out.Extent = dex.Extent{}
				return &out
			}, parseInstruction)
		})
	}
}

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		kind     raydium.Kind
		accounts int
		pool     int8
		vaults   [2]int8
		owner    int8
	}{
		{raydium.Initialize2, 21, 4, [2]int8{10, 11}, 17},
		{raydium.Initialize2, 19, 4, [2]int8{9, 10}, 15},
		{raydium.Initialize2, 18, -1, [2]int8{-1, -1}, -1},
		{raydium.Deposit, 14, 1, [2]int8{6, 7}, 12},
		{raydium.Deposit, 15, 1, [2]int8{6, 7}, 12},
		{raydium.Deposit, 11, 1, [2]int8{5, 6}, 10},
		{raydium.Withdraw, 20, 1, [2]int8{6, 7}, 16},
		{raydium.Withdraw, 21, 1, [2]int8{6, 7}, 16},
		{raydium.Withdraw, 22, 1, [2]int8{6, 7}, 18},
		{raydium.Withdraw, 23, 1, [2]int8{6, 7}, 18},
		{raydium.Withdraw, 11, 1, [2]int8{5, 6}, 10},
		{raydium.SwapBaseIn, 18, 1, [2]int8{5, 6}, 17},
		{raydium.SwapBaseOut, 17, 1, [2]int8{4, 5}, 16},
		{raydium.SwapBaseIn, 16, -1, [2]int8{-1, -1}, -1},
		{raydium.SwapBaseInV2, 8, 1, [2]int8{3, 4}, 7},
		{raydium.SwapBaseOutV2, 9, 1, [2]int8{3, 4}, 7},
		{raydium.SwapBaseOutV2, 7, -1, [2]int8{-1, -1}, -1},
		{raydium.WithdrawPnl, 20, -1, [2]int8{-1, -1}, -1},
	} {
		p := c.kind.Places(c.accounts)
		if p.Pool != c.pool || p.CoinVault != c.vaults[0] || p.PcVault != c.vaults[1] || p.Owner != c.owner {
			t.Errorf("%s of %d accounts: %+v", c.kind, c.accounts, p)
		}
	}
}

func FuzzInstruction(f *testing.F) {
	for _, k := range kinds {
		f.Add((&raydium.Instruction{Kind: k}).Append(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseInstruction) })
}
