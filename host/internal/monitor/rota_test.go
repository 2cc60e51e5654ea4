package monitor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// saver is a lane with a plugin that takes its time for a state.
type saver struct {
	lane    *lane
	hands   chan func() []*pluginv1.PluginFrame // what the plugin has to do, one after the other
	answers chan<- []byte
	began   []time.Time // barriers
	saves   int
}

// run runs lane and plugin until ctx ends.
func (s *saver) run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for do := range s.hands {
			for _, frame := range do() {
				if encoded, err := proto.Marshal(frame); err == nil {
					s.answers <- encoded
				}
			}
		}
	}()
	err := s.lane.run(ctx, context.WithoutCancel(ctx))
	close(s.hands)
	<-done
	return err
}

// newSaver makes one that gets a trade every 50 ms. busy counts the states that are being saved.
func newSaver(t *testing.T, rota *Rota, took time.Duration, busy, most *atomic.Int32) *saver {
	t.Helper()
	s := &saver{hands: make(chan func() []*pluginv1.PluginFrame, 1000)}
	number := uint64(0)
	j := &fakeJournal{next: func(ctx context.Context) (journal.Frame, error) {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return journal.Frame{}, err
		}
		number++
		return frameOf(t, number, number, eventv1.Kind_KIND_TRADE), nil
	}}
	j.save = func(Checkpoint) error { s.saves++; return nil }
	p := &fakePlugin{answer: func(f *pluginv1.HostFrame) []*pluginv1.PluginFrame {
		switch f := f.GetFrame().(type) {
		case *pluginv1.HostFrame_Batch:
			s.hands <- func() []*pluginv1.PluginFrame {
				return []*pluginv1.PluginFrame{outputsFrame(7, f.Batch.GetLastNumber())}
			}
		case *pluginv1.HostFrame_Barrier:
			s.began = append(s.began, time.Now())
			s.hands <- func() []*pluginv1.PluginFrame {
				most.Store(max(most.Load(), busy.Add(1)))
				time.Sleep(took)
				busy.Add(-1)
				return []*pluginv1.PluginFrame{stateFrame(f.Barrier.GetCheckpoint(), "state", true)}
			}
		}
		return nil
	}}
	s.lane = newLane(0, j, p)
	s.answers = p.answers
	s.lane.cfg.Rota, s.lane.cfg.place, s.lane.cfg.CheckpointEvery = rota, rota.join(), 5*time.Second
	s.lane.saving = newSaving(1) // not a new instance, which saves at once
	return s
}

func runSavers(t *testing.T, savers []*saver, duration time.Duration) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), duration)
	defer stop()
	ended := make(chan error)
	for _, s := range savers {
		go func() { ended <- s.run(ctx) }()
	}
	for range savers {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestCheckpointsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy, most atomic.Int32
		rota := NewRota()
		var savers []*saver
		for range 6 {
			savers = append(savers, newSaver(t, rota, 300*time.Millisecond, &busy, &most))
		}
		began := time.Now()
		runSavers(t, savers, 61*time.Second)
		var all []time.Time
		for n, s := range savers {
			during := s.began[:len(s.began)-1] // the last one is that of the end, which all take at once
			if len(during) < 11 {
				t.Errorf("instance %d took %d checkpoints in a minute", n, len(during))
			}
			for i, at := range during {
				if i > 0 && at.Sub(during[i-1]).Round(time.Second) != 5*time.Second {
					t.Errorf("instance %d took one at %s, after %s", n, at.Sub(began), during[i-1].Sub(began))
				}
			}
			all = append(all, during...)
		}
		for i, a := range all {
			for _, b := range all[:i] {
				if apart := a.Sub(b).Abs(); apart < 400*time.Millisecond {
					t.Errorf("checkpoints began at %s and %s", a.Sub(began), b.Sub(began))
				}
			}
		}
	})
}

// When states take long, the instances wait for each other; for one that does not come to an end they do not.
func TestCheckpointsWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var busy, most, other atomic.Int32
		rota := NewRota()
		slow := []*saver{newSaver(t, rota, 1500*time.Millisecond, &busy, &most), newSaver(t, rota, 1500*time.Millisecond, &busy, &most), newSaver(t, rota, 1500*time.Millisecond, &busy, &most)}
		var before atomic.Int32 // the end, when all save at once
		time.AfterFunc(59*time.Second, func() { before.Store(most.Load()) })
		runSavers(t, slow, time.Minute)
		if before.Load() != 1 {
			t.Errorf("%d states were saved at the same time", before.Load())
		}
		for n, s := range slow {
			if s.saves < 9 {
				t.Errorf("instance %d saved %d times in a minute", n, s.saves)
			}
		}

		stuck := newSaver(t, rota, 25*time.Second, &other, &other)
		good := newSaver(t, rota, time.Millisecond, &busy, &most)
		runSavers(t, []*saver{stuck, good}, time.Minute)
		if good.saves < 8 {
			t.Errorf("beside one that does not end, the other saved %d times in a minute", good.saves)
		}
	})
}

// A plugin that was away gets the records that it missed before its state is asked for, whenever its time in the rota is.
func TestCatchingUpGoesBeforeACheckpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, behind := range []bool{true, false} {
			var busy, most atomic.Int32
			rota := NewRota()
			s := newSaver(t, rota, time.Millisecond, &busy, &most)
			time.Sleep(rota.wait(s.lane.cfg.place, s.lane.cfg.CheckpointEvery) - 130*time.Millisecond)
			if behind {
				s.lane.target = 10
			}
			began := time.Now()
			runSavers(t, []*saver{s}, 7*time.Second)
			want := []time.Duration{130 * time.Millisecond, 5130 * time.Millisecond, 7 * time.Second}
			if behind {
				want[0] = catchUp
			}
			for i, at := range s.began {
				if i >= len(want) || at.Sub(began).Round(time.Millisecond) != want[i] {
					t.Errorf("behind %t: checkpoint %d was asked for after %s, want %s", behind, i+1, at.Sub(began), want)
				}
			}
			if len(s.began) != len(want) {
				t.Errorf("behind %t: %d checkpoints, want %d", behind, len(s.began), len(want))
			}
		}
	})
}
