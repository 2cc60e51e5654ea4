package liquidity

import (
	"encoding/binary"
	"slices"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/bounded"
	"github.com/weir-run/weir/sdk/pack"
)

// stateVersion is that of the states written. Before version 1 the monitor remembered nothing.
const stateVersion = 1

// state is all that the monitor remembers, in the order of the last changes.
type state struct {
	pools     bounded.Map[sdk.Key, pool]
	positions bounded.Map[seat, position]
	prices    prices
	now       int64  // latest block time seen, Unix seconds; 0 is none. Kept where there are periods
	slot      uint64 // latest slot seen, the same
	intervals []*interval

	arranged bool // intervals fit the configuration; not saved
}

// doubt says that records were lost. Whatever is a sum over all of them, or depends on the one before, is not known any more. Sums of
// fees begin again at a slot; 0 keeps the old one.
func (s *state) doubt(slot uint64) {
	for _, p := range s.pools.All() {
		p.whole, p.supplied, p.supply, p.fees, p.burned, p.kept, p.steps = false, false, 0, nil, 0, 0, nil
		p.since = max(p.since, slot)
	}
	for _, pos := range s.positions.All() {
		pos.known, pos.held, pos.entry = false, amount{}, entry{}
	}
	for _, v := range s.intervals {
		for _, open := range v.periods {
			for _, b := range open.open.All() {
				b.gap = true
			}
		}
	}
}

// AppendBinary implements encoding.BinaryAppender.
func (s *state) AppendBinary(b []byte) ([]byte, error) {
	b = slices.Grow(b, 260*s.pools.Len()+200*s.positions.Len()+100)
	b = pack.AppendUvarint(b, uint64(s.pools.Len()))
	for key, p := range s.pools.All() {
		b = p.append(pack.AppendKey(b, key))
	}
	b = pack.AppendUvarint(b, uint64(s.positions.Len()))
	for key, pos := range s.positions.All() {
		b = pos.append(pack.AppendKey(pack.AppendKey(b, key.pool), key.holder))
	}
	b = s.prices.append(b)
	b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(s.now)), s.slot)
	b = pack.AppendUvarint(b, uint64(len(s.intervals)))
	for _, v := range s.intervals {
		b = v.append(b)
	}
	return b, nil
}

// UnmarshalBinary implements encoding.BinaryUnmarshaler.
func (s *state) UnmarshalBinary(b []byte) error {
	if len(b) == 0 { // of a version that remembered nothing
		*s = state{}
		return nil
	}
	var fresh state
	r := pack.NewReader(b)
	n := r.Count(32 + smallestPool)
	fresh.pools.Grow(n)
	for range n {
		p := fresh.pools.Put(r.Key())
		*p = readPool(r)
	}
	n = r.Count(64 + smallestPosition)
	fresh.positions.Grow(n)
	for range n {
		pos := fresh.positions.Put(seat{pool: r.Key(), holder: r.Key()})
		*pos = readPosition(r)
	}
	fresh.prices = readPrices(r)
	fresh.now, fresh.slot = int64(r.Uvarint()), r.Uvarint()
	for range r.Count(2) {
		fresh.intervals = append(fresh.intervals, readInterval(r))
	}
	if err := r.Close(); err != nil {
		return err
	}
	*s = fresh
	return nil
}

func (p *pool) append(b []byte) []byte {
	b = append(b, byte(p.venue), flags(p.turned, p.whole, p.supplied, p.drained))
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

// smallestPool is the fewest bytes that a pool takes.
const smallestPool = 2 + 5 + smallestReserves + 4 + 2

func readPool(r *pack.Reader) (p pool) {
	p.venue = sdk.Venue(r.Byte())
	f := r.Byte()
	p.turned, p.whole, p.supplied, p.drained = f&1 != 0, f&2 != 0, f&4 != 0, f&8 != 0
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

// smallestPosition is the fewest bytes that a position takes.
const smallestPosition = 2 + 6 + 4 + 2

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

func (v *interval) append(b []byte) []byte {
	b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(v.seconds)), uint64(len(v.periods)))
	for _, p := range v.periods {
		b = pack.AppendUvarint(pack.AppendUvarint(b, uint64(p.start)), uint64(p.open.Len()))
		for key, bucket := range p.open.All() {
			b = bucket.append(pack.AppendKey(b, key))
		}
	}
	return b
}

func readInterval(r *pack.Reader) *interval {
	v := &interval{seconds: int64(r.Uvarint())}
	for range r.Count(2) {
		p := &period{start: int64(r.Uvarint())}
		n := r.Count(32 + smallestBucket)
		p.open.Grow(n)
		for range n {
			b := p.open.Put(r.Key())
			*b = readBucket(r)
		}
		v.periods = append(v.periods, p)
	}
	return v
}

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

// smallestBucket is the fewest bytes of a bucket.
const smallestBucket = smallestPool + 1 + 1 + 3 + 12

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
