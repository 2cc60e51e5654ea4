package idl_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/weir-run/weir/host/internal/dex/idl"
)

const address = "6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P"

// with wraps the parts of an IDL.
func with(types, rest string) string {
	return fmt.Sprintf(`{"address":%q,"types":[%s]%s}`, address, types, rest)
}

// event is an IDL with one event E of one field.
func event(fieldType, types string) string {
	return with(types, `,"events":[{"name":"E","fields":[{"name":"x","type":`+fieldType+`}]}]`)
}

func TestBrokenIDLIsRefusedWithPathAndReason(t *testing.T) {
	for name, c := range map[string]struct{ text, path, reason string }{
		"empty":                  {``, "", "is not JSON: line 1"},
		"syntax":                 {"{\n\"a\": 1,\n\"b\": }", "", "is not JSON: line 3"},
		"more behind it":         {`{} {}`, "", "has something behind"},
		"a list":                 {`[]`, "", "is a list, not an object"},
		"no address":             {`{"instructions":[]}`, "", "has no address"},
		"bad address":            {`{"address":"x"}`, "address", `"x" is not a program address`},
		"address a number":       {`{"address":5}`, "address", "is 5, not a string"},
		"nothing in it":          {with("", ""), "", "no instructions, events or accounts"},
		"unknown type":           {event(`"u7"`, ""), "events[0].fields[0].type", `type "u7" is not known`},
		"unknown compound":       {event(`{"hashMap":["u8","u8"]}`, ""), "events[0].fields[0].type.hashMap", `type "hashMap" is not known`},
		"no type":                {with("", `,"events":[{"name":"E","fields":[{"name":"x"}]}]`), "events[0].fields[0]", "has no type"},
		"undefined":              {event(`{"defined":"X"}`, ""), "events[0].fields[0].type.defined", `type "X" is not defined`},
		"generic definition":     {event(`{"defined":{"name":"X"}}`, `{"name":"X","generics":[{"kind":"type","name":"T"}],"type":{"kind":"struct"}}`), "types[0].generics", `type "X" is generic, which cannot be decoded`},
		"generic arguments":      {event(`{"defined":{"name":"X","generics":[{"kind":"type","type":"u8"}]}}`, `{"name":"X","type":{"kind":"struct"}}`), "events[0].fields[0].type.defined.generics", "generic arguments"},
		"generic parameter":      {event(`{"generic":"T"}`, ""), "events[0].fields[0].type.generic", "generic parameter"},
		"generic length":         {event(`{"array":["u8",{"generic":"N"}]}`, ""), "events[0].fields[0].type.array[1]", "generic length"},
		"array of one":           {event(`{"array":["u8"]}`, ""), "events[0].fields[0].type.array", "[type, length]"},
		"negative length":        {event(`{"array":["u8",-1]}`, ""), "events[0].fields[0].type.array[1]", "want a whole number"},
		"huge length":            {event(`{"array":["u8",1e30]}`, ""), "events[0].fields[0].type.array[1]", "want a whole number"},
		"two members":            {event(`{"vec":"u8","option":"u8"}`, ""), "events[0].fields[0].type", "has one member"},
		"holds itself":           {event(`{"defined":"X"}`, `{"name":"X","type":{"kind":"struct","fields":[{"name":"x","type":{"defined":"X"}}]}}`), "events[0]", "holds itself"},
		"alias of itself":        {event(`{"defined":"X"}`, `{"name":"X","type":{"kind":"type","alias":{"defined":"X"}}}`), "events[0]", "holds itself"},
		"array of itself":        {event(`"u8"`, `{"name":"X","type":{"kind":"struct","fields":[{"array":[{"defined":"X"},2]}]}}`), "types[0]", "holds itself"},
		"no kind":                {event(`{"defined":"X"}`, `{"name":"X","type":{}}`), "types[0].type.kind", "want struct, enum or type"},
		"empty enum":             {event(`{"defined":"X"}`, `{"name":"X","type":{"kind":"enum","variants":[]}}`), "types[0].type", "1 to 256 variants"},
		"unnamed variant":        {event(`"u8"`, `{"name":"X","type":{"kind":"enum","variants":[{}]}}`), "types[0].type.variants[0]", "has no name"},
		"type twice":             {event(`"u8"`, `{"name":"X","type":{"kind":"struct"}},{"name":"X","type":{"kind":"struct"}}`), "types[1]", "defined twice"},
		"unsafe":                 {event(`{"defined":"X"}`, `{"name":"X","serialization":"bytemuckunsafe","type":{"kind":"struct"}}`), "types[0].serialization", "may hold padding"},
		"own serialization":      {event(`{"defined":"X"}`, `{"name":"X","serialization":{"custom":"c"},"type":{"kind":"struct"}}`), "types[0].serialization", "is not known"},
		"event without type":     {with("", `,"events":[{"name":"E","discriminator":[1]}]`), "events[0]", `type "E" is not defined`},
		"event is an enum":       {with(`{"name":"E","type":{"kind":"enum","variants":[{"name":"A"}]}}`, `,"events":[{"name":"E"}]`), "events[0]", "is not a struct"},
		"no discriminator":       {with("", `,"instructions":[{"name":"a","discriminator":[],"args":[]}]`), "instructions[0].discriminator", "1 to 32"},
		"discriminator of words": {with("", `,"instructions":[{"name":"a","discriminator":[256],"args":[]}]`), "instructions[0].discriminator[0]", "want a whole number from 0 to 255"},
		"same discriminator":     {with("", `,"instructions":[{"name":"a","discriminator":[1],"args":[]},{"name":"b","discriminator":[1]}]`), "instructions[1]", `the same discriminator as "a"`},
		"account without name":   {with("", `,"instructions":[{"name":"a","accounts":[{"name":"g","accounts":[{}]}]}]`), "instructions[0].accounts[0].accounts[0]", "has no name"},
		"events no list":         {with("", `,"events":{}`), "events", "is an object, not a list"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := idl.Parse("a/b.json", []byte(c.text))
			if err == nil {
				t.Fatalf("accepted: %+v", p)
			}
			e, ok := errors.AsType[*idl.Error](err)
			if !ok || e.File != "a/b.json" || e.Path != c.path || !strings.Contains(e.Reason, c.reason) {
				t.Errorf("got  %v\nwant a/b.json: %s: %s", err, c.path, c.reason)
			}
		})
	}
}

// A chain of types that is deeper than any program's must not take the stack.
func TestDeepTypesAreRefused(t *testing.T) {
	var types []string
	for i := range 5000 {
		types = append(types, fmt.Sprintf(`{"name":"T%d","type":{"kind":"struct","fields":[{"defined":"T%d"}]}}`, i, i+1))
	}
	_, err := idl.Parse("deep.json", []byte(event(`{"defined":"T0"}`, strings.Join(types, ","))))
	if err == nil || !strings.Contains(err.Error(), "nested deeper than") {
		t.Errorf("got %v", err)
	}
	nested := strings.Repeat(`{"vec":`, 5000) + `"u8"` + strings.Repeat(`}`, 5000)
	if _, err := idl.Parse("deep.json", []byte(event(nested, ""))); err == nil || !strings.Contains(err.Error(), "nested deeper than") {
		t.Errorf("got %v", err)
	}
}

// What is only not supported does no harm where nothing names it.
func TestUnusedGenericsAreNoReason(t *testing.T) {
	p := parse(t, event(`"u8"`, `{"name":"X","generics":[{"kind":"type","name":"T"}],"type":{"kind":"struct","fields":[{"generic":"T"}]}},`+
		`{"name":"Y","type":{"kind":"struct","fields":[{"defined":{"name":"X","generics":[{"kind":"type","type":"u8"}]}}]}}`))
	if !p.HasEvents() {
		t.Error("the event is gone")
	}
}

func TestAddress(t *testing.T) {
	body := `"instructions":[{"name":"a"}]`
	for name, c := range map[string]struct{ file, text string }{
		"top":       {"x.json", `{"address":"` + address + `",` + body + `}`},
		"metadata":  {"x.json", `{"metadata":{"address":"` + address + `"},` + body + `}`},
		"file":      {"some/" + address + ".json", `{` + body + `}`},
		"file tail": {"some/pump." + address + ".json", `{"metadata":{},` + body + `}`},
	} {
		p, err := idl.Parse(c.file, []byte(c.text))
		if err != nil || p.Key.String() != address {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
}
