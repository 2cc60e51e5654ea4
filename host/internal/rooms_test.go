package internal_test

import (
	"os/exec"
	"strings"
	"testing"
)

// rooms is the order in which data walks. A room imports only rooms before it.
var rooms = []string{
	"latency", "trace", "dex", "budget", "breaker", "rpc", "config", "geyser", "capture", "pool", "ingest", "ledger", "backfill", "decode", "enrich", "journal", "monitor", "jsonl", "store", "alert",
	"metrics", "admin", "api", "dashboard", "daemon",
}

const prefix = "github.com/weir-run/weir/host/internal/"

func rank(importPath string) (int, string) {
	rest, ours := strings.CutPrefix(importPath, prefix)
	if !ours {
		return -1, ""
	}
	room, _, _ := strings.Cut(rest, "/")
	for i, name := range rooms {
		if name == room {
			return i, room
		}
	}
	return len(rooms), room
}

func TestImportsLookLeft(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from, room := rank(fields[0])
		if from < 0 {
			continue
		}
		seen++
		if from == len(rooms) {
			t.Errorf("%s: room %q is not in the list of rooms", fields[0], room)
		}
		for _, imported := range fields[1:] {
			if to, other := rank(imported); to > from {
				t.Errorf("room %s imports %s, which lies after it", room, other)
			}
		}
	}
	if seen < 5 {
		t.Fatalf("go list named only %d rooms: the test looks in the wrong place", seen)
	}
}

// The plugin side must never link the chain side: two copies of the Yellowstone package in one process panic at start.
func TestPluginsDoNotLinkTheChain(t *testing.T) {
	for _, module := range []string{"sdk", "plugins/lifecycle", "plugins/trading", "plugins/liquidity"} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-C", "../../"+module, "-deps", "./...").Output()
		if err != nil {
			t.Fatalf("go list in %s: %v", module, err)
		}
		for line := range strings.Lines(string(out)) {
			if strings.Contains(line, "/gen/yellowstone/") || strings.HasPrefix(line, "github.com/weir-run/weir/host") {
				t.Errorf("%s links %s", module, strings.TrimSpace(line))
			}
		}
	}
}
