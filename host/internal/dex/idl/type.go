package idl

// kind is how a type is encoded.
type kind uint8

const (
	kindBool kind = iota
	kindUint
	kindInt
	kindBig  // unsigned, 16 or 32 bytes
	kindSBig // signed
	kindFloat
	kindString
	kindBytes
	kindKey
	kindOption
	kindCOption
	kindVec
	kindArray
	kindStruct // tuples too
	kindEnum
	kindAlias
)

// layoutType is a type of the IDL, ready to decode with. Definitions may refer to themselves.
type layoutType struct {
	kind     kind
	width    int // bytes of a number
	elem     *layoutType
	count    int // of an array
	fields   []field
	variants []variant

	measured measured
	size     int // encoded bytes; -1 when that depends on the content
}

// measured tells how far measure got, to find a type that holds itself.
type measured uint8

const (
	measuredNot measured = iota
	measuredNow
	measuredDone
)

type field struct {
	name string
	of   *layoutType
}

type variant struct {
	name   string
	fields []field
}

// primitives are the types that are no more than a name.
var primitives = map[string]layoutType{
	"bool": {kind: kindBool, width: 1},
	"u8":   {kind: kindUint, width: 1}, "u16": {kind: kindUint, width: 2}, "u32": {kind: kindUint, width: 4}, "u64": {kind: kindUint, width: 8},
	"i8": {kind: kindInt, width: 1}, "i16": {kind: kindInt, width: 2}, "i32": {kind: kindInt, width: 4}, "i64": {kind: kindInt, width: 8},
	"u128": {kind: kindBig, width: 16}, "u256": {kind: kindBig, width: 32},
	"i128": {kind: kindSBig, width: 16}, "i256": {kind: kindSBig, width: 32},
	"f32": {kind: kindFloat, width: 4}, "f64": {kind: kindFloat, width: 8},
	"pubkey": {kind: kindKey, width: 32}, "publicKey": {kind: kindKey, width: 32},
	"string": {kind: kindString}, "bytes": {kind: kindBytes},
}

// isByte tells whether lists of a type are byte strings.
func (t *layoutType) isByte() bool { return t.kind == kindUint && t.width == 1 }

// wellFormed tells whether a type has an end: none of what stands in it in place is the type itself.
func wellFormed(fields []field) bool {
	for i := range fields {
		if !fields[i].of.measure() {
			return false
		}
	}
	return true
}

// maxSize bounds the size that a fixed layout may have: an account of Solana has at most 10 MiB.
const maxSize = 10 << 20

// measure finds the sizes of a type and all below it that stands in place, and whether it holds itself in place, which would have no
// end. What lies behind a length or a tag is measured by whoever names it.
func (t *layoutType) measure() (ok bool) {
	switch t.measured {
	case measuredDone:
		return true
	case measuredNow:
		return false
	case measuredNot:
	}
	t.measured = measuredNow
	defer func() { // a type without an end stays measuredNow, so that all who hold it are refused
		if ok {
			t.measured = measuredDone
		}
	}()
	t.size = -1
	switch t.kind {
	case kindString, kindBytes, kindVec, kindOption, kindEnum:
		return true
	case kindAlias:
		if !t.elem.measure() {
			return false
		}
		t.size = t.elem.size
	case kindCOption:
		if !t.elem.measure() {
			return false
		}
		t.add(4, t.elem.size)
	case kindArray:
		if !t.elem.measure() {
			return false
		}
		if t.elem.size >= 0 {
			t.add(0, int(min(int64(t.elem.size)*int64(t.count), maxSize+1)))
		}
	case kindStruct:
		t.size = 0
		for i := range t.fields {
			if !t.fields[i].of.measure() {
				return false
			}
			t.add(t.size, t.fields[i].of.size)
		}
	default:
		t.size = t.width
	}
	return true
}

// add sets the size to a sum, unless a part has none or it is beyond what can exist.
func (t *layoutType) add(a, b int) {
	t.size = a + b
	if a < 0 || b < 0 || t.size > maxSize {
		t.size = -1
	}
}
