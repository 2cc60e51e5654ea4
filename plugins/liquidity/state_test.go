package liquidity

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"testing"

	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/pack"
)

// remembered is a state of many pools that were traded, with a position each.
func remembered(n int) *state { return held(defaults(), n, 1) }

// held is what a monitor with that configuration keeps of many pools that were traded, with some positions each.
func held(c Config, n, positions int) *state {
	m := &monitor{config: c, state: newState()}
	keys := func(i, what int) (k sdk.Key) {
		binary.BigEndian.PutUint64(k[:], uint64(i+1))
		binary.BigEndian.PutUint64(k[24:], uint64(what))
		return k
	}
	for i := range n {
		p := m.open(keys(i, 0), 400_000_000)
		*p = pool{
			venue: sdk.PumpSwap, base: keys(i, 1), quote: currencies[2], lpMint: keys(i, 2), creator: keys(i, 3), whole: true, supplied: true, supply: 1 << 42,
			reserves: reserves{held: true, base: 1 << 47, quote: 1 << 36, priced: true, priceBase: 1 << 47, priceQuote: 1 << 36}, since: 400_000_000,
		}
		p.fees.accrue([]*sdk.Fee{{Kind: sdk.FeeLP, Amount: 1 << 30}, {Kind: sdk.FeeProtocol, Amount: 1 << 30}, {Kind: sdk.FeeCreator, Amount: 1 << 30}})
		for j := range positions {
			pos := m.at(seat{pool: keys(i, 0), holder: keys(i, 3+j)}, p)
			pos.owner = keys(i, 3+j)
			pos.enter(amount{low: 1 << 42}, 1<<47, 1<<36, nil)
		}
	}
	return m.state
}

func TestStateSurvives(t *testing.T) {
	s := remembered(6)
	first := keysOf(s.pools)[0]
	p := s.pools.Change(first)
	p.reserves.boost = true
	p.steps = []step{{actor: first, slot: 3, sale: true, taken: 4, from: 5, lp: 6, before: p.reserves}}
	b := s.intervals[0].bucket(first, 70, &rest{now: 70}, 2, 1)
	b.gap, b.trades = true, 3
	b.see(p)
	pos := s.positions.Change(keysOf(s.positions)[0])
	pos.nft, pos.ranged, pos.lower, pos.upper = true, true, -443_636, 443_636
	*s.rest.prices.mints.Put(currencies[2]) = dollar{micros: 150, units: 7, slot: 8}
	s.rest.now, s.rest.slot, s.rest.losing, s.rest.lost = 1, 2, true, 3
	before, _, err := s.saved().AppendPart(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	again := newState()
	if err := again.saved().LoadParts(sdk.PartsOf(before)); err != nil {
		t.Fatal(err)
	}
	after, _, err := again.saved().AppendPart(nil, true)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("%d bytes became %d, %v", len(before), len(after), err)
	}
	if got := again.positions.Change(keysOf(again.positions)[0]); *got != *pos {
		t.Errorf("position %+v became %+v", *pos, *got)
	}
	for n := range before {
		if err := newState().saved().LoadParts(sdk.PartsOf(before[:n])); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for a state", n, len(before))
		}
	}
}

// first is the rest of a state of version 1.
type first struct{ *rest }

func (f first) AppendBinary(b []byte) ([]byte, error) {
	return pack.AppendUvarint(pack.AppendUvarint(f.prices.append(b), uint64(f.now)), f.slot), nil
}

// Version 1 did not know when records were lost.
func TestStateOfVersion1(t *testing.T) {
	s := remembered(3)
	s.rest.now, s.rest.slot = 1_700_000_000, 4
	old, _, err := s.savedWith(first{&s.rest}).AppendPart(nil, true)
	if err != nil {
		t.Fatal(err)
	}
	again := newState()
	if err := again.upgrade(1, [][]byte{old}); err != nil {
		t.Fatal(err)
	}
	want, _, _ := s.saved().AppendPart(nil, true)
	if got, _, err := again.saved().AppendPart(nil, true); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes became %d, %v", len(want), len(got), err)
	}
	if err := newState().saved().LoadParts(sdk.PartsOf(old)); err == nil {
		t.Error("a state of version 1 was taken for one of today")
	}
}

// BenchmarkSave is a checkpoint of 100,000 pools with a position each, of which 5,000 were traded since the last; state-B/pool is the
// size of all of it, heap-B/pool that in memory.
func BenchmarkSave(b *testing.B) {
	const pools = 100_000
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := remembered(pools)
	runtime.GC()
	runtime.ReadMemStats(&after)
	saved := s.saved()
	whole, _, err := saved.AppendPart(nil, true)
	if err != nil {
		b.Fatal(err)
	}
	keys := keysOf(s.pools)
	var data []byte
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for range 5000 {
			s.pools.Touch(keys[n%pools]).supply++
			n++
		}
		b.StartTimer()
		if data, _, err = saved.AppendPart(data[:0], false); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "part-B")
	b.ReportMetric(float64(len(whole))/pools, "state-B/pool")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/pools, "heap-B/pool")
}

// BenchmarkMillionPools is what the limits hold: those of the defaults, 100,000 pools with two positions each, and 1,000,000 pools with one
// position each where the configuration allows so many.
func BenchmarkMillionPools(b *testing.B) {
	large := defaults()
	large.MaxPools, large.MaxPositions = 1_000_000, 1_000_000
	for _, run := range []struct {
		name             string
		config           Config
		pools, positions int
	}{{"defaults", defaults(), defaults().MaxPools, defaults().MaxPositions / defaults().MaxPools}, {"raised", large, large.MaxPools, 1}} {
		b.Run(run.name, func(b *testing.B) {
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				s := held(run.config, run.pools, run.positions)
				runtime.GC()
				runtime.ReadMemStats(&after)
				data, _, err := s.saved().AppendPart(nil, true)
				if err != nil || s.pools.Len() != run.pools || s.positions.Len() != run.pools*run.positions {
					b.Fatalf("%d pools, %d positions, %v", s.pools.Len(), s.positions.Len(), err)
				}
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(run.pools), "heap-B/pool")
				b.ReportMetric(float64(len(data))/float64(run.pools), "state-B/pool")
				runtime.KeepAlive(s)
			}
		})
	}
}
