// Package merge puts what several connections bring into the order of the chain. Groups of programs come by different connections, and a
// transaction may concern two of them: a migration names the curve's program and the pool's. Whoever counts on order, as a monitor does
// that follows a token from its creation on, must not see the faster connection's part of a slot before the slower one's.
//
// A slot is held until each group is complete up to it, and then handed on by the index of its transactions. A group that stays behind for
// long is waived: the others no longer wait for it, and what it brings later is handed on as it comes.
package merge

import (
	"cmp"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// Config of a Merge. The zero value is good.
type Config struct {
	// Patience is how long the other groups wait for one that stays behind. Only time in which something comes counts. Default 10 s.
	Patience time.Duration
	// MostBytes bounds what is held, as Hold is told of sizes; the lowest slots are handed on early when it is more. Default 256 MiB.
	MostBytes int
}

// Merge holds items. It is for one goroutine.
type Merge[T any] struct {
	config Config
	slots  map[uint64][]entry[T]
	order  []uint64 // keys of slots, ascending
	spare  [][]entry[T]
	bytes  int

	bound  uint64 // everything up to it was handed on
	waived fold.GroupSet
	behind [fold.MostGroups]time.Duration
	looked time.Time
	stats  Stats
}

type entry[T any] struct {
	index uint64
	size  int
	item  T
}

// Stats counts since New.
type Stats struct {
	// Held counts items that waited, Early those that were handed on before their slot was complete because too much was held, and Late
	// those that came after their slot had been handed on.
	Held, Early, Late uint64
	// Waived is how often a group was no longer waited for.
	Waived uint64
	// Items and Bytes are held right now.
	Items, Bytes int
}

// New returns an empty Merge.
func New[T any](c Config) *Merge[T] {
	if c.Patience <= 0 {
		c.Patience = 10 * time.Second
	}
	if c.MostBytes <= 0 {
		c.MostBytes = 256 << 20
	}
	return &Merge[T]{config: c, slots: map[uint64][]entry[T]{}}
}

// Waits tells whether an item of a slot has to be held. whole says that the connection it came by brings all groups of the slot, in order
// and without a hole before it: then nothing needs to wait, unless something of the slot or before it does already.
func (m *Merge[T]) Waits(slot uint64, whole bool) bool {
	if slot <= m.bound {
		m.stats.Late++
		return false // too late to be put anywhere
	}
	return !whole || len(m.order) > 0 && m.order[0] <= slot
}

// Hold keeps an item until Release hands it on. size is in bytes. Items of one slot and index keep their order.
func (m *Merge[T]) Hold(slot, index uint64, size int, item T) {
	entries, known := m.slots[slot]
	if !known {
		at, _ := slices.BinarySearch(m.order, slot)
		m.order = slices.Insert(m.order, at, slot)
		if n := len(m.spare); n > 0 {
			entries, m.spare = m.spare[n-1], m.spare[:n-1]
		}
	}
	m.slots[slot] = append(entries, entry[T]{index, size, item})
	m.bytes += size
	m.stats.Items++
	m.stats.Held++
}

// Full tells whether more is held than may be: the next Release hands some on early.
func (m *Merge[T]) Full() bool { return m.bytes > m.config.MostBytes }

// Release hands on, in order, what no group is waited for any more. frontier tells how far a group came, 0 when it has not begun; it is
// asked for the groups of active. Release returns the first error of hand, and then holds on to what was not handed on.
func (m *Merge[T]) Release(now time.Time, active fold.GroupSet, frontier func(group int) uint64, hand func(T) error) error {
	m.bound = max(m.bound, m.reach(now, active, frontier))
	for len(m.order) > 0 && m.order[0] <= m.bound {
		if err := m.handOn(hand); err != nil {
			return err
		}
	}
	for m.Full() {
		m.bound = max(m.bound, m.order[0])
		m.stats.Early += uint64(len(m.slots[m.order[0]]))
		if err := m.handOn(hand); err != nil {
			return err
		}
	}
	return nil
}

// handOn hands the lowest slot on.
func (m *Merge[T]) handOn(hand func(T) error) error {
	slot := m.order[0]
	entries := m.slots[slot]
	slices.SortStableFunc(entries, func(a, b entry[T]) int { return cmp.Compare(a.index, b.index) })
	for i, e := range entries {
		m.bytes -= e.size
		m.stats.Items--
		if err := hand(e.item); err != nil {
			m.slots[slot] = entries[i+1:]
			return err
		}
	}
	delete(m.slots, slot)
	m.order = slices.Delete(m.order, 0, 1)
	if len(m.spare) < mostSpare {
		clear(entries)
		m.spare = append(m.spare, entries[:0])
	}
	return nil
}

// mostSpare bounds the memory kept for new slots.
const mostSpare = 4

// Bound returns the highest slot up to which everything that came was handed on. What a run resumes from must not be beyond it.
func (m *Merge[T]) Bound() uint64 { return m.bound }

// Waived returns the groups that are not waited for.
func (m *Merge[T]) Waived() fold.GroupSet { return m.waived }

// Stats returns a snapshot.
func (m *Merge[T]) Stats() Stats {
	s := m.stats
	s.Bytes = m.bytes
	return s
}
