package pool

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Each case is a server that refuses some slots; from is what it is asked for, open by open, until it serves.
func TestWhatIsAskedForAfterARefusal(t *testing.T) {
	outOfRange := func(available string) error {
		return status.Error(codes.OutOfRange, "broadcast from 1 is not available, last available: "+available)
	}
	for _, c := range []struct {
		name   string
		answer func(from uint64) error // nil: serves
		first  uint64                  // slot of the first content when it serves the present
		froms  []uint64
		gaps   []Gap
	}{
		{
			"store begins after the frontier",
			func(from uint64) error {
				if from < 500 {
					return outOfRange("500")
				}
				return nil
			}, 0,
			[]uint64{68, 508},
			[]Gap{{From: 101, To: 507}},
		},
		{
			"only the margin is too old",
			func(from uint64) error {
				if from < 90 {
					return outOfRange("90")
				}
				return nil
			}, 0,
			[]uint64{68, 98},
			nil,
		},
		{
			"only the margin is too old, just so",
			func(from uint64) error {
				if from < 99 {
					return outOfRange("99")
				}
				return nil
			}, 0,
			[]uint64{68, 101},
			nil,
		},
		{
			"does not say what it has, but has what is needed",
			func(from uint64) error {
				if from < 80 {
					return status.Error(codes.Internal, "replay from 68 is not available")
				}
				return nil
			}, 0,
			[]uint64{68, 101},
			nil,
		},
		{
			"does not say what it has, and has too little",
			func(from uint64) error {
				if from > 0 {
					return status.Error(codes.Internal, "replay from 68 is not available")
				}
				return nil
			}, 700,
			[]uint64{68, 101, 0},
			[]Gap{{From: 101, To: 700}},
		},
		{
			"keeps nothing",
			func(from uint64) error {
				if from > 0 {
					return status.Error(codes.Internal, "from_slot is not supported")
				}
				return nil
			}, 700,
			[]uint64{68, 0},
			[]Gap{{From: 101, To: 700}},
		},
		{
			"store runs away",
			func(from uint64) error {
				if from > 0 {
					return outOfRange("900")
				}
				return nil
			}, 901,
			[]uint64{68, 908, 916, 924, 0},
			[]Gap{{From: 101, To: 901}},
		},
		{
			"is behind",
			func(from uint64) error {
				if from > 40 {
					return status.Error(codes.Internal, "failed to get replay response")
				}
				return nil
			}, 0,
			[]uint64{68, 36},
			nil,
		},
		{
			"store stays empty",
			func(from uint64) error {
				if from > 0 {
					return status.Error(codes.Internal, "failed to get replay response")
				}
				return nil
			}, 130,
			[]uint64{68, 36, 4, 1, 1, 1, 0},
			[]Gap{{From: 101, To: 130}},
		},
		{
			"store stays empty and the node is behind",
			func(from uint64) error {
				if from > 0 {
					return status.Error(codes.Internal, "failed to get replay response")
				}
				return nil
			}, 100,
			[]uint64{68, 36, 4, 1, 1, 1, 0},
			nil,
		},
		{
			"skipped slot of another server kind",
			func(from uint64) error {
				if from == 68 {
					return status.Error(codes.InvalidArgument, "failed to get replay position for slot 68")
				}
				return nil
			}, 0,
			[]uint64{68, 36},
			nil,
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			n := &node{answer: func(_ int, from uint64, s subscription) error {
				if err := c.answer(from); err != nil {
					return err
				}
				if err := sendSlot(s, max(from, c.first)); err != nil {
					return err
				}
				return stay(s)
			}}
			p, _ := start(t, n, func(c *Config) { c.Resume = func() uint64 { return 100 } })
			got := drain(t, p)
			time.Sleep(2 * time.Minute)
			_, froms := n.seen()
			if !slices.Equal(froms, c.froms) {
				t.Errorf("%s: asked for %v, want %v", c.name, froms, c.froms)
			}
			metas, gaps := got()
			if len(metas) != 1 || len(gaps) != len(c.gaps) {
				t.Fatalf("%s: metas %v, gaps %+v, want %+v", c.name, metas, gaps, c.gaps)
			}
			for i, g := range gaps {
				if g.From != c.gaps[i].From || g.To != c.gaps[i].To || g.Reason == "" {
					t.Errorf("%s: gap %+v, want %+v", c.name, g, c.gaps[i])
				}
			}
		})
	}
}

// A refusal because nothing can be replayed yet is waited out, or it becomes a storm.
func TestNotThereYetWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, _ uint64, s subscription) error {
			if open < 3 {
				return status.Error(codes.Internal, "failed to get replay response")
			}
			return stay(s)
		}}
		p, _ := start(t, n, func(c *Config) { c.Resume = func() uint64 { return 1000 } })
		drain(t, p)
		time.Sleep(time.Minute)
		waits := n.waits()
		if len(waits) != 3 || slices.Min(waits) < 2*time.Second {
			t.Errorf("waits %v, want three of at least 2 s", waits)
		}
	})
}

// What a gap gave up is not asked for again, even when the frontier does not move.
func TestGapIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &node{answer: func(open int, from uint64, s subscription) error {
			if from > 0 && from < 400 {
				return status.Error(codes.OutOfRange, "broadcast from 1 is not available, last available: 400")
			}
			if err := sendSlot(s, max(from, 400)+uint64(open)); err != nil || open > 6 {
				return err
			}
			return nil
		}}
		p, _ := start(t, n, func(c *Config) { c.Resume = func() uint64 { return 100 } })
		got := drain(t, p)
		time.Sleep(time.Minute)
		if _, gaps := got(); len(gaps) != 1 || gaps[0].From != 101 || gaps[0].To != 407 {
			t.Errorf("gaps %+v, want one from 101 to 407", gaps)
		}
	})
}
