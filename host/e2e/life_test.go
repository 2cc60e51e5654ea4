package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/figures"
	"github.com/weir-run/weir/host/geysersim/market"
)

// TestLifecycleFigures plays some minutes of a market and compares everything that the lifecycle monitor says, in every field, with what
// the simulator works out of its ground truth. The monitor is killed on the way, and in one run the host.
func TestLifecycleFigures(t *testing.T) {
	t.Parallel()
	t.Run("monitor killed", func(t *testing.T) { lifecycleFigures(t, false) })
	t.Run("host killed", func(t *testing.T) { lifecycleFigures(t, true) })
}

func lifecycleFigures(t *testing.T, killHost bool) {
	t.Helper()
	o := market.Options{Seed: seedOf(t), TransactionsPerSlot: 40, SlotTime: 2 * time.Second, Dollars: true, Tokens: 24}
	c := &chain{slots: 150, left: 150, inner: market.New(o)}
	c.server = geysersim.New(geysersim.Options{Source: c, SlotDuration: 40 * time.Millisecond, ReplaySlots: 400})
	c.listen(t, "127.0.0.1:0")
	home := t.TempDir()
	file, data := filepath.Join(home, "weir.yaml"), filepath.Join(home, "data")
	text := fmt.Sprintf(`
data_dir: %s
endpoints: [{name: sim, url: %q}]
plugins:
  - name: lifecycle
    checkpoint_every: 300ms
    config:
      market_caps: {So11111111111111111111111111111111111111112: [40000000000, 100000000000, 300000000000]}
      market_caps_usd: [5000, 10000, 20000, 50000]
      holders: [3, 8, 15]
      trades: [10, 40, 100]
      progress_ppm: [250000, 500000, 750000]
      near_graduation_ppm: 900000
      abandoned_after_seconds: 20
      state_seconds: 15
`, data, c.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "run", "--config", file)
	for _, after := range []int{30, 70} {
		eventually(t, time.Minute, "the chain goes on", func() bool { return c.played() >= after })
		if pid, ok := p.children(t)["weir-lifecycle"]; ok {
			killPID(t, pid)
		}
	}
	if killHost {
		p.kill9()
		start(t, "run", "--config", file)
	}
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	want, total, kinds := livesOf(c)
	eventually(t, 10*time.Second, "the daemon listens", func() bool {
		_, err := os.Stat(filepath.Join(data, "weir.sock"))
		return err == nil
	})
	got := readOutputs(t, data)
	for deadline := time.Now().Add(30 * time.Second); len(got) < total && time.Now().Before(deadline); got = readOutputs(t, data) {
		time.Sleep(300 * time.Millisecond)
	}
	time.Sleep(500 * time.Millisecond) // too many would show
	got = readOutputs(t, data)
	for _, o := range got {
		if c := o.GetTokenPhaseChanged(); c != nil {
			c.TokenProgram = nil // the truth does not say it
		}
	}
	want.compare(t, got)
	t.Log(kinds)
	for _, kind := range []string{
		"token_created", "token_trading", "token_completed", "token_migrated", "token_milestone", "token_near_graduation", "token_abandoned",
		"token_revived", "token_state",
	} {
		if kinds[kind] < 3 {
			t.Errorf("only %d of %s", kinds[kind], kind)
		}
	}
}

// livesOf works out what must be said of all that was played.
func livesOf(c *chain) (want sayings, total int, kinds map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := figures.NewLives(figures.LifeConfig{
		Caps: []uint64{40_000_000_000, 100_000_000_000, 300_000_000_000}, Dollars: []uint64{5_000, 10_000, 20_000, 50_000}, Holders: []uint64{3, 8, 15},
		Trades: []uint64{10, 40, 100}, Progress: []uint64{250_000, 500_000, 750_000}, Near: 900_000, AbandonedAfter: 20, StateEvery: 15,
	})
	l.Believe(market.DollarPool)
	want, kinds = sayings{}, map[string]int{}
	for _, f := range c.truth {
		for _, s := range l.Add(f) {
			want.add(s.Kind, s.Body)
			kinds[s.Kind]++
			total++
		}
	}
	return want, total, kinds
}
