package dextest

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
	"github.com/weir-run/weir/host/internal/dex/layout"
)

// vectors are bytes of the chain, each with what an independent decoder read in them.
//
//go:embed testdata/vectors.jsonl
var vectors []byte

// Vector returns one golden event or account by its name, A1 to A28: its bytes, and its fields for Check.
func Vector(tb testing.TB, id string) *Event {
	tb.Helper()
	lines := bufio.NewScanner(bytes.NewReader(vectors))
	for lines.Scan() {
		var v struct {
			ID     string
			Title  string
			Base64 string
			Fields map[string]any
		}
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			tb.Fatal(err)
		}
		if v.ID != id {
			continue
		}
		b, err := base64.StdEncoding.DecodeString(v.Base64)
		if err != nil {
			tb.Fatal(err)
		}
		return &Event{File: v.ID + " " + v.Title, Name: v.Title, Fields: v.Fields, Bytes: b}
	}
	tb.Fatalf("no vector %s", id)
	return nil
}

// Golden parses vectors, compares every field that is known, and writes each back to the same bytes.
func Golden(t *testing.T, parse Parser, alias map[string]string, ids ...string) {
	t.Helper()
	for _, id := range ids {
		e := Vector(t, id)
		v, extent, err := parse(e.Bytes)
		if err != nil || extent.Tail != 0 {
			t.Errorf("%s: %v, %d bytes left", e.File, err, extent.Tail)
			continue
		}
		e.Check(t, v, alias)
		if got := v.Append(nil); !bytes.Equal(got, e.Bytes) {
			t.Errorf("%s: written back it differs", e.File)
		}
	}
}

// GoldenRare does the same for vectors that are read by table.
func GoldenRare(t *testing.T, tables []*layout.Layout, ids ...string) {
	t.Helper()
	for _, id := range ids {
		e := Vector(t, id)
		at := slices.IndexFunc(tables, func(l *layout.Layout) bool { return l.Tag == dex.Tag(e.Bytes) })
		if at < 0 {
			t.Errorf("%s: no table", e.File)
			continue
		}
		v, err := tables[at].Parse(e.Bytes)
		if err != nil || v.Tail != 0 || !bytes.Equal(v.Append(nil), e.Bytes) {
			t.Errorf("%s: %v, %d bytes left", e.File, err, v.Tail)
		}
		for name, want := range e.Fields {
			field := tables[at].Index(name)
			got := strconv.FormatUint(v.Uint64(field), 10)
			if key := v.Key(field); key != nil {
				got = dex.Key(key).String()
			}
			if got != want {
				t.Errorf("%s: %s is %s, want %v", e.File, name, got, want)
			}
		}
	}
}

// Sizes checks a table's discriminator and the length of every historic form.
func Sizes(t *testing.T, l *layout.Layout, tag uint64, want ...int) {
	t.Helper()
	var sizes []int
	for _, fields := range l.Groups {
		sizes = append(sizes, l.Size(fields))
	}
	if l.Tag != tag || !slices.Equal(sizes, want) {
		t.Errorf("%s %x has sizes %v, want %x %v", l.Name, l.Tag, sizes, tag, want)
	}
}
