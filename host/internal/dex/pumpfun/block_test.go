package pumpfun_test

import (
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

// TestCorpusBlocks reads every instruction and event of pump in whole blocks, and replays the trades.
func TestCorpusBlocks(t *testing.T) {
	trades := 0
	for _, tx := range dextest.Blocks(t) {
		tx.Each(t, dex.Pump, func(data []byte, accounts []string) {
			event, ok := dex.CutEvent(data)
			if !ok {
				if _, err := pumpfun.ParseInstruction(data); err != nil {
					t.Errorf("instruction %x: %v", data, err)
				}
				return
			}
			e, err := pumpfun.ParseTradeEvent(event)
			if err != nil {
				return
			}
			trades++
			before := e.Curve().Before(e.IsBuy, e.TokenAmount, e.SolAmount)
			got, ok := before.Proceeds(e.TokenAmount)
			if e.IsBuy {
				got, ok = before.Cost(e.TokenAmount)
			}
			if !ok || got != e.SolAmount || e.Tail != 0 || !e.Curve().Standard(pumpfun.InitialVirtualSOL) {
				t.Errorf("%+v: computed %d %v", e, got, ok)
			}
		})
	}
	if trades == 0 {
		t.Error("no trade in the blocks")
	}
	t.Log(trades, "trades")
}
