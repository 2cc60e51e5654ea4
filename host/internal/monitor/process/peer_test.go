package process

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"
)

// Who answers on the socket of a plugin that is gone, a child of it that left its group for example, is not let in. That the plugin died is
// no breach of it, though, and must not put it into quarantine.
func TestSocketOfADeadProcess(t *testing.T) {
	dir, err := os.MkdirTemp("", "weir") //nolint:usetesting // TempDir holds the test's name and gets too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := newProcess(&program{path: "gone"}, slog.New(slog.DiscardHandler), Isolation{Level: L1})
	p.address = l.Addr().String()
	if conn, err := p.dial(t.Context(), ""); err == nil {
		t.Error("connected", conn.Close())
	}
	if offence := p.exit().Offence; offence != nil {
		t.Errorf("it counts as %v", offence)
	}
}
