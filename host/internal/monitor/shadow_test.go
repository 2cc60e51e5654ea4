package monitor

import (
	"context"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// kept is a log of outputs in memory.
type kept struct{ got []Cursor }

func (s *kept) Cursor() Cursor { return Cursor{} }

func (s *kept) Append(outputs [][]byte, _ Cursor) error {
	for _, o := range outputs {
		name, err := readName(o)
		if err != nil {
			return err
		}
		s.got = append(s.got, name)
	}
	return nil
}

func (s *kept) Flush(context.Context) error { return nil }
func (s *kept) Close(context.Context) error { return nil }

// What a new program gives between the last comparison and its turn is kept up to a bound. Beyond that its turn must not come: what was
// left out would be missing for ever.
func TestTurnDoesNotComeAfterOutputsWereLeftOut(t *testing.T) {
	give := func(s *shadow, from, count uint64, size int) {
		for cause := from; cause < from+count; cause++ {
			o, err := proto.Marshal(&eventv1.Output{Cause: cause, Kind: "k", Key: string(make([]byte, size))})
			if err != nil {
				t.Fatal(err)
			}
			if err := (standbyOutputs{shadow: s}).Append([][]byte{o}, Cursor{Cause: cause, Any: true}); err != nil {
				t.Fatal(err)
			}
		}
	}
	small, large := &shadow{clock: &latencyClock{}}, &shadow{clock: &latencyClock{}}
	give(small, 11, 5, 10)
	if into := (&kept{}); small.takeOver(12, into) != nil || len(into.got) != 3 || into.got[0].Cause != 13 {
		t.Errorf("took over with %v, want outputs of 13 to 15", into.got)
	}
	give(large, 11, shadowHeld>>20+2, 1<<20)
	if !large.full() {
		t.Fatal("it is not full")
	}
	into := &kept{}
	if err := large.takeOver(12, into); err == nil {
		missing := slices.IndexFunc(into.got, func(c Cursor) bool { return c.Cause == 11+shadowHeld>>20+1 }) < 0
		t.Errorf("took over with %d outputs; the last is missing: %v", len(into.got), missing)
	}
	// Nor when comparing has made room again meanwhile.
	again := &shadow{clock: &latencyClock{}}
	give(again, 11, shadowHeld>>20+2, 1<<20)
	again.compare(40)
	give(again, 200, 1, 10)
	if err := again.takeOver(40, &kept{}); err == nil || !again.full() {
		t.Error("took over after outputs were left out")
	}
}
