package keyed

import (
	"fmt"
	"slices"

	"github.com/weir-run/weir/sdk/pack"
)

// reading is what is known while the parts of a map are read.
type reading[K comparable, V any] struct {
	want   check
	gone   map[K]struct{} // by newer parts; they may have come again
	values values[V]
}

// check is what a map must be like after its last part.
type check struct {
	sum, entries uint64
}

// clear makes the map empty. It is to be stopped, or finished, once parts were read.
func (m *Map[K, V]) clear() { *m = Map[K, V]{codec: m.codec, interval: 1} }

// smallest is the fewest bytes that an entry takes: stamp, length of the value. A number of entries that a state cannot hold asks for no
// memory.
const smallest = 2

// read applies what append wrote into a part of a state of so many bytes. The newest part is read first: what an older one says of an entry
// is then passed over, where it would be read for nothing. In a restored state that is a third of all, or half.
func (m *Map[K, V]) read(r *pack.Reader, f byte, size int) error {
	moves := r.Uvarint()
	if want := (check{sum: r.Uvarint(), entries: r.Uvarint()}); m.reading == nil {
		m.moves, m.reading = moves, &reading[K, V]{want: want, gone: map[K]struct{}{}, values: values[V]{read: m.codec.Read}}
		m.all.Grow(int(min(want.entries, uint64(size/smallest))))
	}
	if moves > m.moves {
		return fmt.Errorf("it is newer than those after it: stamp %d, they have %d", moves, m.moves)
	}
	turn := swept{from: r.Uvarint(), to: r.Uvarint()}
	turn.whole = turn.to == 0
	m.sweep.add(turn)
	var gone []K
	for range r.Count(1) {
		gone = append(gone, m.codec.ReadKey(r))
	}
	for range r.Count(1) {
		if err := m.readEntry(r, f); err != nil || r.Failed() {
			return err
		}
	}
	for _, key := range gone { // before the entries of this part came, and after those of older ones
		m.reading.gone[key] = struct{}{}
	}
	return nil
}

func (m *Map[K, V]) readEntry(r *pack.Reader, f byte) error {
	key, moved := m.codec.ReadKey(r), r.Uvarint()
	c, err := m.place(key)
	if err != nil {
		return err
	}
	if c != nil {
		c.moved = moved
		m.sum += moved
	}
	switch {
	case f != formatWithoutLengths && c == nil:
		r.Skip(r.Count(1))
	case f != formatWithoutLengths:
		m.reading.values.add(&c.value, r.Take(r.Count(1)))
	case c == nil:
		m.codec.Read(r, new(V))
	default:
		m.codec.Read(r, &c.value)
	}
	return nil
}

// place makes the place of an entry, nil when a newer part has told what became of it.
func (m *Map[K, V]) place(key K) (*cell[V], error) {
	if _, gone := m.reading.gone[key]; gone {
		return nil, nil
	}
	n := m.all.Len()
	if uint64(n) < m.reading.want.entries {
		if c := m.all.Put(key); m.all.Len() > n {
			return c, nil
		}
		return nil, nil
	}
	if m.all.Get(key) == nil { // more would move those that are being read
		return nil, fmt.Errorf("parts do not make up what was saved: they have more than %d entries", n)
	}
	return nil, nil
}

// finish puts the entries in order and says whether they are what was saved.
func (m *Map[K, V]) finish() error {
	want := m.reading.want
	if err := m.stop(); err != nil {
		return err
	}
	if got := (check{m.sum, uint64(m.Len())}); got != want {
		return fmt.Errorf("parts do not make up what was saved: %d entries, want %d", got.entries, want.entries)
	}
	slices.Reverse(m.sweep.parts)
	m.all.SortBy(func(c *cell[V]) uint64 { return c.moved })
	place := m.sweep.place()
	if place == 0 {
		return nil
	}
	for key, c := range m.all.All() {
		if c.moved >= place {
			m.turn, m.onTurn = key, true
			break
		}
	}
	return nil
}

// stop waits until no value is being read, and returns what was wrong with one.
func (m *Map[K, V]) stop() error {
	if m.reading == nil {
		return nil
	}
	err := m.reading.values.wait()
	m.reading = nil
	return err
}
