package journal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
)

// failing calls f until it fails, and returns the error.
func failing(t *testing.T, f func() error) error {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if err := f(); err != nil {
			return err
		}
	}
	t.Fatal("nothing failed")
	return nil
}

func TestSecondDaemonOnOneServerIsFenced(t *testing.T) {
	s := externalStore(t)
	first, second := s.open(t), s.open(t)
	appendAll(t, first, 1, 0, 100, 2)
	flush(t, first)
	err := failing(t, func() error {
		if err := second.Append(trades(1, 0, 1), 0); err != nil {
			return err
		}
		return second.Flush(t.Context())
	})
	if !errors.Is(err, ErrFenced) || !strings.Contains(err.Error(), "another daemon") {
		t.Errorf("the second daemon got %v", err)
	}
	if err := second.Append(trades(1, 0, 1), 0); !errors.Is(err, ErrFenced) {
		t.Errorf("then %v", err)
	}
	appendAll(t, first, 2, 0, 100, 2)
	flush(t, first)
	if got, gaps := read(t, first, 0); len(got) != 400 || len(gaps) != 0 {
		t.Errorf("%d records and gaps %v in the first one's journal", len(got), gaps)
	}
	if err := second.Close(); !errors.Is(err, ErrFenced) {
		t.Errorf("close of the fenced one: %v", err)
	}
}

func acquire(t *testing.T, j *Journal, instance string) (uint64, *OutputLog) {
	t.Helper()
	epoch, err := j.Acquire(t.Context(), instance)
	if err != nil {
		t.Fatal(err)
	}
	out, err := j.Outputs(t.Context(), instance, "tester", epoch, nil)
	if err != nil {
		t.Fatal(err)
	}
	return epoch, out
}

func add(t *testing.T, out *OutputLog, cause uint64, count uint32) {
	t.Helper()
	var outputs [][]byte
	for i := range count {
		outputs = append(outputs, output(cause, i))
	}
	if err := out.Append(outputs, Cursor{Cause: cause, Index: count - 1, Any: true}); err != nil {
		t.Fatal(err)
	}
}

func flushOutputs(t *testing.T, out *OutputLog) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := out.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestOldEpochIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		old, first := acquire(t, j, "one")
		add(t, first, 5, 3)
		flushOutputs(t, first)
		epoch, second := acquire(t, j, "one")
		if epoch != old+1 {
			t.Errorf("epoch %d after %d", epoch, old)
		}
		if want := (Cursor{Cause: 5, Index: 2, Any: true}); second.Cursor() != want {
			t.Errorf("cursor %+v, want %+v", second.Cursor(), want)
		}
		err := failing(t, func() error {
			if err := first.Append([][]byte{output(6, 0)}, Cursor{Cause: 6, Any: true}); err != nil {
				return err
			}
			return first.Flush(t.Context())
		})
		if !errors.Is(err, ErrFenced) {
			t.Errorf("old epoch appends: %v", err)
		}
		if _, err := j.Outputs(t.Context(), "one", "tester", old, nil); !errors.Is(err, ErrFenced) {
			t.Errorf("old epoch opens outputs: %v", err)
		}
		if err := j.SaveCheckpoint(t.Context(), "one", Checkpoint{Epoch: old, Number: 6}); !errors.Is(err, ErrFenced) {
			t.Errorf("old epoch saves a checkpoint: %v", err)
		}
		add(t, second, 7, 1)
		flushOutputs(t, second)
		if got := causes(t, j, EventsQuery{}); !slices.Equal(got, []uint64{5, 5, 5, 7}) {
			t.Errorf("causes %v", got)
		}
	})
}

// causes reads events and returns the causes of the outputs.
func causes(t *testing.T, j *Journal, q EventsQuery) []uint64 {
	t.Helper()
	var got []uint64
	err := j.ReadEvents(t.Context(), q, func(_ uint64, b []byte) error {
		var batch eventv1.OutputBatch
		if err := proto.Unmarshal(b, &batch); err != nil {
			return err
		}
		if batch.Monitor != "tester" || len(batch.Outputs) == 0 {
			t.Errorf("batch %v", &batch)
		}
		for _, o := range batch.Outputs {
			got = append(got, o.Cause)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestOutputsOfInstances(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		type call struct {
			first, last uint64
			count       int
		}
		epoch, err := j.Acquire(t.Context(), "one")
		if err != nil {
			t.Fatal(err)
		}
		var calls []call
		one, err := j.Outputs(t.Context(), "one", "tester", epoch, func(first, last uint64, count int) {
			calls = append(calls, call{first, last, count})
		})
		if err != nil {
			t.Fatal(err)
		}
		if one.Cursor().Any {
			t.Errorf("new instance has cursor %+v", one.Cursor())
		}
		_, two := acquire(t, j, "two")
		for i := range uint64(10) {
			add(t, one, 2*i+1, 2)
			flushOutputs(t, one)
			add(t, two, 2*i+2, 1)
			flushOutputs(t, two)
		}
		if len(calls) != 10 || calls[9] != (call{19, 19, 2}) {
			t.Errorf("durable calls %v", calls)
		}
		for name, c := range map[string]struct {
			q    EventsQuery
			want []uint64
		}{
			"one":          {EventsQuery{Instances: []string{"one"}}, []uint64{1, 1, 3, 3, 5, 5, 7, 7, 9, 9, 11, 11, 13, 13, 15, 15, 17, 17, 19, 19}},
			"tail of two":  {EventsQuery{Instances: []string{"two"}, Tail: 3}, []uint64{16, 18, 20}},
			"tail of all":  {EventsQuery{Tail: 2}, []uint64{19, 19, 20}},
			"long tail":    {EventsQuery{Instances: []string{"two", "two"}, Tail: 1000}, []uint64{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}},
			"endless tail": {EventsQuery{Instances: []string{"two"}, Tail: 1 << 63}, []uint64{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}},
			"nobody":       {EventsQuery{Instances: []string{"three"}, Tail: 5}, nil},
			"beyond":       {EventsQuery{From: 1 << 40}, nil},
			"both by name": {EventsQuery{Instances: []string{"two", "one"}, Tail: 1}, []uint64{20}},
		} {
			if got := causes(t, j, c.q); !slices.Equal(got, c.want) {
				t.Errorf("%s: causes %v, want %v", name, got, c.want)
			}
		}
		if err := one.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := one.Append([][]byte{output(99, 0)}, Cursor{Cause: 99, Any: true}); !errors.Is(err, ErrClosed) {
			t.Errorf("append after close: %v", err)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = s.open(t)
		_, two = acquire(t, j, "two")
		if want := (Cursor{Cause: 20, Any: true}); two.Cursor() != want {
			t.Errorf("cursor after reopen %+v, want %+v", two.Cursor(), want)
		}
	})
}

func TestFollowedEventsComeAsTheyAreStored(t *testing.T) {
	onBoth(t, func(t *testing.T, s *store) {
		t.Helper()
		j := s.open(t)
		_, out := acquire(t, j, "one")
		add(t, out, 1, 1)
		flushOutputs(t, out)
		ctx, cancel := context.WithCancel(t.Context())
		seen := make(chan uint64)
		ended := make(chan error, 1)
		go func() {
			ended <- j.ReadEvents(ctx, EventsQuery{Follow: true}, func(position uint64, _ []byte) error {
				seen <- position
				return nil
			})
		}()
		last := <-seen
		for i := range uint64(5) {
			add(t, out, 2+i, 1)
			select {
			case position := <-seen:
				if position <= last {
					t.Errorf("position %d after %d", position, last)
				}
				last = position
			case <-time.After(5 * time.Second):
				t.Fatal("an output did not come")
			}
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("following ended with %v", err)
		}
		stop := errors.New("enough")
		if err := j.ReadEvents(t.Context(), EventsQuery{}, func(uint64, []byte) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("visitor's error: %v", err)
		}
	})
}

func TestOutputsTooMuchForOneMessageAreDivided(t *testing.T) {
	j := embeddedStore(t).open(t)
	_, out := acquire(t, j, "one")
	var outputs [][]byte
	for i := range uint32(4) {
		b, err := proto.Marshal(&eventv1.Output{Cause: 1, Index: i, Kind: "big", Key: strings.Repeat("k", 400<<10)})
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, b)
	}
	if err := out.Append(outputs, Cursor{Cause: 1, Index: 3, Any: true}); err != nil {
		t.Fatal(err)
	}
	flushOutputs(t, out)
	if got := causes(t, j, EventsQuery{}); len(got) != 4 {
		t.Errorf("causes %v", got)
	}
	if err := out.Append([][]byte{make([]byte, 1<<20)}, Cursor{Cause: 2, Any: true}); err == nil || !strings.Contains(err.Error(), "output 0 of record 2") {
		t.Errorf("an output too big for any message: %v", err)
	}
}
