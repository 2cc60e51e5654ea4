package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// traded is what this test reads of the trading monitor's events.
type traded struct {
	Kind      string `json:"kind"`
	BlockTime int64  `json:"block_time,string"`
	Trade     *struct {
		Mint      string `json:"mint"`
		QuoteMint string `json:"quote_mint"`
		Side      string `json:"side"`
		Base      uint64 `json:"base_amount,string"`
		Quote     uint64 `json:"pool_quote_amount,string"`
	} `json:"trade_reported"`
	Candle *struct {
		Mint      string `json:"mint"`
		QuoteMint string `json:"quote_mint"`
		Start     int64  `json:"start,string"`
		Buys      uint64 `json:"buys,string"`
		Sells     uint64 `json:"sells,string"`
		Base      string `json:"base_volume"`
		Quote     string `json:"quote_volume"`
		Late      string `json:"late_trades"`
	} `json:"candle_closed"`
}

// Candles of one second are those that the trades make, each once, though the monitor is killed again and again.
func TestCandlesSurviveKills(t *testing.T) {
	t.Parallel()
	c := serve(t, seedOf(t), 120)
	home := t.TempDir()
	file, data := filepath.Join(home, "weir.yaml"), filepath.Join(home, "data")
	text := fmt.Sprintf("data_dir: %s\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: trading, checkpoint_every: 300ms, config: {candles: [1s]}}]\n", data, c.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	for _, after := range []int{30, 60, 90} {
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		if pid, ok := p.children(t)["weir-trading"]; ok {
			killPID(t, pid)
		}
	}
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	trades := 0
	for what, n := range c.want() {
		if bytes.HasPrefix([]byte(what), []byte("trading ")) {
			trades += n
		}
	}
	var got, want outputs
	eventually(t, time.Minute, "all trades are reported", func() bool {
		var n int
		got, want, n = candles(t, data)
		return n >= trades
	})
	compare(t, got, want)
	if len(want) < 100 {
		t.Errorf("only %d candles", len(want))
	}
}

// candles reads those that were given out and works out those that are due of the trades beside them.
func candles(t *testing.T, data string) (got, want outputs, trades int) {
	t.Helper()
	type key struct {
		mint, quote string
		start       int64
	}
	type sums struct{ buys, sells, base, quote uint64 }
	got, want = outputs{}, outputs{}
	all := map[key]sums{}
	newest := int64(0)
	out, err := exec.Command(weir(), "events", "--data-dir", data).Output()
	if err != nil {
		return nil, nil, 0
	}
	for line := range bytes.Lines(out) {
		var e traded
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if k := e.Candle; k != nil {
			got.add(k.Mint, k.QuoteMint, k.Start, k.Buys, k.Sells, k.Base, k.Quote, k.Late)
			continue
		}
		if e.Trade == nil {
			continue
		}
		trades++
		at := e.BlockTime
		if at == 0 { // the venue does not say it and the block's is not here yet: it counts at chain time, from when that is known
			at = newest
		}
		if at == 0 {
			continue
		}
		newest = max(newest, at)
		if at < newest-2 {
			t.Fatalf("a trade at %d after one at %d: this test knows no late ones", at, newest)
		}
		k := key{e.Trade.Mint, e.Trade.QuoteMint, at}
		s := all[k]
		if e.Trade.Side == "SIDE_BUY" {
			s.buys++
		} else {
			s.sells++
		}
		s.base += e.Trade.Base
		s.quote += e.Trade.Quote
		all[k] = s
	}
	for k, s := range all {
		if k.start+1+2 <= newest { // late_seconds is 2
			want.add(k.mint, k.quote, k.start, s.buys, s.sells, s.base, s.quote, "0")
		}
	}
	return got, want, trades
}
