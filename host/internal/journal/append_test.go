package journal

import (
	"errors"
	"strings"
	"testing"
	"time"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// A record that cannot be encoded takes no room for ever: it would block Append once there are enough of them.
func TestRecordThatCannotBeEncodedHoldsNothing(t *testing.T) {
	s := embeddedStore(t)
	s.cfg.MaxPendingBytes = 16 << 10
	j := s.open(t)
	text := make([]byte, 4<<10)
	text[9] = 0xff
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 8 {
			err := j.Append([]*eventv1.Record{{Slot: 1, Body: &eventv1.Record_Gap{Gap: &eventv1.Gap{Reason: string(text)}}}}, 1)
			if err == nil {
				t.Error("stored, although it is not valid UTF-8")
			}
		}
		if err := j.Append([]*eventv1.Record{{Slot: 2, Body: &eventv1.Record_Gap{Gap: &eventv1.Gap{Reason: "well"}}}}, 1); err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Error("Append blocks")
		if err := j.Close(); err != nil {
			t.Log(err)
		}
		<-done
		return
	}
	flush(t, j)
	if held := j.Status().PendingBytes; held != 0 {
		t.Errorf("%d bytes are held", held)
	}
}

// The intake may wait for a table that cannot be written, and then no record comes that would find the disk full.
func TestFullDiskIsToldBeforeARecordComes(t *testing.T) {
	s := embeddedStore(t)
	s.cfg.ReserveBytes = 1 << 60
	if st := s.open(t).Status(); !strings.Contains(st.Trouble, "the disk is full") || st.PendingBytes > 0 {
		t.Errorf("trouble is %q with %d bytes pending", st.Trouble, st.PendingBytes)
	}
}

// A host that stops must not wait for a store that takes nothing.
func TestHurryEndsTheWaitForRoom(t *testing.T) {
	s := embeddedStore(t)
	s.cfg.MaxPendingBytes, s.cfg.ReserveBytes, s.cfg.CloseTimeout = 16<<10, 1<<60, 100*time.Millisecond
	j := s.open(t)
	record := func() []*eventv1.Record {
		return []*eventv1.Record{{Slot: 1, Body: &eventv1.Record_Gap{Gap: &eventv1.Gap{Reason: string(make([]byte, 4<<10))}}}}
	}
	failed := make(chan error, 1)
	go func() {
		for {
			if err := j.Append(record(), 1); err != nil {
				failed <- err
				return
			}
		}
	}()
	eventually(t, "Append blocks", func() bool { return j.Status().PendingBytes > 12<<10 })
	j.Hurry()
	select {
	case err := <-failed:
		if !errors.Is(err, ErrClosed) {
			t.Errorf("error %v, want that it is closed", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Append still waits")
	}
	if err := j.Close(); err == nil {
		t.Error("closed as if all were stored")
	}
}
