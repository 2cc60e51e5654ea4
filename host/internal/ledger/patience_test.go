package ledger

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// A full disk is waited for, as the journal waits for it: nothing of what is to be said gets lost or is said twice.
func TestTableThatIsFullIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newTable())
		start := time.Now()
		b.run(100, 100, 0b11)
		b.store.full = 3
		check(t, b.mender.Gap(t.Context(), 101, 110, 0b11, "not replayed", "one"))
		if !slices.Equal(b.journal, []string{"gap 101-110 [high low]"}) || b.ingest.Complete() != 110 {
			t.Fatalf("journal %v, complete %d", b.journal, b.ingest.Complete())
		}
		b.store.full = 3
		b.meta(105, 104, 0b11) // it comes after all
		b.mender.Recorded(111)
		b.store.full = 3
		b.status(111, geyserpb.SlotStatus_SLOT_DEAD)
		if !slices.Equal(b.journal[1:], []string{"retract 111"}) {
			t.Errorf("journal %v", b.journal)
		}
		if waited := time.Since(start); waited < time.Second || waited > 10*time.Second {
			t.Errorf("waited %s", waited)
		}
		again := open(t, Config{Table: b.store, Complete: 110})
		if got := texts(again.Open()); !slices.Equal(got, []string{"101-104 missing high+low", "106-110 missing high+low"}) {
			t.Errorf("after a restart: %q", got)
		}
		if again.State(105, 0) != Backfilled || again.State(111, 0) != Dead {
			t.Errorf("after a restart: %v and %v", again.State(105, 0), again.State(111, 0))
		}
	})
}

func TestWaitForAFullTableEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, newTable())
		b.run(100, 100, 0b11)
		b.store.full = 1 << 30
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := b.mender.Gap(ctx, 101, 110, 0b11, "not replayed", "one"); err == nil || len(b.journal) != 0 || b.ingest.Complete() != 100 {
			t.Errorf("error %v, journal %v, complete %d", err, b.journal, b.ingest.Complete())
		}
	})
}

// While the journal is flushed, which lasts as long as its disk is full, the ledger can be asked: status, metrics and alerts do.
func TestNobodyWaitsForTheJournal(t *testing.T) {
	var l *Ledger
	flushed := 0
	l = open(t, Config{Flush: func(context.Context) error {
		if flushed++; !l.mu.TryLock() {
			t.Error("the ledger is locked while the journal is flushed")
			return nil
		}
		l.mu.Unlock()
		return nil
	}})
	check(t, l.Missing(t.Context(), 50, 52, 0b11, "r", "e"))
	check(t, l.Healed(t.Context(), 50, 50, 0b11))
	check(t, l.Sealed(t.Context(), &geyser.BlockMeta{Slot: 51, Parent: 50}, fold.AllGroups(2)))
	if flushed != 2 || l.State(50, 0) != Backfilled || l.State(51, 1) != Backfilled || l.State(52, 0) != Missing {
		t.Errorf("flushed %d times, states %v %v %v", flushed, l.State(50, 0), l.State(51, 1), l.State(52, 0))
	}
}
