package conform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"google.golang.org/grpc"

	"github.com/weir-run/weir/host/internal/monitor/ask"
	"github.com/weir-run/weir/host/internal/monitor/process"
	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// answerLimit is what Describe and Health have.
const answerLimit = time.Second

// run is one life of the plugin, and what came out of it. One goroutine uses it.
type run struct {
	*process.Plugin
	k      *kit
	epoch  uint64
	cancel context.CancelFunc
	stand  *ask.Stand // answers its questions
	stream grpc.BidiStreamingClient[pluginv1.HostFrame, pluginv1.PluginFrame]
	health func() (*pluginv1.HealthResponse, error) // asks while the stream is open

	through uint64 // last number done
	outputs []*eventv1.Output
	errors  []*pluginv1.RecordError
	state   saved
}

// saved is a checkpoint.
type saved struct {
	taken   bool
	number  uint64
	version uint32
	data    []byte
}

func (k *kit) launch(ctx context.Context) (*run, error) {
	stand := &ask.Stand{}
	p, err := process.Launch(ctx, process.Config{
		Path: k.Path, SocketDir: k.sockets, StartTimeout: 10 * time.Second, Listen: stand.Listen, Dialects: k.Dialects, Log: k.Log,
	})
	if err != nil {
		return nil, errors.Join(err, stand.Close())
	}
	return &run{Plugin: p, k: k, epoch: 1, cancel: func() {}, stand: stand}, nil
}

// begin starts a process and its epoch, from a checkpoint or from nothing.
func (k *kit) begin(ctx context.Context, from saved) (*run, error) {
	r, err := k.launch(ctx)
	if err != nil {
		return nil, err
	}
	if err := r.open(ctx, from); err != nil {
		return nil, errors.Join(err, r.end(ctx))
	}
	return r, nil
}

func (r *run) open(ctx context.Context, from saved) error {
	call, cancel := context.WithTimeout(ctx, r.k.Patience)
	defer cancel()
	if _, err := r.Control.Configure(call, &pluginv1.ConfigureRequest{Config: r.k.Settings}); err != nil {
		return fmt.Errorf("configure: %w", err)
	}
	_, err := r.Control.Open(call, &pluginv1.OpenRequest{
		Instance: "conform", Epoch: r.epoch, ResumeAfter: from.number, HasCheckpoint: from.taken, StateVersion: from.version,
	})
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	if from.taken {
		if err := r.restore(call, from.data); err != nil {
			return err
		}
	}
	r.stand.Serve(r.epoch, r.Admits)
	r.through, r.state = from.number, from
	streaming, stop := context.WithCancel(ctx)
	r.cancel = stop
	r.health = func() (*pluginv1.HealthResponse, error) {
		call, cancel := context.WithTimeout(streaming, answerLimit)
		defer cancel()
		return r.Control.Health(call, &pluginv1.HealthRequest{})
	}
	if r.stream, err = r.Monitor.Run(streaming); err != nil {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}

func (r *run) restore(ctx context.Context, data []byte) error {
	stream, err := r.Control.Restore(ctx)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for chunk := range slices.Chunk(data, wire.MaxChunk) {
		if stream.Send(&pluginv1.RestoreRequest{Data: chunk}) != nil {
			break // CloseAndRecv says why
		}
	}
	if _, err := stream.CloseAndRecv(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return nil
}

// end kills the process.
func (r *run) end(ctx context.Context) error {
	r.cancel()
	return errors.Join(r.Kill(ctx), r.stand.Close())
}

func (r *run) send(f *pluginv1.HostFrame) error {
	f.Epoch = r.epoch
	r.tell(f)
	if err := r.stream.Send(f); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("send frame: %w", err)
	}
	return nil // after io.EOF the next receive says why
}

// tell lets the plugin ask about what a frame brings, and about what was before it.
func (r *run) tell(f *pluginv1.HostFrame) {
	through := max(f.GetBatch().GetLastNumber(), f.GetGap().GetToNumber())
	for _, e := range r.k.whole {
		if e.GetNumber() <= through {
			r.stand.Give(e)
		}
	}
	for _, e := range f.GetBatch().GetRecords() {
		r.stand.Give(e)
	}
	r.stand.Reach(through)
}

// batch makes the frame of the numbers after the last one done, up to end and at most size of them.
func (r *run) batch(end uint64, size int) *pluginv1.HostFrame {
	last := min(end, r.through+uint64(size))
	b := &pluginv1.Batch{FirstNumber: r.through + 1, LastNumber: last}
	for _, e := range r.k.journal {
		if e.GetNumber() > r.through && e.GetNumber() <= last {
			b.Records = append(b.Records, e)
		}
	}
	return &pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: b}}
}

// feed sends all up to end in batches and waits for each to be done.
func (r *run) feed(end uint64, size int) error {
	for r.through < end {
		f := r.batch(end, size)
		if err := r.answered(f, f.GetBatch().GetLastNumber()); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) barrier(id uint64) error {
	return r.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Barrier{Barrier: &pluginv1.Barrier{Checkpoint: id, Number: r.through}}})
}

// snapshot takes a checkpoint and makes it the one to go on from.
func (r *run) snapshot(id uint64) error {
	if err := r.barrier(id); err != nil {
		return err
	}
	taken := saved{taken: true, number: r.through}
	for {
		f, err := r.receive()
		if err != nil {
			return fmt.Errorf("checkpoint after %d: %w", r.through, err)
		}
		c := f.GetState()
		switch {
		case c == nil:
			continue
		case c.GetCheckpoint() != id:
			return fmt.Errorf("answered checkpoint %d with one of name %d", id, c.GetCheckpoint())
		case len(c.GetData()) > wire.MaxChunk:
			return fmt.Errorf("sent a chunk of state of %d bytes: at most %d are allowed", len(c.GetData()), wire.MaxChunk)
		}
		taken.data = append(taken.data, c.GetData()...)
		if c.GetLast() {
			taken.version = c.GetStateVersion()
			break
		}
	}
	r.state = taken
	return r.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Durable{Durable: &pluginv1.Durable{Checkpoint: id, Number: taken.number}}})
}
