package journal

import (
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
