package weirtest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
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
	answers  Answers
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
	saved      uint64 // name of the last checkpoint; names rise over all epochs
}

// checkpoint is a monitor's state after a number.
type checkpoint struct {
	taken   bool
	number  uint64
	version uint32
	parts   [][]byte
	outputs int // that were out by then
}

// Start runs the monitor until the test ends.
func Start(tb testing.TB, newMonitor func(*sdk.Host) sdk.Monitor, opts ...Option) *Harness {
	tb.Helper()
	h := &Harness{t: tb, newMonitor: newMonitor, gaps: map[uint64]*sdk.JournalGap{}}
	h.options = options{instance: "test", batch: 64, log: slog.New(slog.NewTextHandler(tb.Output(), nil))}
	for _, set := range opts {
		set(&h.options)
	}
	h.start()
	tb.Cleanup(func() { h.process.kill() })
	return h
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

// Checkpoint saves the monitor's state, from which Crash starts again, and returns what was saved: the state, or, of one that is
// sdk.Divided, the part that changed since the checkpoint before.
func (h *Harness) Checkpoint() []byte { return h.save(h.saved) }

// WholeState saves the monitor's state like Checkpoint, but all of it, and returns it.
func (h *Harness) WholeState() []byte { return h.save(0) }

// save takes a checkpoint that may stand on another one, or on none when base is 0.
func (h *Harness) save(base uint64) []byte {
	h.t.Helper()
	h.saved++
	id := h.saved
	h.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Barrier{Barrier: &pluginv1.Barrier{Checkpoint: id, Number: h.through, Base: base}}})
	taken := checkpoint{taken: true, number: h.through, outputs: len(h.outputs)}
	var data []byte
	for {
		chunk := h.receive().GetState()
		if chunk == nil {
			continue
		}
		if len(chunk.GetData()) > wire.MaxChunk || chunk.GetCheckpoint() != id {
			h.t.Fatalf("weirtest: state chunk of %d bytes for checkpoint %d, want at most %d for %d",
				len(chunk.GetData()), chunk.GetCheckpoint(), wire.MaxChunk, id)
		}
		data = append(data, chunk.GetData()...)
		if chunk.GetLast() {
			before := max(1, int(chunk.GetParts())) - 1
			if had := len(h.checkpoint.parts); before > 0 && base == 0 || before > had {
				h.t.Fatalf("weirtest: the state stands on %d parts; there are %d, of checkpoint %d", before, had, base)
			}
			taken.version = chunk.GetStateVersion()
			taken.parts = append(slices.Clip(h.checkpoint.parts[len(h.checkpoint.parts)-before:]), data)
			break
		}
	}
	h.checkpoint = taken
	h.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Durable{Durable: &pluginv1.Durable{Checkpoint: id, Number: h.through}}})
	return data
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
func (h *Harness) Outputs() []*sdk.Output { return slices.Clip(h.outputs) }

// Errors returns the records that the monitor refused, replays included.
func (h *Harness) Errors() []*pluginv1.RecordError { return slices.Clip(h.errors) }

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
