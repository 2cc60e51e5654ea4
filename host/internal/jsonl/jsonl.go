// Package jsonl prints records and outputs as JSON lines: protojson's conventions (proto field names, 64-bit integers as strings,
// enums by name) with keys and signatures in base58 instead of base64, and other bytes
// in hex. Numbers without presence are printed even when zero, so
// that an absent number always means "not known"; empty text, keys and lists and false are left out.
package jsonl

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"github.com/mr-tron/base58"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Append adds the one-line JSON form of m to dst, without a newline. It uses reflection and base58: for people and tools, not for
// the hot path. Safe for concurrent use on different messages. unknown names fields of m that the caller does not know although
// they have no presence of their own; they are left out.
func Append(dst []byte, m proto.Message, unknown ...string) []byte {
	return appendMessage(dst, m.ProtoReflect(), unknown...)
}

func appendMessage(dst []byte, m protoreflect.Message, unknown ...string) []byte {
	dst = append(dst, '{')
	first := true
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		fd := fields.Get(i)
		if !printed(m, fd) || slices.Contains(unknown, string(fd.Name())) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = strconv.AppendQuote(dst, string(fd.Name()))
		dst = append(dst, ':')
		dst = appendField(dst, fd, m.Get(fd))
	}
	return append(dst, '}')
}

// printed tells whether a field appears: what is set, and zero numbers of fields that cannot be absent.
func printed(m protoreflect.Message, fd protoreflect.FieldDescriptor) bool {
	if m.Has(fd) {
		return true
	}
	if fd.HasPresence() || fd.IsList() || fd.IsMap() {
		return false
	}
	switch fd.Kind() {
	case protoreflect.BoolKind, protoreflect.EnumKind, protoreflect.StringKind, protoreflect.BytesKind:
		return false
	default:
		return true
	}
}

func appendField(dst []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	switch {
	case fd.IsList():
		dst = append(dst, '[')
		list := v.List()
		for i := range list.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValue(dst, fd, list.Get(i))
		}
		return append(dst, ']')
	case fd.IsMap():
		return appendMap(dst, fd, v.Map())
	default:
		return appendValue(dst, fd, v)
	}
}

// appendMap prints keys in order, so that equal messages print equal lines.
func appendMap(dst []byte, fd protoreflect.FieldDescriptor, m protoreflect.Map) []byte {
	keys := make([]protoreflect.MapKey, 0, m.Len())
	m.Range(func(k protoreflect.MapKey, _ protoreflect.Value) bool {
		keys = append(keys, k)
		return true
	})
	slices.SortFunc(keys, func(a, b protoreflect.MapKey) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	dst = append(dst, '{')
	for i, k := range keys {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, k.String()), ':')
		dst = appendValue(dst, fd.MapValue(), m.Get(k))
	}
	return append(dst, '}')
}

func appendValue(dst []byte, fd protoreflect.FieldDescriptor, v protoreflect.Value) []byte {
	switch fd.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return appendMessage(dst, v.Message())
	case protoreflect.BytesKind:
		if fd.Name() == rawField { // of any length, and base58 takes the square of it
			return appendString(dst, hex.EncodeToString(v.Bytes()))
		}
		return appendString(dst, base58.Encode(v.Bytes()))
	case protoreflect.StringKind:
		return appendString(dst, v.String())
	case protoreflect.BoolKind:
		return strconv.AppendBool(dst, v.Bool())
	case protoreflect.EnumKind:
		if value := fd.Enum().Values().ByNumber(v.Enum()); value != nil {
			return strconv.AppendQuote(dst, string(value.Name()))
		}
		return strconv.AppendInt(dst, int64(v.Enum()), 10)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return strconv.AppendInt(dst, v.Int(), 10)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return strconv.AppendUint(dst, v.Uint(), 10)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return append(strconv.AppendInt(append(dst, '"'), v.Int(), 10), '"')
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return append(strconv.AppendUint(append(dst, '"'), v.Uint(), 10), '"')
	default:
		return appendFloat(dst, v.Float())
	}
}

// appendFloat writes what JSON has no numbers for as text.
func appendFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, `"NaN"`...)
	case math.IsInf(f, 1):
		return append(dst, `"Infinity"`...)
	case math.IsInf(f, -1):
		return append(dst, `"-Infinity"`...)
	default:
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
}

// rawField is the name of bytes that are no key.
const rawField = "raw"

// appendString writes JSON text. Token names hold anything, invalid UTF-8 included.
func appendString(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // cannot happen for a string
		return append(dst, `""`...)
	}
	return append(dst, text...)
}
