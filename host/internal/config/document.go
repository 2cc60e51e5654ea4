package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"go.yaml.in/yaml/v3"
)

// Problem is one thing wrong with the configuration.
type Problem struct {
	// File and Line tell where; Line is 0 when the value did not come from the file.
	File string
	Line int
	// Key is the dotted key, with [n] for list items; empty when it is the whole file.
	Key string
	// Text says what is wrong and what to do.
	Text string
}

func (p Problem) String() string {
	switch {
	case p.Line > 0 && p.Key != "":
		return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Key, p.Text)
	case p.Key != "":
		return p.Key + ": " + p.Text
	case p.Line > 0:
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
	}
	return p.File + " " + p.Text
}

// Problems are all things wrong with a configuration, one a line.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// document is the file with the line of every key.
type document struct {
	path  string
	text  []byte
	root  *yaml.Node
	lines map[string]int
	// values are the scalars, for messages.
	values map[string]string
}

func parseDocument(path string, text []byte) (*document, error) {
	d := &document{path: path, text: text, lines: map[string]int{}, values: map[string]string{}}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, Problems{{File: path, Text: "is not YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}}
	}
	if len(root.Content) == 0 {
		return d, nil
	}
	d.root = root.Content[0]
	if d.root.Kind != yaml.MappingNode {
		return nil, Problems{{File: path, Line: d.root.Line, Text: "the top of the file must be keys such as \"endpoints:\""}}
	}
	d.index("", d.root)
	return d, nil
}

// index notes the line of every key below n.
func (d *document) index(key string, n *yaml.Node) {
	d.lines[key] = n.Line
	switch n.Kind {
	default: // an alias: its target is indexed where it stands
	case yaml.ScalarNode:
		d.values[key] = n.Value
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			child := join(key, n.Content[i].Value)
			d.index(child, n.Content[i+1])
			d.lines[child] = n.Content[i].Line
		}
	case yaml.SequenceNode:
		for i, item := range n.Content {
			d.index(key+"["+strconv.Itoa(i)+"]", item)
		}
	}
}

// unknownKeys finds keys of the file that no field has. A misspelt key would otherwise be a default in silence.
func (d *document) unknownKeys(t reflect.Type) Problems {
	if d.root == nil {
		return nil
	}
	return d.unknownBelow("", d.root, t)
}

func (d *document) unknownBelow(key string, n *yaml.Node, t reflect.Type) (out Problems) {
	switch {
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, item := range n.Content {
			out = append(out, d.unknownBelow(key+"["+strconv.Itoa(i)+"]", item, t.Elem())...)
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct:
		for i := 0; i+1 < len(n.Content); i += 2 {
			out = append(out, d.unknownBelow(join(key, n.Content[i].Value), n.Content[i+1], t.Elem())...)
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			field, known := fieldByKey(t, name)
			if !known {
				out = append(out, d.problem(join(key, name), "unknown key; known here: "+strings.Join(keysOf(t), ", ")))
				continue
			}
			out = append(out, d.unknownBelow(join(key, name), n.Content[i+1], field.Type)...)
		}
	}
	return out
}

var decodeErrorKey = regexp.MustCompile(`'([^']*)'`)

// decodeProblems turns what the decoder says of wrong types into problems with lines.
func (d *document) decodeProblems(err error) Problems {
	var many interface{ WrappedErrors() []error }
	errs := []error{err}
	if errors.As(err, &many) {
		errs = many.WrappedErrors()
	}
	var out Problems
	for _, e := range errs {
		key := ""
		if m := decodeErrorKey.FindStringSubmatch(e.Error()); m != nil {
			key = m[1]
		}
		text := strings.TrimSpace(strings.TrimPrefix(e.Error(), "'"+key+"'"))
		if parse, ok := errors.AsType[*mapstructure.DecodeError](e); ok {
			key, text = parse.Name(), parse.Unwrap().Error()
		}
		if value, ok := d.values[key]; ok && !strings.Contains(text, value) {
			text = fmt.Sprintf("%q cannot be read (%s)", value, text)
		}
		out = append(out, d.problem(key, text))
	}
	return out
}

// Place gives problems that were found later, by what knows more than this room, the lines of their keys in the file.
func Place(path string, ps Problems) Problems {
	doc, err := readFile(path)
	if err != nil {
		return ps
	}
	return doc.place(ps)
}

// place gives problems found by validation their lines.
func (d *document) place(ps Problems) Problems {
	for i := range ps {
		ps[i] = d.problem(ps[i].Key, ps[i].Text)
	}
	return ps
}

// problem looks the key up; a key that is absent gets the line of the nearest parent that is there.
func (d *document) problem(key, text string) Problem {
	p := Problem{File: d.path, Key: key, Text: text}
	for at := key; ; at = parent(at) {
		if line, ok := d.lines[at]; ok {
			p.Line = line
			return p
		}
		if at == "" {
			return p
		}
	}
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

func parent(key string) string {
	return key[:max(strings.LastIndexAny(key, ".["), 0)]
}

func fieldByKey(t reflect.Type, key string) (reflect.StructField, bool) {
	for field := range t.Fields() {
		if field.Tag.Get("koanf") == key {
			return field, true
		}
	}
	return reflect.StructField{}, false
}

func keysOf(t reflect.Type) []string {
	keys := make([]string, t.NumField())
	for i := range keys {
		keys[i] = t.Field(i).Tag.Get("koanf")
	}
	return keys
}
