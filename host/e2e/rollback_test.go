package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
	"github.com/weir-run/weir/host/geysersim/market"
)

// TestRollbackToAScript upgrades a monitor that a script starts, and takes that back: what comes back is the script as it ran, although
// its file is another one by now, and not the program that the script became or is read by.
func TestRollbackToAScript(t *testing.T) {
	c := &chain{slots: 400, left: 400, inner: market.New(market.Options{Seed: seedOf(t)})}
	c.server = geysersim.New(geysersim.Options{Source: c, SlotDuration: 50 * time.Millisecond, ReplaySlots: 500})
	c.listen(t, "127.0.0.1:0")
	dir := t.TempDir()
	script, mark, file, data := filepath.Join(dir, "trading.sh"), filepath.Join(dir, "mark"), filepath.Join(dir, "weir.yaml"), filepath.Join(dir, "data")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	write(script, fmt.Sprintf("#!/bin/sh\necho started >> %s\nexec %s\n", mark, filepath.Join(bin, "weir-trading")))
	write(file, fmt.Sprintf("data_dir: %s\nendpoints: [{name: sim, url: %q}]\nplugins: [{name: trading, path: %s, checkpoint_every: 300ms}]\n", data, c.url, script))
	p := start(t, "run", "--config", file)
	eventually(t, 20*time.Second, "events come", func() bool { return c.played() > 20 && len(readEvents(t, data)) > 0 })
	write(script+".new", "#!/bin/sh\nexit 1\n")
	if err := os.Rename(script+".new", script); err != nil {
		t.Fatal(err)
	}
	if code, out, stderr := run(t, "plugin", "upgrade", "trading", filepath.Join(bin, "weir-trading"), "--data-dir", data, "--shadow", "500ms"); code != 0 {
		t.Fatalf("upgrade: exit code %d: %s%s", code, out, stderr)
	}
	if code, out, stderr := run(t, "plugin", "rollback", "trading", "--data-dir", data); code != 0 {
		t.Fatalf("rollback: exit code %d: %s%s", code, out, stderr)
	}
	eventually(t, 10*time.Second, "the script runs again", func() bool {
		text, _ := os.ReadFile(mark)
		_, status, _ := run(t, "status", "--data-dir", data)
		return strings.Count(string(text), "started") == 2 && strings.Contains(status, "live")
	})
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
}
