package enrich_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/enrich"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// solPool is a pool that is believed.
var solPool = dex.MustKey("58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2")

func priced(t *testing.T, rows *table) *enrich.Enricher {
	t.Helper()
	c := enrich.DollarConfig{Pools: []string{solPool.String()}, MaxAge: 100, Kept: rows}
	e, err := enrich.New(t.Context(), enrich.Config{Tokens: rows, Memory: 1 << 20, Dollars: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// solFor is a trade of SOL for so many cents each, ten SOL of it, in a pool.
func solFor(pool dex.Key, slot, cents uint64) *eventv1.Record {
	return &eventv1.Record{Slot: slot, Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{
		Pool: pool[:], Mint: dex.WSOL[:], QuoteMint: dex.USDC[:], BaseAmount: 10e9, QuoteAmount: 10 * cents * 10_000, PoolQuoteAmount: 10 * cents * 10_000,
	}}}
}

// forSOL is a trade of a coin for SOL.
func forSOL(slot uint64) *eventv1.Record {
	return &eventv1.Record{Slot: slot, Body: &eventv1.Record_Trade{Trade: &eventv1.Trade{Mint: mint, QuoteMint: dex.WSOL[:], QuoteAmount: 1e9}}}
}

func told(t *testing.T, e *enrich.Enricher, r *eventv1.Record) *eventv1.DollarPrice {
	t.Helper()
	if err := e.Enrich(t.Context(), []*eventv1.Record{r}); err != nil {
		t.Fatal(err)
	}
	return r.GetTrade().GetQuoteUsd()
}

// cents is what a SOL is worth by a price.
func cents(p *eventv1.DollarPrice) uint64 { return p.GetUsdMicros() * 1e5 / p.GetUnits() }

func TestSOLIsWorthTheMedianOfBelievedTrades(t *testing.T) {
	e := priced(t, &table{rows: map[string][]byte{}})
	if p := told(t, e, forSOL(1)); p != nil {
		t.Fatalf("a price before any trade: %v", p)
	}
	if p := told(t, e, solFor(solPool, 10, 15_000)); p.GetUsdMicros() != 1 || p.GetUnits() != 1 || p.GetSlot() != 0 {
		t.Fatalf("USDC is worth %v", p)
	}
	for i, price := range []uint64{15_100, 90_000, 15_200, 15_300} { // one is far off
		told(t, e, solFor(solPool, 11+uint64(i), price))
	}
	p := told(t, e, forSOL(20))
	if cents(p) != 15_200 || p.GetSlot() != 14 {
		t.Fatalf("SOL is worth %d cents of slot %d, want 15200 of slot 14", cents(p), p.GetSlot())
	}
	told(t, e, solFor(dex.Key{9}, 21, 1)) // anyone's pool
	small := solFor(solPool, 21, 1)
	small.GetTrade().QuoteAmount = 9_999_999
	told(t, e, small)
	if again := told(t, e, forSOL(22)); !proto.Equal(again, p) {
		t.Errorf("a pool that is not believed, or dust, made it %v", again)
	}
	if p := told(t, e, forSOL(114)); p == nil {
		t.Error("a price of 100 slots ago is not known")
	}
	if p := told(t, e, forSOL(115)); p != nil {
		t.Errorf("a price of 101 slots ago is still known: %v", p)
	}
}

// After a silence the first trade tells the price: what was paid before it is not known to be true any more.
func TestOldTradesAreNoPriceOfToday(t *testing.T) {
	e := priced(t, &table{rows: map[string][]byte{}})
	for slot := uint64(10); slot < 14; slot++ {
		told(t, e, solFor(solPool, slot, 15_000))
	}
	told(t, e, solFor(solPool, 114, 20_000))
	if p := told(t, e, forSOL(115)); cents(p) != 20_000 || p.GetSlot() != 114 {
		t.Errorf("SOL is worth %d cents of slot %d, want 20000 of slot 114", cents(p), p.GetSlot())
	}
	told(t, e, solFor(solPool, 113, 19_000)) // arrives later, and is recent
	if p := told(t, e, forSOL(115)); cents(p) != 19_000 || p.GetSlot() != 114 {
		t.Errorf("SOL is worth %d cents of slot %d, want 19000 of slot 114", cents(p), p.GetSlot())
	}
}

// What a record was told stays, whatever is learned within the same transaction, and reserves say more than a trade's own amounts.
func TestPriceIsThatBeforeTheTrade(t *testing.T) {
	e := priced(t, &table{rows: map[string][]byte{}})
	told(t, e, solFor(solPool, 10, 15_000))
	deep := solFor(solPool, 11, 99_000)
	deep.GetTrade().ReservesAfter = &eventv1.Reserves{PriceBase: proto.Uint64(1000e9), PriceQuote: proto.Uint64(140_000e6)}
	records := []*eventv1.Record{forSOL(11), deep, forSOL(11)}
	if err := e.Enrich(t.Context(), records); err != nil {
		t.Fatal(err)
	}
	got := []uint64{cents(records[0].GetTrade().GetQuoteUsd()), cents(records[2].GetTrade().GetQuoteUsd())}
	if !slices.Equal(got, []uint64{15_000, 14_000}) {
		t.Errorf("before and after: %v cents, want 15000 and 14000 (the lower of two)", got)
	}
}

func TestPriceOutlivesARestart(t *testing.T) {
	rows := &table{rows: map[string][]byte{}}
	told(t, priced(t, rows), solFor(solPool, 1000, 15_000))
	if p := told(t, priced(t, rows), forSOL(1050)); cents(p) != 15_000 || p.GetSlot() != 1000 {
		t.Errorf("after a restart SOL is worth %v", p)
	}
	rows.rows["sol_usd"] = []byte{1, 2}
	if _, err := enrich.New(t.Context(), enrich.Config{Tokens: rows, Dollars: enrich.DollarConfig{Kept: rows}}); err == nil || !strings.Contains(err.Error(), "price of SOL") {
		t.Errorf("a broken row: %v", err)
	}
}

func TestPoolsMustBeAddresses(t *testing.T) {
	if _, err := enrich.New(t.Context(), enrich.Config{Dollars: enrich.DollarConfig{Pools: []string{"nonsense"}}}); err == nil {
		t.Error("a pool that is no address is taken")
	}
}

// TestARestartTellsTheSamePrices ends a run after each record in turn, with what is kept older or newer than what is durable, and goes on with
// a new enricher: every trade is told what it is told without a restart.
func TestARestartTellsTheSamePrices(t *testing.T) {
	var feed []func() *eventv1.Record
	for slot := uint64(1000); slot < 1400; slot += 7 {
		feed = append(feed, func() *eventv1.Record { return solFor(solPool, slot, 10_000+slot%97) }, func() *eventv1.Record { return forSOL(slot) })
	}
	var want []*eventv1.DollarPrice
	undisturbed := priced(t, &table{rows: map[string][]byte{}})
	for _, record := range feed {
		want = append(want, told(t, undisturbed, record()))
	}
	for _, undurable := range []int{0, 1, 5} {
		for end := undurable; end < len(feed); end++ {
			rows := &table{rows: map[string][]byte{}}
			before := priced(t, rows)
			for _, record := range feed[:end] {
				told(t, before, record())
			}
			after, durable := priced(t, rows), end-undurable
			err := after.RestorePrices(t.Context(), func(_ context.Context, from uint64, see func(uint64, []byte) error) error {
				for _, record := range feed[:durable] {
					r := record()
					data, err := proto.Marshal(r)
					if err != nil {
						return err
					}
					if r.GetSlot() >= from {
						if err := see(r.GetSlot(), data); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, record := range feed[durable:] {
				if got := told(t, after, record()); !proto.Equal(got, want[durable+i]) {
					t.Fatalf("after a restart at %d with %d records lost, record %d is told %v, want %v", end, undurable, durable+i, got, want[durable+i])
				}
			}
		}
	}
}
