package ingest

import (
	"math/rand/v2"
	"testing"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
)

func sealed(in *Ingest, slot, parent uint64, covers fold.GroupSet) {
	in.BlockMeta(&geyser.BlockMeta{Slot: slot, Parent: parent}, covers)
}

func grouped(n int) *Ingest {
	in := New(Config{})
	in.SetGroups(n)
	return in
}

func TestFrontierIsTheLowestOfTheGroups(t *testing.T) {
	in := grouped(3)
	for i, c := range []struct {
		slot     uint64
		covers   fold.GroupSet
		complete uint64
	}{
		{100, 0b001, 100}, // the others have not begun
		{101, 0b111, 101},
		{102, 0b011, 101},
		{103, 0b011, 101},
		{102, 0b100, 102}, // the connection of group 2 is late
		{103, 0b100, 103},
		{104, 0b1000, 103}, // a group that does not exist
	} {
		if sealed(in, c.slot, c.slot-1, c.covers); in.Complete() != c.complete {
			t.Errorf("%d: complete %d after slot %d for groups %03b, want %d", i, in.Complete(), c.slot, c.covers, c.complete)
		}
	}
	if a, b, c, d := in.Frontier(0), in.Frontier(2), in.Frontier(3), in.Frontier(-1); a != 103 || b != 103 || c != 0 || d != 0 {
		t.Errorf("frontiers %d %d %d %d", a, b, c, d)
	}
}

// Trap a: a block meta is no proof that the transactions of its slot came.
func TestBlockMetaIsNoProofOfTransactions(t *testing.T) {
	t.Run("a connection that does not cover the slot proves nothing", func(t *testing.T) {
		in := grouped(2)
		sealed(in, 100, 99, 0b11)
		if sealed(in, 101, 100, 0b01); in.Complete() != 100 || in.Frontier(0) != 101 || in.Frontier(1) != 100 {
			t.Errorf("complete %d, frontiers %d and %d", in.Complete(), in.Frontier(0), in.Frontier(1))
		}
	})
	t.Run("a group with all transactions waits for as many as the meta counts", func(t *testing.T) {
		in := grouped(2)
		in.Whole(0b10)
		sealed(in, 100, 99, 0b11)
		in.Transaction(101, signature(1))
		if proven := in.BlockMeta(&geyser.BlockMeta{Slot: 101, Parent: 100, Transactions: 2}, 0b11); proven != 0b01 {
			t.Errorf("proven for groups %02b, want 01", proven)
		}
		if in.Complete() != 100 {
			t.Errorf("complete %d with a transaction short", in.Complete())
		}
		in.Transaction(101, signature(1)) // a second copy is no other transaction
		if in.Complete() != 100 {
			t.Errorf("complete %d after a duplicate", in.Complete())
		}
		if in.Transaction(101, signature(2)); in.Complete() != 101 {
			t.Errorf("complete %d after the last transaction", in.Complete())
		}
		if in.Stats().Short != 1 {
			t.Errorf("stats %+v", in.Stats())
		}
	})
	t.Run("what is short for good becomes a hole", func(t *testing.T) {
		in := grouped(1)
		in.Whole(1)
		sealed(in, 100, 99, 1)
		in.BlockMeta(&geyser.BlockMeta{Slot: 101, Parent: 100, Transactions: 2}, 1)
		sealed(in, 110, 101, 1)
		if h, ok := in.Hole(5); ok {
			t.Errorf("hole %+v after one slot: skipped ones do not count", h)
		}
		for slot := uint64(111); slot < 116; slot++ {
			sealed(in, slot, slot-1, 1)
		}
		if h, ok := in.Hole(5); !ok || h != (Hole{101, 101, 1}) {
			t.Errorf("hole %+v, %v", h, ok)
		}
	})
}

// Trap b: the frontier must not jump over a range that nobody filled.
func TestCheckpointDoesNotJumpOverAnUnfilledRange(t *testing.T) {
	in := New(Config{})
	in.Restore(100, 70)
	for slot := uint64(150); slot < 180; slot++ { // live, while 101 to 149 are not there
		sealed(in, slot, slot-1, 1)
	}
	if in.Complete() != 100 {
		t.Fatalf("complete %d, want 100", in.Complete())
	}
	if h, ok := in.Hole(20); !ok || h != (Hole{101, 149, 1}) {
		t.Errorf("hole %+v, %v", h, ok)
	}
	if _, ok := in.Hole(100); ok {
		t.Error("a hole that may still be filled was given up")
	}
	for slot := uint64(101); slot < 150; slot++ { // a replay fills it
		sealed(in, slot, slot-1, 1)
	}
	if _, ok := in.Hole(0); ok || in.Complete() != 179 {
		t.Errorf("complete %d after the replay, want 179", in.Complete())
	}
}

func TestGapsThatAreToldArePassed(t *testing.T) {
	in := grouped(2)
	in.Restore(100, 70)
	sealed(in, 150, 149, 0b11)
	in.Told(101, 149, 0b01)
	if in.Frontier(0) != 150 || in.Frontier(1) != 100 {
		t.Errorf("frontiers %d and %d, want 150 and 100", in.Frontier(0), in.Frontier(1))
	}
	if h, ok := in.Hole(0); !ok || h != (Hole{101, 149, 0b10}) {
		t.Errorf("hole %+v, %v", h, ok)
	}
}

// A skipped slot is proven by the parent of the next block, for groups too that the connection does not carry.
func TestSkippedSlotsAreProvenByTheParent(t *testing.T) {
	in := grouped(2)
	sealed(in, 100, 99, 0b11)
	sealed(in, 104, 100, 0b01)
	if in.Frontier(0) != 104 || in.Frontier(1) != 103 {
		t.Errorf("frontiers %d and %d, want 104 and 103", in.Frontier(0), in.Frontier(1))
	}
	sealed(in, 106, 105, 0b11) // 105 is owed
	if in.Frontier(0) != 104 || in.Frontier(1) != 103 {
		t.Errorf("frontiers %d and %d moved over a block that did not come", in.Frontier(0), in.Frontier(1))
	}
}

// Trap f: no checkpoint is not slot 0.
func TestNoCheckpointIsNotSlotZero(t *testing.T) {
	fresh := New(Config{})
	if sealed(fresh, 5_000, 4_999, 1); fresh.Complete() != 5_000 {
		t.Errorf("without a checkpoint watching begins with what comes: complete %d", fresh.Complete())
	}
	if _, ok := fresh.Hole(0); ok {
		t.Error("slots before the first are no hole")
	}
	zero := New(Config{})
	zero.Restore(0, 0)
	if !zero.Transaction(1, signature(1)) {
		t.Error("a journal that holds slots from 0 on takes in slot 1")
	}
	if sealed(zero, 5_000, 4_999, 1); zero.Complete() != 5_000 {
		t.Errorf("complete %d", zero.Complete())
	}
}

// Trap c and e: what the replay brings ends where live begins, even when both overlap or touch.
func TestReplayAndLiveLeaveNoTail(t *testing.T) {
	in := New(Config{})
	in.Restore(100, 70)
	for slot := uint64(120); slot < 125; slot++ {
		sealed(in, slot, slot-1, 1)
	}
	for slot := uint64(90); slot < 119; slot++ {
		sealed(in, slot, slot-1, 1)
	}
	if h, ok := in.Hole(0); !ok || h != (Hole{119, 119, 1}) || in.Complete() != 118 {
		t.Errorf("complete %d, hole %+v: the tail between replay and live was lost", in.Complete(), h)
	}
}

func TestGroupsComeAndGo(t *testing.T) {
	in := grouped(1)
	sealed(in, 100, 99, 1)
	in.SetGroups(2)
	if sealed(in, 101, 100, 0b01); in.Complete() != 101 {
		t.Errorf("complete %d: a group that has not begun held it back", in.Complete())
	}
	sealed(in, 102, 101, 0b11)
	if sealed(in, 103, 102, 0b01); in.Complete() != 102 {
		t.Errorf("complete %d: the new group counts from its first slot on", in.Complete())
	}
	if in.SetGroups(1); in.Complete() != 103 {
		t.Errorf("complete %d: a group that is gone holds nothing back", in.Complete())
	}
}

func TestVoidSlot(t *testing.T) {
	in := New(Config{})
	in.Transaction(100, signature(1))
	in.Void(100)
	if in.Transaction(100, signature(2)) || in.Stats().Void != 1 || in.Stats().Remembered != 0 {
		t.Errorf("a slot that is void took in a transaction: %+v", in.Stats())
	}
	in.Revive(100)
	if !in.Transaction(100, signature(1)) {
		t.Error("the chain came back to the slot, so its transactions are new")
	}
}

// Whatever the order and the coverage, the frontier is the last slot before the first one that was not proven.
func TestFrontierAgreesWithAPlainCount(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 17))
		const first, n = 1000, 60
		parent, at := map[uint64]uint64{}, uint64(first)
		for slot := uint64(first + 1); slot <= first+n; slot++ {
			if r.IntN(4) > 0 || slot == first+n {
				parent[slot], at = at, slot
			}
		}
		in := grouped(2)
		in.Restore(first, first-10)
		proven := [2]map[uint64]bool{{first: true}, {first: true}}
		for range 150 {
			slot := first + 1 + r.Uint64N(n)
			p, block := parent[slot]
			if !block {
				continue
			}
			covers := fold.GroupSet(r.IntN(4))
			sealed(in, slot, p, covers)
			for g := range 2 {
				for s := p + 1; s < slot; s++ {
					proven[g][s] = true
				}
				proven[g][slot] = proven[g][slot] || covers.Has(g)
			}
			for g := range 2 {
				want := uint64(first)
				for proven[g][want+1] {
					want++
				}
				if got := in.Frontier(g); got != want {
					t.Fatalf("seed %d: frontier of group %d is %d, want %d", seed, g, got, want)
				}
			}
		}
	}
}

// What was missing and is fetched long after goes in once, also what came before it went missing.
func TestReopenedSlots(t *testing.T) {
	in := New(Config{Window: 10})
	sealed(in, 1000, 999, 1)
	for slot := uint64(1001); slot < 1100; slot++ {
		in.Transaction(slot, signature(slot))
		sealed(in, slot, slot-1, 1)
	}
	if in.Transaction(1010, signature(7)) {
		t.Fatal("slot 1010 is not before the window; the test is wrong")
	}
	in.Reopen(1010, 1095)
	if in.Transaction(1010, signature(7)) {
		t.Error("before what the journal holds is known, a transaction of slot 1010 went in")
	}
	in.SeedLate(1010, signature(1010))
	in.SeedLate(1095, signature(1095))
	in.Seeded()
	for i, c := range []struct {
		slot, sig uint64
		fresh     bool
	}{
		{1010, 1010, false},
		{1010, 7, true},
		{1010, 7, false},
		{1009, 8, false}, // not reopened
		{1095, 1095, false},
		{1095, 9, true}, // within the window too
		{1095, 9, false},
	} {
		if got := in.Transaction(c.slot, signature(c.sig)); got != c.fresh {
			t.Errorf("%d: slot %d signature %d: fresh %v, want %v", i, c.slot, c.sig, got, c.fresh)
		}
	}
	for slot := uint64(1100); slot < 1150; slot++ { // the window moves over a slot that is open
		sealed(in, slot, slot-1, 1)
	}
	if in.Transaction(1095, signature(9)) {
		t.Error("a transaction went in twice when the window moved over its slot")
	}
	in.Shut()
	if in.Transaction(1010, signature(11)) {
		t.Error("a slot stayed open")
	}
}
