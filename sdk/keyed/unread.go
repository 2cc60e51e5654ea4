package keyed

import (
	"errors"
	"fmt"

	"github.com/weir-run/weir/sdk/pack"
)

// unread are the values of a restored map that are still the bytes of its parts. An entry has its place among them, from 1, below zero in
// cell.at.
type unread []unreadValue

type unreadValue struct {
	bytes []byte // of the newest part that has it
	cell  *cell  // nil when the entry is gone, or its value is read
}

// add notes the bytes of a value that has none yet.
func (u *unread) add(c *cell, bytes []byte) {
	*u = append(*u, unreadValue{bytes, c})
	c.at = -int32(len(*u))
}

func (u unread) bytes(c *cell) []byte { return u[-c.at-1].bytes }

func (u unread) drop(c *cell) { u[-c.at-1] = unreadValue{} }

// read reads a value that was left.
func (m *Map[K, V]) read(c *cell) error {
	bytes := m.unread.bytes(c)
	m.unread.drop(c)
	c.at = m.values.Take()
	return m.readInto(m.values.At(c.at), bytes)
}

// readInto reads a value of which no more than the bytes are there.
func (m *Map[K, V]) readInto(v *V, bytes []byte) error {
	r := *pack.NewReader(bytes)
	m.codec.Read(&r, v)
	if err := r.Close(); err != nil {
		return fmt.Errorf("a value of %d bytes: %w", len(bytes), err)
	}
	return nil
}

// errUnreadable is in the panic of a value that cannot be read where there is no way to refuse the state any more.
var errUnreadable = errors.New("the restored state cannot be read: its codec does not read what it wrote, or another codec did and the state's version is the same")

// mustRead reads a value that is needed now.
func (m *Map[K, V]) mustRead(c *cell) {
	if err := m.read(c); err != nil {
		panic(fmt.Errorf("%w: %w", errUnreadable, err))
	}
}

// settle reads up to n of the values that were left, and returns how many there were.
func (m *Map[K, V]) settle(n int) (read int) {
	for last := len(m.unread) - 1; last >= 0 && read < n; last-- {
		if c := m.unread[last].cell; c != nil {
			m.mustRead(c)
			read++
		}
		m.unread = m.unread[:last]
	}
	if len(m.unread) == 0 {
		m.unread = nil // and the parts with it
	}
	return read
}
