package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/internal/store/query"
)

// TestTheAPIAgainstTheTruth plays a market to a host with a store, and holds what the API answers, which is all that the dashboard shows,
// against the ground truth, against what is stored as events, and against the metrics. Then it asks every route of the OpenAPI document.
func TestTheAPIAgainstTheTruth(t *testing.T) {
	t.Parallel()
	c := serve(t, seedOf(t), 100)
	file, data := configure(t, c.url)
	address := listenAndClose(t)
	appendTo(t, file, fmt.Sprintf("http: {listen: %q, requests_per_second: 10000}\nstore: {url: sqlite}\n", address))
	start(t, "run", "--config", file)
	verify(t, c, data)
	events := readEvents(t, data)
	eventually(t, 30*time.Second, "all is stored", func() bool {
		var s struct{ Store struct{ Outputs string } }
		code, body := get(address, "/api/v1/status")
		return code == http.StatusOK && json.Unmarshal([]byte(body), &s) == nil && s.Store.Outputs == strconv.Itoa(len(events))
	})
	checkTrades(t, address, c)
	checkTokens(t, address, c)
	checkPools(t, address, c)
	checkFigures(t, address, events)
	checkDocument(t, address, c)
}

// everything reads all pages of a list.
func everything[T any](t *testing.T, address, path string, parameters url.Values) (all []T) {
	t.Helper()
	for {
		var page query.List[T]
		code, body := get(address, "/api/v1"+path+"?"+parameters.Encode())
		if code != http.StatusOK {
			t.Fatalf("%s: %d %s", path, code, body)
		}
		if err := json.Unmarshal([]byte(body), &page); err != nil {
			t.Fatalf("%s: %v: %.300s", path, err, body)
		}
		if all = append(all, page.Items...); page.Next == "" {
			return all
		}
		parameters.Set("after", page.Next)
	}
}

func checkTrades(t *testing.T, address string, c *chain) {
	t.Helper()
	got, want := outputs{}, outputs{}
	for _, r := range everything[query.Trade](t, address, "/trades", url.Values{"limit": {"333"}}) {
		got.add(r.Signature, r.Venue, r.Pool, r.Mint, r.QuoteMint, r.Trader, r.Side, r.BaseAmount, r.QuoteAmount, r.PoolQuoteAmount, r.Slot)
	}
	for _, f := range c.truth {
		if f.Kind == geysersim.TruthTrade {
			want.add(f.Signature, f.Venue, f.Pool, f.Mint, f.QuoteMint, f.Trader, f.Side, f.BaseAmount, f.QuoteAmount, f.PoolQuoteAmount, f.Slot)
		}
	}
	compare(t, got, want)
}

// coin is what the truth says of one token.
type coin struct {
	trades, buys, sells int64
	base                big.Int
	symbol, phase       string
	last                *geysersim.Truth
}

func coins(truth []geysersim.Truth) map[string]*coin {
	all := map[string]*coin{}
	of := func(mint string) *coin {
		if all[mint] == nil {
			all[mint] = &coin{}
		}
		return all[mint]
	}
	for i, f := range truth {
		switch f.Kind {
		case geysersim.TruthTrade:
			k := of(f.Mint)
			k.trades++
			if f.Side == "buy" {
				k.buys++
			} else {
				k.sells++
			}
			k.base.Add(&k.base, new(big.Int).SetUint64(f.BaseAmount))
			if k.last = &truth[i]; k.phase == "created" {
				k.phase = "trading"
			}
		case geysersim.TruthTokenCreated:
			k := of(f.Mint)
			k.symbol, k.phase = f.Symbol, "created"
		case geysersim.TruthCurveCompleted:
			of(f.Mint).phase = "completed"
		case geysersim.TruthTokenMigrated:
			of(f.Mint).phase = "migrated"
		}
	}
	return all
}

func checkTokens(t *testing.T, address string, c *chain) {
	t.Helper()
	want := coins(c.truth)
	got := map[string]query.Token{}
	for _, k := range everything[query.Token](t, address, "/tokens", url.Values{"limit": {"77"}}) {
		if _, twice := got[k.Mint]; twice {
			t.Errorf("token %s comes twice", k.Mint)
		}
		got[k.Mint] = k
	}
	number := func(n *int64) int64 {
		if n == nil {
			return 0
		}
		return *n
	}
	for mint, k := range want {
		g, ok := got[mint]
		base := k.base.String()
		if k.trades == 0 {
			base = "" // no trade is not a volume of zero
		}
		if !ok || number(g.Trades) != k.trades || number(g.Buys) != k.buys || number(g.Sells) != k.sells || g.BaseVolume != base || g.Symbol != k.symbol || g.Phase != k.phase {
			t.Errorf("token %s is %+v, want %d trades, %d buys, base volume %s, symbol %q, phase %q", mint, g, k.trades, k.buys, base, k.symbol, k.phase)
		}
		if k.last != nil && (g.LastSlot == nil || uint64(*g.LastSlot) != k.last.Slot || g.LastPool != k.last.Pool) {
			t.Errorf("token %s: the last trade is %+v, want slot %d in %s", mint, g.LastSlot, k.last.Slot, k.last.Pool)
		}
	}
	for _, view := range []string{"graduated", "launched", "active"} {
		for _, k := range everything[query.Token](t, address, "/tokens", url.Values{"view": {view}, "limit": {"500"}}) {
			w := want[k.Mint]
			if w == nil || view == "graduated" && w.phase != "migrated" || view == "launched" && w.symbol == "" || view == "active" && w.trades == 0 {
				t.Errorf("view %s has %s, which is %+v", view, k.Mint, w)
			}
		}
	}
}

func checkPools(t *testing.T, address string, c *chain) {
	t.Helper()
	want := map[string]geysersim.Truth{}
	for _, f := range c.truth {
		if f.After != nil && f.Venue != geysersim.VenuePump && f.Venue != "raydium_launchlab" {
			want[f.Pool] = f
		}
	}
	seen := 0
	for _, p := range everything[query.Pool](t, address, "/pools", url.Values{"limit": {"100"}}) {
		f, ok := want[p.Pool]
		if !ok || p.BaseReserve == nil || p.QuoteReserve == nil {
			continue // nothing happened in it since it was opened, or its reserves are not known
		}
		seen++
		one, two := []uint64{*p.BaseReserve, *p.QuoteReserve}, []uint64{f.After.Base, f.After.Quote}
		slices.Sort(one)
		slices.Sort(two) // venues call either side base
		if !slices.Equal(one, two) {
			t.Errorf("pool %s has reserves %d, want %d", p.Pool, one, two)
		}
	}
	if seen < len(want)*8/10 || seen < 5 {
		t.Errorf("only %d of %d pools have reserves", seen, len(want))
	}
}

// checkFigures compares the state that the pages show with events and metrics.
func checkFigures(t *testing.T, address string, events []event) {
	t.Helper()
	var s struct {
		Journal struct {
			Last     string `json:"last_number"`
			Complete string `json:"complete_slot"`
		}
		Gaps struct {
			Missing string `json:"missing_slots"`
		}
		Plugins []struct{ Instance, Outputs, Lag, Through, State string }
		Stages  []struct {
			Name, In, Out string
			Dropped       map[string]string
		}
		Programs []struct {
			Name, Seen string
			Strategies map[string]string `json:"by_strategy"`
		}
		Endpoints []struct{ Updates string }
	}
	_, body := get(address, "/api/v1/status")
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatal(err)
	}
	metrics := scrape(t, address)
	same := func(what, shown, metric string) {
		if value, ok := metrics[metric]; !ok || fmt.Sprintf("%.0f", value) != shown {
			t.Errorf("%s is shown as %s, the metric %s is %v", what, shown, metric, value)
		}
	}
	same("the newest record", s.Journal.Last, "weir_journal_records_total")
	same("the complete slot", s.Journal.Complete, `weir_complete_slot{where="journal"}`)
	same("the missing slots", s.Gaps.Missing, "weir_gap_missing_slots")
	counted := map[string]int{}
	for _, e := range events {
		counted[e.Instance]++
	}
	for _, p := range s.Plugins {
		same(p.Instance+" outputs", p.Outputs, fmt.Sprintf(`weir_plugin_outputs_total{instance=%q}`, p.Instance))
		same(p.Instance+" lag", p.Lag, fmt.Sprintf(`weir_plugin_lag_records{instance=%q}`, p.Instance))
		if p.Outputs != strconv.Itoa(counted[p.Instance]) || p.Through != s.Journal.Last || p.State != "live" {
			t.Errorf("plugin %+v, stored are %d outputs, the newest record is %s", p, counted[p.Instance], s.Journal.Last)
		}
	}
	for _, st := range s.Stages {
		same(st.Name+" in", st.In, fmt.Sprintf(`weir_stage_in_total{stage=%q}`, st.Name))
		same(st.Name+" out", st.Out, fmt.Sprintf(`weir_stage_out_total{stage=%q}`, st.Name))
		for reason, n := range st.Dropped {
			same(st.Name+" dropped", n, fmt.Sprintf(`weir_stage_dropped_total{reason=%q,stage=%q}`, reason, st.Name))
		}
	}
	for _, p := range s.Programs {
		same(p.Name+" instructions", p.Seen, fmt.Sprintf(`weir_program_instructions_total{program=%q}`, p.Name))
		for strategy, n := range p.Strategies {
			same(p.Name+" records", n, fmt.Sprintf(`weir_program_records_total{program=%q,strategy=%q}`, p.Name, strategy))
		}
	}
	if len(s.Plugins) != 3 || len(s.Stages) < 5 || len(s.Programs) < 3 || len(s.Endpoints) == 0 {
		t.Errorf("the status is too short: %s", body)
	}
}

// checkDocument asks each GET route of the OpenAPI document and looks up each field of the answers in its schema, however deep.
func checkDocument(t *testing.T, address string, c *chain) {
	t.Helper()
	var d struct {
		Components struct{ Schemas map[string]any }
		Paths      map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
	}
	_, body := get(address, "/api/v1/openapi.json")
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatal(err)
	}
	var mint, pool, quote string
	for _, f := range c.truth {
		if f.Kind == geysersim.TruthTrade {
			mint, pool, quote = f.Mint, f.Pool, f.QuoteMint
		}
	}
	fill := strings.NewReplacer("{name}", "trading", "{mint}", mint, "{pool}", poolOf(t, address, pool)).Replace
	for _, path := range slices.Sorted(maps.Keys(d.Paths)) {
		get1, ok := d.Paths[path]["get"]
		schema, isJSON := get1.Responses["200"].Content["application/json"]
		if !ok || !isJSON {
			continue
		}
		target := fill(path)
		if strings.HasSuffix(path, "/candles") {
			target += "?quote_mint=" + quote
		}
		code, body := get(address, target)
		var answer any
		if err := json.Unmarshal([]byte(body), &answer); err != nil || code != http.StatusOK {
			t.Errorf("%s: %d %s", target, code, body)
			continue
		}
		for _, missing := range undocumented(path, answer, schema.Schema, d.Components.Schemas) {
			t.Errorf("%s answers with %s, which the document does not have", path, missing)
		}
	}
}

// poolOf returns any pool that the store has.
func poolOf(t *testing.T, address, otherwise string) string {
	t.Helper()
	for _, p := range everything[query.Pool](t, address, "/pools", url.Values{"limit": {"500"}}) {
		return p.Pool
	}
	return otherwise
}

// undocumented lists the fields of an answer that its schema lacks.
func undocumented(at string, answer any, schema map[string]any, components map[string]any) (out []string) {
	if ref, ok := schema["$ref"].(string); ok {
		schema, _ = components[strings.TrimPrefix(ref, "#/components/schemas/")].(map[string]any)
	}
	switch v := answer.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for _, item := range v {
			out = append(out, undocumented(at+"[]", item, items, components)...)
		}
	case map[string]any:
		properties, _ := schema["properties"].(map[string]any)
		if properties == nil {
			return nil // anything goes
		}
		for name, value := range v {
			property, ok := properties[name].(map[string]any)
			if !ok {
				out = append(out, at+"."+name)
				continue
			}
			out = append(out, undocumented(at+"."+name, value, property, components)...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
