package keyed

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/weir-run/weir/sdk/pack"
)

// reading is what is known while the parts of a map are read, oldest first.
type reading struct {
	want check
	// unread are the values that the newest of the parts so far have. An entry's place among them, from 1, stands in cell.changed.
	unread [][]byte
}

// check is what a map must be like after its last part.
type check struct {
	sum, entries uint64
}

// clear makes the map empty.
func (m *Map[K, V]) clear() { *m = Map[K, V]{codec: m.codec, interval: 1} }

// smallest is the fewest bytes that an entry takes: stamp, length of the value. A number of entries that a part cannot hold asks for no
// memory.
const smallest = 2

// read applies what append wrote into a part. Values are left for finish, when none is read that a later part replaces: in a restored
// state that is a third of all, or half. So the part must not change until then.
func (m *Map[K, V]) read(r *pack.Reader, f byte, size int) error {
	moves := r.Uvarint()
	if moves < m.moves && !r.Failed() {
		return fmt.Errorf("it is older than those before it: stamp %d, they have %d", moves, m.moves)
	}
	m.moves, m.reading.want = moves, check{sum: r.Uvarint(), entries: r.Uvarint()}
	m.all.Grow(int(min(m.reading.want.entries, uint64(size/smallest))))
	turn := swept{from: r.Uvarint(), to: r.Uvarint()}
	turn.whole = turn.to == 0
	m.sweep.add(turn)
	for range r.Count(1) {
		key := m.codec.ReadKey(r)
		if c := m.all.Get(key); c != nil {
			m.sum -= c.moved
			m.all.Delete(key)
		}
	}
	for range r.Count(1) {
		c := m.all.Put(m.codec.ReadKey(r))
		moved := r.Uvarint()
		m.sum += moved - c.moved
		c.moved = moved
		m.readValue(r, f, c)
		if r.Failed() {
			break
		}
	}
	return nil
}

func (m *Map[K, V]) readValue(r *pack.Reader, f byte, c *cell[V]) {
	switch {
	case f == formatWithoutLengths:
		var none V
		c.value, c.changed = none, 0
		m.codec.Read(r, &c.value)
	case c.changed == 0:
		m.reading.unread = append(m.reading.unread, r.Take(r.Count(1)))
		c.changed = uint32(len(m.reading.unread))
	default:
		m.reading.unread[c.changed-1] = r.Take(r.Count(1))
	}
}

// finish reads the values, puts the entries in order, and says whether they are what was saved.
func (m *Map[K, V]) finish() error {
	if got := (check{m.sum, uint64(m.Len())}); got != m.reading.want {
		return fmt.Errorf("parts do not make up what was saved: %d entries, want %d", got.entries, m.reading.want.entries)
	}
	values := make([]unread[V], 0, len(m.reading.unread))
	m.all.SortBy(func(c *cell[V]) uint64 { // it goes over all entries once, which is most of what that costs
		if c.changed > 0 {
			values = append(values, unread[V]{&c.value, m.reading.unread[c.changed-1]})
			c.changed = 0
		}
		return c.moved
	})
	m.reading = reading{}
	if err := readValues(values, m.codec.Read); err != nil {
		return err
	}
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

// unread is a value and its bytes.
type unread[V any] struct {
	value *V
	bytes []byte
}

const (
	batchSize   = 512
	mostReaders = 4
)

// readValues reads values by several goroutines: it is half of what restoring takes. It returns the first error.
func readValues[V any](values []unread[V], read func(*pack.Reader, *V)) error {
	var next atomic.Int64
	var failed atomic.Pointer[error]
	some := func() {
		var r pack.Reader
		for failed.Load() == nil {
			from := int(next.Add(batchSize)) - batchSize
			if from >= len(values) {
				return
			}
			for _, one := range values[from:min(from+batchSize, len(values))] {
				r = *pack.NewReader(one.bytes)
				read(&r, one.value)
				if err := r.Close(); err != nil {
					err = fmt.Errorf("a value of %d bytes: %w", len(one.bytes), err)
					failed.CompareAndSwap(nil, &err)
					return
				}
			}
		}
	}
	var readers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), mostReaders, len(values)/batchSize+1) - 1 {
		readers.Go(some)
	}
	some()
	readers.Wait()
	if err := failed.Load(); err != nil {
		return *err
	}
	return nil
}
