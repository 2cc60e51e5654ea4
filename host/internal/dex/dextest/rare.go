package dextest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/layout"
)

// Known is what is known of an event's bytes from elsewhere than its table.
type Known = struct {
	Name  string
	Tag   uint64
	Sizes []int // of every historic form, with lists empty and options absent
}

// Rare checks tables against what is known of them, and every historic form of each: what is written reads the same again,
// and a longer tail is tolerated and counted.
func Rare(t *testing.T, layouts []*layout.Layout, known []Known) {
	t.Helper()
	if len(layouts) != len(known) {
		t.Fatalf("%d layouts, %d known", len(layouts), len(known))
	}
	for i, l := range layouts {
		k := known[i]
		var sizes []int
		for _, fields := range l.Groups {
			sizes = append(sizes, l.Size(fields))
		}
		if l.Name != k.Name || l.Tag != k.Tag || !slices.Equal(sizes, k.Sizes) {
			t.Errorf("%s %x has sizes %v, want %s %x %v", l.Name, l.Tag, sizes, k.Name, k.Tag, k.Sizes)
		}
		rapid.Check(t, func(t *rapid.T) {
			for n, fields := range l.Groups {
				history(t, l, n, fields)
			}
		})
	}
}

func history(t *rapid.T, l *layout.Layout, form, fields int) {
	var raw [][]byte
	for _, f := range l.Fields[:fields] {
		n := f.Size
		switch f.Kind {
		case layout.List:
			n *= rapid.IntRange(0, 3).Draw(t, f.Name+" items")
		case layout.Option:
			n *= rapid.IntRange(0, 1).Draw(t, f.Name+" there")
		case layout.Fixed:
		}
		raw = append(raw, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, f.Name))
	}
	b := l.Make(raw...).Append(nil)
	tail := rapid.SliceOfN(rapid.Byte(), 1, 40).Draw(t, "tail")
	for _, stray := range [][]byte{nil, tail} {
		if len(stray) > 0 && form < len(l.Groups)-1 {
			continue // it would be read as the fields of the next form
		}
		v, err := l.Parse(slices.Concat(b, stray))
		if err != nil || v.Tail != len(stray) || int(v.Fields) != fields {
			t.Fatalf("%s of %d fields: %v, %d fields, %d bytes left", l.Name, fields, err, v.Fields, v.Tail)
		}
		for i, want := range raw {
			if !bytes.Equal(v.Raw(i), want) {
				t.Fatalf("%s.%s is %x, want %x", l.Name, l.Fields[i].Name, v.Raw(i), want)
			}
		}
		if !bytes.Equal(v.Append(nil), b) {
			t.Fatalf("%s of %d fields differs when written back", l.Name, fields)
		}
	}
	if _, err := l.Parse(b[:rapid.IntRange(8, l.Size(l.Groups[0])-1).Draw(t, "cut")]); !errors.Is(err, dex.ErrShort) {
		t.Fatalf("%s cut inside of its oldest form: %v", l.Name, err)
	}
	binary.BigEndian.PutUint64(b, ^l.Tag)
	if _, err := l.Parse(b); !errors.Is(err, dex.ErrTag) {
		t.Fatalf("%s with another discriminator: %v", l.Name, err)
	}
}
