// Package bounded holds what a monitor remembers by key, and forgets the oldest when there is too much of it. What is
// forgotten depends on nothing but the order of calls, so a replay forgets the same.
package bounded

import "iter"

// Map is a map whose entries have an order: oldest first. The zero value is empty. It is not safe for concurrent use.
//
// Entries lie in one slice, so that a million of them cost the garbage collector no more than one.
type Map[K comparable, V any] struct {
	index   map[K]int32
	entries []entry[K, V]
	oldest  int32 // 1 + place in entries; 0 is none
	newest  int32
	free    int32 // list of unused entries, linked by next
}

type entry[K comparable, V any] struct {
	key        K
	value      V
	prev, next int32 // as oldest
}

// Len is the number of entries.
func (m *Map[K, V]) Len() int { return len(m.index) }

// Get returns the value of a key, nil when there is none. The pointer is valid until the next Put of a new key.
func (m *Map[K, V]) Get(key K) *V {
	at, ok := m.index[key]
	if !ok {
		return nil
	}
	return &m.entries[at-1].value
}

// Put adds a key as the newest entry, with the zero value, unless it is there, and returns its value as Get does.
func (m *Map[K, V]) Put(key K) *V {
	if at, ok := m.index[key]; ok {
		return &m.entries[at-1].value
	}
	at := m.free
	if at != 0 {
		m.free = m.entries[at-1].next
	} else {
		m.entries = append(m.entries, entry[K, V]{})
		at = int32(len(m.entries))
	}
	if m.index == nil {
		m.index = map[K]int32{}
	}
	m.index[key] = at
	m.entries[at-1].key = key
	m.link(at)
	return &m.entries[at-1].value
}

// Touch makes an entry the newest.
func (m *Map[K, V]) Touch(key K) {
	if at, ok := m.index[key]; ok && at != m.newest {
		m.unlink(at)
		m.link(at)
	}
}

// Delete forgets a key.
func (m *Map[K, V]) Delete(key K) {
	at, ok := m.index[key]
	if !ok {
		return
	}
	delete(m.index, key)
	m.unlink(at)
	m.entries[at-1] = entry[K, V]{next: m.free}
	m.free = at
}

// DeleteOldest forgets the oldest entry and says whether there was one.
func (m *Map[K, V]) DeleteOldest() bool {
	if m.oldest == 0 {
		return false
	}
	m.Delete(m.entries[m.oldest-1].key)
	return true
}

// All goes over the entries, oldest first. Nothing may be put or deleted meanwhile.
func (m *Map[K, V]) All() iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for at := m.oldest; at != 0; at = m.entries[at-1].next {
			if e := &m.entries[at-1]; !yield(e.key, &e.value) {
				return
			}
		}
	}
}

// Grow makes room for n more entries.
func (m *Map[K, V]) Grow(n int) {
	if m.index == nil {
		m.index = make(map[K]int32, n)
		m.entries = make([]entry[K, V], 0, n)
	}
}

func (m *Map[K, V]) link(at int32) {
	e := &m.entries[at-1]
	e.prev, e.next = m.newest, 0
	if m.newest != 0 {
		m.entries[m.newest-1].next = at
	} else {
		m.oldest = at
	}
	m.newest = at
}

func (m *Map[K, V]) unlink(at int32) {
	e := &m.entries[at-1]
	if e.prev != 0 {
		m.entries[e.prev-1].next = e.next
	} else {
		m.oldest = e.next
	}
	if e.next != 0 {
		m.entries[e.next-1].prev = e.prev
	} else {
		m.newest = e.prev
	}
}
