package liquidity

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/weir-run/weir/sdk"
)

// remembered is a state of many pools that were traded, with a position each.
func remembered(n int) *state {
	var s state
	keys := func(i, what int) (k sdk.Key) {
		binary.BigEndian.PutUint64(k[:], uint64(i+1))
		binary.BigEndian.PutUint64(k[24:], uint64(what))
		return k
	}
	for i := range n {
		p := s.pools.Put(keys(i, 0))
		*p = pool{
			venue: sdk.PumpSwap, base: keys(i, 1), quote: currencies[2], lpMint: keys(i, 2), creator: keys(i, 3), whole: true, supplied: true, supply: 1 << 42,
			reserves: reserves{held: true, base: 1 << 47, quote: 1 << 36, priced: true, priceBase: 1 << 47, priceQuote: 1 << 36}, since: 400_000_000,
		}
		p.fees.accrue([]*sdk.Fee{{Kind: sdk.FeeLP, Amount: 1 << 30}, {Kind: sdk.FeeProtocol, Amount: 1 << 30}, {Kind: sdk.FeeCreator, Amount: 1 << 30}})
		pos := s.positions.Put(seat{pool: keys(i, 0), holder: keys(i, 3)})
		pos.owner, pos.known = keys(i, 3), true
		pos.enter(amount{low: 1 << 42}, 1<<47, 1<<36, nil)
	}
	return &s
}

func TestStateSurvives(t *testing.T) {
	s := remembered(50)
	for key, p := range s.pools.All() {
		p.steps = []step{{actor: key, slot: 3, sale: true, taken: 4, from: 5, lp: 6, before: p.reserves}}
		v := &interval{seconds: 60}
		b := v.bucket(key, 70, 70, 2, 1)
		b.gap, b.trades = true, 3
		b.see(p)
		s.intervals = append(s.intervals, v)
		break
	}
	for _, pos := range s.positions.All() {
		pos.nft, pos.ranged, pos.lower, pos.upper = true, true, -443_636, 443_636
		break
	}
	*s.prices.mints.Put(currencies[2]) = dollar{micros: 150, units: 7, slot: 8}
	before, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	var again state
	if err := again.UnmarshalBinary(before); err != nil {
		t.Fatal(err)
	}
	after, err := again.AppendBinary(nil)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%d bytes became %d, %v", len(before), len(after), err)
	}
	for n := 1; n < len(before); n++ {
		if err := again.UnmarshalBinary(before[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a state", n, len(before))
		}
	}
}

// BenchmarkSave is a checkpoint of 100,000 pools with a position each; state-B/pool is their size in it, heap-B/pool in memory.
func BenchmarkSave(b *testing.B) {
	const pools = 100_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := remembered(pools)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportAllocs()
	var data []byte
	for b.Loop() {
		var err error
		if data, err = s.AppendBinary(data[:0]); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(data)))
	}
	b.ReportMetric(float64(len(data))/pools, "state-B/pool")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/pools, "heap-B/pool")
}
