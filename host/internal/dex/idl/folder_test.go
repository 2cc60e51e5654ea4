package idl_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/idl"
)

// record is a log that can be read while it is written.
type record struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (r *record) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(b)
}

func (r *record) count(part string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Count(r.text.String(), part)
}

func write(tb testing.TB, path, text string) {
	tb.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func within(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	tb.Fatalf("not within 5 s: %s", what)
}

// The order is one that an operator goes through: a good and a bad IDL at start, one dropped in, one made worse, mended, taken away.
func TestFolderFollowsItsFiles(t *testing.T) {
	dir, said := t.TempDir(), &record{}
	pump, swap := filepath.Join(dir, "a-pump.json"), filepath.Join(dir, "b-swap.json")
	write(t, pump, string(testdata(t, "pump-030.json")))
	write(t, filepath.Join(dir, "c-broken.json"), `{"address":`)
	write(t, filepath.Join(dir, "readme.txt"), "not an IDL")
	write(t, filepath.Join(dir, "d-same.json"), string(testdata(t, "pump-029.json")))
	changes := make(chan struct{}, 100)
	f, err := idl.Open(idl.FolderConfig{
		Dir: dir, Every: 5 * time.Millisecond, Log: slog.New(slog.NewTextHandler(said, nil)), Changed: func() { changes <- struct{}{} },
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Programs(); len(got) != 1 || got[0] != dex.Pump.String() {
		t.Errorf("programs %v", got)
	}
	problems := f.Problems()
	if len(problems) != 2 || !strings.Contains(problems[0].Error(), "c-broken.json: is not JSON") || !strings.Contains(problems[1].Error(), "a-pump.json has the same program") {
		t.Errorf("problems %v", problems)
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := f.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer stop()

	write(t, swap, `{"address":"`+dex.PumpSwap.String()+`","events":[{"name":"E","fields":[]}]}`)
	within(t, "the new IDL is there", func() bool { return f.Set().Program(dex.PumpSwap[:]) != nil })
	<-changes

	before := f.Set().Program(dex.Pump[:])
	if _, err := before.Event([]byte("unknown!")); err == nil {
		t.Fatal("an event of no layout was accepted")
	}
	write(t, pump, `{"address":"half`)
	within(t, "the half-written IDL is refused", func() bool { return len(f.Problems()) == 3 })
	if f.Set().Program(dex.Pump[:]) == nil {
		t.Error("the last good version is gone")
	}
	write(t, pump, `{"address":"`+dex.Pump.String()+`","version":"9","events":[{"name":"E","fields":[]}]}`)
	within(t, "the mended IDL is there", func() bool { return f.Set().Program(dex.Pump[:]).Version == "9" })
	if s := f.Set().Program(dex.Pump[:]).Stats(); s.Unknown != 1 {
		t.Errorf("counters began anew: %+v", s)
	}
	if err := os.Remove(swap); err != nil {
		t.Fatal(err)
	}
	within(t, "the removed IDL is gone", func() bool { return f.Set().Program(dex.PumpSwap[:]) == nil })

	if err := os.Rename(dir, filepath.Join(t.TempDir(), "elsewhere")); err != nil { // at once: of a folder that is emptied first, the IDLs go
		t.Fatal(err)
	}
	within(t, "the missing folder is told of", func() bool { return said.count("cannot be read") > 0 })
	if f.Set().Len() != 1 {
		t.Errorf("%d programs after the folder went", f.Set().Len())
	}
	if n := said.count("c-broken.json"); n > 2 {
		t.Errorf("the same broken file was told of %d times", n)
	}
}

func TestFolderMustExist(t *testing.T) {
	if _, err := idl.Open(idl.FolderConfig{Dir: filepath.Join(t.TempDir(), "none")}); err == nil || !strings.Contains(err.Error(), "read IDL folder") {
		t.Errorf("got %v", err)
	}
}

func TestEmptySet(t *testing.T) {
	var s *idl.Set
	if s.Len() != 0 || s.Program(dex.Pump[:]) != nil || s.Named([]byte("x")) != nil || s.Programs() != nil {
		t.Error("a nil set holds something")
	}
}
