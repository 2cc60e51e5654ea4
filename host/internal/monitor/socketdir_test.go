package monitor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPrepareSocketDir(t *testing.T) {
	dir := filepath.Join(shortDir(t), "run")
	if err := os.MkdirAll(filepath.Join(dir, "plugin-dir123"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := PrepareSocketDir(dir); err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(left) != 1 || filepath.Base(left[0]) != "mine" {
		t.Errorf("left is %v; want only what is not a stale socket folder", left)
	}
	if info, _ := os.Stat(dir); info.Mode().Perm() != 0o700 {
		t.Errorf("mode is %v; want 0700", info.Mode())
	}
	long := filepath.Join(dir, strings.Repeat("x", 60))
	if err := PrepareSocketDir(long); err == nil {
		t.Error("a path that is too long was taken")
	} else {
		mustContain(t, "error", err.Error(), long, "choose a shorter one")
	}
}
