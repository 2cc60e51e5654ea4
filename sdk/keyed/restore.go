package keyed

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/weir-run/weir/sdk/pack"
)

// check is what a map must be like after its last part.
type check struct {
	sum, entries uint64
}

// clear makes the map empty.
func (m *Map[K, V]) clear() { *m = Map[K, V]{codec: m.codec, interval: 1} }

// smallest is the fewest bytes that an entry takes: stamp, length of the value. A number of entries that a part cannot hold asks for no
// memory.
const smallest = 2

// apply applies what append wrote into a part. Values are left for later, when none is read that a later part replaces: in a restored
// state that is a third of all, or half. So the part must not change until then.
func (m *Map[K, V]) apply(r *pack.Reader, f byte, size int) error {
	moves := r.Uvarint()
	if moves < m.moves && !r.Failed() {
		return fmt.Errorf("it is older than those before it: stamp %d, they have %d", moves, m.moves)
	}
	m.moves, m.want = moves, check{sum: r.Uvarint(), entries: r.Uvarint()}
	m.grow(int(min(m.want.entries, uint64(size/smallest))))
	turn := swept{from: r.Uvarint(), to: r.Uvarint()}
	turn.whole = turn.to == 0
	m.sweep.add(turn)
	for range r.Count(1) {
		key := m.codec.ReadKey(r)
		if c := m.all.Get(key); c != nil {
			m.drop(key, c)
		}
	}
	fresh := turn.whole && m.Len() == 0
	for range r.Count(1) {
		c, err := m.entry(m.codec.ReadKey(r), fresh)
		if err != nil {
			return err
		}
		moved := r.Uvarint()
		m.sum += moved - c.moved
		c.moved = moved
		m.leave(r, f, c)
		if r.Failed() {
			break
		}
	}
	return nil
}

// grow makes room in an empty map, for as many entries as it will have.
func (m *Map[K, V]) grow(entries int) {
	m.all.Grow(entries)
	if m.unread == nil {
		m.unread = make(unread, 0, entries)
	}
}

// entry is that of a key. fresh says that the map was empty before this part, which is whole, and so has no key twice.
func (m *Map[K, V]) entry(key K, fresh bool) (*cell, error) {
	if !fresh {
		return m.all.Put(key), nil
	}
	c := m.all.Add(key)
	if c == nil {
		return nil, fmt.Errorf("key %v stands in one part twice", key)
	}
	return c, nil
}

// leave notes where an entry's value is.
func (m *Map[K, V]) leave(r *pack.Reader, f byte, c *cell) {
	switch {
	case f == formatWithoutLengths:
		if c.at < 0 { // no program writes such a part behind one with lengths
			m.unread.drop(c)
			c.at = 0
		}
		if c.at == 0 {
			c.at = m.values.Take()
		}
		v := m.values.At(c.at)
		*v = *new(V)
		m.codec.Read(r, v)
	case c.at < 0:
		m.unread[-c.at-1].bytes = r.Take(r.Count(1))
	default:
		if c.at > 0 { // an older part without lengths had one
			m.values.Give(c.at)
		}
		m.unread.add(c, r.Take(r.Count(1)))
	}
}

// finish puts the entries in order and says whether they are what was saved. It reads the values, or with lazy some of them, by which a
// codec shows that is not the one that wrote them.
func (m *Map[K, V]) finish(lazy bool) error {
	if got := (check{m.sum, uint64(m.Len())}); got != m.want {
		return fmt.Errorf("parts do not make up what was saved: %d entries, want %d", got.entries, m.want.entries)
	}
	m.want = check{}
	place := m.sweep.place()
	first := uint64(0) // stamp of the entry where the sweep goes on
	m.all.SortBy(func(key K, c *cell) uint64 {
		if place > 0 && c.moved >= place && (!m.onTurn || c.moved < first) {
			m.turn, m.onTurn, first = key, true, c.moved
		}
		return c.moved
	})
	if lazy {
		return m.readSome()
	}
	return m.readAll()
}

const (
	batchSize   = 512
	mostReaders = 4
)

// readFirst is how many values a lazy state reads at once. Only tests change it.
var readFirst = 512

// readSome reads the values that stand first in the parts, and leaves the others.
func (m *Map[K, V]) readSome() error {
	for _, one := range m.unread[:min(len(m.unread), readFirst)] {
		if one.cell == nil {
			continue
		}
		if err := m.read(one.cell); err != nil {
			return err
		}
	}
	return nil
}

// readAll reads all values, by several goroutines: it is half of what restoring takes. It returns the first error.
func (m *Map[K, V]) readAll() error {
	all := m.unread
	m.unread = nil
	for _, one := range all {
		if one.cell != nil {
			one.cell.at = m.values.Take()
		}
	}
	var next atomic.Int64
	var failed atomic.Pointer[error]
	some := func() {
		for failed.Load() == nil {
			from := int(next.Add(batchSize)) - batchSize
			if from >= len(all) {
				return
			}
			for _, one := range all[from:min(from+batchSize, len(all))] {
				if one.cell == nil {
					continue
				}
				if err := m.readInto(m.values.At(one.cell.at), one.bytes); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
			}
		}
	}
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), mostReaders, len(all)/batchSize+1) - 1 {
		readers.Go(some)
	}
	some()
	readers.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
