package e2e_test

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestDemo is README's first command without the build: events of all monitors within a minute, nothing left after Ctrl-C.
func TestDemo(t *testing.T) {
	p := start(t, "demo")
	eventually(t, time.Minute, "events of every kind", func() bool {
		out := p.out.String()
		for _, kind := range []string{
			"token_created", "token_trading", "token_completed", "token_migrated", "token_milestone", "token_near_graduation", "token_state",
			" trade ",
			"pool_created", "pool_traded", "liquidity_added", "liquidity_removed", "lp_position", "pool_depth",
		} {
			if !strings.Contains(out, kind) {
				return false
			}
		}
		return true
	})
	_, rest, _ := strings.Cut(p.err.String(), "data in ")
	dir, _, _ := strings.Cut(rest, ";")
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("data folder: %v", err)
	}
	code, text, stderr := run(t, "status", "--data-dir", dir)
	if code != 0 || !strings.Contains(text, "streaming") || strings.Count(text, "live") != 3 {
		t.Errorf("status exits %d and says %s%s", code, text, stderr)
	}
	plugins := p.children(t)
	if len(plugins) != 3 {
		t.Errorf("children %v", plugins)
	}
	if code := p.interrupt(t, 15*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for name, pid := range plugins {
		if alive(pid) {
			t.Errorf("%s is left behind", name)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("data folder is left behind: %v", err)
	}
}

func TestDemoEndsByItselfAndPrintsJSON(t *testing.T) {
	code, out, stderr := run(t, "demo", "--for", "6s", "--json", "--seed", "3")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) < 50 || !strings.HasPrefix(lines[0], `{"position":"`) || !strings.Contains(stderr, "seed 3") {
		t.Errorf("%d lines, first %s; stderr %s", len(lines), lines[0], stderr)
	}
}
