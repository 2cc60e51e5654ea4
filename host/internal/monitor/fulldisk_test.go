package monitor

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
)

// A host that is stopped while its disk is full stops: what the plugin gave and could not be stored comes again.
func TestStopsWhileTheDiskIsFull(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("no small disk to fill: mounting needs root (%v)", err)
	}
	defer func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	}()
	j, err := journal.Open(t.Context(), journal.Config{
		Dir: dir, ReserveBytes: 16 << 20, MaxPendingBytes: 16 << 10, MaxBytes: 16 << 20, EventsMaxBytes: 16 << 20, CloseTimeout: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	fill(t, j, 0, 3000)
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 52<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, On(j), "full", nil, func(c *Config) { c.DrainTimeout = 500 * time.Millisecond })
	r.until(t, "outputs wait for room", func(s Status) bool { return s.Outputs > 0 })
	time.Sleep(300 * time.Millisecond)
	stopped := make(chan struct{})
	go func() { r.stop(); close(stopped) }()
	select {
	case <-stopped:
	case <-time.After(15 * time.Second):
		t.Error("it does not stop")
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		<-stopped
	}
	if err := j.Close(); err != nil {
		t.Log(err)
	}
}
