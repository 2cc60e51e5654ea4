package idl

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

const (
	// maxRecord bounds what one record takes when encoded, about, so that a small hostile datum does not become a large record.
	maxRecord = 192 << 10
	// perValue is what a value takes beside its name and content.
	perValue = 16
	// maxNesting bounds how deep values may stand within each other.
	maxNesting = 32
)

// values reads Borsh.
type values struct {
	rest []byte
	left int // of maxRecord, in bytes
}

// decode reads what follows the discriminator.
func (p *Program) decode(l *layout, kind eventv1.ProgramEventKind, data []byte) (*eventv1.ProgramEvent, error) {
	e := &eventv1.ProgramEvent{Program: p.Key[:], Name: l.name, Kind: kind}
	v := values{rest: data[len(l.tag):], left: maxRecord}
	for i := range l.fields {
		f := &l.fields[i]
		if len(v.rest) == 0 && f.of.size != 0 {
			e.Missing = uint32(len(l.fields) - i)
			break
		}
		out, err := v.field(f, 0)
		if err != nil {
			return nil, fmt.Errorf("%s: field %s: %w", l.name, f.name, err)
		}
		e.Fields = append(e.Fields, out)
	}
	e.Unread = uint32(len(v.rest))
	return e, nil
}

func (v *values) field(f *field, depth int) (*eventv1.ProgramField, error) {
	out := &eventv1.ProgramField{Name: f.name}
	return out, v.value(out, f.of, depth)
}

func (v *values) fields(list []field, depth int) ([]*eventv1.ProgramField, error) {
	out := make([]*eventv1.ProgramField, 0, len(list))
	for i := range list {
		f, err := v.field(&list[i], depth)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", list[i].name, err)
		}
		out = append(out, f)
	}
	return out, nil
}

// value reads one value of a type into out.
func (v *values) value(out *eventv1.ProgramField, t *layoutType, depth int) error {
	if err := v.spend(perValue + len(out.GetName())); err != nil {
		return err
	}
	if depth > maxNesting {
		return errTooDeep
	}
	switch t.kind {
	case kindAlias:
		return v.value(out, t.elem, depth+1)
	case kindString, kindBytes:
		return v.bytes(out, t.kind)
	case kindOption:
		return v.option(out, t, depth)
	case kindCOption:
		return v.coption(out, t, depth)
	case kindVec, kindArray:
		return v.list(out, t, depth)
	case kindStruct:
		fields, err := v.fields(t.fields, depth+1)
		out.Value = &eventv1.ProgramField_Members{Members: &eventv1.ProgramFields{Fields: fields}}
		return err
	case kindEnum:
		return v.enum(out, t, depth)
	default:
		b, err := v.take(t.width)
		if err != nil {
			return err
		}
		return number(out, t.kind, b)
	}
}

func (v *values) spend(n int) error {
	if v.left -= n; v.left < 0 {
		return errTooLarge
	}
	return nil
}

// take cuts n bytes off.
func (v *values) take(n int) ([]byte, error) {
	if n > len(v.rest) {
		return nil, errEnds
	}
	if err := v.spend(n); err != nil {
		return nil, err
	}
	b := v.rest[:n:n]
	v.rest = v.rest[n:]
	return b, nil
}

// length reads a length or count. It may promise more than there is.
func (v *values) length() (uint32, error) {
	b, err := v.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

// number sets a value of fixed width.
func number(out *eventv1.ProgramField, k kind, b []byte) error {
	switch k {
	case kindBool:
		if b[0] > 1 {
			return errBool
		}
		out.Value = &eventv1.ProgramField_Flag{Flag: b[0] == 1}
	case kindUint:
		out.Value = &eventv1.ProgramField_U64{U64: unsigned(b)}
	case kindInt:
		shift := 64 - 8*len(b)
		out.Value = &eventv1.ProgramField_I64{I64: int64(unsigned(b)<<shift) >> shift}
	case kindBig, kindSBig:
		out.Value = &eventv1.ProgramField_Big{Big: decimal(b, k == kindSBig)}
	case kindKey:
		out.Value = &eventv1.ProgramField_Key{Key: slices.Clone(b)}
	default:
		f := math.Float64frombits(unsigned(b))
		if len(b) == 4 {
			f = float64(math.Float32frombits(uint32(unsigned(b))))
		}
		if math.IsNaN(f) {
			return errNaN
		}
		out.Value = &eventv1.ProgramField_F64{F64: f}
	}
	return nil
}

func unsigned(b []byte) (v uint64) {
	for _, c := range slices.Backward(b) {
		v = v<<8 | uint64(c)
	}
	return v
}

// decimal prints a little-endian number of more than 64 bits.
func decimal(b []byte, signed bool) string {
	big1 := slices.Clone(b)
	slices.Reverse(big1)
	n := new(big.Int).SetBytes(big1)
	if signed && big1[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n.String()
}

func (v *values) bytes(out *eventv1.ProgramField, k kind) error {
	n, err := v.length()
	if err != nil {
		return err
	}
	if uint64(n) > uint64(len(v.rest)) {
		return errEnds
	}
	b, err := v.take(int(n))
	if err != nil {
		return err
	}
	if k == kindString {
		out.Value = &eventv1.ProgramField_Text{Text: strings.ToValidUTF8(string(b), "\uFFFD")}
	} else {
		out.Value = &eventv1.ProgramField_Raw{Raw: slices.Clone(b)}
	}
	return nil
}

func (v *values) option(out *eventv1.ProgramField, t *layoutType, depth int) error {
	b, err := v.take(1)
	switch {
	case err != nil:
		return err
	case b[0] == 0:
		return nil
	case b[0] == 1:
		return v.value(out, t.elem, depth+1)
	default:
		return errOption
	}
}

// coption has a tag of four bytes, and room for a value of fixed size also when there is none.
func (v *values) coption(out *eventv1.ProgramField, t *layoutType, depth int) error {
	some, err := v.length()
	switch {
	case err != nil:
		return err
	case some == 1:
		return v.value(out, t.elem, depth+1)
	case some != 0:
		return errOption
	}
	_, err = v.take(max(t.elem.size, 0))
	return err
}

func (v *values) list(out *eventv1.ProgramField, t *layoutType, depth int) error {
	count := uint32(t.count)
	if t.kind == kindVec {
		var err error
		if count, err = v.length(); err != nil {
			return err
		}
	}
	if t.elem.isByte() {
		if uint64(count) > uint64(len(v.rest)) {
			return errEnds
		}
		b, err := v.take(int(count))
		out.Value = &eventv1.ProgramField_Raw{Raw: slices.Clone(b)}
		return err
	}
	items := &eventv1.ProgramFields{}
	for i := range count { // the count may be a lie: nothing is reserved for it, and maxRecord ends it
		f := &eventv1.ProgramField{}
		if err := v.value(f, t.elem, depth+1); err != nil {
			return fmt.Errorf("item %d: %w", i, err)
		}
		items.Fields = append(items.Fields, f)
	}
	out.Value = &eventv1.ProgramField_List{List: items}
	return nil
}

func (v *values) enum(out *eventv1.ProgramField, t *layoutType, depth int) error {
	b, err := v.take(1)
	if err != nil {
		return err
	}
	if int(b[0]) >= len(t.variants) {
		return errVariant
	}
	chosen := &t.variants[b[0]]
	if err := v.spend(len(chosen.name)); err != nil {
		return err
	}
	fields, err := v.fields(chosen.fields, depth+1)
	out.Value = &eventv1.ProgramField_Variant{Variant: &eventv1.ProgramVariant{Name: chosen.name, Fields: fields}}
	return err
}
