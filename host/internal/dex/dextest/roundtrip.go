package dextest

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
)

// Value is something that is read from bytes and written back: a pointer to an event, a log or an instruction.
type Value interface{ Append(dst []byte) []byte }

// Parser reads a value and tells how much of the bytes it used.
type Parser func(b []byte) (Value, dex.Extent, error)

// Fill gives every exported field of the struct under v a drawn value, with the edges of its range among them. It leaves an Extent and
// the fields named in keep alone.
func Fill(t *rapid.T, v any, keep ...string) {
	s := reflect.ValueOf(v).Elem()
	for i := range s.NumField() {
		f := s.Type().Field(i)
		if f.Type == reflect.TypeFor[dex.Extent]() || slices.Contains(keep, f.Name) {
			continue
		}
		s.Field(i).Set(reflect.ValueOf(draw(t, f.Name, f.Type)).Convert(f.Type))
	}
}

var word = rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, math.MaxInt64, math.MaxUint64}))

func draw(t *rapid.T, name string, of reflect.Type) any {
	switch {
	case of == reflect.TypeFor[dex.Key]():
		return dex.Key(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, name))
	case of == reflect.TypeFor[dex.Int128]():
		return dex.Int128{Hi: int64(word.Draw(t, name)), Lo: word.Draw(t, name)}
	case of == reflect.TypeFor[dex.Uint128]():
		return dex.Uint128{Hi: word.Draw(t, name), Lo: word.Draw(t, name)}
	case of.Kind() == reflect.Bool:
		return rapid.Bool().Draw(t, name)
	case of.Kind() == reflect.Slice && of.Name() != "": // a list of wire items of 34 bytes
		n := 34 * rapid.IntRange(0, 3).Draw(t, name)
		return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, name)
	case of.Kind() == reflect.Slice:
		return rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, name)
	}
	v := reflect.New(of).Elem()
	if v.CanInt() {
		v.SetInt(int64(word.Draw(t, name)))
	} else {
		v.SetUint(word.Draw(t, name) & (math.MaxUint64 >> (64 - of.Bits())))
	}
	return v.Interface()
}

// Equal tells whether two values are the same but for their Extent, which it clears in both.
func Equal(a, b any) bool {
	for _, v := range []any{a, b} {
		if f := reflect.ValueOf(v).Elem().FieldByName("Extent"); f.IsValid() {
			f.SetZero()
		}
	}
	return reflect.DeepEqual(a, b)
}

// RoundTrip checks that a value made by fill comes back from its newest layout, and that every cut of those bytes gives the fields
// before the cut and writes them back. Cuts into the oldest layout are errors.
func RoundTrip(t *testing.T, fill func(*rapid.T) Value, parse Parser) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		v := fill(t)
		whole := v.Append(nil)
		got, extent, err := parse(whole)
		if err != nil || extent.Tail != 0 {
			t.Fatalf("%d bytes: %v, %d left", len(whole), err, extent.Tail)
		}
		if !bytes.Equal(got.Append(nil), whole) {
			t.Fatalf("written back it differs")
		}
		long, extent, err := parse(append(bytes.Clone(whole), 1, 2, 3))
		if err != nil || extent.Tail != 3 || !bytes.Equal(long.Append(nil), whole) {
			t.Fatalf("with 3 stray bytes: %v, %d left", err, extent.Tail)
		}
		fields := extent.Fields
		for n := len(whole); n >= 0; n-- {
			cut, extent, err := parse(whole[:n])
			if err != nil {
				continue
			}
			if extent.Fields > fields {
				t.Fatalf("cut to %d bytes it has more fields than before", n)
			}
			fields = extent.Fields
			if back := cut.Append(nil); !bytes.Equal(back, whole[:n-extent.Tail]) {
				t.Fatalf("cut to %d bytes, %d left: written back it differs", n, extent.Tail)
			}
		}
		if !Equal(got, v) {
			t.Fatalf("read back %+v, want %+v", got, v)
		}
	})
}

// Stable checks what must hold for any bytes: no panic, no more used than given, and what was read once reads the same again.
func Stable(t *testing.T, b []byte, parse Parser) {
	t.Helper()
	v, extent, err := parse(b)
	if err != nil {
		return
	}
	if extent.Tail < 0 || extent.Tail > len(b) {
		t.Fatalf("%d of %d bytes left", extent.Tail, len(b))
	}
	once := v.Append(nil)
	w, extent, err := parse(once)
	if err != nil || extent.Tail != 0 {
		t.Fatalf("what it writes it cannot read: %v, %d left", err, extent.Tail)
	}
	if twice := w.Append(nil); !bytes.Equal(once, twice) {
		t.Fatalf("written %x, then %x", once, twice)
	}
}
