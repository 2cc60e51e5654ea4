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
	t.Helper()
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

// TestCorpusPlaces checks the accounts of real instructions against their derivations and against the events of their transaction.
func TestCorpusPlaces(t *testing.T) {
	seen := map[pumpfun.Kind]int{}
	known := tradesByFile(t)
	for file, trades := range known {
		dextest.Load(t, file).Each(t, dex.Pump, func(data []byte, accounts []string) {
			in, err := pumpfun.ParseInstruction(data)
			if err != nil {
				return
			}
			seen[in.Kind]++
			at := in.Kind.Places(len(accounts))
			checkDerived(t, file, in.Kind, at, accounts)
			if in.Kind.IsBuy() || in.Kind.IsSell() {
				checkTrade(t, file, in.Kind, at, accounts, trades)
			}
		})
	}
	for _, listed := range dextest.Instructions(t, "pump") {
		data := unhex(t, listed.Hex)
		in, err := pumpfun.ParseInstruction(data)
		if err != nil || in.Kind.String() != listed.Name {
			t.Errorf("%s of the list is read as %s, %v", listed.Name, in.Kind, err)
		}
		seen[in.Kind]++
		accounts := make([]string, len(listed.Accounts))
		for i := range accounts {
			accounts[i] = listed.Accounts[i].Key
		}
		checkDerived(t, "the list", in.Kind, in.Kind.Places(len(accounts)), accounts)
	}
	t.Log(seen)
	for _, k := range []pumpfun.Kind{pumpfun.CreateV1, pumpfun.CreateV2, pumpfun.Buy, pumpfun.BuyExactSolIn, pumpfun.Sell, pumpfun.Migrate} {
		if seen[k] == 0 {
			t.Errorf("the corpus has no %s", k)
		}
	}
}

// tradesByFile returns the trade events of each file that has an event of pump.
func tradesByFile(t *testing.T) map[string][]pumpfun.TradeEvent {
	t.Helper()
	known := map[string][]pumpfun.TradeEvent{}
	for _, name := range []string{"CreateEvent", "CompletePumpAmmMigrationEvent"} {
		for _, c := range dextest.Events(t, "pump", name) {
			known[c.File] = nil
		}
	}
	for _, c := range dextest.Events(t, "pump", "TradeEvent") {
		e, err := pumpfun.ParseTradeEvent(c.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		known[c.File] = append(known[c.File], e)
	}
	return known
}

// checkDerived checks curve, token account and pool of an instruction against what its mint makes of them.
func checkDerived(t *testing.T, file string, kind pumpfun.Kind, at pumpfun.Places, accounts []string) {
	t.Helper()
	if at.Mint < 0 {
		return
	}
	mint, curve := dex.MustKey(accounts[at.Mint]), dex.MustKey(accounts[at.Curve])
	if curve != pda.BondingCurve(mint) {
		t.Errorf("%s: %s has curve %s, the mint's is %s", file, kind, curve, pda.BondingCurve(mint))
	}
	vault := accounts[at.CurveBase]
	if vault != pda.TokenAccount(curve, mint, dex.SPLToken).String() && vault != pda.TokenAccount(curve, mint, dex.Token2022).String() {
		t.Errorf("%s: %s has vault %s, which is not the curve's", file, kind, vault)
	}
	if at.Pool >= 0 {
		pool, _ := pda.CanonicalPool(mint, dex.Key{})
		if pool.String() != accounts[at.Pool] || pda.LPMint(pool).String() != accounts[at.LPMint] {
			t.Errorf("%s: %s has pool %s, the mint's is %s", file, kind, accounts[at.Pool], pool)
		}
		if accounts[at.PoolBase] != pda.TokenAccount(pool, mint, dex.SPLToken).String() || accounts[at.PoolQuote] != pda.TokenAccount(pool, dex.WSOL, dex.SPLToken).String() {
			t.Errorf("%s: %s has pool vaults %s and %s", file, kind, accounts[at.PoolBase], accounts[at.PoolQuote])
		}
	}
	if p := at.TokenProgram; p >= 0 && accounts[p] != dex.SPLToken.String() && accounts[p] != dex.Token2022.String() {
		t.Errorf("%s: %s has token program %s", file, kind, accounts[p])
	}
}

// checkTrade finds the event of an instruction by mint and user, and its fee recipient and creator vault among the accounts.
func checkTrade(t *testing.T, file string, kind pumpfun.Kind, at pumpfun.Places, accounts []string, trades []pumpfun.TradeEvent) {
	t.Helper()
	for _, e := range trades {
		if e.Mint.String() != accounts[at.Mint] || e.User.String() != accounts[at.User] || e.IsBuy != kind.IsBuy() {
			continue
		}
		if e.Has(pumpfun.TradeFees) && (e.FeeRecipient.String() != accounts[at.FeeRecipient] || pda.CreatorVault(e.Creator).String() != accounts[at.CreatorVault]) {
			continue
		}
		return
	}
	t.Errorf("%s: no event for a %s of %s by %s", file, kind, accounts[at.Mint], accounts[at.User])
}
