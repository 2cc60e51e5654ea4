package weirtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
)

// patience bounds each call of the protocol.
const patience = 20 * time.Second

// Option changes how a Harness runs its monitor.
type Option func(*options)

type options struct {
	instance string
	config   string
	batch    int
	log      *slog.Logger
}

// Config sets the configuration, a JSON object. Without it the monitor runs with its defaults.
func Config(json string) Option { return func(o *options) { o.config = json } }

// BatchSize sets how many records travel in one frame; 64 without it.
func BatchSize(records int) Option { return func(o *options) { o.batch = records } }

// Instance sets the name of the instance; test without it.
func Instance(name string) Option { return func(o *options) { o.instance = name } }

// Log sets where the monitor logs to; t.Output() without it.
func Log(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// Harness is a host with one monitor. A failure of the protocol fails the test. It is not safe for concurrent use.
type Harness struct {
	t          testing.TB
	newMonitor func(*sdk.Host) sdk.Monitor
	options    options

	process *process
	epoch   uint64

	journal    []*sdk.Record // all that was sent, by number from 1
	gaps       map[uint64]*sdk.JournalGap
	through    uint64 // last number done
	outputs    []*sdk.Output
	replayed   int // outputs that the monitor has given in this epoch, as an index into outputs
	errors     []*pluginv1.RecordError
	checkpoint checkpoint
}

// checkpoint is a monitor's state after a number.
type checkpoint struct {
	taken   bool
	number  uint64
	version uint32
	data    []byte
	outputs int // that were out by then
}

// process stands for the monitor's process: server, connection and stream.
type process struct {
	client *wire.Client
	stream grpc.BidiStreamingClient[pluginv1.HostFrame, pluginv1.PluginFrame]
	kill   func()
	stop   func() error
}

// Start runs the monitor until the test ends.
func Start(t testing.TB, newMonitor func(*sdk.Host) sdk.Monitor, opts ...Option) *Harness {
	t.Helper()
	h := &Harness{t: t, newMonitor: newMonitor, gaps: map[uint64]*sdk.JournalGap{}}
	h.options = options{instance: "test", batch: 64, log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	for _, set := range opts {
		set(&h.options)
	}
	h.start()
	t.Cleanup(func() { h.process.kill() })
	return h
}

// start brings a process up and feeds it from the last checkpoint on.
func (h *Harness) start() {
	h.t.Helper()
	h.process = launch(h.t, h.newMonitor, h.options)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	control := h.process.client.Control
	_, err := control.Configure(ctx, &pluginv1.ConfigureRequest{Config: []byte(h.options.config)})
	h.must("configure", err)
	h.epoch++
	_, err = control.Open(ctx, &pluginv1.OpenRequest{
		Instance: h.options.instance, Epoch: h.epoch, ResumeAfter: h.checkpoint.number,
		HasCheckpoint: h.checkpoint.taken, StateVersion: h.checkpoint.version,
	})
	h.must("open", err)
	if h.checkpoint.taken {
		h.restore(ctx)
	}
	h.process.stream, err = h.process.client.Monitor.Run(context.Background())
	h.must("run", err)
	h.replayed = h.checkpoint.outputs
	end := h.through
	h.through = h.checkpoint.number
	h.feed(end)
}

func (h *Harness) restore(ctx context.Context) {
	h.t.Helper()
	stream, err := h.process.client.Control.Restore(ctx)
	h.must("restore", err)
	for data := h.checkpoint.data; len(data) > 0; {
		n := min(len(data), wire.MaxChunk)
		h.must("restore", stream.Send(&pluginv1.RestoreRequest{Data: data[:n]}))
		data = data[n:]
	}
	_, err = stream.CloseAndRecv()
	h.must("restore", err)
}

// launch makes a server with the monitor on one end of a connection in memory, and a client on the other.
func launch(t testing.TB, newMonitor func(*sdk.Host) sdk.Monitor, o options) *process {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(wire.ServerOptions()...)
	stop, err := sdk.Register(server, newMonitor, sdk.Options{Log: o.log})
	if err != nil {
		t.Fatalf("weirtest: register monitor: %v", err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // its end is ours
	}()
	dial := append(wire.DialOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	conn, err := grpc.NewClient("passthrough:///weirtest", dial...)
	if err != nil {
		t.Fatalf("weirtest: connect: %v", err)
	}
	kill := func() {
		_ = conn.Close()
		server.Stop()
		<-served
	}
	return &process{client: wire.NewClient(conn), kill: kill, stop: stop}
}

// Send hands records to the monitor and returns the outputs that they caused. What a record leaves out of number, slot,
// block time and signature is filled in: the numbers rise by one, and so does the rest.
func (h *Harness) Send(records ...*sdk.Record) []*sdk.Output {
	h.t.Helper()
	before := len(h.outputs)
	for _, r := range records {
		h.journal = append(h.journal, complete(r, uint64(len(h.journal)+1)))
	}
	h.feed(uint64(len(h.journal)))
	return h.outputs[before:len(h.outputs):len(h.outputs)]
}

// LoseRecords tells the monitor that the next n records of the journal are gone, and returns what it says to that.
func (h *Harness) LoseRecords(n int, reason string) []*sdk.Output {
	h.t.Helper()
	before := len(h.outputs)
	from := uint64(len(h.journal) + 1)
	h.journal = append(h.journal, make([]*sdk.Record, n)...)
	h.gaps[from] = &sdk.JournalGap{FromNumber: from, ToNumber: uint64(len(h.journal)), Reason: reason}
	h.feed(uint64(len(h.journal)))
	return h.outputs[before:len(h.outputs):len(h.outputs)]
}

// Retract tells the monitor that a slot never happened. A crash does not repeat it.
func (h *Harness) Retract(slot uint64) {
	h.t.Helper()
	h.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Retract{Retract: &pluginv1.Retract{Slot: slot}}})
}

// Checkpoint saves the monitor's state, from which Crash starts again, and returns it.
func (h *Harness) Checkpoint() []byte {
	h.t.Helper()
	id := h.checkpoint.number + 1
	h.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Barrier{Barrier: &pluginv1.Barrier{Checkpoint: id, Number: h.through}}})
	taken := checkpoint{taken: true, number: h.through, outputs: len(h.outputs)}
	for {
		chunk := h.receive().GetState()
		if chunk == nil {
			continue
		}
		if len(chunk.GetData()) > wire.MaxChunk || chunk.GetCheckpoint() != id {
			h.t.Fatalf("weirtest: state chunk of %d bytes for checkpoint %d, want at most %d for %d",
				len(chunk.GetData()), chunk.GetCheckpoint(), wire.MaxChunk, id)
		}
		taken.data = append(taken.data, chunk.GetData()...)
		if chunk.GetLast() {
			taken.version = chunk.GetStateVersion()
			break
		}
	}
	h.checkpoint = taken
	h.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Durable{Durable: &pluginv1.Durable{Checkpoint: id, Number: h.through}}})
	return taken.data
}

// Crash ends the monitor without a word and starts it again: from the last checkpoint, or from nothing, with every record
// after it sent once more. Outputs that were out already must come again the same and are not counted twice.
func (h *Harness) Crash() {
	h.t.Helper()
	h.process.kill()
	h.start()
	if h.replayed != len(h.outputs) {
		h.t.Fatalf("weirtest: after a crash the monitor gave %d outputs for records %d to %d; before it gave %d",
			h.replayed-h.checkpoint.outputs, h.checkpoint.number+1, h.through, len(h.outputs)-h.checkpoint.outputs)
	}
}

// CutOver ends the epoch: the monitor takes nothing more, but its process lives on. Client can open another one.
func (h *Harness) CutOver() {
	h.t.Helper()
	h.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_CutOver{CutOver: &pluginv1.CutOver{Number: h.through}}})
	if _, err := h.process.stream.Recv(); !errors.Is(err, io.EOF) {
		h.t.Fatalf("weirtest: after the cut-over came %v, want the end of the stream", err)
	}
}

// Outputs returns all outputs so far.
func (h *Harness) Outputs() []*sdk.Output { return h.outputs[:len(h.outputs):len(h.outputs)] }

// Errors returns the records that the monitor refused, replays included.
func (h *Harness) Errors() []*pluginv1.RecordError { return h.errors[:len(h.errors):len(h.errors)] }

// Client gives the protocol itself.
func (h *Harness) Client() *wire.Client { return h.process.client }

// Close drains the monitor and closes it, as a host does that is stopped. It returns the last number done.
func (h *Harness) Close() uint64 {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	done, err := h.process.client.Control.Drain(ctx, &pluginv1.DrainRequest{})
	h.must("drain", err)
	_, err = h.process.client.Control.Close(ctx, &pluginv1.CloseRequest{})
	h.must("close", err)
	return done.GetThrough()
}

func (h *Harness) must(step string, err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("weirtest: %s: %v", step, err)
	}
}

func (h *Harness) send(frame *pluginv1.HostFrame) {
	h.t.Helper()
	frame.Epoch = h.epoch
	h.must("send frame", h.process.stream.Send(frame))
}

// receive waits for a frame and files what it says.
func (h *Harness) receive() *pluginv1.PluginFrame {
	h.t.Helper()
	watch := time.AfterFunc(patience, h.process.kill)
	frame, err := h.process.stream.Recv()
	watch.Stop()
	h.must("receive frame", err)
	if size := proto.Size(frame); size > wire.MaxFrame {
		h.t.Fatalf("weirtest: frame of %d bytes, at most %d are allowed", size, wire.MaxFrame)
	}
	if frame.GetEpoch() != h.epoch {
		h.t.Fatalf("weirtest: frame of epoch %d in epoch %d", frame.GetEpoch(), h.epoch)
	}
	if failure := frame.GetError(); failure != nil {
		h.errors = append(h.errors, failure)
	}
	for _, o := range frame.GetOutputs().GetOutputs() {
		h.file(o)
	}
	return frame
}

// file takes an output, or compares it when it is a repetition.
func (h *Harness) file(o *sdk.Output) {
	h.t.Helper()
	if h.replayed < len(h.outputs) {
		if before := h.outputs[h.replayed]; !proto.Equal(before, o) {
			h.t.Fatalf("weirtest: after a crash the monitor gave another output\nbefore: %v\nafter:  %v", before, o)
		}
	} else {
		if n := len(h.outputs); n > 0 && !after(o, h.outputs[n-1]) {
			h.t.Fatalf("weirtest: output %d/%d does not follow %d/%d",
				o.GetCause(), o.GetIndex(), h.outputs[n-1].GetCause(), h.outputs[n-1].GetIndex())
		}
		h.outputs = append(h.outputs, o)
	}
	h.replayed++
}

func after(o, previous *eventv1.Output) bool {
	if o.GetCause() == previous.GetCause() {
		return o.GetIndex() == previous.GetIndex()+1
	}
	return o.GetCause() > previous.GetCause() && o.GetIndex() == 0
}

// feed sends what lies between what is done and end, and waits until that is done.
func (h *Harness) feed(end uint64) {
	h.t.Helper()
	for h.through < end {
		frame, last := h.frame(h.through+1, end)
		h.send(frame)
		for {
			outputs := h.receive().GetOutputs()
			if outputs.GetThrough() == last {
				break
			}
			if outputs.GetThrough() != 0 {
				h.t.Fatalf("weirtest: the monitor is through %d, want %d", outputs.GetThrough(), last)
			}
		}
		h.through = last
	}
}

// frame makes the frame that begins at a number.
func (h *Harness) frame(from, end uint64) (frame *pluginv1.HostFrame, last uint64) {
	h.t.Helper()
	if gap := h.gaps[from]; gap != nil {
		return &pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Gap{Gap: gap}}, gap.GetToNumber()
	}
	batch := &pluginv1.Batch{FirstNumber: from, LastNumber: from - 1}
	for n := from; n <= end && h.gaps[n] == nil && len(batch.GetRecords()) < h.options.batch; n++ {
		e, err := envelope(h.journal[n-1])
		h.must(fmt.Sprintf("encode record %d", n), err)
		batch.Records = append(batch.Records, e)
		batch.LastNumber = n
	}
	return &pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: batch}}, batch.GetLastNumber()
}
