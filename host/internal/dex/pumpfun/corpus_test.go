package pumpfun_test

import (
	"bytes"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/dextest"
	"github.com/weir-run/weir/host/internal/dex/pda"
	"github.com/weir-run/weir/host/internal/dex/pumpfun"
)

type appender interface{ Append([]byte) []byte }

// checkEvents parses every event of a name in the corpus, compares it field by field with an independent decoder, and writes it
// back.
func checkEvents(t *testing.T, name string, parse func([]byte) (appender, dex.Extent, error)) {
	events := dextest.Events(t, "pump", name)
	for _, e := range events {
		v, extent, err := parse(e.Bytes)
		if err != nil {
			t.Fatalf("%s: %v", e.File, err)
		}
		e.Check(t, v, nil)
		if extent.Tail != e.Extra {
			t.Errorf("%s: %d bytes left, the corpus has %d", e.File, extent.Tail, e.Extra)
		}
		if got := v.Append(nil); !bytes.Equal(got, e.Bytes[:len(e.Bytes)-extent.Tail]) {
			t.Errorf("%s: written back it differs", e.File)
		}
	}
	t.Logf("%d events of %s", len(events), name)
}

func TestCorpusEvents(t *testing.T) {
	checkEvents(t, "TradeEvent", func(b []byte) (appender, dex.Extent, error) {
		e, err := pumpfun.ParseTradeEvent(b)
		return &e, e.Extent, err
	})
	checkEvents(t, "CreateEvent", func(b []byte) (appender, dex.Extent, error) {
		e, err := pumpfun.ParseCreateEvent(b)
		return &e, e.Extent, err
	})
	checkEvents(t, "CompletePumpAmmMigrationEvent", func(b []byte) (appender, dex.Extent, error) {
		e, err := pumpfun.ParseCompletePumpAmmMigrationEvent(b)
		return &e, e.Extent, err
	})
}

// TestCorpusCurve replays real trades on the curve that stood before them.
func TestCorpusCurve(t *testing.T) {
	exact := 0
	for _, c := range dextest.Events(t, "pump", "TradeEvent") {
		e, err := pumpfun.ParseTradeEvent(c.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !e.Has(pumpfun.TradeReal) || e.MayhemMode {
			continue
		}
		leg := e.Quote().Amount
		before := e.Curve().Before(e.IsBuy, e.TokenAmount, leg)
		if !e.IsBuy {
			if got, ok := before.Proceeds(e.TokenAmount); !ok || got != leg {
				t.Errorf("%s: a sale of %d gives %d %v, the chain %d", c.File, e.TokenAmount, got, ok, leg)
			}
			continue
		}
		cost, ok := before.Cost(e.TokenAmount)
		if !ok || cost > leg {
			t.Errorf("%s: %d tokens cost %d %v, the chain took %d", c.File, e.TokenAmount, cost, ok, leg)
		}
		if cost == leg {
			exact++
		}
		checkFees(t, c.File, &e, leg)
	}
	if exact == 0 {
		t.Error("no buy has its exact cost")
	}
}

func checkFees(t *testing.T, file string, e *pumpfun.TradeEvent, leg uint64) {
	t.Helper()
	if !e.Has(pumpfun.TradeFees) {
		return
	}
	fees, ok := pumpfun.Rates{Protocol: e.FeeBasisPoints, Creator: e.CreatorFeeBasisPoints}.On(leg)
	if !ok || fees.Protocol != e.Fee || fees.Creator != e.CreatorFee {
		t.Errorf("%s: fees %+v, the chain took %d and %d", file, fees, e.Fee, e.CreatorFee)
	}
}

// TestCorpusPlaces finds the mint, the curve, its token account and the user of real events at the places of their instructions.
func TestCorpusPlaces(t *testing.T) {
	seen := map[pumpfun.Kind]int{}
	files := map[string]bool{}
	for _, name := range []string{"TradeEvent", "CreateEvent", "CompletePumpAmmMigrationEvent"} {
		for _, e := range dextest.Events(t, "pump", name) {
			files[e.File] = true
		}
	}
	for file := range files {
		dextest.Load(t, file).Each(t, dex.Pump, func(data []byte, accounts []string) {
			in, err := pumpfun.ParseInstruction(data)
			if err != nil {
				return
			}
			at := in.Kind.Places(len(accounts))
			if at.Mint < 0 {
				return
			}
			seen[in.Kind]++
			mint, curve := dex.MustKey(accounts[at.Mint]), dex.MustKey(accounts[at.Curve])
			if curve != pda.BondingCurve(mint) {
				t.Errorf("%s: %s has curve %s, the mint's is %s", file, in.Kind, curve, pda.BondingCurve(mint))
			}
			vault := accounts[at.CurveBase]
			if vault != pda.TokenAccount(curve, mint, dex.SPLToken).String() && vault != pda.TokenAccount(curve, mint, dex.Token2022).String() {
				t.Errorf("%s: %s has vault %s, which is not the curve's", file, in.Kind, vault)
			}
			if at.Pool >= 0 {
				if pool, _ := pda.CanonicalPool(mint, dex.Key{}); pool.String() != accounts[at.Pool] || pda.LPMint(pool).String() != accounts[at.LPMint] {
					t.Errorf("%s: %s has pool %s, the mint's is %s", file, in.Kind, accounts[at.Pool], pool)
				}
			}
			if p := at.TokenProgram; p >= 0 && accounts[p] != dex.SPLToken.String() && accounts[p] != dex.Token2022.String() {
				t.Errorf("%s: %s has token program %s", file, in.Kind, accounts[p])
			}
		})
	}
	t.Log(seen)
	for _, k := range []pumpfun.Kind{pumpfun.Buy, pumpfun.Sell, pumpfun.Migrate} {
		if seen[k] == 0 {
			t.Errorf("the corpus has no %s", k)
		}
	}
}
