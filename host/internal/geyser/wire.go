package geyser

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
)

// ErrMalformed is wrapped by every error of View.Read and View.Block: the bytes are not an update, or an update that cannot be
// one of this chain. The text names the field. The update is dropped and counted; the stream goes on.
var ErrMalformed = errors.New("malformed update")

// malformed is what is wrong and where. The path is put together on the way out, so a good update pays nothing for it.
type malformed struct{ path, why string }

func (m *malformed) Error() string {
	if m.path == "" {
		return "malformed update: " + m.why
	}
	return "malformed update: " + m.path + ": " + m.why
}

func (m *malformed) Is(target error) bool { return target == ErrMalformed }

func broken(format string, args ...any) error { return &malformed{why: fmt.Sprintf(format, args...)} }

// within puts a field name before the path of err. Errors that are not about bytes pass untouched.
func within(name string, err error) error {
	m, ok := err.(*malformed) //nolint:errorlint // made in this package and not wrapped by anyone on the way
	if !ok {
		return err
	}
	if m.path == "" {
		m.path = name
	} else {
		m.path = name + "." + m.path
	}
	return m
}

func withinItem(name string, i int, err error) error {
	return within(name+"["+strconv.Itoa(i)+"]", err)
}

// Wire types of protobuf.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireGroup   = 3
	wireEnd     = 4
	wireFixed32 = 5
)

// scan reads the fields of one message in order. After next returned true, tag holds number and wire type in the form of the wire
// (number<<3 | type) and data or value the content; after false, err tells whether the message was whole. Since a case of a switch
// over tag names both, a known number with another wire type falls through to the unknown fields, as protobuf wants it.
type scan struct {
	rest  []byte
	data  []byte // of a wireBytes field
	value uint64 // of any other
	tag   uint32
	err   error
}

func (s *scan) next() bool {
	b := s.rest
	if len(b) == 0 {
		return false
	}
	tag, n := uint64(b[0]), 1
	if tag >= 0x80 {
		if tag, n = binary.Uvarint(b); n <= 0 {
			return s.fail(broken("a field number is cut off or too long"))
		}
	}
	if tag < 8 || tag>>3 > maxField {
		return s.fail(broken("field number %d does not exist", tag>>3))
	}
	s.tag = uint32(tag)
	b = b[n:]
	switch tag & 7 {
	case wireBytes:
		return s.bytes(b)
	case wireVarint:
		return s.varint(b)
	default:
		return s.fixed(b)
	}
}

// maxField is the highest field number that protobuf allows.
const maxField = 1<<29 - 1

func (s *scan) bytes(b []byte) bool {
	if len(b) == 0 {
		return s.cutOff()
	}
	size, n := uint64(b[0]), 1
	if size >= 0x80 {
		if size, n = binary.Uvarint(b); n <= 0 {
			return s.cutOff()
		}
	}
	if size > uint64(len(b)-n) {
		return s.fail(broken("field %d says %d bytes, %d are left", s.tag>>3, size, len(b)-n))
	}
	end := n + int(size)
	s.data, s.rest = b[n:end:end], b[end:]
	return true
}

func (s *scan) varint(b []byte) bool {
	if len(b) == 0 {
		return s.cutOff()
	}
	if b[0] < 0x80 {
		s.value, s.rest = uint64(b[0]), b[1:]
		return true
	}
	value, n := binary.Uvarint(b)
	if n <= 0 {
		return s.cutOff()
	}
	s.value, s.rest = value, b[n:]
	return true
}

func (s *scan) fixed(b []byte) bool {
	switch s.tag & 7 {
	case wireFixed64:
		if len(b) < 8 {
			return s.cutOff()
		}
		s.value, s.rest = binary.LittleEndian.Uint64(b), b[8:]
	case wireFixed32:
		if len(b) < 4 {
			return s.cutOff()
		}
		s.value, s.rest = uint64(binary.LittleEndian.Uint32(b)), b[4:]
	case wireGroup, wireEnd:
		return s.fail(broken("field %d is a group, which this protocol has none of", s.tag>>3))
	default:
		return s.fail(broken("field %d has wire type %d", s.tag>>3, s.tag&7))
	}
	return true
}

func (s *scan) cutOff() bool { return s.fail(broken("field %d is cut off", s.tag>>3)) }

func (s *scan) fail(err error) bool {
	s.err = err
	return false
}

// exact refuses what has not the size that its kind always has.
func exact(name string, b []byte, size int) error {
	if len(b) != size {
		return within(name, broken("%d bytes, want %d", len(b), size))
	}
	return nil
}

// decimal reads an amount that is sent as text. Empty is 0, as an absent field is.
func decimal(text []byte) (uint64, error) {
	var n uint64
	for _, c := range text {
		digit := uint64(c - '0')
		if digit > 9 {
			return 0, broken("%.24q is not an amount", text)
		}
		if n > maxTenth || n == maxTenth && digit > 5 {
			return 0, broken("%.24q does not fit 64 bits", text)
		}
		n = n*10 + digit
	}
	return n, nil
}

// maxTenth is the highest number that may still get a digit; 2^64-1 ends in 5.
const maxTenth = ^uint64(0) / 10
