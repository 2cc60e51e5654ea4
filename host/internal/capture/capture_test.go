package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/capture"
)

// update is one that was written.
type update struct {
	received int64
	raw      string
}

func readAll(tb testing.TB, r *capture.Reader) []update {
	tb.Helper()
	var out []update
	for {
		received, raw, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, update{received, string(raw)})
	}
}

func open(tb testing.TB, b []byte) *capture.Reader {
	tb.Helper()
	r, err := capture.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// write makes a capture with a frame for each list of updates, and returns its bytes.
func write(tb testing.TB, frames ...[]update) []byte {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "x.weircap")
	w, err := capture.Create(capture.WriterConfig{Path: path, Header: capture.Header{Commitment: "confirmed", Started: time.Unix(1, 2).UTC()}})
	if err != nil {
		tb.Fatal(err)
	}
	for _, frame := range frames {
		for _, u := range frame {
			if err := w.Write(u.received, []byte(u.raw)); err != nil {
				tb.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		one := rapid.Custom(func(rt *rapid.T) update {
			return update{rapid.Int64().Draw(rt, "received"), string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(rt, "raw"))}
		})
		frames := rapid.SliceOfN(rapid.SliceOfN(one, 0, 6), 0, 5).Draw(rt, "frames")
		var want []update
		for _, f := range frames {
			want = append(want, f...)
		}
		r := open(t, write(t, frames...))
		if got := readAll(t, r); fmt.Sprint(got) != fmt.Sprint(want) {
			rt.Errorf("got %v, want %v", got, want)
		}
		if d := r.Damage(); d != (capture.Damage{}) {
			rt.Errorf("damage %+v", d)
		}
	})
}

func TestHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.weircap")
	want := capture.Header{Weir: "1.2", Started: time.Unix(5, 7).UTC(), Endpoint: "e", Commitment: "finalized", Programs: []string{"a", "b"}, Failed: true}
	w, err := capture.Create(capture.WriterConfig{Path: path, Header: want})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := capture.Create(capture.WriterConfig{Path: path}); err == nil || !strings.Contains(err.Error(), "exists already") {
		t.Errorf("an existing capture was overwritten: %v", err)
	}
	if err := errors.Join(w.Close(), w.Close()); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(1, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("written after the close: %v", err)
	}
	r, err := capture.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	want.Format = capture.Format
	if got := r.Header(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got := readAll(t, r); got != nil {
		t.Errorf("an empty capture holds %v", got)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if !capture.Is(path) || capture.Is(path+"x") || capture.Is("capture_test.go") {
		t.Error("Is does not tell captures from others")
	}
}

// A recorder that was killed leaves any beginning of a file. Whole frames of it are read, the rest is told.
func TestTornTail(t *testing.T) {
	frames := [][]update{{{1, "one"}, {2, "two"}}, {{3, strings.Repeat("three", 50)}}, {{4, "four"}}}
	whole := write(t, frames...)
	ends := map[int]int{} // length of file to updates
	for n := range len(frames) + 1 {
		count := 0
		for _, f := range frames[:n] {
			count += len(f)
		}
		ends[len(write(t, frames[:n]...))] = count
	}
	first := len(write(t))
	expect, boundary := 0, 0
	for n := first; n <= len(whole); n++ {
		if count, ok := ends[n]; ok {
			expect, boundary = count, n
		}
		r := open(t, whole[:n])
		if got := len(readAll(t, r)); got != expect {
			t.Fatalf("%d of %d bytes: %d updates, want %d", n, len(whole), got, expect)
		}
		d := r.Damage()
		if cut := int64(n - boundary); d.Bytes != cut || d.Tail != (cut > 0) || (d.Reason == "") != (cut == 0) {
			t.Fatalf("%d of %d bytes: damage %+v, want %d bytes", n, len(whole), d, cut)
		}
	}
	for n := range first {
		if _, err := capture.NewReader(bytes.NewReader(whole[:n]), int64(n)); !errors.Is(err, capture.ErrNotCapture) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
}

// Any byte that is wrong costs its own frame, and nothing else is made up.
func TestDamageCostsItsFrame(t *testing.T) {
	frames := [][]update{{{1, "one"}}, {{2, "two"}}, {{3, "three"}}}
	whole := write(t, frames...)
	first := len(write(t))
	for n := first; n < len(whole); n++ {
		broken := bytes.Clone(whole)
		broken[n] ^= 0x55
		r := open(t, broken)
		got := readAll(t, r)
		if len(got) != 2 {
			t.Fatalf("byte %d: got %v", n, got)
		}
		if d := r.Damage(); d.Places != 1 || d.Reason == "" {
			t.Fatalf("byte %d: damage %+v", n, d)
		}
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	w, err := capture.Create(capture.WriterConfig{Path: filepath.Join(dir, "x.weircap"), RotateBytes: 600})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if err := w.Write(int64(i), bytes.Repeat([]byte{byte(i)}, 10+i)); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	written := w.Written()
	if len(written.Files) < 2 || written.Updates != 10 || written.Frames != 10 || filepath.Base(written.Files[1]) != "x.1.weircap" {
		t.Fatalf("written %+v", written)
	}
	if parts := capture.Parts(filepath.Join(dir, "x.weircap")); !slices.Equal(parts, written.Files) {
		t.Errorf("parts are %v, written were %v", parts, written.Files)
	}
	next, size := int64(0), uint64(0)
	for part, path := range written.Files {
		r, err := capture.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if r.Header().Part != part {
			t.Errorf("%s is part %d", path, r.Header().Part)
		}
		for _, u := range readAll(t, r) {
			if u.received != next {
				t.Errorf("%s: update %d, want %d", path, u.received, next)
			}
			next++
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += uint64(info.Size())
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if next != 10 || size != written.Bytes {
		t.Errorf("%d updates in %d bytes; written %+v", next, size, written)
	}
}

// Large updates close frames by themselves.
func TestFramesAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.weircap")
	w, err := capture.Create(capture.WriterConfig{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if err := w.Write(int64(i), make([]byte, 700<<10)); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.Written(); got.Frames != 2 {
		t.Errorf("%d frames before the close, want 2", got.Frames)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := capture.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := readAll(t, r); len(got) != 5 {
		t.Errorf("%d updates, want 5", len(got))
	}
}

// FuzzReader reads anything: no panic, an end, and no more than the file can hold.
func FuzzReader(f *testing.F) {
	whole := write(f, []update{{1, "one"}, {2, "two"}}, []update{{3, "three"}})
	f.Add(whole)
	f.Add(whole[:len(whole)-3])
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := capture.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		defer r.Close()
		readAll(t, r)
		if d := r.Damage(); d.Bytes < 0 || (d.Bytes > 0) != (d.Reason != "") {
			t.Errorf("damage %+v of %d bytes", d, len(b))
		}
	})
}
