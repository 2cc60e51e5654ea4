package sdk

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// unsettled is a Divided with values left to read.
type unsettled struct {
	left   int
	calls  []time.Time
	beside *atomic.Bool // a record is being handled
	wrong  bool         // it was called beside a handler
}

func (u *unsettled) AppendPart(b []byte, _ bool) ([]byte, int, error) { return b, 1, nil }
func (u *unsettled) LoadParts(Parts) error                            { return nil }

func (u *unsettled) Settle(n int) bool {
	u.wrong = u.wrong || u.beside.Load()
	u.calls = append(u.calls, time.Now())
	u.left -= min(n, u.left)
	return u.left > 0
}

// feed is the stream of a host that sends a batch of one record every so often until its context ends.
type feed struct {
	grpc.ServerStream
	ctx    context.Context
	every  time.Duration
	frames [][]byte
	sent   []uint64 // through of what was answered
	at     []time.Time
}

func (f *feed) Context() context.Context { return f.ctx }

func (f *feed) SendMsg(m any) error {
	data, err := wire.Codec{}.Marshal(m)
	if err != nil {
		return err
	}
	var frame pluginv1.PluginFrame
	if err := proto.Unmarshal(data.Materialize(), &frame); err != nil {
		return err
	}
	f.sent, f.at = append(f.sent, frame.GetOutputs().GetThrough()), append(f.at, time.Now())
	return nil
}

func (f *feed) RecvMsg(m any) error {
	select {
	case <-f.ctx.Done():
		return f.ctx.Err()
	case <-time.After(f.every):
	}
	if len(f.frames) == 0 {
		<-f.ctx.Done()
		return f.ctx.Err()
	}
	frame := f.frames[0]
	f.frames = f.frames[1:]
	return wire.Codec{}.Unmarshal(mem.BufferSlice{mem.SliceBuffer(frame)}, m)
}

func batchFrame(tb testing.TB, first, records int) []byte {
	tb.Helper()
	var batch pluginv1.Batch
	if err := proto.Unmarshal(exampleBatch(tb, records), &batch); err != nil {
		tb.Fatal(err)
	}
	batch.FirstNumber, batch.LastNumber = uint64(first), uint64(first+records-1)
	for i, e := range batch.GetRecords() {
		e.Number = uint64(first + i)
	}
	frame, err := proto.Marshal(&pluginv1.HostFrame{Epoch: 1, Frame: &pluginv1.HostFrame_Batch{Batch: &batch}})
	if err != nil {
		tb.Fatal(err)
	}
	return frame
}

// working is the work of a monitor whose handler takes so long.
func working(tb testing.TB, takes time.Duration, state any, beside *atomic.Bool) *work {
	tb.Helper()
	c := &control{newMonitor: func(*Host) Monitor {
		return Monitor{Name: "slow", State: state, OnTrade: func(*Record, *Trade) error {
			beside.Store(true)
			time.Sleep(takes)
			beside.Store(false)
			return nil
		}}
	}}
	w, err := c.create(nil)
	if err != nil {
		tb.Fatal(err)
	}
	w.open(&pluginv1.OpenRequest{Epoch: 1})
	return w
}

// What is left of a restored state is read when the records that waited are done, and never beside a handler. Then the collector works as
// usual again; it also does when the stream ends first.
func TestSettlesBetweenFrames(t *testing.T) {
	for _, lasts := range []time.Duration{time.Minute, settleAfter + 20*settlePause} {
		synctest.Test(t, func(t *testing.T) {
			usual := debug.SetGCPercent(100)
			defer debug.SetGCPercent(usual)
			var beside atomic.Bool
			state := &unsettled{left: 100*settleValues - 1, beside: &beside}
			w := working(t, 3*time.Millisecond, state, &beside)
			w.settled = collectRarely()
			ctx, cancel := context.WithTimeout(t.Context(), lasts)
			defer cancel()
			f := &feed{ctx: ctx, every: 2 * time.Millisecond}
			for n := range 1000 {
				f.frames = append(f.frames, batchFrame(t, n+1, 1))
			}
			began := time.Now()
			if err := w.run(f); err == nil {
				t.Error("the stream ended well")
			}
			if len(state.calls) == 0 || state.calls[0].Sub(began) < settleAfter || state.wrong {
				t.Fatalf("it was settled at %v, beside a handler: %t", state.calls, state.wrong)
			}
			if settled := state.left == 0; settled != (lasts == time.Minute) {
				t.Errorf("after %s and %d calls %d values are left", lasts, len(state.calls), state.left)
			}
			if now := debug.SetGCPercent(100); now != 100 {
				t.Errorf("GOGC is %d at the end", now)
			}
		})
	}
}

// Monitors of one process share the collector: it works as usual when the last of them is settled.
func TestCollectorIsShared(t *testing.T) {
	usual := debug.SetGCPercent(77)
	defer debug.SetGCPercent(usual)
	one, two := collectRarely(), collectRarely()
	one()
	one()
	if now := debug.SetGCPercent(restoreGC); now != restoreGC {
		t.Errorf("GOGC is %d while one restores", now)
	}
	two()
	if now := debug.SetGCPercent(77); now != 77 {
		t.Errorf("GOGC is %d at the end", now)
	}
}

// A batch that takes long says how far it is, so that nobody takes a slow monitor for one that stands still.
func TestSlowBatchSaysHowFarItIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var beside atomic.Bool
		w := working(t, 400*time.Millisecond, nil, &beside)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f := &feed{ctx: ctx, every: 10 * time.Second, frames: [][]byte{batchFrame(t, 1, 20), batchFrame(t, 21, 2)}}
		began := time.Now()
		if err := w.run(f); err == nil {
			t.Error("the stream ended well")
		}
		last, before := uint64(0), began.Add(10*time.Second)
		for i, through := range f.sent {
			if through <= last {
				t.Errorf("it was through %d after %d", through, last)
			}
			if quiet := f.at[i].Sub(before); last < 20 && quiet > 2*sayEvery {
				t.Errorf("it said nothing for %s before %d", quiet, through)
			}
			last, before = through, f.at[i]
		}
		if last != 22 || len(f.sent) < 6 || len(f.sent) > 9 {
			t.Errorf("it said %v", f.sent)
		}
	})
}
