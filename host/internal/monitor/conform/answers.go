package conform

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// receive waits for a frame, checks it, and keeps what it brings.
func (r *run) receive() (*pluginv1.PluginFrame, error) {
	wedged := make(chan string, 1)
	watch := time.AfterFunc(r.k.Patience, func() { wedged <- r.wedged(); r.cancel() })
	f, err := r.stream.Recv()
	switch late := !watch.Stop(); {
	case err != nil && late:
		return nil, fmt.Errorf("no answer within %s, done through %d; %s", r.k.Patience, r.through, <-wedged)
	case err != nil:
		return nil, r.died(err)
	case proto.Size(f) > wire.MaxFrame:
		return nil, fmt.Errorf("sent a frame of %d bytes: at most %d are allowed", proto.Size(f), wire.MaxFrame)
	case f.GetEpoch() != r.epoch:
		return nil, fmt.Errorf("sent a frame of epoch %d in epoch %d", f.GetEpoch(), r.epoch)
	}
	if f.GetError() != nil {
		r.errors = append(r.errors, f.GetError())
	}
	for _, o := range f.GetOutputs().GetOutputs() {
		if err := r.take(o); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// wedged asks a plugin that does not go on how it is: it must not say that it is well.
func (r *run) wedged() string {
	switch h, err := r.health(); {
	case err != nil:
		return "Health is red, as it should be"
	case h.GetTrouble() != "":
		return "Health says " + h.GetTrouble()
	default:
		return "and Health says that all is well: it must be answered by the loop that handles records, so that a host sees when that is stuck"
	}
}

// died tells the end of the process from that of the stream alone.
func (r *run) died(err error) error {
	select {
	case <-r.Exited():
		text := ""
		if lines := r.Exit().Panic; len(lines) > 0 {
			text = ": " + lines[0]
		}
		return fmt.Errorf("the process %s after record %d%s", r.Exit(), r.through, text)
	case <-time.After(time.Second):
		return fmt.Errorf("ended the stream after record %d: %w", r.through, err)
	}
}

func (r *run) take(o *eventv1.Output) error {
	if n := len(r.outputs); n > 0 {
		before := r.outputs[n-1]
		next := o.GetCause() == before.GetCause() && o.GetIndex() == before.GetIndex()+1
		if first := o.GetCause() > before.GetCause() && o.GetIndex() == 0; !next && !first {
			return fmt.Errorf("output %d/%d does not follow %d/%d", o.GetCause(), o.GetIndex(), before.GetCause(), before.GetIndex())
		}
	}
	if o.GetCause() <= r.state.number || o.GetCause() > r.k.last+1<<20 {
		return fmt.Errorf("output %d/%d is caused by a record that it was not given", o.GetCause(), o.GetIndex())
	}
	if kinds := r.k.described.GetOutputs(); len(kinds) > 0 && !slices.Contains(kinds, o.GetKind()) {
		return fmt.Errorf("emitted kind %q, which Describe does not name", o.GetKind())
	}
	r.outputs = append(r.outputs, o)
	return nil
}

// answered sends a frame and waits until it is done through a number.
func (r *run) answered(f *pluginv1.HostFrame, last uint64) error {
	if err := r.send(f); err != nil {
		return err
	}
	for {
		got, err := r.receive()
		if err != nil {
			return err
		}
		through := got.GetOutputs().GetThrough()
		if through == last {
			r.through = last
			return nil
		}
		if through > last {
			return fmt.Errorf("says that it is through %d, but was sent only up to %d", through, last)
		}
	}
}
