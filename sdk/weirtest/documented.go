package weirtest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
)

// Documented holds a monitor's page against its code. The page is Markdown with
//   - ## Events and a table whose rows begin with a kind and the message in its body: | `trade` | `TradeReported` | when it comes |
//   - for each such message, and each message in its fields, ### Name and a table of all fields in order: | `mint` | bytes | base58 | meaning |,
//     with the type as in the .proto file and the unit, – where there is none
//   - for each enum in the fields, ### Name and a table of its values but the first: | `SIDE_BUY` | meaning |
//   - ## Configuration and a table of all keys: | `max_tokens` | integer | 1000000 | meaning |, the default as JSON
//
// Rows of kinds, fields, values or keys that do not exist fail the test, as those that are missing do. The bodies of outputs, if there are
// any, must be those that the page says of their kinds.
func Documented(tb testing.TB, newMonitor func(*sdk.Host) sdk.Monitor, page string, outputs ...*sdk.Output) {
	tb.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		tb.Fatalf("weirtest: read the page of the monitor: %v", err)
	}
	d := document{tb: tb, page: page, sections: sectionsOf(string(text)), fields: (&sdk.Output{}).ProtoReflect().Descriptor().Oneofs().ByName("body").Fields()}
	m := describe(tb, newMonitor)
	bodies := d.checkKinds(m.GetOutputs())
	d.checkMessages(slices.Sorted(maps.Values(bodies)))
	d.checkConfig(m.GetConfigSchema())
	for _, o := range outputs {
		field := o.ProtoReflect().WhichOneof(d.fields.Get(0).ContainingOneof())
		if field == nil || bodies[o.GetKind()] != string(field.Message().Name()) {
			tb.Errorf("%s says the body of %q is %q; an output has another: %v", page, o.GetKind(), bodies[o.GetKind()], o)
		}
	}
}

// describe asks the monitor what it says of itself.
func describe(tb testing.TB, newMonitor func(*sdk.Host) sdk.Monitor) *pluginv1.DescribeResponse {
	tb.Helper()
	p := launch(tb, newMonitor, options{log: slog.New(slog.DiscardHandler)})
	defer p.kill()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	m, err := p.client.Control.Describe(ctx, &pluginv1.DescribeRequest{})
	if err != nil {
		tb.Fatalf("weirtest: describe: %v", err)
	}
	return m
}

type document struct {
	tb       testing.TB
	page     string
	sections map[string][][]string // table rows by heading
	fields   protoreflect.FieldDescriptors
}

// sectionsOf gives the rows of the tables behind each heading, without their heads.
func sectionsOf(text string) map[string][][]string {
	sections, heading, rows := map[string][][]string{}, "", 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
			heading, rows = strings.Trim(strings.TrimLeft(line, "#"), " `"), 0
			sections[heading] = nil
		case strings.HasPrefix(line, "|"):
			if rows++; rows <= 2 {
				continue
			}
			cells := strings.Split(strings.Trim(line, "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			cells[0] = strings.Trim(cells[0], "`")
			sections[heading] = append(sections[heading], cells)
		default:
			rows = 0
		}
	}
	return sections
}

// compare checks the first cells of a section's rows, that each has as many cells as wanted, and that the last says something.
func (d *document) compare(heading string, cells int, want []string) {
	d.tb.Helper()
	rows, ok := d.sections[heading]
	if !ok {
		d.tb.Errorf("%s has no heading %q, behind it a table of %s", d.page, heading, strings.Join(want, ", "))
		return
	}
	var got []string
	for _, row := range rows {
		got = append(got, row[0])
		if len(row) != cells || row[cells-1] == "" {
			d.tb.Errorf("%s: %q, row %q has %d cells, want %d of which the last is not empty", d.page, heading, row[0], len(row), cells)
		}
	}
	if !slices.Equal(got, want) {
		d.tb.Errorf("%s: %q has the rows\n%s\nwant\n%s", d.page, heading, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// checkKinds gives the message of each kind.
func (d *document) checkKinds(kinds []string) map[string]string {
	d.tb.Helper()
	kinds = slices.Compact(slices.Sorted(slices.Values(kinds)))
	d.sections["Events"] = slices.SortedFunc(slices.Values(d.sections["Events"]), func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	d.compare("Events", 3, kinds)
	known := map[string]bool{}
	for i := range d.fields.Len() {
		known[string(d.fields.Get(i).Message().Name())] = true
	}
	bodies := map[string]string{}
	for _, row := range d.sections["Events"] {
		if len(row) < 2 || !known[strings.Trim(row[1], "`")] {
			d.tb.Errorf("%s: the body of %q must be the name of a message that an Output can hold", d.page, row[0])
			continue
		}
		bodies[row[0]] = strings.Trim(row[1], "`")
	}
	return bodies
}

// checkMessages checks the messages and all that is in their fields.
func (d *document) checkMessages(names []string) {
	d.tb.Helper()
	seen := map[string]bool{}
	for i := range d.fields.Len() {
		if m := d.fields.Get(i).Message(); slices.Contains(names, string(m.Name())) {
			d.checkMessage(m, seen)
		}
	}
	for heading, rows := range d.sections {
		if len(rows) > 0 && !seen[heading] && !strings.Contains(heading, " ") && declared(heading) {
			d.tb.Errorf("%s describes %s, which no event of the monitor holds", d.page, heading)
		}
	}
}

// declared tells whether the contract has a message or enum of that name.
func declared(name string) bool {
	_, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("weir.event.v1." + name))
	return err == nil
}

func (d *document) checkMessage(m protoreflect.MessageDescriptor, seen map[string]bool) {
	d.tb.Helper()
	if seen[string(m.Name())] || m.IsMapEntry() {
		return
	}
	seen[string(m.Name())] = true
	want, types := make([]string, m.Fields().Len()), map[string]string{}
	for i := range want {
		f := m.Fields().Get(i)
		want[i] = string(f.Name())
		types[want[i]] = typeOf(f)
	}
	d.compare(string(m.Name()), 4, want)
	for _, row := range d.sections[string(m.Name())] {
		if len(row) != 4 || types[row[0]] == "" {
			continue
		}
		if row[1] != types[row[0]] || row[2] == "" {
			d.tb.Errorf("%s: %s.%s has type %q and unit %q; want %q and a unit, or –", d.page, m.Name(), row[0], row[1], row[2], types[row[0]])
		}
	}
	for i := range want {
		switch f := m.Fields().Get(i); f.Kind() {
		case protoreflect.MessageKind:
			d.checkMessage(f.Message(), seen)
		case protoreflect.EnumKind:
			d.checkEnum(f.Enum(), seen)
		default:
		}
	}
}

func (d *document) checkEnum(e protoreflect.EnumDescriptor, seen map[string]bool) {
	d.tb.Helper()
	if seen[string(e.Name())] {
		return
	}
	seen[string(e.Name())] = true
	var want []string
	for i := 1; i < e.Values().Len(); i++ { // the first one is "not said"
		want = append(want, string(e.Values().Get(i).Name()))
	}
	d.compare(string(e.Name()), 2, want)
}

// typeOf is the type of a field as the .proto file says it.
func typeOf(f protoreflect.FieldDescriptor) string {
	if f.IsMap() {
		return fmt.Sprintf("map<%s, %s>", typeOf(f.MapKey()), typeOf(f.MapValue()))
	}
	name := f.Kind().String()
	switch f.Kind() {
	case protoreflect.MessageKind:
		name = string(f.Message().Name())
	case protoreflect.EnumKind:
		name = string(f.Enum().Name())
	default:
	}
	switch {
	case f.IsList():
		return "repeated " + name
	case f.HasOptionalKeyword():
		return "optional " + name
	}
	return name
}

// property is what is read of a JSON Schema.
type property struct {
	Type       string
	Default    json.RawMessage
	Properties map[string]*property
}

// zeros are defaults that a schema leaves out.
var zeros = map[string]string{"integer": "0", "number": "0", "boolean": "false", "string": `""`, "array": "[]", "object": "{}"}

func (d *document) checkConfig(schema string) {
	d.tb.Helper()
	if schema == "" {
		return
	}
	var top property
	if err := json.Unmarshal([]byte(schema), &top); err != nil {
		d.tb.Fatalf("weirtest: schema of the configuration: %v", err)
	}
	keys := map[string]*property{}
	top.collect("", keys)
	rows := d.sections["Configuration"]
	d.sections["Configuration"] = slices.SortedFunc(slices.Values(rows), func(a, b []string) int { return strings.Compare(a[0], b[0]) })
	d.compare("Configuration", 4, slices.Sorted(maps.Keys(keys)))
	for _, row := range rows {
		p := keys[row[0]]
		if p == nil || len(row) != 4 {
			continue
		}
		standard := string(p.Default)
		if standard == "" {
			standard = zeros[p.Type]
		}
		if row[1] != p.Type || strings.Trim(row[2], "`") != standard {
			d.tb.Errorf("%s: key %q is %s with default %s on the page; it is %s with %s", d.page, row[0], row[1], row[2], p.Type, standard)
		}
	}
}

// collect gives the keys with their paths.
func (p *property) collect(path string, into map[string]*property) {
	for name, child := range p.Properties {
		if len(child.Properties) > 0 {
			child.collect(path+name+".", into)
			continue
		}
		into[path+name] = child
	}
}
