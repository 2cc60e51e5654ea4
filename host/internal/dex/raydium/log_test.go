package raydium_test

import (
	"encoding/base64"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/raydium"
)

// parseLog reads an entry of any type; an entry has no history, so all of it is there or it is an error.
func parseLog(b []byte) (dextest.Value, dex.Extent, error) {
	if len(b) == 0 {
		return nil, dex.Extent{}, dex.ErrTag
	}
	var v dextest.Value
	var err error
	switch b[0] {
	case raydium.LogInit:
		l, e := raydium.ParseInitLog(b)
		v, err = &l, e
	case raydium.LogDeposit:
		l, e := raydium.ParseDepositLog(b)
		v, err = &l, e
	case raydium.LogWithdraw:
		l, e := raydium.ParseWithdrawLog(b)
		v, err = &l, e
	case raydium.LogSwapBaseIn:
		l, e := raydium.ParseSwapBaseInLog(b)
		v, err = &l, e
	case raydium.LogSwapBaseOut:
		l, e := raydium.ParseSwapBaseOutLog(b)
		v, err = &l, e
	default:
		return nil, dex.Extent{}, dex.ErrTag
	}
	if err != nil {
		return nil, dex.Extent{}, err
	}
	return v, dex.Extent{Fields: 1, Tail: len(b) - len(v.Append(nil))}, nil
}

func TestLogRoundTrip(t *testing.T) {
	for name, c := range map[string]struct {
		empty func() dextest.Value
		size  int
	}{
		"init":          {func() dextest.Value { return new(raydium.InitLog) }, 75},
		"deposit":       {func() dextest.Value { return new(raydium.DepositLog) }, 105},
		"withdraw":      {func() dextest.Value { return new(raydium.WithdrawLog) }, 89},
		"swap base in":  {func() dextest.Value { return new(raydium.SwapBaseInLog) }, 57},
		"swap base out": {func() dextest.Value { return new(raydium.SwapBaseOutLog) }, 57},
	} {
		t.Run(name, func(t *testing.T) {
			whole := c.empty().Append(nil)
			if len(whole) != c.size {
				t.Errorf("%d bytes, want %d", len(whole), c.size)
			}
			if _, _, err := parseLog(whole[:c.size-1]); !errors.Is(err, dex.ErrShort) {
				t.Errorf("one byte short: %v", err)
			}
			dextest.RoundTrip(t, func(t *rapid.T) dextest.Value {
				v := c.empty()
				dextest.Fill(t, v)
				return v
			}, parseLog)
		})
	}
}

func TestLogErrors(t *testing.T) {
	swap := new(raydium.SwapBaseInLog).Append(nil)
	if _, err := raydium.ParseSwapBaseOutLog(swap); !errors.Is(err, dex.ErrTag) {
		t.Errorf("another type: %v", err)
	}
	if _, err := raydium.ParseInitLog(nil); !errors.Is(err, dex.ErrTag) {
		t.Errorf("nothing: %v", err)
	}
}

func TestDecodeLog(t *testing.T) {
	var buf [raydium.MaxLog]byte
	want := new(raydium.DepositLog).Append(nil)
	got, err := raydium.DecodeLog(buf[:], []byte(base64.StdEncoding.EncodeToString(want)))
	if err != nil || string(got) != string(want) {
		t.Errorf("%x %v", got, err)
	}
	long := make([]byte, 500)
	if got, err := raydium.DecodeLog(buf[:], []byte(base64.StdEncoding.EncodeToString(long))); err != nil || len(got) != 500 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if _, err := raydium.DecodeLog(buf[:], []byte("no base64!")); err == nil {
		t.Error("text is taken for base64")
	}
	if n := testing.AllocsPerRun(100, func() {
		_, _ = raydium.DecodeLog(buf[:], []byte("AwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"))
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzLog(f *testing.F) {
	f.Add(new(raydium.InitLog).Append(nil))
	f.Add(new(raydium.DepositLog).Append(nil))
	f.Add(new(raydium.WithdrawLog).Append(nil))
	f.Add(new(raydium.SwapBaseInLog).Append(nil))
	f.Add(new(raydium.SwapBaseOutLog).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseLog) })
}

func BenchmarkParseSwapBaseInLog(b *testing.B) {
	data := new(raydium.SwapBaseInLog).Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := raydium.ParseSwapBaseInLog(data); err != nil {
			b.Fatal(err)
		}
	}
}
