package journal

import (
	"context"
	"errors"
	"testing"
	"time"
)

// filled is a journal whose retention has taken the first of the outputs of instances one and two, and the positions that it holds.
func filled(t *testing.T) (j *Journal, held Bounds, one, two *OutputLog) {
	t.Helper()
	s := embeddedStore(t)
	s.cfg.EventsMaxBytes = 16 << 10
	j = s.open(t)
	_, one = acquire(t, j, "one")
	_, two = acquire(t, j, "two")
	for i := range uint64(100) {
		add(t, one, i+1, 3)
		flushOutputs(t, one)
		add(t, two, i+1, 3)
		flushOutputs(t, two)
	}
	held, err := j.EventsBounds(t.Context())
	if err != nil || held.First < 3 {
		t.Fatalf("retention took nothing: %+v %v", held, err)
	}
	return j, held, one, two
}

// TestAReaderIsToldWhatIsGone: once, before what follows, whichever instances it chose.
func TestAReaderIsToldWhatIsGone(t *testing.T) {
	j, held, _, _ := filled(t)
	for _, instances := range [][]string{nil, {"one"}, {"one", "two"}, {"nobody"}} {
		var told [][2]uint64
		visited := 0
		q := EventsQuery{From: 2, Instances: instances, Missed: func(from, to uint64) {
			if told = append(told, [2]uint64{from, to}); visited > 0 {
				t.Errorf("%v is told after what follows", instances)
			}
		}}
		if err := j.ReadEvents(t.Context(), q, func(uint64, []byte) error { visited++; return nil }); err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0] != [2]uint64{2, held.First - 1} {
			t.Errorf("%v is told %v, want 2 to %d", instances, told, held.First-1)
		}
		told, q.From = nil, held.First
		if err := j.ReadEvents(t.Context(), q, func(uint64, []byte) error { return nil }); err != nil || len(told) > 0 {
			t.Errorf("%v, from the first that is held, is told %v %v", instances, told, err)
		}
	}
}

// TestAFollowerThatFallsBehindIsTold: retention takes what a follower of one instance has not read yet; it hears of each position either
// by a visit or as missed, but for those of others.
func TestAFollowerThatFallsBehindIsTold(t *testing.T) {
	j, held, one, two := filled(t)
	var told, missed uint64
	ended := errors.New("ended")
	var end uint64
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := j.ReadEvents(ctx, EventsQuery{From: held.First, Follow: true, Instances: []string{"two"}, Missed: func(from, to uint64) { missed += to - from + 1 }},
		func(position uint64, _ []byte) error {
			if end == 0 { // the first: now all that is held goes
				for i := range uint64(300) {
					add(t, one, 101+i, 3)
					flushOutputs(t, one) //nolint:contextcheck // it takes that of the test
				}
				add(t, two, 101, 1)
				flushOutputs(t, two) //nolint:contextcheck // likewise
				b, err := j.EventsBounds(ctx)
				if err != nil {
					return err
				}
				end = b.Last
			}
			if told++; position == end {
				return ended
			}
			return nil
		})
	if !errors.Is(err, ended) || missed == 0 {
		t.Fatalf("%d visited, %d missed, %v", told, missed, err)
	}
	if span := end - held.First + 1; told+missed >= span || missed < 200 {
		t.Errorf("of %d positions %d were visited and %d missed", span, told, missed)
	}
}
