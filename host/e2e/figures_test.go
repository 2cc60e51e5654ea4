package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/figures"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/internal/admin"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// candleLengths by the names that the configuration has for them, seconds.
var candleLengths = map[string]int64{
	"1s": 1, "5s": 5, "15s": 15, "30s": 30, "1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "4h": 14400, "12h": 43200, "1d": 86400,
}

// TestTradingFigures plays more than a day of a market, and compares every figure of every trade, candle and window with those that the
// simulator works out of its ground truth.
func TestTradingFigures(t *testing.T) {
	t.Parallel()
	o := market.Options{Seed: seedOf(t), TransactionsPerSlot: 20, SlotTime: 10 * time.Minute, Staged: 0.3, Dollars: true}
	c, data := tradingRun(t, o, 180)
	got := tradingOutputs(t, data, c)
	want, kinds := sayings{}, map[string]int{}
	book := bookOf(t, c, got, func(d figures.Due) {
		if d.Trade != nil {
			want.add("trade", d.Trade)
			kinds["trade"]++
		}
		for _, v := range d.Candles {
			want.add("candle", v)
			kinds[fmt.Sprintf("candle of %d s", v.GetSeconds())]++
		}
		for _, v := range d.Windows {
			want.add("window", v)
			kinds[fmt.Sprintf("window of %d s", v.GetSeconds())]++
		}
	})
	for _, v := range book.Findings(figures.Standard) {
		want.add(v.Kind, v.Finding)
		kinds[v.Kind]++
	}
	want.compare(t, got)
	t.Log(kinds)
	for _, seconds := range candleLengths {
		if kinds[fmt.Sprintf("candle of %d s", seconds)] == 0 {
			t.Errorf("no candle of %d s", seconds)
		}
	}
	for _, seconds := range []int{60, 300, 3600, 86400} {
		if kinds[fmt.Sprintf("window of %d s", seconds)] == 0 {
			t.Errorf("no window of %d s", seconds)
		}
	}
}

// TestInjectedPatterns plays a market full of staged sandwiches, back-runs, wash trading and so on. Each must be found, with the figures
// that the simulator counted when it staged it; and no other but those that fit the definitions by accident, as the simulator finds them.
// The monitor is killed twice on the way: what it says must be the same.
func TestInjectedPatterns(t *testing.T) {
	t.Parallel()
	o := market.Options{Seed: seedOf(t), TransactionsPerSlot: 60, SlotTime: 2 * time.Second, Staged: 2, Dollars: true}
	c, data := tradingRun(t, o, 120, 40, 85)
	got := tradingOutputs(t, data, c)
	want := sayings{}
	book := bookOf(t, c, got, func(d figures.Due) {
		if d.Trade != nil {
			want.add("trade", d.Trade)
		}
		for _, v := range d.Candles {
			want.add("candle", v)
		}
		for _, v := range d.Windows {
			want.add("window", v)
		}
	})
	found := book.Findings(figures.Standard)
	for _, v := range found {
		want.add(v.Kind, v.Finding)
	}
	want.compare(t, got)
	checkStaged(t, c, got)
}

// checkStaged looks for what was staged among what was reported: recall, with figures, and how many more fit the definitions.
func checkStaged(t *testing.T, c *chain, got []*eventv1.Output) {
	t.Helper()
	staged, reported := map[string]int{}, map[string]int{}
	for _, o := range got {
		reported[o.GetKind()]++
	}
	last := uint64(0) // a slot that nothing follows is not looked at
	for _, f := range c.truth {
		if f.Kind == geysersim.TruthTrade || f.Kind == geysersim.TruthTokenCreated {
			last = f.Slot
		}
	}
	for i := range c.patterns {
		p := &c.patterns[i]
		if p.Slot == last || p.Pattern == geysersim.PatternLPRug {
			continue
		}
		staged[p.Pattern]++
		if !slices.ContainsFunc(got, func(o *eventv1.Output) bool { return o.GetKind() == p.Pattern && isPattern(o.GetFinding(), p) }) {
			t.Errorf("staged and not found: %+v", p)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(staged)) {
		t.Logf("%-16s %3d staged, %3d found", kind, staged[kind], reported[kind])
		if staged[kind] < 5 {
			t.Errorf("only %d of %s were staged", staged[kind], kind)
		}
	}
}

// isPattern tells whether a finding shows all parts of a pattern and says the same figures.
func isPattern(v *eventv1.Finding, p *geysersim.Pattern) bool {
	for i := range p.Parts {
		part := &p.Parts[i]
		there := slices.ContainsFunc(v.GetEvidence(), func(e *eventv1.FindingTrade) bool {
			return lower(e.GetRole().String(), "FINDING_ROLE_") == part.Role && base58.Encode(e.GetSignature()) == part.Signature &&
				base58.Encode(e.GetTrader()) == part.Trader && e.GetBaseAmount() == part.BaseAmount && e.GetQuoteAmount() == part.QuoteAmount &&
				(part.Loss == nil || e.GetLoss() == *part.Loss)
		})
		if !there {
			return false
		}
	}
	return (p.Gross == nil || v.GetGrossProfit() == *p.Gross) && (p.Costs == nil || v.GetCosts() == *p.Costs) &&
		(p.VictimLoss == nil || v.GetVictimLoss() == *p.VictimLoss)
}

// tradingRun serves a market of so many slots to a host with the trading monitor, all of it switched on, and kills the monitor after some.
func tradingRun(t *testing.T, o market.Options, slots int, kills ...int) (c *chain, data string) {
	t.Helper()
	c = &chain{slots: slots, left: slots, inner: market.New(o)}
	c.server = geysersim.New(geysersim.Options{Source: c, SlotDuration: 30 * time.Millisecond, ReplaySlots: slots + 200})
	c.listen(t, "127.0.0.1:0")
	home := t.TempDir()
	file, data := filepath.Join(home, "weir.yaml"), filepath.Join(home, "data")
	text := fmt.Sprintf(`
data_dir: %s
endpoints: [{name: sim, url: %q}]
plugins:
  - name: trading
    checkpoint_every: 400ms
    config:
      candles: [1s, 5s, 15s, 30s, 1m, 5m, 15m, 30m, 1h, 4h, 12h, 1d]
      windows: true
      detect: [sandwich, back_run, arbitrage, bundle, whale, sniper, wash, bundled_launch, copy_trade, creator_dump]
`, data, c.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	for _, after := range kills {
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		if pid, ok := p.children(t)["weir-trading"]; ok {
			killPID(t, pid)
		}
	}
	eventually(t, 2*time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	return c, data
}

// bookOf works out the figures of all that was played. Of what came out it takes only whether the block time of a transaction was known,
// which depends on what came first.
func bookOf(t *testing.T, c *chain, got []*eventv1.Output, due func(figures.Due)) *figures.Book {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	book := figures.New(2, slices.Collect(maps.Values(candleLengths)), true)
	book.Believe(market.DollarPool)
	times := map[string]int64{}
	for _, o := range got {
		if times[base58.Encode(o.GetSignature())] = o.GetBlockTime(); o.BlockTime == nil {
			book.Timeless(base58.Encode(o.GetSignature()))
		}
	}
	for _, f := range c.truth {
		if at := times[f.Signature]; at != 0 && at != f.BlockTime {
			t.Fatalf("an output of slot %d has block time %d, want %d", f.Slot, at, f.BlockTime)
		}
		due(book.Add(f))
	}
	return book
}

// tradingOutputs reads all outputs once every trade is reported, and a little later, so that too many would show.
func tradingOutputs(t *testing.T, data string, c *chain) (all []*eventv1.Output) {
	t.Helper()
	trades := 0
	for _, f := range c.truth {
		if f.Kind == geysersim.TruthTrade {
			trades++
		}
	}
	eventually(t, time.Minute, "all trades are reported", func() bool {
		all = readOutputs(t, data)
		n := 0
		for _, o := range all {
			if o.GetKind() == "trade" {
				n++
			}
		}
		time.Sleep(300 * time.Millisecond)
		return n >= trades
	})
	time.Sleep(500 * time.Millisecond)
	return readOutputs(t, data)
}

// readOutputs gives all that the daemon of dir holds.
func readOutputs(t *testing.T, dir string) (all []*eventv1.Output) {
	t.Helper()
	client, err := admin.Dial(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	stream, err := client.Events(t.Context(), &adminv1.EventsRequest{From: 1})
	if err != nil {
		t.Fatal(err)
	}
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e.GetBatch().GetOutputs()...)
	}
}

// sayings counts what is said of each kind by its content.
type sayings map[string]int

func (s sayings) add(kind string, body proto.Message) { s[saying(kind, body)]++ }

// saying is the text of a body. Prices that are equal read alike, whatever numbers make them.
func saying(kind string, body proto.Message) string {
	m := proto.Clone(body)
	switch v := m.(type) {
	case *eventv1.CandleClosed:
		reduce(v.GetOpen(), v.GetHigh(), v.GetLow(), v.GetClose())
	case *eventv1.WindowClosed:
		reduce(v.GetHigh(), v.GetLow())
	}
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		panic(err)
	}
	return kind + " " + string(raw)
}

func reduce(prices ...*eventv1.Price) {
	for _, p := range prices {
		if p == nil {
			continue
		}
		a, b := p.GetQuote(), p.GetBase()
		for b != 0 {
			a, b = b, a%b
		}
		p.Quote, p.Base = p.GetQuote()/a, p.GetBase()/a
	}
}

// compare fails with the first differences of what came out.
func (s sayings) compare(t *testing.T, got []*eventv1.Output) {
	t.Helper()
	left, wrong, total := maps.Clone(s), map[string]int{}, 0
	for _, n := range s {
		total += n
	}
	for _, o := range got {
		body := o.ProtoReflect().Get(o.ProtoReflect().WhichOneof(o.ProtoReflect().Descriptor().Oneofs().ByName("body"))).Message().Interface()
		key := saying(o.GetKind(), body)
		if left[key]--; left[key] >= 0 {
			if left[key] == 0 {
				delete(left, key)
			}
			continue
		}
		if delete(left, key); wrong[o.GetKind()] < 3 {
			t.Errorf("not true: %s %s", o.GetKind(), prototext.Format(body))
		}
		wrong[o.GetKind()]++
	}
	missing := map[string]int{}
	for key := range left {
		kind := key[:slices.Index([]byte(key), ' ')]
		if missing[kind]++; missing[kind] < 4 {
			t.Errorf("missing: %s %s", kind, readable(kind, key[len(kind)+1:]))
		}
	}
	t.Logf("%d outputs, %d expected; not true: %v, missing: %v", len(got), total, wrong, missing)
}

// readable is a saying for people.
func readable(kind, raw string) string {
	var m proto.Message = &eventv1.Finding{}
	switch kind {
	case "trade":
		m = &eventv1.TradeReported{}
	case "candle":
		m = &eventv1.CandleClosed{}
	case "window":
		m = &eventv1.WindowClosed{}
	case "token_created", "token_trading", "token_completed", "token_migrated", "token_found":
		m = &eventv1.TokenPhaseChanged{}
	case "token_milestone", "token_near_graduation":
		m = &eventv1.TokenMilestone{}
	case "token_abandoned", "token_revived":
		m = &eventv1.TokenActivity{}
	case "token_state":
		m = &eventv1.TokenState{}
	}
	if err := proto.Unmarshal([]byte(raw), m); err != nil {
		return err.Error()
	}
	return prototext.Format(m)
}
