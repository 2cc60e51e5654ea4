package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
)

// upgradePause is how long no output may come while one program takes the place of the other.
const upgradePause = 100 * time.Millisecond

var pausePattern = regexp.MustCompile(`nothing came out for ([0-9.]+(?:µs|ms|s))`)

// TestUpgradeUnderLoad replaces the trading monitor at 2,000 transactions a second, takes it back, and tries a program that is another
// monitor: no output is missing or doubled, and the wrong one is refused while the old one goes on.
func TestUpgradeUnderLoad(t *testing.T) {
	seed := seedOf(t)
	c := &chain{slots: 300, left: 300, inner: market.New(market.Options{Seed: seed, TransactionsPerSlot: 100})}
	c.server = geysersim.New(geysersim.Options{Source: c, SlotDuration: 50 * time.Millisecond, ReplaySlots: 500})
	c.listen(t, "127.0.0.1:0")
	file, data := configure(t, c.url)
	newer := filepath.Join(t.TempDir(), "weir-trading-2")
	program, err := os.ReadFile(filepath.Join(bin, "weir-trading"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(newer, program, 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", bin+"/weir-counter", "./testdata/counter").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "events come", func() bool { return c.played() > 30 && len(readEvents(t, data)) > 0 })
	before := p.children(t)

	code, out, stderr := run(t, "plugin", "upgrade", "trading", filepath.Join(bin, "weir-counter"), "--data-dir", data, "--shadow", "1s")
	if code == 0 {
		t.Fatalf("another monitor was let in: %s", out)
	}
	t.Logf("refused: %s", strings.TrimSpace(stderr))
	if pid := p.children(t)["weir-trading"]; pid == 0 || pid != before["weir-trading"] {
		t.Errorf("the old program has process %d, had %d", pid, before["weir-trading"])
	}

	code, out, stderr = run(t, "plugin", "upgrade", "trading", newer, "--data-dir", data, "--shadow", "1s")
	if code != 0 {
		t.Fatalf("upgrade: exit code %d: %s%s", code, out, stderr)
	}
	t.Log(strings.TrimSpace(out))
	if c.played() == c.slots {
		t.Error("the chain was over before the upgrade: nothing is shown")
	}
	pause, err := time.ParseDuration(append(pausePattern.FindStringSubmatch(out), "", "")[1])
	if err != nil {
		t.Errorf("the upgrade does not say how long it paused: %s", out)
	} else if pause > upgradePause {
		t.Errorf("no output for %s, want at most %s", pause, upgradePause)
	}
	if code, out, stderr := run(t, "plugin", "rollback", "trading", "--data-dir", data); code != 0 {
		t.Errorf("rollback: exit code %d: %s%s", code, out, stderr)
	}
	verify(t, c, data)
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}
