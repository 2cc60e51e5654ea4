package ingest

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"go.uber.org/goleak"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func signature(n uint64) []byte {
	s := make([]byte, 64)
	binary.LittleEndian.PutUint64(s[32:], n)
	return s
}

func meta(in *Ingest, slot uint64) { in.BlockMeta(&geyser.BlockMeta{Slot: slot}, 1) }

func TestDeduplicates(t *testing.T) {
	in := New(Config{})
	for i, c := range []struct {
		slot, sig uint64
		fresh     bool
	}{
		{10, 1, true},
		{10, 2, true},
		{10, 1, false},
		{11, 1, true}, // the same transaction on another fork is another one
		{10, 2, false},
		{10, 3, true},
		{11, 1, false},
		{9, 9, false}, // before the first slot
	} {
		if got := in.Transaction(c.slot, signature(c.sig)); got != c.fresh {
			t.Errorf("%d: slot %d signature %d: fresh %v, want %v", i, c.slot, c.sig, got, c.fresh)
		}
	}
	want := Stats{Transactions: 8, Fresh: 4, Duplicates: 3, Old: 1, Remembered: 4}
	if got := in.Stats(); got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

func TestSignatureIsCopied(t *testing.T) {
	in := New(Config{})
	s := signature(1)
	in.Transaction(5, s)
	clear(s)
	if in.Transaction(5, signature(1)) {
		t.Error("the signature changed with the bytes of the update")
	}
}

func TestFrontier(t *testing.T) {
	in := New(Config{})
	for i, c := range []struct{ slot, complete uint64 }{
		{100, 100}, {101, 101}, {104, 104}, {103, 104}, {104, 104}, {105, 105}, {7, 105},
	} {
		meta(in, c.slot)
		if got := in.Complete(); got != c.complete {
			t.Errorf("%d: complete %d after the meta of slot %d, want %d", i, got, c.slot, c.complete)
		}
	}
	// Slot 103 came late: its transactions are new although the frontier is beyond it.
	if !in.Transaction(103, signature(1)) || in.Transaction(103, signature(1)) {
		t.Error("a slot below the frontier must be deduplicated, not dropped")
	}
	if got := in.Stats().Slots; got != 4 {
		t.Errorf("%d slots completed, want 4", got)
	}
}

func TestTransactionsDoNotMoveTheFrontier(t *testing.T) {
	in := New(Config{})
	in.Transaction(50, signature(1))
	if got := in.Complete(); got != 0 {
		t.Errorf("complete %d before any block meta, want 0", got)
	}
}

func TestRestore(t *testing.T) {
	in := New(Config{})
	in.Restore(200, 168)
	in.Seed(168, signature(1))
	in.Seed(200, signature(2))
	in.Seed(203, signature(3)) // of a slot that was not complete
	if got := in.Complete(); got != 200 {
		t.Errorf("complete %d, want 200", got)
	}
	for i, c := range []struct {
		slot, sig uint64
		fresh     bool
	}{
		{140, 8, false}, // a stream that begins below what was seeded brings nothing new there
		{168, 1, false},
		{168, 4, true},
		{200, 2, false},
		{203, 3, false},
		{203, 5, true},
		{204, 6, true},
	} {
		if got := in.Transaction(c.slot, signature(c.sig)); got != c.fresh {
			t.Errorf("%d: slot %d signature %d: fresh %v, want %v", i, c.slot, c.sig, got, c.fresh)
		}
	}
}

// One absurd slot must not make every true one old.
func TestAbsurdSlotsAreDropped(t *testing.T) {
	in := New(Config{})
	in.Restore(400_000_000, 399_999_968)
	if !in.Transaction(400_000_001+farAhead*9, signature(1)) { // the first one counts: we may have been away for long
		t.Error("the first slot after a restart was dropped")
	}
	in = New(Config{})
	meta(in, 400_000_000)
	meta(in, 1<<63)
	if in.Transaction(1<<63, signature(1)) || in.Complete() != 400_000_000 {
		t.Errorf("complete %d after an absurd slot", in.Complete())
	}
	if !in.Transaction(400_000_001, signature(2)) || in.Stats().Far != 2 {
		t.Errorf("stats %+v", in.Stats())
	}
}

func TestMemoryIsBounded(t *testing.T) {
	const window, perSlot = 32, 10
	in := New(Config{Window: window})
	n := uint64(0)
	fill := func(from, to uint64, complete bool) (most uint64) {
		for slot := from; slot < to; slot++ {
			for range perSlot {
				n++
				in.Transaction(slot, signature(n))
			}
			if complete {
				meta(in, slot)
			}
			most = max(most, in.Stats().Remembered)
		}
		return most
	}
	if most := fill(1000, 2000, true); most > (window+2)*perSlot {
		t.Errorf("%d signatures remembered, want at most those of %d slots", most, window+2)
	}
	if most := fill(2000, 3000, false); most > (4*window+2)*perSlot {
		t.Errorf("%d signatures remembered without block metas, want at most those of %d slots", most, 4*window+2)
	}
	if got, kept := in.Stats().Remembered, 0; got != func() uint64 {
		for _, set := range in.seen.slots {
			kept += len(set)
		}
		return uint64(kept)
	}() {
		t.Errorf("stats say %d signatures, there are %d", got, kept)
	}
}

// As long as the frontier has not passed a slot, its signatures are kept however far the highest slot is (up to four windows).
func TestWindowWaitsForTheFrontier(t *testing.T) {
	in := New(Config{Window: 10})
	meta(in, 100)
	in.Transaction(101, signature(1))
	in.Transaction(130, signature(2))
	if in.Transaction(101, signature(1)) {
		t.Error("slot 101 was forgotten before it was complete")
	}
}

// Whatever the order, and however often a stream begins again, each transaction is fresh once.
func TestEachOnce(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 5))
		in := New(Config{Window: 100})
		counts := map[uint64]int{}
		start := uint64(1000)
		meta(in, start-1)
		take := func(slot uint64, order []int) {
			for _, i := range order {
				if id := slot*100 + uint64(i); in.Transaction(slot, signature(id)) {
					counts[id]++
				}
			}
		}
		for range 30 { // streams, each of which ends in the middle of a slot
			slot := max(in.Complete(), start+20) - 20
			for last := in.Complete() + uint64(r.IntN(10)); slot <= last; slot++ {
				take(slot, r.Perm(20))
				take(slot, r.Perm(20)[:r.IntN(5)]) // a server that sends some twice
				meta(in, slot)
			}
			take(slot, r.Perm(20)[:r.IntN(20)])
		}
		for id, n := range counts {
			if n != 1 {
				t.Fatalf("seed %d: transaction %d of slot %d was fresh %d times", seed, id%100, id/100, n)
			}
		}
		for id := start * 100; id < in.Complete()*100; id++ {
			if id%100 < 20 && counts[id] != 1 {
				t.Fatalf("seed %d: transaction %d of slot %d was never fresh", seed, id%100, id/100)
			}
		}
	}
}

func TestSlotStatus(t *testing.T) {
	in := New(Config{})
	for _, u := range []geyser.SlotUpdate{
		{Slot: 5, Status: geyserpb.SlotStatus_SLOT_CONFIRMED},
		{Slot: 4, Status: geyserpb.SlotStatus_SLOT_CONFIRMED},
		{Slot: 6, Status: geyserpb.SlotStatus_SLOT_DEAD},
		{Slot: 9, Status: 99},
		{Slot: 9, Status: -1},
	} {
		in.SlotStatus(&u)
	}
	if c, d := in.Head(geyserpb.SlotStatus_SLOT_CONFIRMED), in.Head(geyserpb.SlotStatus_SLOT_DEAD); c != 5 || d != 6 || in.Head(99) != 0 {
		t.Errorf("confirmed %d, dead %d", c, d)
	}
	if in.Complete() != 0 || in.Stats().Dead != 1 {
		t.Errorf("complete %d, dead %d", in.Complete(), in.Stats().Dead)
	}
}

// A round is one transaction of a flow of 800 a slot.
func BenchmarkTransaction(b *testing.B) {
	in := New(Config{})
	s := make([]byte, 64)
	b.ReportAllocs()
	n := uint64(0)
	for b.Loop() {
		n++
		slot := 1000 + n/800
		binary.LittleEndian.PutUint64(s, n*0x9e3779b97f4a7c15)
		if !in.Transaction(slot, s) {
			b.Fatal("not fresh")
		}
		if n%800 == 799 {
			meta(in, slot)
		}
	}
}
