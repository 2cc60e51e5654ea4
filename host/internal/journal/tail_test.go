package journal

import (
	"errors"
	"slices"
	"testing"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// What a start needs beside signatures: which slots were retracted, and which gaps were told, in the order of the journal.
func TestTailEnvelopesFindsRetractionsAndGaps(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		defer j.Close()
		appendAll(t, j, 90, 0, 1, 1)
		appendAll(t, j, 100, 0, 2, 1)
		for _, r := range []*eventv1.Record{
			{Slot: 100, Body: &eventv1.Record_SlotRetracted{SlotRetracted: &eventv1.SlotRetracted{Endpoint: "one", Reason: "dead"}}},
			{Slot: 99, Body: &eventv1.Record_Gap{Gap: &eventv1.Gap{FromSlot: 97, ToSlot: 99}}},
		} {
			if err := j.Append([]*eventv1.Record{r}, 1); err != nil {
				t.Fatal(err)
			}
		}
		flush(t, j)
		var kinds []eventv1.Kind
		err := j.TailEnvelopes(t.Context(), 95, func(e Envelope) error {
			kinds = append(kinds, e.Kind)
			r, err := e.Decode()
			if err != nil || r.GetSlot() != e.Slot || !slices.Equal(r.GetSignature(), e.Signature()) {
				t.Errorf("record %d: %v, %v", e.Number, r, err)
			}
			if g := r.GetGap(); g != nil && (g.GetFromSlot() != 97 || e.Signature() != nil) {
				t.Errorf("gap %v", g)
			}
			return nil
		})
		trade, retracted, gap := eventv1.Kind_KIND_TRADE, eventv1.Kind_KIND_SLOT_RETRACTED, eventv1.Kind_KIND_GAP
		if want := []eventv1.Kind{trade, trade, retracted, gap}; err != nil || !slices.Equal(kinds, want) {
			t.Errorf("kinds %v, want %v; %v", kinds, want, err)
		}
		stop := errors.New("stop")
		if err := j.TailEnvelopes(t.Context(), 95, func(Envelope) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("the visitor's error was lost: %v", err)
		}
	})
}
