package e2e_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/geysersim"
)

// outputs counts outputs by what they say. A correct run has every expected one exactly once, so both sides are compared as
// multisets: a missing one and a doubled one both show.
type outputs map[string]int

func (o outputs) add(parts ...any) {
	text := make([]string, len(parts))
	for i, p := range parts {
		text[i] = fmt.Sprint(p)
	}
	o[strings.Join(text, " ")]++
}

// expected says what the three monitors must report of facts given in order of the chain.
func expected(truth []geysersim.Truth) outputs {
	out, x := outputs{}, expectation{}
	for _, f := range truth {
		x.add(out, f)
	}
	return out
}

// expectation remembers which mints were traded on a curve: the first such trade is a step in a token's life.
type expectation map[string]bool

// add adds what must be reported of the next fact of the chain.
func (x expectation) add(out outputs, f geysersim.Truth) {
	switch f.Kind {
	case geysersim.TruthTrade:
		out.add("trading", "trade", f.Signature, f.Venue, f.Pool, f.Mint, f.QuoteMint, f.Trader, f.Side, f.BaseAmount, f.QuoteAmount, f.PoolQuoteAmount)
		if f.Venue != geysersim.VenuePump && f.Venue != "raydium_launchlab" { // curves are no pools
			out.add("liquidity", "pool_traded", f.Signature, f.Pool, f.After.Base, f.After.Quote)
		} else if !x[f.Mint] {
			x[f.Mint] = true
			out.add("lifecycle", "token_trading", f.Signature, f.Mint)
		}
	case geysersim.TruthTokenCreated:
		out.add("lifecycle", "token_created", f.Signature, f.Mint, f.Symbol)
	case geysersim.TruthCurveCompleted:
		out.add("lifecycle", "token_completed", f.Signature, f.Mint)
	case geysersim.TruthTokenMigrated:
		out.add("lifecycle", "token_migrated", f.Signature, f.Mint, f.TargetPool)
	case geysersim.TruthPoolCreated:
		out.add("liquidity", "pool_created", f.Signature, f.Pool, f.BaseAmount, f.QuoteAmount)
	case geysersim.TruthLiquidityAdded:
		out.add("liquidity", "liquidity_added", f.Signature, f.Pool, f.BaseAmount, f.QuoteAmount)
	case geysersim.TruthLiquidityRemoved:
		out.add("liquidity", "liquidity_removed", f.Signature, f.Pool, f.BaseAmount, f.QuoteAmount)
	}
}

// event is one line of weir events.
type event struct {
	Position  string `json:"position"`
	Instance  string `json:"instance"`
	Cause     string `json:"cause"`
	Index     int    `json:"index"`
	Kind      string `json:"kind"`
	Key       string `json:"key"`
	Signature string `json:"signature"`
	Signal    struct {
		Text   string            `json:"text"`
		Fields map[string]string `json:"fields"`
	} `json:"signal"`
	Phase *struct {
		Mint   string `json:"mint"`
		Pool   string `json:"pool"`
		Symbol string `json:"symbol"`
	} `json:"token_phase_changed"`
	Trade *struct {
		Venue           string `json:"venue"`
		Pool            string `json:"pool"`
		Mint            string `json:"mint"`
		QuoteMint       string `json:"quote_mint"`
		Trader          string `json:"trader"`
		Side            string `json:"side"`
		BaseAmount      string `json:"base_amount"`
		QuoteAmount     string `json:"quote_amount"`
		PoolQuoteAmount string `json:"pool_quote_amount"`
		Trades          string `json:"trades"`
	} `json:"trade_reported"`
	Pool *struct {
		Pool        string `json:"pool"`
		BaseAmount  string `json:"base_amount"`
		QuoteAmount string `json:"quote_amount"`
		Reserves    struct {
			Base  string `json:"base"`
			Quote string `json:"quote"`
		} `json:"reserves"`
	} `json:"pool_reported"`
}

func lower(enum, prefix string) string { return strings.ToLower(strings.TrimPrefix(enum, prefix)) }

// reported says the same of what came out, but for the kinds that are compared elsewhere.
func reported(t *testing.T, events []event) outputs {
	t.Helper()
	out := outputs{}
	for _, e := range events {
		switch {
		case elsewhere[e.Kind] != "":
		case e.Trade != nil:
			b := e.Trade
			out.add(e.Instance, e.Kind, e.Signature, lower(b.Venue, "VENUE_"), b.Pool, b.Mint, b.QuoteMint, b.Trader, lower(b.Side, "SIDE_"), b.BaseAmount, b.QuoteAmount, b.PoolQuoteAmount)
		case e.Pool != nil && e.Kind == "pool_traded":
			out.add(e.Instance, e.Kind, e.Signature, e.Pool.Pool, e.Pool.Reserves.Base, e.Pool.Reserves.Quote)
		case e.Pool != nil:
			out.add(e.Instance, e.Kind, e.Signature, e.Pool.Pool, e.Pool.BaseAmount, e.Pool.QuoteAmount)
		case e.Phase != nil && e.Kind == "token_created":
			out.add(e.Instance, e.Kind, e.Signature, e.Phase.Mint, e.Phase.Symbol)
		case e.Phase != nil && e.Kind == "token_migrated":
			out.add(e.Instance, e.Kind, e.Signature, e.Phase.Mint, e.Phase.Pool)
		case e.Phase != nil:
			out.add(e.Instance, e.Kind, e.Signature, e.Phase.Mint)
		default:
			t.Errorf("kind %q stands neither in expectation nor in elsewhere: %+v", e.Kind, e)
		}
	}
	return out
}

// compare fails with the first differences, sorted.
func compare(t *testing.T, got, want outputs) {
	t.Helper()
	keys := maps.Clone(want)
	maps.Copy(keys, got)
	shown, differ := 0, 0
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if got[key] == want[key] {
			continue
		}
		if differ++; shown < 12 {
			shown++
			t.Errorf("reported %d times, want %d: %s", got[key], want[key], key)
		}
	}
	if differ > 0 {
		t.Errorf("%d of %d outputs differ", differ, len(keys))
	}
}

// inOrder checks what a consumer may rely on: within an instance the outputs ascend, and a mint's running count rises by one.
func inOrder(t *testing.T, events []event) {
	t.Helper()
	type place struct {
		cause, index int
	}
	last := map[string]place{}
	trades := map[string]int{}
	for _, e := range events {
		at := place{cause: number(t, e.Cause), index: e.Index}
		if before := last[e.Instance]; at.cause < before.cause || (at.cause == before.cause && at.index <= before.index) {
			t.Errorf("%s: output %v after %v", e.Instance, at, before)
		}
		last[e.Instance] = at
		if e.Trade != nil {
			trades[e.Trade.Mint]++
			if got := number(t, e.Trade.Trades); got != trades[e.Trade.Mint] {
				t.Fatalf("trade %s says it is number %d of %s, counted %d", e.Signature, got, e.Trade.Mint, trades[e.Trade.Mint])
			}
		}
	}
}

func number(t *testing.T, s string) int {
	t.Helper()
	var n int
	if _, err := fmt.Sscan(s, &n); err != nil {
		t.Fatalf("%q is not a number: %v", s, err)
	}
	return n
}
