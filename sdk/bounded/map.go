// Package bounded holds what a monitor remembers by key, and forgets the oldest when there is too much of it. What is
// forgotten depends on nothing but the order of calls, so a replay forgets the same.
package bounded

import (
	"cmp"
	"iter"
	"slices"
)

// Map is a map whose entries have an order: oldest first. The zero value is empty. It is not safe for concurrent use.
//
// Entries lie in blocks, so that a million of them cost the garbage collector little, and that no call copies all of them.
type Map[K comparable, V any] struct {
	index  map[K]int32
	blocks [][]entry[K, V] // all but the last are full
	oldest int32           // 1 + place in the blocks; 0 is none
	newest int32
	free   int32 // list of unused entries, linked by next
}

// blockBits make a block of 4,096 entries.
const (
	blockBits = 12
	blockMask = 1<<blockBits - 1
)

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
	return &m.at(at).value
}

// at is the entry at a place, from 1.
func (m *Map[K, V]) at(place int32) *entry[K, V] {
	return &m.blocks[(place-1)>>blockBits][(place-1)&blockMask]
}

// add makes a place.
func (m *Map[K, V]) add() int32 {
	last := len(m.blocks) - 1
	if last < 0 || len(m.blocks[last]) > blockMask {
		var block []entry[K, V]
		if last >= 0 { // there are many: no need to begin small
			block = make([]entry[K, V], 0, blockMask+1)
		}
		m.blocks = append(m.blocks, block)
		last++
	}
	m.blocks[last] = append(m.blocks[last], entry[K, V]{})
	return int32(last<<blockBits + len(m.blocks[last]))
}

// Next returns the entry that is the next newer one of a key; ok is false when the key is the newest, or is not there.
func (m *Map[K, V]) Next(key K) (next K, value *V, ok bool) {
	at, ok := m.index[key]
	if !ok || m.at(at).next == 0 {
		return next, nil, false
	}
	e := m.at(m.at(at).next)
	return e.key, &e.value, true
}

// SortBy puts the entries in the order of the stamps that they have, lowest first; those of equal ones stay in their order.
func (m *Map[K, V]) SortBy(stamp func(*V) uint64) {
	type stamped struct {
		stamp       uint64
		place, rank int32
	}
	all := make([]stamped, 0, m.Len()) // entries are far apart in memory: each is looked at once
	for at := m.oldest; at != 0; at = m.at(at).next {
		all = append(all, stamped{stamp(&m.at(at).value), at, int32(len(all))})
	}
	by := func(a, b stamped) int { return cmp.Or(cmp.Compare(a.stamp, b.stamp), cmp.Compare(a.rank, b.rank)) }
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
	at := m.free
	if at != 0 {
		m.free = m.at(at).next
	} else {
		at = m.add()
	}
	if m.index == nil {
		m.index = map[K]int32{}
	}
	m.index[key] = at
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
	*m.at(at) = entry[K, V]{next: m.free}
	m.free = at
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

// Grow makes room for n entries in an empty map.
func (m *Map[K, V]) Grow(n int) {
	if m.index == nil {
		m.index = make(map[K]int32, n)
		m.blocks = append(m.blocks, make([]entry[K, V], 0, min(n, blockMask+1)))
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
