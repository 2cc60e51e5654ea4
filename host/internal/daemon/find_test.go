package daemon_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/daemon"
)

func TestFindPlugin(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	program := file("weir-mine", 0o700)
	t.Setenv("PATH", dir)
	for name, c := range map[string]struct{ in, want, err string }{
		"with a slash":   {in: program, want: program},
		"on PATH":        {in: "weir-mine", want: program},
		"nowhere":        {in: "weir-no-such", err: "nor on PATH"},
		"missing":        {in: filepath.Join(dir, "gone"), err: "does not exist"},
		"a folder":       {in: dir + "/", err: "is a folder"},
		"not executable": {in: file("plain", 0o600), err: "chmod +x"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := daemon.FindPlugin(c.in)
			if got != c.want && c.err == "" {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
			if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("got %v; want an error with %q", err, c.err)
			}
		})
	}
}
