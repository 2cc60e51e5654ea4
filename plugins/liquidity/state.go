package liquidity

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/keyed"
	"github.com/weir-run/weir/sdk/pack"
)

// stateVersion is that of the states written. Version 1 did not say when records were lost last, nor that a pool is boosted. Before it the monitor remembered nothing.
const stateVersion = 2

// state is all that the monitor remembers. What is kept by key is saved when it changed; the rest is small and saved every time.
type state struct {
	pools     *keyed.Map[sdk.Key, pool]
	positions *keyed.Map[seat, position]
	intervals []*interval // of all lengths that there are, also of those that are not asked for
	rest      rest

	arranged bool // intervals fit the configuration; not saved
}

// rest is what is saved every time.
type rest struct {
	prices prices
	now    int64  // latest block time seen, Unix seconds; 0 is none. Kept where there are periods
	slot   uint64 // latest slot seen, the same
	losing bool   // records were lost, and none came since
	lost   int64  // time of the first record behind the last gap; 0 is none
}

func newState() *state {
	s := &state{
		pools: keyed.NewMap(keyed.Codec[sdk.Key, pool]{
			AppendKey: pack.AppendKey, ReadKey: (*pack.Reader).Key,
			Append: func(b []byte, p *pool) []byte { return p.append(b) }, Read: func(r *pack.Reader, p *pool) { *p = readPool(r) },
		}),
		positions: keyed.NewMap(keyed.Codec[seat, position]{
			AppendKey: func(b []byte, k seat) []byte { return pack.AppendKey(pack.AppendKey(b, k.pool), k.holder) },
			ReadKey:   func(r *pack.Reader) seat { return seat{pool: r.Key(), holder: r.Key()} },
			Append:    func(b []byte, pos *position) []byte { return pos.append(b) },
			Read:      func(r *pack.Reader, pos *position) { *pos = readPosition(r) },
		}),
	}
	for _, seconds := range slices.Sorted(maps.Values(lengths)) {
		s.intervals = append(s.intervals, newInterval(seconds))
	}
	return s
}

// saved is the form in which the SDK saves it. The order of the maps belongs to stateVersion.
func (s *state) saved() *keyed.State { return s.savedWith(&s.rest).Lazy() }

func (s *state) savedWith(rest any) *keyed.State {
	v := s.intervals
	return keyed.NewState(rest, s.pools, s.positions,
		v[0].open[0], v[0].open[1], v[1].open[0], v[1].open[1], v[2].open[0], v[2].open[1],
		v[3].open[0], v[3].open[1], v[4].open[0], v[4].open[1], v[5].open[0], v[5].open[1])
}

// upgrade reads a state of version 1.
func (s *state) upgrade(_ uint32, parts [][]byte) error {
	return s.savedWith((*restOf1)(&s.rest)).LoadParts(sdk.PartsOf(parts...))
}

// doubt says that records were lost. Whatever is a sum over all of them, or depends on the one before, is not known any more. Sums of
// fees begin again behind a slot; 0 is not known, and they begin with the pool's next record.
func (s *state) doubt(slot uint64) {
	s.rest.losing = true
	for _, key := range keysOf(s.pools) {
		p := s.pools.Change(key)
		p.whole, p.supplied, p.supply, p.fees, p.burned, p.kept, p.steps = false, false, 0, nil, 0, 0, nil
		if p.since = max(p.since, slot); slot == 0 {
			p.since = 0
		}
	}
	for _, key := range keysOf(s.positions) {
		pos := s.positions.Change(key)
		pos.known, pos.held, pos.entry, pos.feesBase, pos.feesQuote = false, amount{}, entry{}, 0, 0
	}
	for _, v := range s.intervals {
		for _, open := range v.open {
			for _, key := range keysOf(open) {
				open.Change(key).gap = true
			}
		}
	}
}

func keysOf[K comparable, V any](m *keyed.Map[K, V]) []K {
	keys := make([]K, 0, m.Len())
	for key := range m.All() {
		keys = append(keys, key)
	}
	return keys
}

// AppendBinary implements encoding.BinaryAppender.
func (r *rest) AppendBinary(b []byte) ([]byte, error) {
	b = pack.AppendUvarint(pack.AppendUvarint(r.prices.append(b), uint64(r.now)), r.slot)
	return pack.AppendUvarint(append(b, flags(r.losing)), uint64(r.lost)), nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (r *rest) UnmarshalBinary(b []byte) error {
	from := pack.NewReader(b)
	fresh := readRest(from)
	fresh.losing, fresh.lost = from.Byte() != 0, int64(from.Uvarint())
	if err := from.Close(); err != nil {
		return err
	}
	*r = fresh
	return nil
}

// restOf1 is rest as version 1 had it.
type restOf1 rest

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (r *restOf1) UnmarshalBinary(b []byte) error {
	from := pack.NewReader(b)
	fresh := readRest(from)
	if err := from.Close(); err != nil {
		return err
	}
	*r = restOf1(fresh)
	return nil
}

func readRest(from *pack.Reader) rest {
	return rest{prices: readPrices(from), now: int64(from.Uvarint()), slot: from.Uvarint()}
}

func (p *pool) append(b []byte) []byte {
	b = append(b, byte(p.venue), flags(p.turned, p.whole, p.supplied, p.drained[0], p.drained[1]))
	for _, k := range []sdk.Key{p.base, p.quote, p.lpMint, p.creator, p.feesTo} {
		b = pack.AppendOptionalKey(b, k)
	}
	b = p.reserves.append(b)
	for _, n := range []uint64{p.supply, p.burned, p.kept, p.since} {
		b = pack.AppendUvarint(b, n)
	}
	b = p.fees.append(b)
	b = pack.AppendUvarint(b, uint64(len(p.steps)))
	for i := range p.steps {
		b = p.steps[i].append(b)
	}
	return b
}

func readPool(r *pack.Reader) (p pool) {
	p.venue = sdk.Venue(r.Byte())
	f := r.Byte()
	p.turned, p.whole, p.supplied, p.drained = f&1 != 0, f&2 != 0, f&4 != 0, [2]bool{f&8 != 0, f&16 != 0}
	for _, k := range []*sdk.Key{&p.base, &p.quote, &p.lpMint, &p.creator, &p.feesTo} {
		*k = r.OptionalKey()
	}
	p.reserves = readReserves(r)
	p.supply, p.burned, p.kept, p.since = r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint()
	p.fees = readFees(r)
	for range r.Count(32 + 64 + 1 + 6 + smallestReserves) {
		p.steps = append(p.steps, readStep(r))
	}
	return p
}

func (pos *position) append(b []byte) []byte {
	b = append(b, flags(pos.nft, pos.known, pos.ranged, pos.locked))
	b = pack.AppendOptionalKey(b, pos.owner)
	b = pos.entry.root.append(pos.entry.of.append(pos.held.append(b)))
	for _, n := range []uint64{pos.entry.base, pos.entry.quote, pos.feesBase, pos.feesQuote} {
		b = pack.AppendUvarint(b, n)
	}
	return binary.AppendVarint(binary.AppendVarint(b, int64(pos.lower)), int64(pos.upper))
}

func readPosition(r *pack.Reader) (pos position) {
	f := r.Byte()
	pos.nft, pos.known, pos.ranged, pos.locked = f&1 != 0, f&2 != 0, f&4 != 0, f&8 != 0
	pos.owner = r.OptionalKey()
	pos.held, pos.entry.of, pos.entry.root = readAmount(r), readAmount(r), readAmount(r)
	pos.entry.base, pos.entry.quote, pos.feesBase, pos.feesQuote = r.Uvarint(), r.Uvarint(), r.Uvarint(), r.Uvarint()
	pos.lower, pos.upper = int32(unzigzag(r.Uvarint())), int32(unzigzag(r.Uvarint()))
	return pos
}

// unzigzag undoes what binary.AppendVarint does to the sign.
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func (b *bucket) append(to []byte) []byte {
	to = b.fees.append(append(b.pool.append(to), flags(b.gap)))
	for _, n := range []uint64{b.trades, b.late, b.untold} {
		to = pack.AppendUvarint(to, n)
	}
	for _, a := range b.sums() {
		to = a.append(to)
	}
	return to
}

func readBucket(r *pack.Reader) (b bucket) {
	b.pool = readPool(r)
	b.gap = r.Byte() != 0
	b.fees = readFees(r)
	b.trades, b.late, b.untold = r.Uvarint(), r.Uvarint(), r.Uvarint()
	for _, a := range b.sums() {
		*a = readAmount(r)
	}
	return b
}

func (b *bucket) sums() []*amount {
	return []*amount{&b.base, &b.quote, &b.addedBase, &b.addedQuote, &b.leftBase, &b.leftQuote}
}
