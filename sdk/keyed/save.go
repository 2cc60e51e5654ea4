package keyed

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/weir-run/weir/sdk/pack"
)

// append adds what changed since the last save, or everything, and returns how many parts make the map now. pace is which share of all
// entries is written in turn.
//
// Form of a map in a part: newest stamp, sum of stamps, number of entries of the map; first and end stamp of what is written in turn, both 0
// when that is everything; keys that are gone, with their number before; entries as key, stamp, length of the value and value, with their
// number before.
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

func (m *Map[K, V]) appendEntry(b []byte, key K, c *cell) []byte {
	b = m.codec.AppendKey(b, key)
	b = pack.AppendUvarint(b, c.moved)
	if c.at < 0 { // as it was saved before
		value := m.unread.bytes(c)
		return append(pack.AppendUvarint(b, uint64(len(value))), value...)
	}
	// Room is left for a length as long as the last one; values of a map are much alike.
	start := len(b)
	m.width = max(m.width, 1)
	b = m.codec.Append(append(b, none[:m.width]...), m.values.At(c.at))
	length := uint64(len(b) - start - m.width)
	if need := (bits.Len64(length|1) + 6) / 7; need != m.width {
		b = slices.Replace(b, start, start+m.width, none[:need]...)
		m.width = need
	}
	binary.PutUvarint(b[start:], length)
	return b
}

var none [binary.MaxVarintLen64]byte

func (m *Map[K, V]) untracked() bool { return m.lost }

func (m *Map[K, V]) load() (entries, changed int) { return m.Len(), len(m.changed) }

func (m *Map[K, V]) known() int { return len(m.sweep.parts) }

func (m *Map[K, V]) remember(parts int) { m.sweep.keep(parts) }
