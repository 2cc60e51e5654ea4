package e2e_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
)

// chain is a finite market served in this process, so that a test can make it misbehave, and its ground truth.
type chain struct {
	server *geysersim.Server
	url    string
	slots  int

	mu    sync.Mutex
	left  int
	truth []geysersim.Truth
	inner geysersim.Source

	patterns []geysersim.Pattern

	pause sync.RWMutex // held for writing while the market stands still
}

// Next ends the market after the wanted number of slots; streams stay open with pings.
func (c *chain) Next(ctx context.Context) (*geysersim.Block, error) {
	c.pause.RLock()
	defer c.pause.RUnlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return nil, io.EOF
	}
	c.left--
	b, err := c.inner.Next(ctx)
	if err == nil {
		for i := range b.Transactions {
			c.truth = append(c.truth, b.Transactions[i].Truth...)
		}
		c.patterns = append(c.patterns, b.Patterns...)
	}
	return b, err
}

// played is how many slots went out.
func (c *chain) played() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.slots - c.left
}

// endAfter ends the market after so many more slots.
func (c *chain) endAfter(slots int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.slots -= c.left - slots
	c.left = slots
}

// over says that all was played.
func (c *chain) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left == 0
}

// want is what must be reported; complete once all is played.
func (c *chain) want() outputs {
	c.mu.Lock()
	defer c.mu.Unlock()
	return expected(c.truth)
}

// serve plays slots blocks of a market, one each 50 ms.
func serve(t *testing.T, seed uint64, slots int) *chain {
	t.Helper()
	return serveAt(t, "127.0.0.1:0", seed, slots)
}

// serveAt is serve at an address.
func serveAt(t *testing.T, address string, seed uint64, slots int) *chain {
	t.Helper()
	c := &chain{slots: slots, left: slots, inner: market.New(market.Options{Seed: seed, TransactionsPerSlot: 60, Staged: 0.5, Dollars: true})}
	c.server = geysersim.New(geysersim.Options{Source: c, SlotDuration: 50 * time.Millisecond, ReplaySlots: slots + 200})
	c.listen(t, address)
	return c
}

func (c *chain) listen(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c.url = "http://" + l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- c.server.Serve(l) }()
	t.Cleanup(func() {
		c.server.Close()
		if err := <-done; err != nil {
			t.Errorf("simulator: %v", err)
		}
	})
}

// listenAndClose gives an address at which nobody listens for now.
func listenAndClose(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// configure writes a configuration with the three monitors and returns its path and data folder. Checkpoints come often, so that
// restores happen within a short run.
func configure(t *testing.T, url string) (file, dataDir string) {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`
data_dir: %s/data
endpoints:
  - {name: sim, url: %q}
plugins:
  - {name: lifecycle, checkpoint_every: 300ms}
  - {name: trading, checkpoint_every: 400ms}
  - {name: liquidity, checkpoint_every: 500ms}
`, dir, url)
	file = filepath.Join(dir, "weir.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file, filepath.Join(dir, "data")
}

// seedOf gives a fresh seed and says it, or the one in WEIR_SEED.
func seedOf(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text, ok := os.LookupEnv("WEIR_SEED"); ok {
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatalf("WEIR_SEED: %v", err)
		}
	}
	t.Logf("seed %d (WEIR_SEED=%d repeats it)", seed, seed)
	return seed
}

// verify waits for the end of the chain and compares all that came out with the truth.
func verify(t *testing.T, c *chain, dataDir string) {
	t.Helper()
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	want := c.want()
	if len(want) < 500 {
		t.Fatalf("only %d outputs are expected: the market is too quiet for this test", len(want))
	}
	verifyOutputs(t, c, dataDir, want)
}

// verifyQuiet is verify for a short chain.
func verifyQuiet(t *testing.T, c *chain, dataDir string) {
	t.Helper()
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	verifyOutputs(t, c, dataDir, c.want())
}

func verifyOutputs(t *testing.T, c *chain, dataDir string, want outputs) {
	t.Helper()
	events := settled(t, dataDir, want, 40*time.Second)
	compare(t, reported(t, events), want)
	inOrder(t, events)
	t.Logf("%d outputs of %d facts", len(events), len(c.truth))
}

func TestUndisturbed(t *testing.T) {
	t.Parallel()
	c := serve(t, seedOf(t), 100)
	file, data := configure(t, c.url)
	p := start(t, "run", "--config", file)
	verify(t, c, data)
	plugins := p.children(t)
	if len(plugins) != 3 {
		t.Errorf("children %v, want three plugins", plugins)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
	for name, pid := range plugins {
		if alive(pid) {
			t.Errorf("%s is left behind", name)
		}
	}
}

func TestPluginKilledInMidStream(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 1))
	c := serve(t, seed, 140)
	file, data := configure(t, c.url)
	p := start(t, "run", "--config", file)
	for round := range 4 {
		after := 20 + 25*round + random.IntN(10)
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		for _, name := range []string{"weir-lifecycle", "weir-trading", "weir-liquidity"} {
			if pid, ok := p.children(t)[name]; ok && random.IntN(3) > 0 {
				t.Logf("kill -9 %s after slot %d", name, after)
				killPID(t, pid)
			}
		}
	}
	verify(t, c, data)
}

func TestHostKilledInMidStream(t *testing.T) {
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 2))
	c := serve(t, seed, 140)
	file, data := configure(t, c.url)
	p := start(t, "run", "--config", file)
	for round := range 5 {
		after := 22*round + random.IntN(10)*min(round, 1)
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		if round == 0 { // within the first slots, but a journal that never held anything has nothing to resume from
			eventually(t, 10*time.Second, "a first record", func() bool {
				_, text, _ := run(t, "status", "--json", "--data-dir", data)
				return strings.Contains(text, `"last_number":"`) && !strings.Contains(text, `"last_number":"0"`)
			})
		}
		time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
		plugins := p.children(t)
		p.kill9()
		t.Logf("kill -9 of the host after slot %d", after)
		for name, pid := range plugins {
			eventually(t, 2*time.Second, name+" dies with the host", func() bool { return !alive(pid) })
		}
		p = start(t, "run", "--config", file)
	}
	verify(t, c, data)
}

func TestEndpointDropsInMidStream(t *testing.T) {
	t.Parallel()
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 3))
	c := serve(t, seed, 140)
	file, data := configure(t, c.url)
	start(t, "run", "--config", file)
	faults := []struct {
		name string
		do   func()
	}{
		{"UNAVAILABLE", func() {
			c.server.DropStreams(geysersim.When{}, codes.Unavailable, "server is shutting down try again later")
		}},
		{"clean end", func() { c.server.CloseCleanly(geysersim.When{}) }},
		{"lagged", func() { c.server.DropStreams(geysersim.When{}, codes.Internal, "lagged to send an update") }},
		{"UNAVAILABLE again", func() { c.server.DropStreams(geysersim.When{}, codes.Unavailable, "connection reset") }},
	}
	for i, fault := range faults {
		after := 15 + 25*i + random.IntN(10)
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		time.Sleep(time.Duration(random.IntN(50)) * time.Millisecond)
		t.Logf("%s after slot %d", fault.name, after)
		fault.do()
	}
	verify(t, c, data)
	if opens := c.server.Served().Opens; opens < 5 {
		t.Errorf("%d streams were opened: the faults did not hit", opens)
	}
}
