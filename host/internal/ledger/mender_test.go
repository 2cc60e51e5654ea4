package ledger

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

// bench is a Mender with all that it speaks to.
type bench struct {
	t       *testing.T
	store   *table
	ledger  *Ledger
	ingest  *ingest.Ingest
	mender  *Mender
	journal []string
	asked   []uint64
	refuse  bool // the stream cannot be asked again
}

func newBench(t *testing.T, store *table) *bench {
	t.Helper()
	b := &bench{t: t, store: store, ingest: ingest.New(ingest.Config{})}
	b.ledger = open(t, Config{Table: store, Groups: []string{"high", "low"}})
	b.ingest.SetGroups(2)
	b.mender = NewMender(MenderConfig{
		Ledger: b.ledger, Ingest: b.ingest, AskAfter: 4, GiveUpAfter: 40, Forks: NewForks(0),
		Over: func(err error) bool { return errors.Is(err, errKilled) },
		Rerequest: func(slot uint64) bool {
			b.asked = append(b.asked, slot)
			return !b.refuse
		},
		Journal: func(from, to uint64, groups []string, reason, _ string) error {
			if rows := b.ledger.Rows(Query{From: to, To: to, States: []State{Missing}}); len(rows) == 0 {
				t.Errorf("gap %d to %d is journaled before the ledger knows it", from, to)
			}
			b.journal = append(b.journal, fmt.Sprintf("gap %d-%d %v", from, to, groups))
			return nil
		},
		Retract: func(slot uint64, reason, _ string) error {
			b.journal = append(b.journal, fmt.Sprintf("retract %d", slot))
			return nil
		},
	})
	return b
}

func (b *bench) meta(slot, parent uint64, covers fold.GroupSet) {
	b.t.Helper()
	if _, err := b.mender.BlockMeta(b.t.Context(), &geyser.BlockMeta{Slot: slot, Parent: parent}, covers); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) run(from, to uint64, covers fold.GroupSet) {
	for slot := from; slot <= to; slot++ {
		b.meta(slot, slot-1, covers)
	}
}

func (b *bench) status(slot uint64, s geyserpb.SlotStatus) {
	b.t.Helper()
	check(b.t, b.mender.SlotStatus(b.t.Context(), &geyser.SlotUpdate{Slot: slot, Status: s}, "one"))
}

// The hole that each new stream leaves at processed: missing at once, asked for again once it is sealed, healed by what comes, with no gap
// told.
func TestSlotOpenAtReconnectIsAskedForAgain(t *testing.T) {
	b := newBench(t, newTable())
	b.run(100, 110, 0b11)
	b.meta(111, 110, 0b10) // a new stream began within 111; the other connection, with low, saw all of it
	b.run(112, 115, 0b11)
	if len(b.asked) != 0 {
		t.Fatalf("asked for %v before other connections had the time to bring it", b.asked)
	}
	b.run(116, 120, 0b11)
	if !slices.Equal(b.asked, []uint64{111}) || b.ledger.State(111, 0) != Missing || b.ledger.State(111, 1) != Complete || b.ingest.Complete() != 110 {
		t.Fatalf("asked %v, states %v and %v, complete %d", b.asked, b.ledger.State(111, 0), b.ledger.State(111, 1), b.ingest.Complete())
	}
	b.run(111, 120, 0b01) // the second replay
	if b.ledger.State(111, 0) != Backfilled || b.ingest.Complete() != 120 || len(b.journal) != 0 || len(b.asked) != 1 {
		t.Errorf("state %v, complete %d, journal %v, asked %v", b.ledger.State(111, 0), b.ingest.Complete(), b.journal, b.asked)
	}
}

// Richat does not replay on an open stream: after a while the slot is told as a gap and stays missing until it is fetched.
func TestHoleThatNobodyFillsIsTold(t *testing.T) {
	b := newBench(t, newTable())
	b.run(100, 110, 0b11)
	b.run(112, 170, 0b11)
	if !slices.Equal(b.journal, []string{"gap 111-111 [high low]"}) || len(b.asked) != 1 || b.ingest.Complete() != 170 {
		t.Errorf("journal %v, asked %v, complete %d", b.journal, b.asked, b.ingest.Complete())
	}
	again := open(t, Config{Table: b.store, Complete: 170})
	if got := texts(again.Open()); !slices.Equal(got, []string{"111-111 missing high+low"}) {
		t.Fatalf("after a restart: %q", got)
	}
	check(t, b.mender.Healed(t.Context(), 111, 111, 0b11))
	if b.ledger.State(111, 0) != Backfilled || len(b.ledger.Open()) != 0 {
		t.Errorf("fetched, but %v", b.ledger.State(111, 0))
	}
}

func TestStreamThatCannotBeAskedIsAskedLater(t *testing.T) {
	b := newBench(t, newTable())
	b.refuse = true
	b.run(100, 110, 0b11)
	b.run(112, 120, 0b11)
	b.refuse = false
	puts := b.store.puts
	b.run(121, 125, 0b11)
	if n := len(b.asked); n < 3 || b.store.puts != puts {
		t.Errorf("asked %d times, %d writes for a row that is there", n, b.store.puts-puts)
	}
	if before := len(b.asked); before > 0 {
		if b.run(126, 130, 0b11); len(b.asked) != before {
			t.Errorf("asked again while the answer is on its way")
		}
	}
}

// A connection that is a few slots ahead makes no hole.
func TestSlowConnectionIsNoHole(t *testing.T) {
	b := newBench(t, newTable())
	b.run(100, 100, 0b11)
	for slot := uint64(101); slot < 200; slot++ {
		b.meta(slot, slot-1, 0b01)
		if slot > 104 {
			b.meta(slot-4, slot-5, 0b10)
		}
	}
	if len(b.asked) != 0 || len(b.journal) != 0 || b.store.puts != 0 || b.ingest.Complete() != 195 {
		t.Errorf("asked %v, journal %v, %d writes, complete %d", b.asked, b.journal, b.store.puts, b.ingest.Complete())
	}
}

func TestGapIsDurableBeforeTheFrontierPasses(t *testing.T) {
	b := newBench(t, newTable())
	b.run(100, 100, 0b11)
	b.store.left = 0
	if err := b.mender.Gap(t.Context(), 101, 110, 0b11, "not replayed", "one"); !errors.Is(err, errKilled) || b.ingest.Complete() != 100 || len(b.journal) != 0 {
		t.Fatalf("%v, complete %d, journal %v", err, b.ingest.Complete(), b.journal)
	}
	b.store.left = -1
	check(t, b.mender.Gap(t.Context(), 101, 110, 0b11, "not replayed", "one"))
	if b.ingest.Complete() != 110 || len(b.journal) != 1 {
		t.Errorf("complete %d, journal %v", b.ingest.Complete(), b.journal)
	}
	// After a crash before the frontier was durable the pool finds the same gap again.
	c := newBench(t, b.store)
	c.ingest.Restore(100, 68)
	c.mender.RestoreGap(101, 110)
	check(t, c.mender.Gap(t.Context(), 101, 110, 0b11, "not replayed", "one"))
	if len(c.journal) != 0 || c.ingest.Complete() != 110 {
		t.Errorf("journaled twice: %v; complete %d", c.journal, c.ingest.Complete())
	}
}

func TestRetraction(t *testing.T) {
	signature := make([]byte, 64)
	b := newBench(t, newTable())
	b.run(99, 100, 0b11)
	b.ingest.Transaction(101, signature)
	b.mender.Recorded(101)
	b.status(101, dead)
	b.status(101, dead)
	b.meta(102, 100, 0b11)
	b.status(102, confirmed)
	if !slices.Equal(b.journal, []string{"retract 101"}) || b.ledger.State(101, 0) != Dead {
		t.Fatalf("journal %v, state %v", b.journal, b.ledger.State(101, 0))
	}
	if b.ingest.Transaction(101, signature) {
		t.Error("a void slot took in a transaction that another provider still sends")
	}

	// The next process reads the journal, in order.
	c := newBench(t, b.store)
	c.ingest.Restore(100, 90)
	c.mender.RestoreRecord(101)
	c.ingest.Seed(101, signature)
	c.mender.RestoreRetraction(101)
	c.status(101, dead)
	c.meta(102, 100, 0b11)
	c.status(102, finalized)
	if len(c.journal) != 0 || c.ingest.Transaction(101, signature) {
		t.Errorf("retracted twice, or taken in again: %v", c.journal)
	}
}

func TestChainComesBackToARetractedSlot(t *testing.T) {
	signature := make([]byte, 64)
	b := newBench(t, newTable())
	b.run(99, 100, 0b11)
	b.ingest.Transaction(101, signature)
	b.mender.Recorded(101)
	b.status(101, dead)
	b.meta(101, 100, 0b11) // repaired and run again
	b.meta(102, 101, 0b11)
	b.status(102, confirmed)
	if !slices.Equal(b.journal, []string{"retract 101", "gap 101-101 [high low]"}) || !slices.Equal(b.asked, []uint64{101}) || b.ledger.State(101, 0) != Missing {
		t.Fatalf("journal %v, asked %v, state %v", b.journal, b.asked, b.ledger.State(101, 0))
	}
	if !b.ingest.Transaction(101, signature) {
		t.Error("the records were retracted, so the transaction is new")
	}
	if b.meta(101, 100, 0b11); b.ledger.State(101, 0) != Backfilled {
		t.Errorf("state %v after the second replay", b.ledger.State(101, 0))
	}
}

// A slot of which an update could not be read is not whole because its block meta comes.
func TestLostUpdateIsNotHealedByTheBlockMeta(t *testing.T) {
	b := newBench(t, newTable())
	b.run(100, 100, 0b11)
	check(t, b.mender.Lost(t.Context(), 101, 0b11, "malformed", "one"))
	check(t, b.mender.Lost(t.Context(), 101, 0b11, "malformed", "one"))
	b.run(101, 102, 0b11)
	if b.ledger.State(101, 0) != Missing || b.ingest.Complete() != 102 || len(b.journal) != 2 {
		t.Fatalf("state %v, complete %d, journal %v", b.ledger.State(101, 0), b.ingest.Complete(), b.journal)
	}
	check(t, b.mender.Healed(t.Context(), 100, 102, 0b11)) // fetched, but lost again
	if b.ledger.State(101, 0) != Missing {
		t.Error("healed although it was lost again")
	}
	b.mender.Retry(100, 102)
	check(t, b.mender.Healed(t.Context(), 100, 102, 0b11))
	if b.ledger.State(101, 0) != Backfilled {
		t.Errorf("state %v", b.ledger.State(101, 0))
	}
}
