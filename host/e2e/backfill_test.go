package e2e_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/geysersim/rpcsim"
)

// archived is a chain whose blocks an RPC node keeps too.
type archived struct {
	*chain

	node *rpcsim.Node
}

// Next plays the next block.
func (a archived) Next(ctx context.Context) (*geysersim.Block, error) {
	b, err := a.chain.Next(ctx)
	if err == nil {
		a.node.Add(b)
	}
	return b, err
}

// TestGapIsFetched lets the daemon be away for longer than its provider replays. It says the gap, and fetches it from an RPC node: in the end
// the monitors have reported every trade once. It takes as long as the daemon waits before it asks elsewhere, so it runs with WEIR_CHAOS only.
func TestGapIsFetched(t *testing.T) {
	if os.Getenv("WEIR_CHAOS") == "" {
		t.Skip("takes a minute; WEIR_CHAOS is not set")
	}
	const slots = 300
	c := &chain{slots: slots, left: slots, inner: market.New(market.Options{Seed: seedOf(t), TransactionsPerSlot: 20})}
	a := archived{c, rpcsim.New()}
	c.server = geysersim.New(geysersim.Options{Source: a, SlotDuration: 50 * time.Millisecond, ReplaySlots: 40})
	c.listen(t, "127.0.0.1:0")
	node := httptest.NewServer(a.node)
	t.Cleanup(node.Close)
	dir := t.TempDir()
	file, data := filepath.Join(dir, "weir.yaml"), filepath.Join(dir, "data")
	text := fmt.Sprintf("data_dir: %s\nrpc: {url: %q, requests_per_second: 500}\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: trading, checkpoint_every: 400ms}]\n", data, node.URL, c.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "the daemon follows", func() bool { return c.played() > 60 && len(readEvents(t, data)) > 0 })
	p.kill9()
	away := c.played()
	eventually(t, 20*time.Second, "the replay has passed on", func() bool { return c.played() > away+80 })
	p = start(t, "run", "--config", file)
	trades := func() (n int) {
		for what, times := range c.want() {
			if strings.HasPrefix(what, "trading trade ") {
				n += times
			}
		}
		return n
	}
	reported := func() (n int) {
		for _, e := range readEvents(t, data) {
			if e.Trade != nil && e.Kind == "trade" {
				n++
			}
		}
		return n
	}
	eventually(t, time.Minute, "all is played", func() bool { return c.played() == slots })
	if !strings.Contains(p.err.String(), "msg=gap") {
		t.Errorf("no gap was said:\n%s", tail(p.err.String(), 3000))
	}
	missing := trades() - reported()
	eventually(t, 2*time.Minute, "the gap is fetched", func() bool { return reported() >= trades() })
	time.Sleep(time.Second)
	if got, want := reported(), trades(); got != want || missing < 100 {
		t.Errorf("%d trades are reported of %d; %d were missing before they were fetched", got, want, missing)
	}
	_, gaps, _ := run(t, "gaps", "--data-dir", data)
	if !strings.Contains(gaps, "backfilled") {
		t.Errorf("weir gaps:\n%s", gaps)
	}
	t.Logf("%d trades, %d of them fetched\n%s", trades(), missing, gaps)
}
