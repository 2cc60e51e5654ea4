package pumpswap_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpswap"
)

func parseBuy(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpswap.ParseBuyEvent(b)
	return &e, e.Extent, err
}

func parseSell(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpswap.ParseSellEvent(b)
	return &e, e.Extent, err
}

func parseCreatePool(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpswap.ParseCreatePoolEvent(b)
	return &e, e.Extent, err
}

func parseDeposit(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpswap.ParseDepositEvent(b)
	return &e, e.Extent, err
}

func parseWithdraw(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpswap.ParseWithdrawEvent(b)
	return &e, e.Extent, err
}

func TestEventRoundTrip(t *testing.T) {
	for name, c := range map[string]struct {
		empty func() dextest.Value
		parse dextest.Parser
	}{
		"buy":         {func() dextest.Value { return new(pumpswap.BuyEvent) }, parseBuy},
		"sell":        {func() dextest.Value { return new(pumpswap.SellEvent) }, parseSell},
		"create pool": {func() dextest.Value { return new(pumpswap.CreatePoolEvent) }, parseCreatePool},
		"deposit":     {func() dextest.Value { return new(pumpswap.DepositEvent) }, parseDeposit},
		"withdraw":    {func() dextest.Value { return new(pumpswap.WithdrawEvent) }, parseWithdraw},
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

// TestLayoutSizes holds the lengths that the chain's history has, with 3 bytes of instruction name.
func TestLayoutSizes(t *testing.T) {
	for _, c := range []struct {
		value func(dex.Extent) dextest.Value
		sizes map[uint8]int
	}{
		{
			func(x dex.Extent) dextest.Value { return &pumpswap.BuyEvent{Extent: x, IxName: []byte("buy")} },
			map[uint8]int{
				pumpswap.BuyOldest: 312, pumpswap.BuyCreator: 360, pumpswap.BuyVolume: 393, pumpswap.BuyName: 405 + 3,
				pumpswap.BuyBack: 421 + 3, pumpswap.BuyBuyback: 437 + 3, pumpswap.BuyVirtual: 454 + 3, pumpswap.BuySupply: 462 + 3,
				pumpswap.BuyHolders: 478 + 3, pumpswap.BuyNewest: 489, 0: 489,
			},
		},
		{
			func(x dex.Extent) dextest.Value { return &pumpswap.SellEvent{Extent: x} },
			map[uint8]int{
				pumpswap.SellOldest: 312, pumpswap.SellCreator: 360, pumpswap.SellBack: 376, pumpswap.SellBuyback: 392,
				pumpswap.SellVirtual: 409, pumpswap.SellSupply: 417, pumpswap.SellHolders: 433, pumpswap.SellNewest: 441, 0: 441,
			},
		},
		{
			func(x dex.Extent) dextest.Value { return &pumpswap.CreatePoolEvent{Extent: x} },
			map[uint8]int{
				pumpswap.CreatePoolOldest: 301, pumpswap.CreatePoolCreator: 333, pumpswap.CreatePoolMayhem: 334,
				pumpswap.CreatePoolFee: 343, pumpswap.CreatePoolNewest: 344, 0: 344,
			},
		},
		{
			func(x dex.Extent) dextest.Value { return &pumpswap.DepositEvent{Extent: x} },
			map[uint8]int{pumpswap.DepositNewest: 256, 0: 256},
		},
		{
			func(x dex.Extent) dextest.Value { return &pumpswap.WithdrawEvent{Extent: x} },
			map[uint8]int{pumpswap.WithdrawNewest: 256, 0: 256},
		},
	} {
		for fields, want := range c.sizes {
			if v := c.value(dex.Extent{Fields: fields}); len(v.Append(nil)) != want {
				t.Errorf("%T of %d fields has %d bytes, want %d", v, fields, len(v.Append(nil)), want)
			}
		}
	}
}

func TestEventErrors(t *testing.T) {
	buy, sell := new(pumpswap.BuyEvent).Append(nil), new(pumpswap.SellEvent).Append(nil)
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":    {nil, dex.ErrTag},
		"a sale":     {sell, dex.ErrTag},
		"one short":  {buy[:311], dex.ErrShort},
		"the oldest": {buy[:312], nil},
	} {
		if _, err := pumpswap.ParseBuyEvent(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func FuzzBuyEvent(f *testing.F) {
	f.Add((&pumpswap.BuyEvent{IxName: []byte("buy")}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseBuy) })
}

func FuzzSellEvent(f *testing.F) {
	f.Add(new(pumpswap.SellEvent).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseSell) })
}

func FuzzCreatePoolEvent(f *testing.F) {
	f.Add(new(pumpswap.CreatePoolEvent).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseCreatePool) })
}

func FuzzDepositEvent(f *testing.F) {
	f.Add(new(pumpswap.DepositEvent).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseDeposit) })
}

func FuzzWithdrawEvent(f *testing.F) {
	f.Add(new(pumpswap.WithdrawEvent).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseWithdraw) })
}

func BenchmarkParseBuyEvent(b *testing.B) {
	data := (&pumpswap.BuyEvent{IxName: []byte("buy")}).Append(nil)
	var e pumpswap.BuyEvent
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
