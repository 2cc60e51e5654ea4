package idl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// maxFile bounds an IDL; the largest seen have some hundred KiB.
const maxFile = 4 << 20

// node is a place in the JSON.
type node struct {
	file, path string
	value      any
}

// parseJSON reads a file as one value.
func parseJSON(file string, text []byte) (node, error) {
	root := node{file: file}
	if len(text) > maxFile {
		return root, root.wrong("is larger than %d MiB", maxFile>>20)
	}
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	if err := d.Decode(&root.value); err != nil {
		at := d.InputOffset()
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			at = syntax.Offset
		}
		at = min(at, int64(len(text)))
		return root, root.wrong("is not JSON: line %d: %v", 1+bytes.Count(text[:at], []byte("\n")), err)
	}
	if d.More() {
		return root, root.wrong("has something behind its JSON value, at byte %d", d.InputOffset())
	}
	return root, nil
}

func (n node) wrong(format string, args ...any) *Error {
	return &Error{File: n.file, Path: n.path, Reason: fmt.Sprintf(format, args...)}
}

func (n node) unsupported(format string, args ...any) *Error {
	e := n.wrong(format, args...)
	e.unsupported = true
	return e
}

// get returns a member of an object. A member that is null counts as absent.
func (n node) get(key string) (node, bool) {
	object, _ := n.value.(map[string]any)
	value := object[key]
	path := key
	if n.path != "" {
		path = n.path + "." + key
	}
	return node{n.file, path, value}, value != nil
}

// items returns the items of a list; none when it is absent.
func (n node) items() ([]node, error) {
	if n.value == nil {
		return nil, nil
	}
	list, ok := n.value.([]any)
	if !ok {
		return nil, n.wrong("is %s, not a list", n.what())
	}
	out := make([]node, len(list))
	for i, value := range list {
		out[i] = node{n.file, n.path + "[" + strconv.Itoa(i) + "]", value}
	}
	return out, nil
}

// list returns the items of a member that is a list.
func (n node) list(key string) ([]node, error) {
	member, _ := n.get(key)
	return member.items()
}

func (n node) text() (string, error) {
	s, ok := n.value.(string)
	if !ok {
		return "", n.wrong("is %s, not a string", n.what())
	}
	return s, nil
}

// name returns the member "name", which must not be empty.
func (n node) name() (string, error) {
	if err := n.object(); err != nil {
		return "", err
	}
	member, ok := n.get("name")
	if !ok {
		return "", n.wrong("has no name")
	}
	s, err := member.text()
	if err == nil && (s == "" || len(s) > maxName) {
		err = member.wrong("a name has 1 to %d bytes", maxName)
	}
	return s, err
}

// maxName bounds what each record repeats.
const maxName = 128

func (n node) object() error {
	if _, ok := n.value.(map[string]any); !ok {
		return n.wrong("is %s, not an object", n.what())
	}
	return nil
}

// count reads a whole number from 0 to limit.
func (n node) count(limit int) (int, error) {
	number, _ := n.value.(json.Number)
	v, err := number.Int64()
	if err != nil || v < 0 || v > int64(min(limit, math.MaxInt32)) {
		return 0, n.wrong("is %s; want a whole number from 0 to %d", n.what(), limit)
	}
	return int(v), nil
}

func (n node) flag(keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		member, _ := n.get(key)
		set, _ := member.value.(bool)
		return set
	})
}

// what describes a value for messages.
func (n node) what() string {
	switch v := n.value.(type) {
	case nil:
		return "missing"
	case map[string]any:
		return "an object"
	case []any:
		return "a list"
	case string:
		return strconv.Quote(v[:min(len(v), 60)])
	default:
		return fmt.Sprint(v)
	}
}
