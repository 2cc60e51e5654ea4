package main

import (
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/weirtest"
)

func TestWhales(t *testing.T) {
	h := weirtest.Start(t, whales, weirtest.Config(`{"min_quote": 100}`))
	outputs := h.Send(
		weirtest.Trade(&sdk.Trade{QuoteAmount: 99}),
		weirtest.Trade(&sdk.Trade{QuoteAmount: 100}),
		weirtest.Trade(&sdk.Trade{QuoteAmount: 100, Side: sdk.Sell}),
	)
	if len(outputs) != 1 || outputs[0].GetCause() != 2 || outputs[0].GetKind() != "whale_buy" {
		t.Fatalf("outputs are %v, want one whale_buy of record 2", outputs)
	}
}

func TestReplays(t *testing.T) {
	var records []*sdk.Record
	for i := range uint64(40) {
		trader := weirtest.Key(string(rune('a' + i%3)))
		records = append(records, weirtest.Trade(&sdk.Trade{Trader: trader, QuoteAmount: 50_000_000_000 + i}))
	}
	weirtest.Replays(t, whales, records)
}
