package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The corpus has look-alikes of sandwiches, which are volume bots. None may be taken for one, while all else is looked for, candles are
// made, and every trade is still reported once.
func TestNoSandwichInTheCorpus(t *testing.T) {
	t.Parallel()
	dir := corpusDir(t)
	trades := outputs{}
	for what, n := range expected(corpusTruth(t, dir)) {
		if strings.HasPrefix(what, "trading trade ") {
			trades[what] = n
		}
	}
	sim := start(t, "sim", "--corpus", dir, "--listen", "127.0.0.1:0", "--slot-duration", "20ms")
	var url string
	eventually(t, 10*time.Second, "the simulator says its address", func() bool {
		_, rest, ok := strings.Cut(sim.err.String(), "gRPC on ")
		url, _, _ = strings.Cut(rest, ";")
		return ok && strings.Contains(rest, ";")
	})
	home := t.TempDir()
	file := filepath.Join(home, "weir.yaml")
	text := fmt.Sprintf(`
data_dir: %s/data
endpoints:
  - {name: sim, url: %q}
plugins:
  - name: trading
    checkpoint_every: 300ms
    config:
      candles: [1s, 1m]
      windows: true
      detect: [sandwich, back_run, arbitrage, bundle, whale, sniper, wash, bundled_launch, copy_trade, creator_dump]
`, home, url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, "run", "--config", file)
	got := outputs{}
	kinds := map[string]int{}
	eventually(t, time.Minute, "all trades are reported", func() bool {
		got, kinds = outputs{}, map[string]int{}
		for _, e := range readEvents(t, filepath.Join(home, "data")) {
			kinds[e.Kind]++
			if e.Trade != nil {
				got.add(e.Instance, e.Kind, e.Signature, lower(e.Trade.Venue, "VENUE_"), e.Trade.Pool, e.Trade.Mint, e.Trade.QuoteMint, e.Trade.Trader,
					lower(e.Trade.Side, "SIDE_"), e.Trade.BaseAmount, e.Trade.QuoteAmount, e.Trade.PoolQuoteAmount)
			}
		}
		return len(got) >= len(trades)
	})
	compare(t, got, trades)
	if n := kinds["sandwich"] + kinds["sandwich_attempt"]; n > 0 {
		t.Errorf("%d sandwiches in %v", n, kinds)
	}
	for _, kind := range []string{"candle", "window", "wash"} {
		if kinds[kind] == 0 {
			t.Errorf("no %s in %v", kind, kinds)
		}
	}
	t.Logf("%v", kinds)
}
