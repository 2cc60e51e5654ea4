package pumpfun_test

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

func parseTrade(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpfun.ParseTradeEvent(b)
	return &e, e.Extent, err
}

func parseCreate(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpfun.ParseCreateEvent(b)
	return &e, e.Extent, err
}

func parseComplete(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpfun.ParseCompleteEvent(b)
	return &e, e.Extent, err
}

func parseMigration(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpfun.ParseCompletePumpAmmMigrationEvent(b)
	return &e, e.Extent, err
}

func parsePostComplete(b []byte) (dextest.Value, dex.Extent, error) {
	e, err := pumpfun.ParsePostCompleteBuyEvent(b)
	return &e, e.Extent, err
}

func parseInstruction(b []byte) (dextest.Value, dex.Extent, error) {
	in, err := pumpfun.ParseInstruction(b)
	return &in, in.Extent, err
}

func TestEventRoundTrip(t *testing.T) {
	for name, c := range map[string]struct {
		empty func() dextest.Value
		parse dextest.Parser
	}{
		"trade":         {func() dextest.Value { return new(pumpfun.TradeEvent) }, parseTrade},
		"create":        {func() dextest.Value { return new(pumpfun.CreateEvent) }, parseCreate},
		"complete":      {func() dextest.Value { return new(pumpfun.CompleteEvent) }, parseComplete},
		"migration":     {func() dextest.Value { return new(pumpfun.CompletePumpAmmMigrationEvent) }, parseMigration},
		"post-complete": {func() dextest.Value { return new(pumpfun.PostCompleteBuyEvent) }, parsePostComplete},
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

// TestLayoutSizes holds the lengths that the chain's history has, with 3 bytes of instruction name and of each string.
func TestLayoutSizes(t *testing.T) {
	for _, c := range []struct {
		value func(fields uint8) dextest.Value
		sizes map[uint8]int
	}{
		{
			func(n uint8) dextest.Value {
				return &pumpfun.TradeEvent{Extent: dex.Extent{Fields: n}, IxName: []byte("buy")}
			},
			map[uint8]int{
				pumpfun.TradeOldest: 113, pumpfun.TradeReal: 129, pumpfun.TradeFees: 225, pumpfun.TradeVolume: 258,
				pumpfun.TradeName: 262 + 3, pumpfun.TradeMayhem: 263 + 3, pumpfun.TradeBack: 279 + 3, pumpfun.TradeQuote: 355 + 3,
				pumpfun.TradeHolders: 371 + 3, pumpfun.TradeNewest: 382, 0: 382,
			},
		},
		{
			func(n uint8) dextest.Value {
				return &pumpfun.CreateEvent{Extent: dex.Extent{Fields: n}, Name: []byte("abc"), Symbol: []byte("abc"), URI: []byte("abc")}
			},
			map[uint8]int{
				pumpfun.CreateOldest: 116 + 9, pumpfun.CreateCreator: 156 + 9, pumpfun.CreateReserves: 188 + 9,
				pumpfun.CreateMayhem: 221 + 9, pumpfun.CreateBack: 222 + 9, pumpfun.CreateQuote: 262 + 9,
				pumpfun.CreateHolders: 271 + 9, pumpfun.CreateNewest: 272 + 9, 0: 272 + 9,
			},
		},
		{
			func(n uint8) dextest.Value { return &pumpfun.CompleteEvent{Extent: dex.Extent{Fields: n}} },
			map[uint8]int{pumpfun.CompleteOldest: 112, pumpfun.CompleteNewest: 144, 0: 144},
		},
		{
			func(n uint8) dextest.Value {
				return &pumpfun.CompletePumpAmmMigrationEvent{Extent: dex.Extent{Fields: n}}
			},
			map[uint8]int{pumpfun.MigrationOldest: 168, pumpfun.MigrationNewest: 200, 0: 200},
		},
		{
			func(n uint8) dextest.Value { return &pumpfun.PostCompleteBuyEvent{Extent: dex.Extent{Fields: n}} },
			map[uint8]int{pumpfun.PostCompleteBuyNewest: 232, 0: 232},
		},
	} {
		for fields, want := range c.sizes {
			if v := c.value(fields); len(v.Append(nil)) != want {
				t.Errorf("%T of %d fields has %d bytes, want %d", v, fields, len(v.Append(nil)), want)
			}
		}
	}
}

func TestTradeEventErrors(t *testing.T) {
	whole := (&pumpfun.TradeEvent{}).Append(nil)
	for name, c := range map[string]struct {
		b    []byte
		want error
	}{
		"nothing":        {nil, dex.ErrTag},
		"seven bytes":    {whole[:7], dex.ErrTag},
		"a create event": {(&pumpfun.CreateEvent{}).Append(nil), dex.ErrTag},
		"one short":      {whole[:112], dex.ErrShort},
		"the oldest":     {whole[:113], nil},
	} {
		if _, err := pumpfun.ParseTradeEvent(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestQuote takes the quote side of a trade from the fields that its layout has.
func TestQuote(t *testing.T) {
	e := pumpfun.TradeEvent{
		SolAmount: 1, VirtualSolReserves: 2, RealSolReserves: 3,
		QuoteMint: dex.USDC, QuoteAmount: 4, VirtualQuoteReserves: 5, RealQuoteReserves: 6,
	}
	for fields, want := range map[uint8]pumpfun.Quote{
		pumpfun.TradeFees:      {Amount: 1, Virtual: 2, Real: 3},
		pumpfun.TradeQuote - 1: {Amount: 1, Virtual: 2, Real: 3},
		pumpfun.TradeQuote:     {Mint: dex.USDC, Amount: 4, Virtual: 5, Real: 6},
		pumpfun.TradeNewest:    {Mint: dex.USDC, Amount: 4, Virtual: 5, Real: 6},
	} {
		e.Fields = fields
		if got := e.Quote(); got != want {
			t.Errorf("%d fields: %+v, want %+v", fields, got, want)
		}
	}
}

func TestShareholders(t *testing.T) {
	var s pumpfun.Shareholders
	want := []pumpfun.Shareholder{{dex.USDC, 7_500}, {dex.WSOL, 2_500}}
	for _, h := range want {
		s = s.Append(h)
	}
	e := pumpfun.TradeEvent{Shareholders: s}
	got, err := pumpfun.ParseTradeEvent(e.Append(nil))
	if err != nil || got.Shareholders.Len() != 2 || got.Shareholders.At(0) != want[0] || got.Shareholders.At(1) != want[1] {
		t.Errorf("%v %v, want %v", got.Shareholders, err, want)
	}
}

func FuzzTradeEvent(f *testing.F) {
	f.Add((&pumpfun.TradeEvent{IxName: []byte("buy"), Shareholders: make([]byte, 34)}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseTrade) })
}

func FuzzCreateEvent(f *testing.F) {
	f.Add((&pumpfun.CreateEvent{Name: []byte("name"), Symbol: []byte("S"), URI: []byte("u")}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseCreate) })
}

func FuzzCompleteEvent(f *testing.F) {
	f.Add((&pumpfun.CompleteEvent{}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseComplete) })
}

func FuzzMigrationEvent(f *testing.F) {
	f.Add((&pumpfun.CompletePumpAmmMigrationEvent{}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parseMigration) })
}

func FuzzPostCompleteBuyEvent(f *testing.F) {
	f.Add((&pumpfun.PostCompleteBuyEvent{}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) { dextest.Stable(t, b, parsePostComplete) })
}

func BenchmarkParseTradeEvent(b *testing.B) {
	data := (&pumpfun.TradeEvent{IxName: []byte("buy"), TokenAmount: 1}).Append(nil)
	var e pumpfun.TradeEvent
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendTradeEvent(b *testing.B) {
	e := pumpfun.TradeEvent{IxName: []byte("buy"), TokenAmount: 1}
	buf := make([]byte, 0, 512)
	b.ReportAllocs()
	for b.Loop() {
		buf = e.Append(buf[:0])
	}
}
