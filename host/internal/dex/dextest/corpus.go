// Package dextest gives tests the real events of the corpus, with what an independent decoder read in them.
package dextest

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/dex"
)

// Corpus returns the folder of real transactions: WEIR_CORPUS, or shared/corpus beside the repository. Without one it skips the
// test.
func Corpus(tb testing.TB) string {
	tb.Helper()
	dir := os.Getenv("WEIR_CORPUS")
	if dir == "" {
		dir = filepath.Join(root(tb), "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		tb.Skipf("no corpus of real transactions at %s: set WEIR_CORPUS to its folder", dir)
	}
	return dir
}

// root walks up to the folder that holds go.work.
func root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	tb.Skip("no go.work above the test: set WEIR_CORPUS to the folder of real transactions")
	return ""
}

// Event is one event of the corpus.
type Event struct {
	File   string         `json:"file"`
	Venue  string         `json:"venue"`
	Name   string         `json:"event"`
	Via    string         `json:"via"` // cpi or log
	Outer  int            `json:"outer"`
	Inner  int            `json:"inner"`
	Line   int            `json:"log_line"`
	Extra  int            `json:"extra_bytes"`
	Fields map[string]any `json:"fields"`
	// Bytes begin with the discriminator, or with the type of a ray_log.
	Bytes []byte `json:"-"`
}

// Events returns the corpus's events of one venue and name.
func Events(tb testing.TB, venue, name string) []Event {
	tb.Helper()
	dir := Corpus(tb)
	var events []Event
	eachLine(tb, filepath.Join(dir, "decoded-events.jsonl"), func(line string) {
		var e Event
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&e); err != nil {
			tb.Fatal(err)
		}
		if e.Venue == venue && e.Name == name {
			e.Bytes = e.read(tb)
			events = append(events, e)
		}
	})
	if len(events) == 0 {
		tb.Fatalf("the corpus has no %s %s", venue, name)
	}
	return events
}

// Listed is one of the corpus's single instructions.
type Listed struct {
	Venue    string `json:"venue"`
	Name     string `json:"ix"`
	Hex      string `json:"data_hex"`
	Accounts []struct {
		Key string `json:"pubkey"`
	} `json:"accounts"`
}

// Instructions returns the single instructions of one venue.
func Instructions(tb testing.TB, venue string) []Listed {
	tb.Helper()
	var list []Listed
	eachLine(tb, filepath.Join(Corpus(tb), "instructions.jsonl"), func(line string) {
		var in Listed
		if err := json.Unmarshal([]byte(line), &in); err != nil {
			tb.Fatal(err)
		}
		if in.Venue == venue {
			list = append(list, in)
		}
	})
	if len(list) == 0 {
		tb.Fatalf("the corpus has no instruction of %s", venue)
	}
	return list
}

func eachLine(tb testing.TB, path string, visit func(line string)) {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		visit(lines.Text())
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
}

func (e *Event) read(tb testing.TB) []byte {
	tb.Helper()
	tx := Load(tb, e.File)
	if e.Via == "log" {
		line := tx.Meta.LogMessages[e.Line]
		b, err := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
		if err != nil {
			tb.Fatalf("%s: log line %d: %v", e.File, e.Line, err)
		}
		return b
	}
	for _, group := range tx.Meta.InnerInstructions {
		if group.Index != e.Outer {
			continue
		}
		b, ok := dex.CutEvent(Base58(tb, group.Instructions[e.Inner].Data))
		if !ok {
			tb.Fatalf("%s: instruction %d.%d is not an event", e.File, e.Outer, e.Inner)
		}
		return b
	}
	tb.Fatalf("%s: no inner instructions of %d", e.File, e.Outer)
	return nil
}

// Check compares every field that the corpus knows with the field of a parsed event, a pointer to a struct. alias names fields that the
// struct calls otherwise.
func (e *Event) Check(tb testing.TB, parsed any, alias map[string]string) {
	tb.Helper()
	v := reflect.ValueOf(parsed).Elem()
	for name, want := range e.Fields {
		field := camel(name)
		if a, ok := alias[name]; ok {
			field = a
		}
		f := v.FieldByName(field)
		if !f.IsValid() {
			tb.Errorf("%s: no field %s for %s", e.File, field, name)
			continue
		}
		if got := show(f); got != fmt.Sprint(want) {
			tb.Errorf("%s: %s is %s, the corpus has %v", e.File, field, got, want)
		}
	}
}

func camel(snake string) string {
	if snake == "uri" {
		return "URI"
	}
	var b strings.Builder
	for part := range strings.SplitSeq(snake, "_") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// show prints a value as the corpus does.
func show(f reflect.Value) string {
	switch v := f.Interface().(type) {
	case []byte:
		return string(v)
	case fmt.Stringer:
		return v.String()
	}
	if f.Kind() == reflect.Slice && f.Len() == 0 {
		return "[]"
	}
	return fmt.Sprint(f.Interface())
}
