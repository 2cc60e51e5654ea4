package monitor

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// dividedPath is the plugin of testdata/divided.
var dividedPath = sync.OnceValue(func() string {
	path := filepath.Join(filepath.Dir(probePath), "divided")
	if out, err := exec.Command("go", "build", "-o", path, "./testdata/divided").CombinedOutput(); err != nil {
		panic(string(out))
	}
	return path
})

func divided(c *Config) {
	c.Path, c.CheckpointEvery = dividedPath(), 20*time.Millisecond
}

// A plugin that saves parts is killed at any time, also while it sends one; what comes out is what an undisturbed run gives, also after
// an upgrade and the way back.
func TestPartsSurviveKills(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	j := openJournal(t)
	var kept choices
	r := start(t, On(j), "parts", nil, func(c *Config) { kept.keep(c); divided(c) })
	fill(t, j, 0, 3000)
	stop := pour(t, j)
	s := r.until(t, "parts", func(s Status) bool { return s.CheckpointWritten > 0 && s.CheckpointWritten*2 < s.CheckpointBytes })
	t.Logf("a checkpoint of %d bytes took %d", s.CheckpointBytes, s.CheckpointWritten)
	kill := func() {
		s := r.until(t, "live", func(s Status) bool { return s.State == Live && s.PID != 0 })
		if err := syscall.Kill(s.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		r.until(t, "again", func(now Status) bool { return now.Starts > s.Starts })
	}
	for range 12 {
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		kill()
	}
	r.until(t, "live", func(s Status) bool { return s.State == Live })
	last, err := r.upgrade(t, dividedPath(), 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	r.until(t, "checkpoint of the new one", func(s Status) bool { return s.Checkpoint > last.CutOver })
	kill()
	r.until(t, "live", func(s Status) bool { return s.State == Live })
	if _, _, err := r.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	end := stop()
	r.untilThrough(t, end)
	kill()
	r.untilThrough(t, end)
	r.stop()
	start(t, On(j), "calm", nil, divided).untilThrough(t, end)
	if got, want := eventsOf(t, j, "parts"), eventsOf(t, j, "calm"); !slices.Equal(got, want) {
		t.Errorf("%d outputs differ from the %d of an undisturbed run", len(got), len(want))
	}
	if strings.Contains(r.log.String(), "checkpoint was not saved") {
		t.Error("a checkpoint was not saved")
	}
}

// A program that knows nothing of parts does not get a state in parts.
func TestPartsNeedTheCapability(t *testing.T) {
	j := openJournal(t)
	fill(t, j, 0, 20)
	parts := []*Part{{Data: []byte("{")}, {Data: []byte("}")}}
	if err := j.SaveCheckpoint(t.Context(), "plain", Checkpoint{Number: 10, StateVersion: 1, Parts: parts}); err != nil {
		t.Fatal(err)
	}
	r := start(t, On(j), "plain", nil, nil)
	s := r.until(t, "rejected", func(s Status) bool { return s.State == Rejected })
	mustContain(t, "reason", s.Reason, "the state after record 10 is in 2 parts, which probe 1.2.3 cannot read", "delta-state")
}

func TestPartsAreHeldToTheContract(t *testing.T) {
	const limit = 100
	base := &Checkpoint{Parts: []*Part{{Object: "a", Size: 90}, {Object: "b", Size: 90}}}
	for _, c := range []struct {
		name   string
		chunk  *pluginv1.StateChunk
		whole  bool
		breach string
		parts  int
	}{
		{"all of it", &pluginv1.StateChunk{Last: true}, false, "", 0},
		{"one", &pluginv1.StateChunk{Last: true, Parts: 1}, false, "", 0},
		{"on the newest", &pluginv1.StateChunk{Last: true, Parts: 2}, false, "", 1},
		{"on both", &pluginv1.StateChunk{Last: true, Parts: 3}, false, "", 2},
		{"on more than there are", &pluginv1.StateChunk{Last: true, Parts: 4}, false, "stands on 3 parts; there are 2", 0},
		{"on nothing that was offered", &pluginv1.StateChunk{Last: true, Parts: 2}, true, "stands on 1 parts; there are 0", 0},
		{"too large", &pluginv1.StateChunk{Last: true, Data: make([]byte, limit+1)}, false, "larger than 100 bytes", 0},
		{"too large together", &pluginv1.StateChunk{Last: true, Data: make([]byte, limit), Parts: 3}, false, "", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSaving(5)
			s.divide(base)
			if c.whole {
				s.whole()
			}
			if !s.begin(7) {
				t.Fatal("the place is taken")
			}
			c.chunk.Checkpoint, _ = s.ask(7)
			err := s.take(c.chunk, limit, 7, Cursor{}, time.Now())
			if c.breach != "" {
				if err == nil {
					t.Fatal("it was taken")
				}
				mustContain(t, "error", err.Error(), c.breach)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := <-s.ready
			if len(got.parts) != c.parts || c.parts > 0 && got.parts[c.parts-1].Object != "b" {
				t.Errorf("it stands on %d parts, want %d", len(got.parts), c.parts)
			}
		})
	}
}

// What was not stored cannot be stood on: the next barrier asks for everything.
func TestPartsAfterAFailedSave(t *testing.T) {
	s := newSaving(5)
	s.divide(&Checkpoint{Parts: []*Part{{Object: "a"}}})
	ask := func(number uint64) (snapshot, uint64) {
		s.begin(number)
		id, base := s.ask(number)
		return snapshot{id: id, number: number}, base
	}
	first, base := ask(6)
	if base != restoredID || first.id == base {
		t.Errorf("first barrier is %d on %d, want it on the restored one", first.id, base)
	}
	s.done(first, []*Part{{Object: "b"}}, true)
	second, base := ask(7)
	if base != first.id {
		t.Errorf("second barrier is on %d, want %d", base, first.id)
	}
	s.done(second, nil, false)
	third, base := ask(8)
	if base != 0 {
		t.Errorf("barrier after a failure is on %d, want 0", base)
	}
	s.done(third, []*Part{{Object: "c"}}, true)
	if _, base = ask(9); base != third.id {
		t.Errorf("barrier is on %d, want %d", base, third.id)
	}
}
