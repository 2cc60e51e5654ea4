package ledger

import (
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/weir-run/weir/host/internal/geyser"
	geyserpb "github.com/weir-run/weir/proto/gen/yellowstone/geyser"
)

const (
	dead      = geyserpb.SlotStatus_SLOT_DEAD
	processed = geyserpb.SlotStatus_SLOT_PROCESSED
	confirmed = geyserpb.SlotStatus_SLOT_CONFIRMED
	finalized = geyserpb.SlotStatus_SLOT_FINALIZED
)

func status(f *Forks, slot uint64, s geyserpb.SlotStatus) []Verdict {
	return f.SlotStatus(&geyser.SlotUpdate{Slot: slot, Status: s})
}

// chain notes blocks, each the child of the one before.
func chain(f *Forks, slots ...uint64) {
	for i := 1; i < len(slots); i++ {
		f.BlockMeta(&geyser.BlockMeta{Slot: slots[i], Parent: slots[i-1]})
	}
}

// retracted are the slots of verdicts whose records are to be retracted.
func retracted(verdicts []Verdict) (slots []uint64) {
	for _, v := range verdicts {
		if v.Retract {
			slots = append(slots, v.Slot)
		}
	}
	return slots
}

func TestDeadSlotIsRetractedOnce(t *testing.T) {
	f := NewForks(0)
	f.Recorded(100)
	got := f.SlotStatus(&geyser.SlotUpdate{Slot: 100, Status: dead, DeadError: []byte("invalid block")})
	if len(got) != 1 || !got[0].Retract || got[0].Reason != "dead: invalid block" {
		t.Errorf("verdicts %+v", got)
	}
	if got := status(f, 100, dead); len(got) != 0 {
		t.Errorf("another provider says so too: %+v", got)
	}
	if got := status(f, 101, dead); len(got) != 1 || got[0].Retract {
		t.Errorf("a slot without records: %+v", got)
	}
}

// Of a fork that lost no node says anything.
func TestForkThatLostIsRetracted(t *testing.T) {
	f := NewForks(0)
	chain(f, 99, 100, 101, 103) // 101 and 102 are two children of 100
	chain(f, 100, 102)
	for slot := uint64(100); slot <= 103; slot++ {
		f.Recorded(slot)
		if got := status(f, slot, processed); len(got) != 0 {
			t.Errorf("processed proves nothing: %+v", got)
		}
	}
	if got := status(f, 101, confirmed); len(got) != 0 {
		t.Errorf("a slot above the confirmed one may still follow it: %+v", got)
	}
	if got := retracted(status(f, 103, confirmed)); !slices.Equal(got, []uint64{102}) {
		t.Errorf("retracted %v, want 102", got)
	}
	if got := status(f, 103, finalized); len(got) != 0 {
		t.Errorf("said twice: %+v", got)
	}
	if got := status(f, 102, dead); len(got) != 0 {
		t.Errorf("said twice: %+v", got)
	}
}

// Without every parent between, nothing is proven.
func TestUnknownParentsProveNothing(t *testing.T) {
	f := NewForks(0)
	f.Recorded(100)
	f.Recorded(101)
	chain(f, 101, 103)
	f.BlockMeta(&geyser.BlockMeta{Slot: 500})
	if got := retracted(append(status(f, 103, confirmed), status(f, 500, confirmed)...)); len(got) != 0 {
		t.Errorf("retracted %v", got)
	}
	if chain(f, 99, 101); !slices.Equal(retracted(status(f, 103, finalized)), nil) {
		t.Error("the walk ends where it ended before")
	}
	f = NewForks(8)
	f.BlockMeta(&geyser.BlockMeta{Slot: 1 << 40, Parent: 1})
	if got := status(f, 1<<40, confirmed); len(got) != 0 {
		t.Errorf("%d verdicts from an absurd parent", len(got))
	}
}

// Over a restart: what the journal holds decides, so a retraction is neither lost nor doubled.
func TestRetractionOverARestart(t *testing.T) {
	t.Run("the retraction is in the journal", func(t *testing.T) {
		f := NewForks(0)
		f.Recorded(100)
		f.Retracted(100)
		if got := retracted(status(f, 100, dead)); len(got) != 0 {
			t.Errorf("retracted again: %v", got)
		}
		if chain(f, 99, 101); len(retracted(status(f, 101, confirmed))) != 0 {
			t.Error("retracted again")
		}
	})
	t.Run("the node said so before the crash, and the retraction was lost", func(t *testing.T) {
		f := NewForks(0)
		f.Recorded(99)
		f.Recorded(100)
		chain(f, 98, 99, 101) // from the replay
		if got := retracted(status(f, 101, confirmed)); !slices.Equal(got, []uint64{100}) {
			t.Errorf("retracted %v, want 100", got)
		}
	})
}

// A block can be repaired and run again after the node gave it up.
func TestChainComesBackToADeadSlot(t *testing.T) {
	f := NewForks(0)
	f.Recorded(100)
	status(f, 100, dead)
	chain(f, 99, 100, 101)
	got := status(f, 101, confirmed)
	if len(got) != 1 || !got[0].Revived || got[0].Slot != 100 || got[0].Retract {
		t.Fatalf("verdicts %+v", got)
	}
	f.Recorded(100)
	if got := retracted(status(f, 100, dead)); !slices.Equal(got, []uint64{100}) {
		t.Errorf("the new records are retracted as well: %v", got)
	}
}

func TestForksForget(t *testing.T) {
	f := NewForks(64)
	for slot := uint64(1000); slot < 9000; slot++ {
		f.Recorded(slot)
		chain(f, slot-1, slot)
	}
	if len(f.slots) > 80 || len(f.parents) > 80 {
		t.Errorf("%d slots and %d parents kept", len(f.slots), len(f.parents))
	}
}

// What a node says of a dead slot is bytes on the wire; the reason is told as text.
func TestReasonOfADeadSlotIsText(t *testing.T) {
	f := NewForks(0)
	f.Recorded(100)
	got := f.SlotStatus(&geyser.SlotUpdate{Slot: 100, Status: geyserpb.SlotStatus_SLOT_DEAD, DeadError: []byte("invalid \xc3")})
	if len(got) != 1 || !utf8.ValidString(got[0].Reason) {
		t.Errorf("%+v", got)
	}
}
