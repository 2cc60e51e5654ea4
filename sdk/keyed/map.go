package keyed

import (
	"iter"

	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/internal/slab"
	"github.com/weir-run/weir/sdk/pack"
)

// Codec writes and reads the entries of a Map. Equal values must give equal bytes.
type Codec[K comparable, V any] struct {
	// AppendKey adds a key.
	AppendKey func([]byte, K) []byte
	// ReadKey reads what AppendKey wrote.
	ReadKey func(*pack.Reader) K
	// Append adds a value. Nil writes nothing: the map is a set.
	Append func([]byte, *V) []byte
	// Read fills a zero value with what Append wrote, all of it. It is called by several goroutines at once, each with a value of its own;
	// of a lazy State also later, whenever the value is asked for.
	Read func(*pack.Reader, *V)
}

// Map is a map whose entries have an order, oldest first, and which knows what changed since it was saved. What changes a value says so
// by its name: Put and Change return it for that, Get returns a copy. It is not safe for concurrent use.
type Map[K comparable, V any] struct {
	codec  Codec[K, V]
	all    bounded.Map[K, cell]
	values slab.Slab[V]
	unread unread // values of a restored map that nobody has asked for yet
	moves  uint64 // stamp of the next entry that becomes the newest
	sum    uint64 // of the stamps of all entries: whether a restored map holds what it should

	changed  []K    // since the last save
	gone     []K    // deleted since
	interval uint32 // between two saves, from 1
	lost     bool   // too much changed to keep track
	sweep    sweep
	turn     K // entry at which the sweep goes on, when onTurn
	onTurn   bool
	width    int   // bytes of the length of the value written last
	want     check // while parts are read
}

// cell is an entry. Its value lies apart, so that one which is not read takes no memory.
type cell struct {
	moved   uint64 // its place in the order: when it became the newest
	changed uint32 // interval in which it stands in Map.changed
	at      int32  // place of the value in Map.values; one that is not read yet has its place in Map.unread, below 0
}

// NewMap makes an empty map.
func NewMap[K comparable, V any](codec Codec[K, V]) *Map[K, V] {
	if codec.Append == nil {
		codec.Append = func(b []byte, _ *V) []byte { return b }
		codec.Read = func(*pack.Reader, *V) {}
	}
	return &Map[K, V]{codec: codec, interval: 1}
}

// Len is the number of entries.
func (m *Map[K, V]) Len() int { return m.all.Len() }

// Has says whether there is a key.
func (m *Map[K, V]) Has(key K) bool { return m.all.Get(key) != nil }

// Get returns a copy of a value, and whether there is one. What it points to must not be changed: see Change.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
	if c := m.all.Get(key); c != nil {
		return *m.value(c), true
	}
	return value, false
}

// Change returns a value that is about to be changed, nil when there is none. The pointer is valid until the key is deleted; what is
// changed through it after the next save is not saved.
func (m *Map[K, V]) Change(key K) *V {
	c := m.all.Get(key)
	if c == nil {
		return nil
	}
	m.note(key, c)
	return m.value(c)
}

// Put adds a key as the newest entry, with the zero value, unless it is there, and returns its value as Change does.
func (m *Map[K, V]) Put(key K) *V {
	c := m.all.Get(key)
	if c == nil {
		c = m.all.Add(key)
		c.at = m.values.Take()
		m.move(c)
	}
	m.note(key, c)
	return m.value(c)
}

// Touch makes an entry the newest, and returns its value as Change does, nil when there is none.
func (m *Map[K, V]) Touch(key K) *V {
	c := m.all.Get(key)
	if c == nil {
		return nil
	}
	m.pass(key)
	m.all.Touch(key)
	m.move(c)
	m.note(key, c)
	return m.value(c)
}

// Delete forgets a key, and says whether it was there.
func (m *Map[K, V]) Delete(key K) bool {
	c := m.all.Get(key)
	if c == nil {
		return false
	}
	m.pass(key)
	m.drop(key, c)
	if !m.lost {
		m.gone = append(m.gone, key)
		m.bound()
	}
	return true
}

// Oldest returns the key of the oldest entry and a copy of its value; ok is false when the map is empty.
func (m *Map[K, V]) Oldest() (key K, value V, ok bool) {
	key, c := m.all.Oldest()
	if c == nil {
		return key, value, false
	}
	return key, *m.value(c), true
}

// DeleteOldest forgets the oldest entry and says whether there was one.
func (m *Map[K, V]) DeleteOldest() bool {
	key, _, ok := m.Oldest()
	return ok && m.Delete(key)
}

// All goes over the entries, oldest first, with copies of the values. Nothing may be put or deleted meanwhile.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for key, c := range m.all.All() {
			if !yield(key, *m.value(c)) {
				return
			}
		}
	}
}

// value is that of an entry, which is read now if it was not before.
func (m *Map[K, V]) value(c *cell) *V {
	if c.at < 0 {
		m.mustRead(c)
	}
	return m.values.At(c.at)
}

// drop forgets an entry.
func (m *Map[K, V]) drop(key K, c *cell) {
	m.sum -= c.moved
	if c.at < 0 {
		m.unread.drop(c)
	} else {
		m.values.Give(c.at)
	}
	m.all.Delete(key)
}

// pass takes an entry that leaves its place in the order from the way of the sweep.
func (m *Map[K, V]) pass(key K) {
	if m.onTurn && m.turn == key {
		m.turn, _, m.onTurn = m.all.Next(key)
	}
}

// move gives an entry the next stamp.
func (m *Map[K, V]) move(c *cell) {
	m.moves++
	m.sum += m.moves - c.moved
	c.moved = m.moves
}

// note has an entry saved the next time.
func (m *Map[K, V]) note(key K, c *cell) {
	if c.changed == m.interval || m.lost {
		return
	}
	c.changed = m.interval
	m.changed = append(m.changed, key)
	m.bound()
}

// bound gives up noting when saving everything is as good, or when nobody saves.
func (m *Map[K, V]) bound() {
	if len(m.changed)+len(m.gone) > 2*m.all.Len()+1<<10 {
		m.lost, m.changed, m.gone = true, nil, nil
	}
}
