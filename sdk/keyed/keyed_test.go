package keyed

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// small makes a sweep take a few entries, so that tests with a few see all of it.
func small(t *testing.T) {
	t.Helper()
	parts, least, first := sweepParts, sweepLeast, readFirst
	sweepParts, sweepLeast, readFirst = 4, 2, 1
	t.Cleanup(func() { sweepParts, sweepLeast, readFirst = parts, least, first })
}

var numbers = Codec[uint16, uint64]{
	AppendKey: func(b []byte, k uint16) []byte { return binary.BigEndian.AppendUint16(b, k) },
	ReadKey:   func(r *pack.Reader) uint16 { return uint16(r.Byte())<<8 | uint16(r.Byte()) },
	Append:    func(b []byte, v *uint64) []byte { return pack.AppendUvarint(b, *v) },
	Read:      func(r *pack.Reader, v *uint64) { *v = r.Uvarint() },
}

// world is a monitor's memory: two maps and a rest.
type world struct {
	rest  struct{ Steps int }
	coins *Map[uint16, uint64]
	done  *Map[uint16, struct{}]
	state *State
}

func newWorld() *world {
	w := &world{coins: NewMap(numbers), done: NewMap(Codec[uint16, struct{}]{AppendKey: numbers.AppendKey, ReadKey: numbers.ReadKey})}
	w.state = NewState(&w.rest, w.coins, w.done)
	return w
}

// step is what a record does to it.
type step struct {
	call int
	key  uint16
}

func (w *world) do(s step) {
	w.rest.Steps++
	switch s.call {
	case 0, 1:
		*w.coins.Put(s.key) += uint64(w.rest.Steps)
	case 2:
		if v := w.coins.Touch(s.key); v != nil {
			*v *= 3
		}
	case 3:
		if v := w.coins.Change(s.key); v != nil {
			*v++
		}
	case 4:
		if w.coins.Delete(s.key) {
			w.done.Put(s.key)
		}
	case 5:
		w.coins.DeleteOldest()
	case 6:
		w.done.DeleteOldest()
	}
}

// print is all that can be seen of it.
func (w *world) print() string {
	var b strings.Builder
	fmt.Fprint(&b, w.rest.Steps)
	for k, v := range w.coins.All() {
		fmt.Fprintf(&b, " %d=%d", k, v)
	}
	for k := range w.done.All() {
		fmt.Fprintf(&b, " %d", k)
	}
	return b.String()
}

func (w *world) whole(t interface{ Fatal(args ...any) }) []byte {
	data, parts, err := w.state.AppendPart(nil, true)
	if err != nil || parts != 1 {
		t.Fatal(parts, err)
	}
	return data
}

// Whatever happens, and wherever it crashes, the parts of the last checkpoint and the steps after it make the same memory as all steps
// without a crash: entry by entry, in the same order, and byte by byte when it is written whole.
func TestPartsMakeTheState(t *testing.T) {
	small(t)
	rapid.Check(t, func(t *rapid.T) {
		undisturbed, w := newWorld(), newWorld()
		var parts [][]byte  // of the last checkpoint
		base := false       // the host has the last checkpoint that the monitor made
		var replayed []step // after it
		keys := rapid.Uint16Range(0, uint16(rapid.SampledFrom([]int{3, 30, 300}).Draw(t, "keys")))
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			switch what := rapid.IntRange(0, 19).Draw(t, "what"); what {
			case 0: // crash
				w = newWorld()
				if rapid.Bool().Draw(t, "lazy") {
					w.state.Lazy()
				}
				if parts != nil {
					older := slices.Clone(parts)
					for i := range rapid.IntRange(0, len(parts)).Draw(t, "older") {
						older[i] = withoutLengths(t, older[i])
					}
					if err := w.state.LoadParts(sdk.PartsOf(older...)); err != nil {
						t.Fatalf("restore %d parts: %v", len(parts), err)
					}
				}
				base = parts != nil
				for _, s := range replayed {
					w.do(s)
				}
			case 1, 2, 3, 4: // checkpoint, which the host may lose
				data, n, err := w.state.AppendPart(nil, !base)
				if err != nil || n > len(parts)+1 || (!base && n != 1) {
					t.Fatalf("part says %d parts after %d (base %t): %v", n, len(parts), base, err)
				}
				if base = what > 1; base {
					parts = append(slices.Clone(parts[len(parts)-(n-1):]), data)
					replayed = replayed[:0]
				}
			case 5:
				w.state.Settle(rapid.IntRange(0, 50).Draw(t, "settle"))
			default:
				s := step{rapid.IntRange(0, 6).Draw(t, "call"), keys.Draw(t, "key")}
				undisturbed.do(s)
				w.do(s)
				replayed = append(replayed, s)
			}
			if len(parts) > mostParts {
				t.Fatalf("%d parts", len(parts))
			}
		}
		if got, want := w.print(), undisturbed.print(); got != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
		if !bytes.Equal(w.whole(t), undisturbed.whole(t)) {
			t.Fatal("whole states differ")
		}
	})
}

// withoutLengths makes a part of a world what an older version of this package would have written.
func withoutLengths(t interface{ Fatal(args ...any) }, part []byte) []byte {
	r := pack.NewReader(part)
	number := func(b []byte) ([]byte, uint64) {
		n := r.Uvarint()
		return pack.AppendUvarint(b, n), n
	}
	key := func(b []byte) []byte { return numbers.AppendKey(b, numbers.ReadKey(r)) }
	r.Byte()
	b := pack.AppendText([]byte{formatWithoutLengths}, r.Text())
	b, maps := number(b)
	for range maps {
		var n uint64
		for range 5 {
			b, _ = number(b)
		}
		b, n = number(b)
		for range n {
			b = key(b)
		}
		b, n = number(b)
		for range n {
			b, _ = number(key(b))
			if length := r.Uvarint(); length > 0 {
				b, _ = number(b)
			}
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return b
}

// A long life needs few parts, none of them large, and all of them: without one the state is refused, never wrong. A process that is
// restored after every one of them needs no more.
func TestPartsStayFewAndAllCount(t *testing.T) {
	t.Run("one process", func(t *testing.T) { fewParts(t, false) })
	t.Run("restarts", func(t *testing.T) { fewParts(t, true) })
}

func fewParts(t *testing.T, restarts bool) {
	t.Helper()
	w := newWorld()
	for key := range uint16(20_000) {
		w.do(step{0, key})
	}
	first := w.whole(t)
	parts := [][]byte{first}
	for round := range uint16(200) {
		for key := range uint16(100) {
			w.do(step{int(key) % 6, (round*7919 + key*31) % 25_000})
		}
		data, n, err := w.state.AppendPart(nil, false)
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts[len(parts)-(n-1):], data)
		if restarts {
			w = newWorld()
			if err := w.state.LoadParts(sdk.PartsOf(parts...)); err != nil {
				t.Fatal(err)
			}
		}
		if len(parts) > sweepParts*5/4 || len(data) > len(first)/10 {
			t.Fatalf("after %d parts: %d are needed, the last has %d bytes of %d", round+1, len(parts), len(data), len(first))
		}
	}
	back := newWorld()
	if err := back.state.LoadParts(sdk.PartsOf(parts...)); err != nil || back.print() != w.print() {
		t.Fatalf("restored state differs (%v)", err)
	}
	for i := range parts {
		// The oldest may hold nothing any more that later ones do not.
		back := newWorld()
		if err := back.state.LoadParts(sdk.PartsOf(slices.Delete(slices.Clone(parts), i, i+1)...)); err == nil && (i > 0 || back.print() != w.print()) {
			t.Errorf("part %d of %d is missing, and nothing is said", i+1, len(parts))
		}
	}
	swapped := slices.Clone(parts)
	swapped[0], swapped[len(parts)-1] = swapped[len(parts)-1], swapped[0]
	if err := newWorld().state.LoadParts(sdk.PartsOf(swapped...)); err == nil {
		t.Error("parts in the wrong order are taken")
	}
}

// Bytes that no AppendPart wrote give an error, never a panic.
func FuzzLoadParts(f *testing.F) {
	w := newWorld()
	for key := range uint16(20) {
		w.do(step{int(key) % 6, key})
	}
	whole := w.whole(f)
	w.do(step{4, 3})
	part, _, err := w.state.AppendPart(nil, false)
	f.Add(whole, part)
	f.Add(whole, withoutLengths(f, part))
	f.Add([]byte{}, []byte{1})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		w, lazy := newWorld(), newWorld()
		lazy.state.Lazy()
		taken, late := w.state.LoadParts(sdk.PartsOf(a, b)), lazy.state.LoadParts(sdk.PartsOf(a, b))
		if taken == nil && (late != nil || !bytes.Equal(w.whole(t), lazy.whole(t))) {
			t.Fatalf("a lazy state is another: %v", late)
		}
	})
}

func TestMapsOfAnotherProgram(t *testing.T) {
	one := NewState(nil, NewMap(numbers))
	data, _, err := newWorld().state.AppendPart(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"a map less":  one.LoadParts(sdk.PartsOf(data)),
		"no part":     one.LoadParts(sdk.PartsOf()),
		"cut short":   newWorld().state.LoadParts(sdk.PartsOf(data[:len(data)-1])),
		"too long":    newWorld().state.LoadParts(sdk.PartsOf(append(slices.Clone(data), 0))),
		"format":      newWorld().state.LoadParts(sdk.PartsOf(append([]byte{9}, data[1:]...))),
		"rest is bad": newWorld().state.LoadParts(sdk.PartsOf(bytes.Replace(data, []byte("{"), []byte("["), 1))),
	} {
		if err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
	if _, _, err := NewState(&refusing{}).AppendPart(nil, true); err == nil {
		t.Error("a rest that cannot be saved was saved")
	}
}

type refusing struct{}

func (*refusing) AppendBinary([]byte) ([]byte, error) { return nil, errors.New("no") }

// When nobody saves, what is noted stays bounded, and the next part is whole.
func TestNobodySaves(t *testing.T) {
	w := newWorld()
	w.whole(t)
	for n := range 100_000 {
		w.do(step{[]int{0, 5}[n%2], uint16(n)})
	}
	if !w.coins.lost || cap(w.coins.gone) > 0 {
		t.Errorf("%d keys are noted as gone", len(w.coins.gone))
	}
	data, parts, err := w.state.AppendPart(nil, false)
	if err != nil || parts != 1 {
		t.Fatalf("%d parts, %v", parts, err)
	}
	if back := newWorld(); back.state.LoadParts(sdk.PartsOf(data)) != nil || back.print() != w.print() {
		t.Error("restored state differs")
	}
}
