package e2e_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// withoutPlace takes from event lines where they lie and whose they are.
func withoutPlace(t *testing.T, text string) (out []string) {
	t.Helper()
	for line := range strings.Lines(text) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for _, name := range []string{"position", "instance", "monitor"} {
			delete(fields, name)
		}
		plain, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(plain))
	}
	return out
}

// TestReplayGivesWhatTheDaemonStored plays the journal into the trading monitor again, through the running daemon and from the folder of one
// that stopped: each time its outputs are those that the daemon stored.
func TestReplayGivesWhatTheDaemonStored(t *testing.T) {
	t.Parallel()
	c := serve(t, seedOf(t), 60)
	file, data := configure(t, c.url)
	p := start(t, "run", "--config", file)
	eventually(t, time.Minute, "the chain is played", func() bool { return c.played() == c.slots })
	var stored []string
	eventually(t, 20*time.Second, "nothing new comes", func() bool {
		before := len(stored)
		_, text, _ := run(t, "events", "--data-dir", data, "-i", "trading")
		stored = withoutPlace(t, text)
		time.Sleep(300 * time.Millisecond)
		return len(stored) > 500 && len(stored) == before
	})
	same := func(where string, args ...string) {
		t.Helper()
		code, text, stderr := run(t, append([]string{"plugin", "replay", "trading", "--config", file, "--json"}, args...)...)
		if code != 0 {
			t.Fatalf("%s: exit code %d: %s", where, code, stderr)
		}
		if again := withoutPlace(t, text); !slices.Equal(again, stored) {
			t.Errorf("%s gives %d outputs, stored are %d, or they differ", where, len(again), len(stored))
		}
		t.Logf("%s: %s", where, strings.TrimSpace(stderr))
	}
	same("through the daemon")
	if code, text, stderr := run(t, "plugin", "replay", "trading", "--config", file, "--json", "--from", "100", "--to", "150"); code != 0 || text == "" || !strings.Contains(stderr, "through record 150:") {
		t.Errorf("a part of the journal: exit code %d, %d bytes, %s", code, len(text), stderr)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d after Ctrl-C", code)
	}
	same("from the folder")
	if code, text, stderr := run(t, "plugin", "replay", "trading", "--config", file, "--json", "--from", "100", "--to", "150"); code != 0 || text == "" || !strings.Contains(stderr, "through record 150:") {
		t.Errorf("a part of the folder's journal: exit code %d, %d bytes, %s", code, len(text), stderr)
	}
}

// TestReplayOfAMarket needs no daemon, and gives the same twice. A program that crashes is named with its last words.
func TestReplayOfAMarket(t *testing.T) {
	t.Chdir(t.TempDir())
	trading := filepath.Join(bin, "weir-trading")
	code, first, stderr := run(t, "plugin", "replay", trading, "--market", "50", "--seed", "7", "--json")
	if code != 0 || len(first) == 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if _, again, _ := run(t, "plugin", "replay", trading, "--market", "50", "--seed", "7", "--json"); again != first {
		t.Error("the same market gives other outputs")
	}
	if _, text, _ := run(t, "plugin", "replay", trading, "--market", "50", "--seed", "7"); strings.Count(text, "\n") != strings.Count(first, "\n") {
		t.Errorf("%d readable lines for %d outputs", strings.Count(text, "\n"), strings.Count(first, "\n"))
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{trading, "--market", "5", "--settings", "none.json"}, "no such file"},
		{[]string{"nothing", "--market", "5"}, "is not installed"},
		{[]string{trading}, "there is no journal in data"},
		{[]string{trading, "--market", "5", "--capture", "x"}, "--capture"},
	} {
		if code, _, stderr := run(t, append([]string{"plugin", "replay"}, c.args...)...); code == 0 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v exits with %d and says %s", c.args, code, stderr)
		}
	}
}
