// Package dextest gives tests the real events of the corpus, with what an independent decoder read in them.
package dextest

import (
	"bufio"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
	"github.com/weir-run/weir/host/internal/dex"
)

// Corpus returns the folder of real transactions: WEIR_CORPUS, or shared/corpus beside the repository. Without one it skips the
// test.
func Corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("WEIR_CORPUS")
	if dir == "" {
		dir = filepath.Join(root(t), "..", "shared", "corpus")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no corpus of real transactions at %s: set WEIR_CORPUS to its folder", dir)
	}
	return dir
}

// root walks up to the folder that holds go.work.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	t.Skip("no go.work above the test: set WEIR_CORPUS to the folder of real transactions")
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
func Events(t testing.TB, venue, name string) []Event {
	t.Helper()
	dir := Corpus(t)
	var events []Event
	eachLine(t, filepath.Join(dir, "decoded-events.jsonl"), func(line string) {
		var e Event
		d := json.NewDecoder(strings.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&e); err != nil {
			t.Fatal(err)
		}
		if e.Venue == venue && e.Name == name {
			e.Bytes = e.read(t, dir)
			events = append(events, e)
		}
	})
	if len(events) == 0 {
		t.Fatalf("the corpus has no %s %s", venue, name)
	}
	return events
}

// Transaction is what tests read of a getTransaction result.
type Transaction struct {
	Meta struct {
		InnerInstructions []struct {
			Index        int           `json:"index"`
			Instructions []Instruction `json:"instructions"`
		} `json:"innerInstructions"`
		LogMessages     []string `json:"logMessages"`
		LoadedAddresses struct {
			Writable []string `json:"writable"`
			Readonly []string `json:"readonly"`
		} `json:"loadedAddresses"`
		Err any `json:"err"`
	} `json:"meta"`
	Transaction struct {
		Message struct {
			AccountKeys  []string      `json:"accountKeys"`
			Instructions []Instruction `json:"instructions"`
		} `json:"message"`
	} `json:"transaction"`
}

// Instruction is one of its instructions.
type Instruction struct {
	Accounts []int  `json:"accounts"`
	Data     string `json:"data"` // base58
	Program  int    `json:"programIdIndex"`
}

// Load reads a transaction of the corpus by its path there.
func Load(t testing.TB, path string) *Transaction {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(Corpus(t), path))
	if err != nil {
		t.Fatal(err)
	}
	tx := new(Transaction)
	if err := json.Unmarshal(b, tx); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return tx
}

// Keys returns the list into which account indices point.
func (tx *Transaction) Keys() []string {
	keys := append([]string{}, tx.Transaction.Message.AccountKeys...)
	return append(append(keys, tx.Meta.LoadedAddresses.Writable...), tx.Meta.LoadedAddresses.Readonly...)
}

// Each visits every instruction of a program, outer and inner, with the addresses of its accounts.
func (tx *Transaction) Each(t testing.TB, program dex.Key, visit func(data []byte, accounts []string)) {
	t.Helper()
	keys := tx.Keys()
	all := append([]Instruction{}, tx.Transaction.Message.Instructions...)
	for _, group := range tx.Meta.InnerInstructions {
		all = append(all, group.Instructions...)
	}
	for _, in := range all {
		if keys[in.Program] != program.String() {
			continue
		}
		accounts := make([]string, len(in.Accounts))
		for i, at := range in.Accounts {
			accounts[i] = keys[at]
		}
		visit(Base58(t, in.Data), accounts)
	}
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
func Instructions(t testing.TB, venue string) []Listed {
	t.Helper()
	var list []Listed
	eachLine(t, filepath.Join(Corpus(t), "instructions.jsonl"), func(line string) {
		var in Listed
		if err := json.Unmarshal([]byte(line), &in); err != nil {
			t.Fatal(err)
		}
		if in.Venue == venue {
			list = append(list, in)
		}
	})
	if len(list) == 0 {
		t.Fatalf("the corpus has no instruction of %s", venue)
	}
	return list
}

func eachLine(t testing.TB, path string, visit func(line string)) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		visit(lines.Text())
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
}

func (e *Event) read(t testing.TB, dir string) []byte {
	t.Helper()
	tx := Load(t, e.File)
	if e.Via == "log" {
		line := tx.Meta.LogMessages[e.Line]
		b, err := base64.StdEncoding.DecodeString(line[strings.LastIndexByte(line, ' ')+1:])
		if err != nil {
			t.Fatalf("%s: log line %d: %v", e.File, e.Line, err)
		}
		return b
	}
	for _, group := range tx.Meta.InnerInstructions {
		if group.Index != e.Outer {
			continue
		}
		b, ok := dex.CutEvent(Base58(t, group.Instructions[e.Inner].Data))
		if !ok {
			t.Fatalf("%s: instruction %d.%d is not an event", e.File, e.Outer, e.Inner)
		}
		return b
	}
	t.Fatalf("%s: no inner instructions of %d", e.File, e.Outer)
	return nil
}

// Base58 decodes s.
func Base58(t testing.TB, s string) []byte {
	t.Helper()
	if s == "" {
		return nil
	}
	b, err := base58.Decode(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Check compares every field that the corpus knows with the field of a parsed event, a pointer to a struct. alias names fields that the
// struct calls otherwise.
func (e *Event) Check(t testing.TB, parsed any, alias map[string]string) {
	t.Helper()
	v := reflect.ValueOf(parsed).Elem()
	for name, want := range e.Fields {
		field := camel(name)
		if a, ok := alias[name]; ok {
			field = a
		}
		f := v.FieldByName(field)
		if !f.IsValid() {
			t.Errorf("%s: no field %s for %s", e.File, field, name)
			continue
		}
		if got := show(f); got != fmt.Sprint(want) {
			t.Errorf("%s: %s is %s, the corpus has %v", e.File, field, got, want)
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

// Blocks returns the transactions of the corpus's blocks.
func Blocks(t testing.TB) []*Transaction {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(Corpus(t), "blocks", "*.json.gz"))
	if err != nil || len(paths) == 0 {
		t.Fatal("the corpus has no blocks", err)
	}
	var all []*Transaction
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		var block struct {
			Transactions []*Transaction `json:"transactions"`
		}
		z, err := gzip.NewReader(f)
		if err == nil {
			err = json.NewDecoder(z).Decode(&block)
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		f.Close()
		all = append(all, block.Transactions...)
	}
	return all
}
