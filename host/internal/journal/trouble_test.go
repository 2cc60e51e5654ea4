package journal

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// eventually waits until f is true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

// pump appends transactions of one record until told to stop, and then says how many.
func pump(t *testing.T, j *Journal) (stop func() uint64) {
	t.Helper()
	quit, done := make(chan struct{}), make(chan uint64, 1)
	go func() {
		for i := uint64(0); ; i++ {
			select {
			case <-quit:
				done <- i
				return
			default:
			}
			if err := j.Append(trades(1, i, 1), 0); err != nil {
				t.Errorf("append: %v", err)
				done <- i
				return
			}
			if i%10 == 9 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	return func() uint64 { close(quit); return <-done }
}

func complain(t *testing.T, s *store, want string) {
	t.Helper()
	said := 0
	for _, line := range s.log.all() {
		if strings.Contains(line, "cannot store records") {
			said++
			if !strings.Contains(line, want) {
				t.Errorf("line %q does not say %q", line, want)
			}
		}
	}
	if said != 1 {
		t.Errorf("the trouble was said %d times, want once", said)
	}
}

// troubled appends through a trouble that begin makes and end takes away, and checks that it was felt and that nothing was lost.
func troubled(t *testing.T, s *store, j *Journal, begin, end func(), want string) {
	t.Helper()
	stop := pump(t, j)
	time.Sleep(30 * time.Millisecond)
	begin()
	var st Status
	defer func() {
		if t.Failed() {
			t.Logf("status %+v", st)
		}
	}()
	eventually(t, "Append blocks with a reason", func() bool {
		st = j.Status()
		return strings.Contains(st.Trouble, want) && st.PendingBytes > s.cfg.MaxPendingBytes-(8<<10)
	})
	complain(t, s, want)
	end()
	eventually(t, "it stores again", func() bool { return j.Status().Trouble == "" })
	time.Sleep(30 * time.Millisecond)
	count := stop()
	flush(t, j)
	got, gaps := read(t, j, 0)
	if len(gaps) != 0 || uint64(len(got)) != count {
		t.Fatalf("%d records read of %d, gaps %v", len(got), count, gaps)
	}
	covered(t, got, nil, count)
	t.Logf("%d records", count)
}

// small makes a tmpfs of so many bytes, or skips.
func small(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.Itoa(bytes)); err != nil {
		t.Skipf("no small disk to fill: mounting needs root (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fill takes all that is free on the disk of dir but rest bytes, and returns what gives it back.
func fill(t *testing.T, dir string, rest int64) (free func()) {
	t.Helper()
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "ballast")
	err := os.WriteFile(path, make([]byte, max(0, int64(disk.Bavail)*disk.Bsize-rest)), 0o600)
	if err != nil && !errors.Is(err, syscall.ENOSPC) { // the journal writes too, and may have been faster
		t.Fatal(err)
	}
	return func() { os.Remove(path) }
}

func TestFullDiskBlocksAndLosesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		reserve, rest int64
		want          string
	}{
		"the reserve is reached":  {16 << 20, 8 << 20, "16.0 MiB must stay free"},
		"a write fails in server": {1, 200 << 10, "free some space"},
	} {
		t.Run(name, func(t *testing.T) {
			s := embeddedStore(t)
			s.cfg.Dir, s.cfg.ReserveBytes, s.cfg.MaxPendingBytes, s.cfg.AckTimeout = small(t, 128<<20), c.reserve, 1<<20, 500*time.Millisecond
			j := s.open(t)
			var free func()
			troubled(t, s, j, func() { free = fill(t, s.cfg.Dir, c.rest) }, func() { free() }, c.want)
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if st := s.open(t).Status(); len(st.Gaps) != 0 {
				t.Errorf("after reopen: %+v", st)
			}
		})
	}
}

func TestFullStoreBlocksUntilThereIsRoom(t *testing.T) {
	s := embeddedStore(t)
	s.cfg.MaxStore, s.cfg.MaxBytes, s.cfg.EventsMaxBytes, s.cfg.MaxPendingBytes, s.cfg.TailBytes = 6<<20, 2<<20, 1<<20, 1<<20, 64<<20
	j := s.open(t)
	ballast := make([]byte, 512<<10)
	troubled(t, s, j, func() {
		for name := range 20 {
			_ = j.putObject(t.Context(), "ballast."+strconv.Itoa(name), ballast)
		}
	}, func() {
		for name := range 20 {
			j.dropObjects(t.Context(), "ballast."+strconv.Itoa(name))
		}
	}, "limit of the store")
}

func TestServerAwayBlocksAndLosesNothing(t *testing.T) {
	dir := t.TempDir()
	srv := startExternal(t, dir, -1)
	port := srv.Addr().(*net.TCPAddr).Port
	s := embeddedStore(t)
	s.cfg.Dir, s.cfg.URL, s.cfg.MaxPendingBytes, s.cfg.AckTimeout = "", srv.ClientURL(), 1<<20, 500*time.Millisecond
	j := s.open(t)
	troubled(t, s, j, func() { stopServer(srv) }, func() { srv = startExternal(t, dir, port) }, "the NATS server 127.0.0.1:")
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	stopServer(srv)
}

func TestOutputsThroughARestartOfTheServer(t *testing.T) {
	s := embeddedStore(t)
	s.cfg.AckTimeout = 500 * time.Millisecond
	j := s.open(t)
	_, out := acquire(t, j, "one")
	for i := range uint64(300) {
		add(t, out, i+1, 2)
		if i%100 == 50 {
			text := "a write failed, says the test"
			j.node.damage.Store(&text)
		}
		if i%10 == 0 {
			flushOutputs(t, out)
		}
	}
	flushOutputs(t, out)
	got := causes(t, j, EventsQuery{})
	if len(got) != 600 {
		t.Fatalf("%d outputs, want 600", len(got))
	}
	for i, c := range got {
		if c != uint64(i/2+1) {
			t.Fatalf("output %d is of record %d", i, c)
		}
	}
}

func TestCloseGivesUpAndSaysWhatIsLost(t *testing.T) {
	srv := startExternal(t, t.TempDir(), -1)
	s := embeddedStore(t)
	s.cfg.Dir, s.cfg.URL, s.cfg.CloseTimeout, s.cfg.AckTimeout = "", srv.ClientURL(), 300*time.Millisecond, 100*time.Millisecond
	j := s.open(t)
	appendAll(t, j, 1, 0, 1, 1)
	flush(t, j)
	stopServer(srv)
	appendAll(t, j, 1, 1, 2, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := j.Flush(ctx); err == nil || !strings.Contains(err.Error(), "not stored") {
		t.Errorf("flush: %v", err)
	}
	began := time.Now()
	err := j.Close()
	if err == nil || !strings.Contains(err.Error(), "not stored") || time.Since(began) > 3*time.Second {
		t.Errorf("close after %s: %v", time.Since(began), err)
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  Config
		want []string
	}{
		"nothing given":    {Config{}, []string{"data_dir", "nats.url"}},
		"folder is a file": {Config{Dir: file}, []string{file, "data_dir"}},
		"no server":        {Config{URL: "nats://user:secret@127.0.0.1:1"}, []string{"127.0.0.1:1", "nats.url"}},
		"bad listener":     {Config{Dir: t.TempDir(), Listen: "nonsense"}, []string{"journal.listen", "host:port"}},
		"store too small":  {Config{Dir: t.TempDir(), MaxStore: 1 << 20, MaxBytes: 2 << 20}, []string{framesStream, "journal.max_bytes"}},
	} {
		t.Run(name, func(t *testing.T) {
			j, err := Open(t.Context(), c.cfg)
			if err == nil {
				j.Close()
				t.Fatal("opened")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %s", err, want)
				}
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%q tells a secret", err)
			}
		})
	}
}

func TestListenerServesReaders(t *testing.T) {
	s := embeddedStore(t)
	s.cfg.Listen = "127.0.0.1:-1"
	j := s.open(t)
	appendAll(t, j, 1, 0, 5, 1)
	flush(t, j)
	reader := &store{cfg: Config{URL: j.node.srv.ClientURL()}}
	other := reader.open(t)
	if got, gaps := read(t, other, 0); len(got) != 5 || len(gaps) != 0 {
		t.Errorf("%d records over the listener, gaps %v", len(got), gaps)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}
