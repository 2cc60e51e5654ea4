package keyed

import (
	"cmp"
	"fmt"

	"github.com/weir-run/weir/sdk/pack"
)

// append adds what changed since the last save, or everything, and returns how many parts make the map now. pace is which share of all
// entries is written in turn.
//
// Form of a map in a part: newest stamp, sum of stamps, number of entries of the map; first and end stamp of what is written in turn, both 0
// when that is everything; keys that are gone, with their number before; entries as key, stamp and value, with their number before.
func (m *Map[K, V]) append(b []byte, whole bool, pace float64) (_ []byte, parts int) {
	b = pack.AppendUvarint(b, m.moves)
	b = pack.AppendUvarint(b, m.sum)
	b = pack.AppendUvarint(b, uint64(m.Len()))
	if whole {
		m.sweep.begin()
		m.onTurn = false
		b = m.appendAll(b)
	} else {
		b = m.appendChanged(b, pace)
	}
	m.changed, m.gone, m.lost = m.changed[:0], m.gone[:0], false
	m.interval++
	return b, m.sweep.needed(m.moves + 1)
}

func (m *Map[K, V]) appendAll(b []byte) []byte {
	b = append(b, 0, 0, 0) // written in turn: everything; gone: none
	b = pack.AppendUvarint(b, uint64(m.Len()))
	for key, c := range m.all.All() {
		b = m.appendEntry(b, key, c)
	}
	return b
}

func (m *Map[K, V]) appendChanged(b []byte, pace float64) []byte {
	// It must get ahead of the entries that become the newest meanwhile.
	turn, due := m.due(max(sweepLeast, int(pace*float64(m.Len()))+1, sweepShare*len(m.changed)))
	m.sweep.add(turn)
	b = pack.AppendUvarint(pack.AppendUvarint(b, turn.from), turn.to)
	b = pack.AppendUvarint(b, uint64(len(m.gone)))
	for _, key := range m.gone {
		b = m.codec.AppendKey(b, key)
	}
	count := len(due)
	for _, key := range m.changed {
		if m.all.Get(key) != nil {
			count++
		}
	}
	b = pack.AppendUvarint(b, uint64(count))
	for _, list := range [][]K{m.changed, due} {
		for _, key := range list {
			if c := m.all.Get(key); c != nil {
				b = m.appendEntry(b, key, c)
			}
		}
	}
	return b
}

// due goes on with the sweep over so many entries, and returns their stamps and those of them that did not change.
func (m *Map[K, V]) due(entries int) (turn swept, unchanged []K) {
	key, c, ok := m.turn, m.all.Get(m.turn), m.onTurn
	if ok {
		turn.from = m.sweep.place()
	} else { // a round begins
		key, c = m.all.Oldest()
		ok = c != nil
	}
	for turn.to = m.moves + 1; ok; key, c, ok = m.all.Next(key) {
		if entries--; entries < 0 {
			turn.to = c.moved
			break
		}
		if c.changed != m.interval {
			unchanged = append(unchanged, key)
		}
	}
	m.turn, m.onTurn = key, ok
	return turn, unchanged
}

func (m *Map[K, V]) appendEntry(b []byte, key K, c *cell[V]) []byte {
	b = m.codec.AppendKey(b, key)
	b = pack.AppendUvarint(b, c.moved)
	return m.codec.Append(b, &c.value)
}

// clear makes the map empty.
func (m *Map[K, V]) clear() { *m = Map[K, V]{codec: m.codec, interval: 1} }

// smallest is the fewest bytes that an entry takes: key, stamp, value. A number of entries that a state cannot hold asks for no memory.
const smallest = 2

// read applies what append wrote into a part of a state of so many bytes.
func (m *Map[K, V]) read(r *pack.Reader, size int) (want check) {
	m.moves = r.Uvarint()
	want = check{sum: r.Uvarint(), entries: r.Uvarint()}
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
	n := r.Count(1)
	m.all.Grow(int(min(want.entries, uint64(size/smallest))))
	for range n {
		c := m.all.Put(m.codec.ReadKey(r))
		moved := r.Uvarint()
		m.sum += moved - c.moved
		*c = cell[V]{moved: moved}
		m.codec.Read(r, &c.value)
		if r.Failed() {
			break
		}
	}
	return want
}

// check is what a map must be like after its last part.
type check struct {
	sum, entries uint64
}

// finish puts the entries in order and says whether they are what was saved.
func (m *Map[K, V]) finish(want check) error {
	if got := (check{m.sum, uint64(m.Len())}); got != want {
		return fmt.Errorf("parts do not make up what was saved: %d entries, want %d", got.entries, want.entries)
	}
	m.all.SortFunc(func(a, b *cell[V]) int { return cmp.Compare(a.moved, b.moved) })
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

func (m *Map[K, V]) untracked() bool { return m.lost }

func (m *Map[K, V]) load() (entries, changed int) { return m.Len(), len(m.changed) }

func (m *Map[K, V]) known() int { return len(m.sweep.parts) }

func (m *Map[K, V]) remember(parts int) { m.sweep.keep(parts) }
