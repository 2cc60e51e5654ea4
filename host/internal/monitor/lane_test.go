package monitor

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"github.com/weir-run/weir/host/internal/journal"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// fakePlugin is a plugin's side of a stream, without a process: every host frame is answered by answer.
type fakePlugin struct {
	grpc.ClientStream // nil: only SendMsg, RecvMsg and CloseSend are used

	answer func(*pluginv1.HostFrame) []*pluginv1.PluginFrame

	mu      sync.Mutex
	frames  []*pluginv1.HostFrame
	answers chan []byte
	ctx     context.Context
}

func (f *fakePlugin) SendMsg(m any) error {
	var frame pluginv1.HostFrame
	parts, err := wire.Codec{}.Marshal(m)
	if err != nil {
		return err
	}
	if err := proto.Unmarshal(parts.Materialize(), &frame); err != nil {
		return err
	}
	f.mu.Lock()
	f.frames = append(f.frames, &frame)
	f.mu.Unlock()
	for _, a := range f.answer(&frame) {
		encoded, err := proto.Marshal(a)
		if err != nil {
			return err
		}
		f.answers <- encoded
	}
	return nil
}

func (f *fakePlugin) RecvMsg(m any) error {
	select {
	case b, ok := <-f.answers:
		if !ok {
			return io.EOF
		}
		return wire.Codec{}.Unmarshal(buffers(b), m)
	case <-f.ctx.Done():
		return f.ctx.Err()
	}
}

func (f *fakePlugin) CloseSend() error { return nil }

func (f *fakePlugin) sent() []*pluginv1.HostFrame {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.frames)
}

// fakeControl answers what a lane calls.
type fakeControl struct {
	pluginv1.ControlClient
}

func (fakeControl) Health(context.Context, *pluginv1.HealthRequest, ...grpc.CallOption) (*pluginv1.HealthResponse, error) {
	return &pluginv1.HealthResponse{}, nil
}

func (fakeControl) Drain(context.Context, *pluginv1.DrainRequest, ...grpc.CallOption) (*pluginv1.DrainResponse, error) {
	return &pluginv1.DrainResponse{}, nil
}

// fakeJournal holds frames and takes outputs and checkpoints, in memory.
type fakeJournal struct {
	Journal // nil: the lane uses SaveCheckpoint only

	next   func(ctx context.Context) (journal.Frame, error)
	append func(outputs [][]byte, last Cursor) error
	flush  func() error
	save   func(Checkpoint) error
	cursor Cursor
}

func (j *fakeJournal) Next(ctx context.Context) (journal.Frame, error) { return j.next(ctx) }
func (j *fakeJournal) Cursor() Cursor                                  { return j.cursor }
func (j *fakeJournal) Flush(context.Context) error                     { return j.flush() }
func (j *fakeJournal) Close(context.Context) error                     { return nil }
func (j *fakeJournal) Append(outputs [][]byte, last Cursor) error      { return j.append(outputs, last) }

func (j *fakeJournal) SaveCheckpoint(_ context.Context, _ string, c Checkpoint) error {
	return j.save(c)
}

// frames gives each frame once and then waits. A frame is of the numbers first to last, all trades of venue 1.
func frames(list ...any) func(context.Context) (journal.Frame, error) {
	return func(ctx context.Context) (journal.Frame, error) {
		if len(list) == 0 {
			<-ctx.Done()
			return journal.Frame{}, ctx.Err()
		}
		head := list[0]
		list = list[1:]
		if gap, ok := head.(*journal.GapError); ok {
			return journal.Frame{}, gap
		}
		return head.(journal.Frame), nil
	}
}

func frameOf(tb testing.TB, first, last uint64, kind eventv1.Kind) journal.Frame {
	tb.Helper()
	batch := &pluginv1.Batch{}
	for n := first; n <= last; n++ {
		batch.Records = append(batch.Records, &pluginv1.Envelope{
			Number: n, Slot: 1, ReceivedUnixNanos: uint64(time.Now().UnixNano()), Kind: kind, Venue: 1, Record: []byte{1, 2, 3},
		})
	}
	payload, err := proto.Marshal(batch)
	if err != nil {
		tb.Fatal(err)
	}
	return journal.Frame{First: first, Last: last, Payload: payload}
}

// newLane makes a lane between fakes; after is where it begins.
func newLane(after uint64, j *fakeJournal, p *fakePlugin) *lane {
	cfg := Config{Instance: "fake", CheckpointEvery: time.Hour, Log: slog.New(slog.DiscardHandler)}.withDefaults()
	p.answers = make(chan []byte, 1000)
	m := &meters{}
	l := &lane{
		cfg: &cfg, log: cfg.Log, journal: j, frames: j, outputs: j, control: fakeControl{}, gone: make(chan struct{}), meters: m,
		live: func() {}, epoch: 7, sent: after, through: after, cursor: j.cursor, flight: newFlight(cfg.Credit),
		saving: newSaving(after), progress: newProgress(), allowance: newAllowance(1<<20, time.Now()), clock: &latencyClock{sums: &m.latencies}, refusals: slowLog{log: cfg.Log}, letters: newLetters(nil, "fake", cfg.Log), gate: make(chan struct{}, 1), saveAs: "fake",
		filter: filter{kinds: 1 << eventv1.Kind_KIND_TRADE},
	}
	l.open = func(ctx context.Context) (grpc.ClientStream, error) { p.ctx = ctx; return p, nil }
	l.covered.Store(after)
	l.owner.Store(7)
	l.promised.Store(after)
	if j.append == nil {
		j.append = func([][]byte, Cursor) error { return nil }
	}
	if j.flush == nil {
		j.flush = func() error { return nil }
	}
	if j.save == nil {
		j.save = func(Checkpoint) error { return nil }
	}
	return l
}

func outputsFrame(epoch, through uint64, names ...Cursor) *pluginv1.PluginFrame {
	out := &pluginv1.Outputs{Through: through}
	for _, n := range names {
		out.Outputs = append(out.Outputs, &eventv1.Output{Cause: n.Cause, Index: n.Index, Kind: "k"})
	}
	return &pluginv1.PluginFrame{Epoch: epoch, Frame: &pluginv1.PluginFrame_Outputs{Outputs: out}}
}

func stateFrame(checkpoint uint64, data string, last bool) *pluginv1.PluginFrame {
	return &pluginv1.PluginFrame{Epoch: 7, Frame: &pluginv1.PluginFrame_State{State: &pluginv1.StateChunk{
		Checkpoint: checkpoint, Data: []byte(data), Last: last, StateVersion: 3,
	}}}
}

func errorFrame(number uint64, class pluginv1.ErrorClass) *pluginv1.PluginFrame {
	return &pluginv1.PluginFrame{Epoch: 7, Frame: &pluginv1.PluginFrame_Error{Error: &pluginv1.RecordError{Number: number, Class: class, Message: "no"}}}
}

func TestBreachesEndTheEpoch(t *testing.T) {
	trade := eventv1.Kind_KIND_TRADE
	for _, c := range []struct {
		name    string
		answers []*pluginv1.PluginFrame
		want    string
	}{
		{"another epoch", []*pluginv1.PluginFrame{outputsFrame(6, 110)}, "a frame of epoch 6 came in epoch 7"},
		{"not sent yet", []*pluginv1.PluginFrame{outputsFrame(7, 0, Cursor{Cause: 111})}, "output 111/0 is of a record that was not sent yet; the last one is 110"},
		{"through too far", []*pluginv1.PluginFrame{outputsFrame(7, 111)}, "through 111, but the last record sent is 110"},
		{"through back", []*pluginv1.PluginFrame{outputsFrame(7, 110), outputsFrame(7, 105)}, "through 105 after it was through 110"},
		{"before the checkpoint", []*pluginv1.PluginFrame{outputsFrame(7, 0, Cursor{Cause: 100})}, "output 100/0 came after record 100 was done"},
		{"late", []*pluginv1.PluginFrame{outputsFrame(7, 105, Cursor{Cause: 103}), outputsFrame(7, 0, Cursor{Cause: 104})}, "output 104/0 came after record 105 was done"},
		{"twice", []*pluginv1.PluginFrame{outputsFrame(7, 0, Cursor{Cause: 103}, Cursor{Cause: 103})}, "output 103/0 came after output 103/0"},
		{"not in order", []*pluginv1.PluginFrame{outputsFrame(7, 0, Cursor{Cause: 103, Index: 1}, Cursor{Cause: 103})}, "output 103/0 came after output 103/1"},
		{"unasked state", []*pluginv1.PluginFrame{stateFrame(1, "x", true)}, "checkpoint 1 came, which was not asked for"},
		{"huge output", []*pluginv1.PluginFrame{{Epoch: 7, Frame: &pluginv1.PluginFrame_Outputs{Outputs: &pluginv1.Outputs{
			Outputs: []*eventv1.Output{{Cause: 101, Key: string(make([]byte, maxOutput))}},
		}}}}, "the limit is 524288"},
		{"error too far", []*pluginv1.PluginFrame{errorFrame(111, pluginv1.ErrorClass_ERROR_CLASS_DATA)}, "error of record 111, which was not sent"},
		{"error late", []*pluginv1.PluginFrame{outputsFrame(7, 105), errorFrame(105, pluginv1.ErrorClass_ERROR_CLASS_TRANSIENT)}, "error of record 105 came after record 105 was done"},
		{"gives up", []*pluginv1.PluginFrame{{Epoch: 7, Frame: &pluginv1.PluginFrame_Error{Error: &pluginv1.RecordError{
			Number: 102, Class: pluginv1.ErrorClass_ERROR_CLASS_FATAL, Message: "no more",
		}}}}, "fatal: record 102: no more"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stored := 0
			j := &fakeJournal{next: frames(frameOf(t, 101, 110, trade))}
			j.append = func(outputs [][]byte, _ Cursor) error { stored += len(outputs); return nil }
			p := &fakePlugin{answer: func(*pluginv1.HostFrame) []*pluginv1.PluginFrame { return c.answers }}
			err := newLane(100, j, p).run(t.Context(), t.Context())
			var crash *Crash
			if !errors.As(err, &crash) {
				t.Fatalf("run gave %v; want a crash", err)
			}
			mustContain(t, "crash", crash.Error(), c.want)
			if crash.Cause != CauseProtocol && crash.Cause != CauseFatal {
				t.Errorf("cause is %s", crash.Cause)
			}
			if stored > 1 {
				t.Errorf("%d outputs were stored", stored)
			}
		})
	}
}

// book answers like a good plugin and keeps the state "state".
func book(frame *pluginv1.HostFrame) []*pluginv1.PluginFrame {
	switch f := frame.GetFrame().(type) {
	case *pluginv1.HostFrame_Batch:
		var names []Cursor
		for _, e := range f.Batch.GetRecords() {
			names = append(names, Cursor{Cause: e.GetNumber()}, Cursor{Cause: e.GetNumber(), Index: 1})
		}
		return []*pluginv1.PluginFrame{outputsFrame(7, f.Batch.GetLastNumber(), names...)}
	case *pluginv1.HostFrame_Gap:
		return []*pluginv1.PluginFrame{outputsFrame(7, f.Gap.GetToNumber())}
	case *pluginv1.HostFrame_Barrier:
		return []*pluginv1.PluginFrame{stateFrame(f.Barrier.GetCheckpoint(), "sta", false), stateFrame(f.Barrier.GetCheckpoint(), "te", true)}
	}
	return nil
}

// TestOrderOfACheckpoint shows what a plugin and the journal see, and in which order: skipped numbers are covered, the cursor
// suppresses, outputs are flushed before the state is saved, and Durable comes last.
func TestOrderOfACheckpoint(t *testing.T) {
	var mu sync.Mutex
	var steps []string
	step := func(s string) { mu.Lock(); steps = append(steps, s); mu.Unlock() }
	ctx, stop := context.WithCancel(t.Context())
	j := &fakeJournal{cursor: Cursor{Cause: 102, Index: 0, Any: true}, next: frames(
		frameOf(t, 101, 104, eventv1.Kind_KIND_TRADE),
		frameOf(t, 105, 109, eventv1.Kind_KIND_TOKEN_CREATED), // not wanted
		&journal.GapError{From: 110, To: 119, Reason: "test"},
		frameOf(t, 120, 121, eventv1.Kind_KIND_TRADE),
		frameOf(t, 122, 130, eventv1.Kind_KIND_TOKEN_CREATED),
	)}
	var stored []Cursor
	var saved Checkpoint
	j.append = func(outputs [][]byte, last Cursor) error {
		for _, o := range outputs {
			name, err := readName(o)
			if err != nil {
				return err
			}
			stored = append(stored, name)
		}
		step("append")
		return nil
	}
	j.flush = func() error { step("flush"); return nil }
	state := ""
	j.save = func(c Checkpoint) error { step("save"); saved, state = c, string(c.Parts[0].Data); return nil }
	p := &fakePlugin{answer: book}
	l := newLane(100, j, p)
	reached := false
	l.target, l.live = 130, func() { reached = true; stop() }
	if err := l.run(ctx, t.Context()); err != nil {
		t.Fatal(err)
	}
	if !reached || l.meters.through.Load() != 130 {
		t.Errorf("through %d; want 130", l.meters.through.Load())
	}
	var want []Cursor
	for _, cause := range []uint64{102, 103, 104, 120, 121} {
		want = append(want, Cursor{Cause: cause, Any: true}, Cursor{Cause: cause, Index: 1, Any: true})
	}
	want = want[1:] // 102/0 was stored before
	if !slices.Equal(stored, want) || l.meters.suppressed.Load() != 3 {
		t.Errorf("stored %v and suppressed %d; want %v and 3", stored, l.meters.suppressed.Load(), want)
	}
	if saved.Number != 130 || state != "state" || saved.StateVersion != 3 || saved.Epoch != 7 || saved.Outputs != (Cursor{Cause: 121, Index: 1, Any: true}) {
		t.Errorf("saved %+v; want the state after 130 with the outputs up to 121/1", saved)
	}
	if i := slices.Index(steps, "save"); i < 1 || steps[i-1] != "flush" || slices.Contains(steps[i:], "append") {
		t.Errorf("steps are %v; want flush, then save, after all appends", steps)
	}
	var ranges [][2]uint64
	for _, f := range p.sent() {
		switch f := f.GetFrame().(type) {
		case *pluginv1.HostFrame_Batch:
			ranges = append(ranges, [2]uint64{f.Batch.GetFirstNumber(), f.Batch.GetLastNumber()})
		case *pluginv1.HostFrame_Gap:
			ranges = append(ranges, [2]uint64{f.Gap.GetFromNumber(), f.Gap.GetToNumber()})
		case *pluginv1.HostFrame_Barrier:
			ranges = append(ranges, [2]uint64{0, f.Barrier.GetNumber()})
		case *pluginv1.HostFrame_Durable:
			ranges = append(ranges, [2]uint64{1, f.Durable.GetNumber()})
		}
	}
	// A gap takes what was skipped before it along; the barrier stands behind an empty batch for what was skipped at the end.
	if want := [][2]uint64{{101, 104}, {105, 119}, {120, 121}, {122, 130}, {0, 130}, {1, 130}}; !slices.Equal(ranges, want) {
		t.Errorf("plugin was sent %v; want %v", ranges, want)
	}
}

// TestCredit shows that a plugin which does not answer gets no more than its credit of frames.
func TestCredit(t *testing.T) {
	var list []any
	for n := uint64(1); n <= 100; n++ {
		list = append(list, frameOf(t, n, n, eventv1.Kind_KIND_TRADE))
	}
	p := &fakePlugin{answer: func(*pluginv1.HostFrame) []*pluginv1.PluginFrame { return nil }}
	l := newLane(0, &fakeJournal{next: frames(list...)}, p)
	ctx, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	drain, late := context.WithCancelCause(t.Context())
	time.AfterFunc(150*time.Millisecond, func() { late(context.DeadlineExceeded) })
	var crash *Crash
	if err := l.run(ctx, drain); !errors.As(err, &crash) || crash.Cause != CauseDeadline {
		t.Errorf("run gave %v; want a deadline", err)
	}
	if n := len(p.sent()); n != 16 {
		t.Errorf("%d frames were sent without an answer; want 16", n)
	}
}

// TestFailedSaveIsTriedAgain shows that a checkpoint that the journal refuses does not stop the plugin.
func TestFailedSaveIsTriedAgain(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	saves := 0
	j := &fakeJournal{next: frames(frameOf(t, 1, 5, eventv1.Kind_KIND_TRADE))}
	j.save = func(Checkpoint) error {
		saves++
		if saves < 3 {
			return errors.New("no room")
		}
		stop()
		return nil
	}
	l := newLane(0, j, &fakePlugin{answer: book})
	l.cfg.CheckpointEvery = 5 * time.Millisecond
	if err := l.run(ctx, t.Context()); err != nil {
		t.Fatal(err)
	}
	if saves != 3 || l.meters.checkpoint.Load() != 5 {
		t.Errorf("%d saves, checkpoint %d; want 3 and 5", saves, l.meters.checkpoint.Load())
	}
}

func buffers(b []byte) mem.BufferSlice { return mem.BufferSlice{mem.SliceBuffer(b)} }
