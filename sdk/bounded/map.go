// Package bounded holds what a monitor remembers by key, and forgets the oldest when there is too much of it. What is
// forgotten depends on nothing but the order of calls, so a replay forgets the same.
package bounded

import (
	"cmp"
	"iter"
	"slices"

	"github.com/weir-run/weir/sdk/internal/slab"
)

// Map is a map whose entries have an order: oldest first. The zero value is empty. It is not safe for concurrent use.
type Map[K comparable, V any] struct {
	index   map[K]int32
	entries slab.Slab[entry[K, V]]
	oldest  int32 // place among the entries; 0 is none
	newest  int32
}

type entry[K comparable, V any] struct {
	key        K
	value      V
	prev, next int32 // as oldest
}

// Len is the number of entries.
func (m *Map[K, V]) Len() int { return len(m.index) }

// Get returns the value of a key, nil when there is none. The pointer is valid until the key is deleted.
func (m *Map[K, V]) Get(key K) *V {
	at, ok := m.index[key]
	if !ok {
		return nil
	}
	return &m.at(at).value
}

func (m *Map[K, V]) at(place int32) *entry[K, V] { return m.entries.At(place) }

// Next returns the entry that is the next newer one of a key; ok is false when the key is the newest, or is not there.
func (m *Map[K, V]) Next(key K) (next K, value *V, ok bool) {
	at, ok := m.index[key]
	if !ok || m.at(at).next == 0 {
		return next, nil, false
	}
	e := m.at(m.at(at).next)
	return e.key, &e.value, true
}

// SortBy puts the entries in the order of their stamps, lowest first. No two entries may have the same. stamp is called once with each
// entry, oldest first.
func (m *Map[K, V]) SortBy(stamp func(K, *V) uint64) {
	type stamped struct {
		stamp uint64
		place int32
	}
	all := make([]stamped, 0, m.Len()) // entries are far apart in memory: each is looked at once
	for at := m.oldest; at != 0; {
		e := m.at(at)
		all = append(all, stamped{stamp(e.key, &e.value), at})
		at = e.next
	}
	by := func(a, b stamped) int { return cmp.Compare(a.stamp, b.stamp) }
	if slices.IsSortedFunc(all, by) {
		return
	}
	slices.SortFunc(all, by)
	m.oldest, m.newest = 0, 0
	for _, one := range all {
		m.link(one.place)
	}
}

// Oldest returns the oldest entry, nil when there is none.
func (m *Map[K, V]) Oldest() (key K, value *V) {
	if m.oldest == 0 {
		return key, nil
	}
	e := m.at(m.oldest)
	return e.key, &e.value
}

// Put adds a key as the newest entry, with the zero value, unless it is there, and returns its value as Get does.
func (m *Map[K, V]) Put(key K) *V {
	if at, ok := m.index[key]; ok {
		return &m.at(at).value
	}
	return m.Add(key)
}

// Add is Put of a key that is not there, which is not looked for. It returns nil when it is there after all: the map is not to be used then.
func (m *Map[K, V]) Add(key K) *V {
	if m.index == nil {
		m.index = map[K]int32{}
	}
	at, before := m.entries.Take(), len(m.index)
	if m.index[key] = at; len(m.index) == before {
		return nil
	}
	e := m.at(at)
	e.key = key
	m.link(at)
	return &e.value
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
	m.entries.Give(at)
}

// DeleteOldest forgets the oldest entry and says whether there was one.
func (m *Map[K, V]) DeleteOldest() bool {
	if m.oldest == 0 {
		return false
	}
	m.Delete(m.at(m.oldest).key)
	return true
}

// All goes over the entries, oldest first. Nothing may be put or deleted meanwhile.
func (m *Map[K, V]) All() iter.Seq2[K, *V] {
	return func(yield func(K, *V) bool) {
		for at := m.oldest; at != 0; {
			e := m.at(at)
			if !yield(e.key, &e.value) {
				return
			}
			at = e.next
		}
	}
}

// Grow makes room for n keys in an empty map.
func (m *Map[K, V]) Grow(n int) {
	if m.index == nil {
		m.index = make(map[K]int32, n)
	}
}

func (m *Map[K, V]) link(at int32) {
	e := m.at(at)
	e.prev, e.next = m.newest, 0
	if m.newest != 0 {
		m.at(m.newest).next = at
	} else {
		m.oldest = at
	}
	m.newest = at
}

func (m *Map[K, V]) unlink(at int32) {
	e := m.at(at)
	if e.prev != 0 {
		m.at(e.prev).next = e.next
	} else {
		m.oldest = e.next
	}
	if e.next != 0 {
		m.at(e.next).prev = e.prev
	} else {
		m.newest = e.prev
	}
}
