package programs

import (
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/host/internal/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openShelf(t *testing.T) (shelf *Shelf, dir string) {
	t.Helper()
	j, err := journal.Open(t.Context(), journal.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	table, err := j.Table(t.Context(), "programs")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	return NewShelf(table, dir, slog.New(slog.DiscardHandler)), dir
}

func copyOf(t *testing.T, s *Shelf, name string) string {
	t.Helper()
	source := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(source, []byte(name), 0o700); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	path, err := s.Copy("trading", source, name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// left lists the copies without the numbers behind their names.
func left(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, "trading"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestShelfKeepsWhatIsChosen(t *testing.T) {
	s, dir := openShelf(t)
	const configured = "/opt/weir-trading"
	if c, err := s.Choice(t.Context(), "trading", configured); err != nil || c != (Choice{}) {
		t.Fatalf("an empty shelf gave %+v, %v", c, err)
	}
	one, two, three := copyOf(t, s, "one"), copyOf(t, s, "two"), copyOf(t, s, "three")
	want := Choice{Path: two, Previous: Program{Path: one, Checkpoint: "trading_rollback", Until: time.Now().Add(time.Minute).Round(0).UTC()}}
	if err := s.Keep(t.Context(), "trading", configured, want); err != nil {
		t.Fatal(err)
	}
	if names := left(t, dir); !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("copies left: %v; want those of the choice", names)
	}
	if got, err := s.Choice(t.Context(), "trading", configured); err != nil || got != want {
		t.Errorf("kept %+v, got %+v, %v", want, got, err)
	}

	// An upgrade that comes to nothing leaves no copy, and takes none that is chosen.
	four := copyOf(t, s, "four")
	if err := s.Drop(t.Context(), "trading", one, two, three, four); err != nil {
		t.Fatal(err)
	}
	if names := left(t, dir); !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("copies left after a drop: %v; want those of the choice", names)
	}

	// What a host that died in an upgrade left goes with the next start.
	copyOf(t, s, "five")
	if _, err := s.Choice(t.Context(), "trading", configured); err != nil {
		t.Fatal(err)
	}
	if names := left(t, dir); !slices.Equal(names, []string{"one", "two"}) {
		t.Errorf("copies left after a start: %v; want those of the choice", names)
	}
	if got, err := s.Choice(t.Context(), "trading", "/opt/another"); err != nil || got != (Choice{}) {
		t.Errorf("another path in the configuration gave %+v, %v; want none", got, err)
	}
	if names := left(t, dir); len(names) != 0 {
		t.Errorf("copies left: %v; want none", names)
	}
}

func TestShelfNamesTheRemedy(t *testing.T) {
	s, _ := openShelf(t)
	path := copyOf(t, s, "one")
	if err := s.Missing("trading", path); err != nil {
		t.Errorf("a copy that is there: %v", err)
	}
	if err := s.Missing("trading", "/nonexistent"); err != nil {
		t.Errorf("a path that is not of the shelf: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	err := s.Missing("trading", path)
	if err == nil || !strings.Contains(err.Error(), "plugin trading was upgraded") || !strings.Contains(err.Error(), "put "+path+" back, or name another file as path") {
		t.Errorf("a copy that is gone: %v", err)
	}
}
