package e2e_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
	"github.com/weir-run/weir/host/geysersim/rpcsim"
)

// TestNamesOfOlderTokens lets a market run before the daemon looks at it. Tokens that were created before get their names from an RPC
// node: as a record of its own, once, and then with each trade; and a restart asks for none of them again.
func TestNamesOfOlderTokens(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("go", "build", "-o", bin+"/weir-namer", "./testdata/namer").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	const slots = 100
	m := market.New(market.Options{Seed: seedOf(t), TransactionsPerSlot: 40})
	node := rpcsim.New()
	older := map[string]geysersim.Truth{}
	for range 40 {
		b, err := m.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		node.Add(b)
		for _, tx := range b.Transactions {
			for _, f := range tx.Truth {
				if f.Kind == geysersim.TruthTokenCreated {
					older[f.Mint] = f
				}
			}
		}
	}
	rpc := httptest.NewServer(node)
	t.Cleanup(rpc.Close)
	c := &chain{slots: slots, left: slots, inner: m}
	c.server = geysersim.New(geysersim.Options{Source: c, SlotDuration: 50 * time.Millisecond, ReplaySlots: slots + 200})
	c.listen(t, "127.0.0.1:0")
	dir := t.TempDir()
	file, data := filepath.Join(dir, "weir.yaml"), filepath.Join(dir, "data")
	text := fmt.Sprintf("data_dir: %s\nrpc: {url: %q}\nenrich: {metadata_requests_per_second: 5}\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: namer, checkpoint_every: 300ms}]\n", data, rpc.URL, c.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "half of the market is played", func() bool { return c.played() > slots/2 })
	p.kill9()
	start(t, "run", "--config", file)
	eventually(t, 30*time.Second, "all of it is", func() bool { return c.played() == slots })
	time.Sleep(time.Second)

	named, unnamed, nameless := map[string]int{}, 0, 0
	for _, e := range readEvents(t, data) {
		f, old := older[e.Key]
		switch {
		case e.Kind == "named" && old:
			named[e.Key]++
			if e.Signal.Text != f.Symbol || e.Signal.Fields["name"] != f.Name || e.Signal.Fields["uri"] != f.URI || !strings.HasPrefix(e.Signal.Fields["source"], "METADATA_SOURCE_") || e.Signal.Fields["creator"] != f.Trader {
				t.Errorf("token %s is called %+v, want %q, %q", e.Key, e.Signal, f.Symbol, f.Name)
			}
		case e.Kind == "traded" && old && e.Signal.Text == "":
			unnamed++
			if named[e.Key] > 0 {
				nameless++
			}
		case e.Kind == "traded" && old && e.Signal.Text != f.Symbol:
			t.Errorf("a trade of %s is of %q, want %q", e.Key, e.Signal.Text, f.Symbol)
		}
	}
	if len(named) < 10 || unnamed == 0 || nameless > len(named) {
		t.Errorf("%d of %d older tokens were named, %d trades came before, %d after all the same", len(named), len(older), unnamed, nameless)
	}
	for mint, n := range named {
		if n != 1 {
			t.Errorf("token %s was named %d times", mint, n)
		}
	}
	_, status, _ := run(t, "status", "--data-dir", data)
	if !strings.Contains(status, "token metadata by RPC:") || !strings.Contains(status, "\ntokens ") {
		t.Errorf("weir status:\n%s", status)
	}
	var asked int
	_, after, _ := strings.Cut(status, "token metadata by RPC: ")
	if _, err := fmt.Sscan(after, &asked); err != nil || asked > 60 { // those that the node does not know, each once in a minute
		t.Errorf("%d tokens asked for after the restart, %v", asked, err)
	}
	t.Logf("%d older tokens named\n%s", len(named), status)
}
