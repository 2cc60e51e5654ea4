// Package layout reads and writes events and accounts that are described by a table instead of a struct: those that are too
// rare to be worth a type of their own. A table grows by groups, as the programs append fields at their upgrades.
package layout

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/weir-run/weir/host/internal/dex"
)

// Layout is the wire form of one event or account: a discriminator and the fields behind it.
type Layout struct {
	Name   string
	Tag    uint64 // discriminator, as dex.Tag reads it
	Fields []Field
	// Groups are how many fields each historic form has, ascending; the last is the newest.
	Groups []int
}

// Field is one field. Size is in bytes; for lists, of one item.
type Field struct {
	Name string
	Kind Kind
	Size int
}

// Kind is how long a field is.
type Kind uint8

// The kinds.
const (
	Fixed  Kind = iota // Size bytes
	List               // a 4-byte count, then so many items of Size bytes; strings are lists of bytes
	Option             // one byte, and Size more unless it is 0
)

// sizes of the types that tables name. What begins with [ is an array, vec< a list, opt< an option.
var sizes = map[string]int{
	"bool": 1, "u8": 1, "u16": 2, "u32": 4, "i32": 4, "u64": 8, "i64": 8, "u128": 16, "i128": 16, "pubkey": 32,
	"Shareholder": 34, "Fees": 24, "FeeTier": 40, "QuoteControlMint": 40, "ConfigStatus": 1,
}

// Event describes an Anchor event: its name and its fields as "name type, name type / name type", a slash before each group that
// an upgrade appended. It panics on a table that it cannot read, at start.
func Event(name, fields string) *Layout { return parse("event:", name, fields) }

// Account describes an Anchor account likewise.
func Account(name, fields string) *Layout { return parse("account:", name, fields) }

func parse(space, name, fields string) *Layout {
	sum := sha256.Sum256([]byte(space + name))
	l := &Layout{Name: name, Tag: binary.BigEndian.Uint64(sum[:])}
	for group := range strings.SplitSeq(fields, " / ") {
		for field := range strings.SplitSeq(group, ", ") {
			name, kind, ok := strings.Cut(field, " ")
			f, known := typed(kind)
			if !ok || !known {
				panic(fmt.Sprintf("layout: %s: malformed field %q", l.Name, field))
			}
			f.Name = name
			l.Fields = append(l.Fields, f)
		}
		l.Groups = append(l.Groups, len(l.Fields))
	}
	return l
}

func typed(kind string) (Field, bool) {
	f := Field{}
	inner := kind
	switch {
	case kind == "string":
		return Field{Kind: List, Size: 1}, true
	case strings.HasPrefix(kind, "vec<"):
		f.Kind, inner = List, kind[4:len(kind)-1]
	case strings.HasPrefix(kind, "opt<"):
		f.Kind, inner = Option, kind[4:len(kind)-1]
	case kind[0] == '[':
		var count int
		item, number, ok := strings.Cut(kind[1:len(kind)-1], ";")
		if _, err := fmt.Sscan(number, &count); !ok || err != nil {
			return f, false
		}
		return Field{Size: sizes[item] * count}, sizes[item] > 0
	}
	f.Size = sizes[inner]
	return f, f.Size > 0
}

// Index returns the place of a field, for Value. It panics when there is none, at start.
func (l *Layout) Index(name string) int {
	i := slices.IndexFunc(l.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		panic("layout: " + l.Name + " has no field " + name)
	}
	return i
}

// Size is the length of a form of so many fields with every list empty and every option absent.
func (l *Layout) Size(fields int) int {
	n := 8
	for _, f := range l.Fields[:fields] {
		switch f.Kind {
		case Fixed:
			n += f.Size
		case List:
			n += 4
		case Option:
			n++
		}
	}
	return n
}

// Parse reads b, which begins with the discriminator, field by field to the end of the data. It fails with dex.ErrTag, and with
// dex.ErrShort where a field of the oldest form is missing. More bytes than the newest form has are counted in Tail. The value
// aliases b.
func (l *Layout) Parse(b []byte) (Value, error) {
	if dex.Tag(b) != l.Tag || l.Tag == 0 {
		return Value{}, fmt.Errorf("%s: %w", l.Name, dex.ErrTag)
	}
	v := Value{Layout: l, raw: make([][]byte, 0, len(l.Fields))}
	rest := b[8:]
	for _, f := range l.Fields {
		head, n := f.span(rest)
		if n < 0 {
			break
		}
		v.raw = append(v.raw, rest[head:n:n])
		rest = rest[n:]
	}
	v.Extent = dex.Extent{Fields: uint8(len(v.raw)), Tail: len(rest)}
	if len(v.raw) < l.Groups[0] {
		return v, fmt.Errorf("%s: %w", l.Name, dex.ErrShort)
	}
	return v, nil
}

// span tells where a field's content begins and ends in b; the end is -1 when b is too short.
func (f *Field) span(b []byte) (head, end int) {
	end = f.Size
	switch f.Kind {
	case Fixed:
	case List:
		if len(b) < 4 {
			return 0, -1
		}
		items := uint64(binary.LittleEndian.Uint32(b)) * uint64(f.Size)
		if items > uint64(len(b)) {
			return 0, -1
		}
		head, end = 4, 4+int(items)
	case Option:
		if len(b) < 1 {
			return 0, -1
		}
		head, end = 1, 1
		if b[0] != 0 {
			end += f.Size
		}
	}
	if end > len(b) {
		return 0, -1
	}
	return head, end
}
