package idl

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mr-tron/base58"

	"github.com/weir-run/weir/host/internal/dex"
)

// Program is what one IDL says of one program. Decoding is safe from any number of goroutines.
type Program struct {
	// Key is the program's address.
	Key dex.Key
	// Name is the IDL's name for it, and Version the program's version, both as written; either may be empty.
	Name, Version string
	// File is the name that Parse was given.
	File string

	address      string // Key in base58
	instructions table
	events       table
	accounts     table
	counters     *counters
}

// layout is one instruction, event or account.
type layout struct {
	name     string
	tag      []byte
	fields   []field
	accounts []account
}

// account is a place in an instruction's list of accounts.
type account struct {
	name     string
	optional bool
}

// table finds layouts by the discriminator that data begins with: longer ones first, so that one may be the beginning of another.
type table []layout

func (t table) find(data []byte) *layout {
	for i := range t {
		if bytes.HasPrefix(data, t[i].tag) {
			return &t[i]
		}
	}
	return nil
}

// Parse reads an IDL. file names it in errors, which are *Error; where the IDL does not say the program's address, as those of Anchor
// 0.29 often do not, the file's name must be that address (or end in a dot and that address) before .json.
func Parse(file string, text []byte) (*Program, error) {
	root, err := parseJSON(file, text)
	if err != nil {
		return nil, err
	}
	if err := root.object(); err != nil {
		return nil, err
	}
	p := &Program{File: file, counters: &counters{}}
	meta, _ := root.get("metadata")
	p.Name, p.Version = either(root, meta, "name"), either(root, meta, "version")
	if err := p.locate(root, meta); err != nil {
		return nil, err
	}
	c := &compiler{defs: map[string]node{}, made: map[string]*layoutType{}}
	if err := c.definitions(root); err != nil {
		return nil, err
	}
	if p.instructions, err = c.instructions(root); err != nil {
		return nil, err
	}
	if p.events, err = c.structs(root, "events", "event"); err != nil {
		return nil, err
	}
	if p.accounts, err = c.structs(root, "accounts", "account"); err != nil {
		return nil, err
	}
	if len(p.instructions)+len(p.events)+len(p.accounts) == 0 {
		return nil, root.wrong("has no instructions, events or accounts: is it an Anchor IDL?")
	}
	return p, c.unused()
}

// either returns a text from the top (0.29) or from the metadata (0.30).
func either(root, meta node, key string) string {
	for _, n := range []node{meta, root} {
		if member, ok := n.get(key); ok {
			if s, err := member.text(); err == nil {
				return s
			}
		}
	}
	return ""
}

// locate finds the program's address.
func (p *Program) locate(root, meta node) error {
	for _, n := range []node{root, meta} {
		member, ok := n.get("address")
		if !ok {
			continue
		}
		text, err := member.text()
		if err != nil {
			return err
		}
		key, ok := parseKey(text)
		if !ok {
			return member.wrong("%s is not a program address: want 32 bytes in base58", member.what())
		}
		p.Key, p.address = key, text
		return nil
	}
	name := strings.TrimSuffix(filepath.Base(p.File), ".json")
	name = name[strings.LastIndexByte(name, '.')+1:]
	key, ok := parseKey(name)
	if !ok {
		return root.wrong(`has no address: add "address": "…" at the top, or name the file after the program's address`)
	}
	p.Key, p.address = key, name
	return nil
}

func parseKey(text string) (dex.Key, bool) {
	if len(text) < 32 || len(text) > 44 {
		return dex.Key{}, false
	}
	b, err := base58.Decode(text)
	if err != nil || len(b) != 32 {
		return dex.Key{}, false
	}
	return dex.Key(b), true
}

// instructions reads "instructions".
func (c *compiler) instructions(root node) (table, error) {
	list, err := root.list("instructions")
	if err != nil {
		return nil, err
	}
	out := make(table, 0, len(list))
	for _, n := range list {
		name, err := n.name()
		if err != nil {
			return nil, err
		}
		l := layout{name: snake(name)}
		if l.tag, err = tag(n, "global", l.name); err != nil {
			return nil, err
		}
		if l.fields, err = c.fields(n, "args", 0); err != nil {
			return nil, err
		}
		if !wellFormed(l.fields) {
			return nil, n.wrong("its arguments hold a type that holds itself without an end")
		}
		if l.accounts, err = accounts(nil, n, "", 0); err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, sorted(out, list)
}

// accounts flattens an instruction's list of accounts and groups of accounts.
func accounts(out []account, n node, prefix string, depth int) ([]account, error) {
	list, err := n.list("accounts")
	if err != nil {
		return nil, err
	}
	if depth > 8 {
		return nil, n.wrong("groups of accounts are nested too deep")
	}
	for _, item := range list {
		name, err := item.name()
		if err != nil {
			return nil, err
		}
		name = prefix + snake(name)
		if _, group := item.get("accounts"); group {
			if out, err = accounts(out, item, name+".", depth+1); err != nil {
				return nil, err
			}
			continue
		}
		if len(out) == 256 {
			return nil, item.wrong("an instruction has at most 256 accounts")
		}
		out = append(out, account{name: name, optional: item.flag("optional", "isOptional")})
	}
	return out, nil
}

// structs reads "events" or "accounts": their fields stand there (0.29) or in the type of the same name (0.30).
func (c *compiler) structs(root node, key, space string) (table, error) {
	list, err := root.list(key)
	if err != nil {
		return nil, err
	}
	out := make(table, 0, len(list))
	for _, n := range list {
		name, err := n.name()
		if err != nil {
			return nil, err
		}
		l := layout{name: name}
		if l.tag, err = tag(n, space, name); err != nil {
			return nil, err
		}
		if l.fields, err = c.structFields(n, name); err != nil {
			return nil, err
		}
		if !wellFormed(l.fields) {
			return nil, n.wrong("holds a type that holds itself without an end")
		}
		out = append(out, l)
	}
	return out, sorted(out, list)
}

func (c *compiler) structFields(n node, name string) ([]field, error) {
	if _, inline := n.get("fields"); inline {
		return c.fields(n, "fields", 0)
	}
	var t *layoutType
	var err error
	if body, inline := n.get("type"); inline {
		t = &layoutType{}
		err = c.body(t, body, 0)
	} else {
		t, err = c.defined(name, n, 0)
	}
	if err != nil {
		return nil, err
	}
	if t.kind != kindStruct {
		return nil, n.wrong("type %q is not a struct", name)
	}
	return t.fields, nil
}

// tag reads a discriminator, or computes it where the IDL does not say one.
func tag(n node, space, name string) ([]byte, error) {
	member, ok := n.get("discriminator")
	if !ok {
		return discriminator(space, name), nil
	}
	items, err := member.items()
	if err != nil {
		return nil, err
	}
	if len(items) == 0 || len(items) > 32 {
		return nil, member.wrong("has %d bytes; a discriminator that tells data apart has 1 to 32", len(items))
	}
	out := make([]byte, len(items))
	for i, item := range items {
		v, err := item.count(255)
		if err != nil {
			return nil, err
		}
		out[i] = byte(v)
	}
	return out, nil
}

// sorted puts longer discriminators first and refuses the same one twice. list is what the table was made of.
func sorted(t table, list []node) error {
	seen := map[string]string{}
	for i := range t {
		if other, twice := seen[string(t[i].tag)]; twice {
			return list[i].wrong("has the same discriminator as %q", other)
		}
		seen[string(t[i].tag)] = t[i].name
	}
	slices.SortStableFunc(t, func(a, b layout) int { return len(b.tag) - len(a.tag) })
	return nil
}

// unused checks the definitions that nothing names. What is only not supported does no harm there.
func (c *compiler) unused() error {
	for name, def := range c.defs {
		t, err := c.defined(name, def, 0)
		if e, ok := errors.AsType[*Error](err); ok && e.unsupported {
			continue
		}
		if err != nil {
			return err
		}
		if !t.measure() {
			return def.wrong("type %q holds itself without an end", name)
		}
	}
	return nil
}
