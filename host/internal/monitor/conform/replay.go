package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// strict skips what a monitor does not promise.
func (k *kit) strict() error {
	if k.described.GetDeterminism() != pluginv1.Determinism_DETERMINISM_STRICT {
		return skip("it does not promise strict determinism")
	}
	return nil
}

func (k *kit) batches(ctx context.Context) error {
	if err := k.strict(); err != nil {
		return err
	}
	for _, size := range []int{1, 7, 64, 1000} {
		err := k.with(ctx, func(r *run) error {
			return errors.Join(r.feed(k.last, size), r.snapshot(1), k.same(r.outputs, r.state.data))
		})
		if err != nil {
			return fmt.Errorf("batches of %d: %w", size, err)
		}
	}
	return nil
}

// same compares a run with the undisturbed one.
func (k *kit) same(outputs []*eventv1.Output, state []byte) error {
	want := k.reference.outputs
	for i := range min(len(want), len(outputs)) {
		if !proto.Equal(want[i], outputs[i]) {
			return fmt.Errorf("output no. %d is %s, undisturbed it was %s", i+1, show(outputs[i]), show(want[i]))
		}
	}
	if len(want) != len(outputs) {
		return fmt.Errorf("gave %d outputs, undisturbed %d", len(outputs), len(want))
	}
	if !bytes.Equal(state, k.reference.state.data) {
		return fmt.Errorf("the state after the last record differs: %d bytes, undisturbed %d", len(state), len(k.reference.state.data))
	}
	return nil
}

// show names an output and what most differ by.
func show(o *eventv1.Output) string {
	return fmt.Sprintf("%d/%d %s %s %q", o.GetCause(), o.GetIndex(), o.GetKind(), o.GetKey(), o.GetSignal().GetText())
}

func (k *kit) checkpoint(ctx context.Context) error {
	if err := k.strict(); err != nil {
		return err
	}
	for _, at := range []uint64{1, k.last / 3, k.last - 1} {
		if err := k.interrupted(ctx, at, func(*run) error { return nil }); err != nil {
			return fmt.Errorf("checkpoint after record %d: %w", at, err)
		}
	}
	k.note = fmt.Sprintf("%d bytes of state", len(k.reference.state.data))
	return nil
}

// interrupted feeds up to a number, takes a checkpoint, lets something happen, kills the process, and goes on in another.
func (k *kit) interrupted(ctx context.Context, at uint64, happen func(*run) error) error {
	var before *run
	err := k.with(ctx, func(r *run) error {
		before = r
		return errors.Join(r.feed(at, 64), r.snapshot(1), happen(r))
	})
	if err != nil {
		return err
	}
	r, err := k.begin(ctx, before.state)
	if err != nil {
		return fmt.Errorf("start again: %w", err)
	}
	defer func() { _ = r.end(ctx) }()
	if err := errors.Join(r.feed(k.last, 64), r.snapshot(9)); err != nil {
		return fmt.Errorf("after the restart: %w", err)
	}
	kept := before.outputs
	for len(kept) > 0 && kept[len(kept)-1].GetCause() > before.state.number {
		kept = kept[:len(kept)-1]
	}
	// What came before the crash and after the checkpoint must come again the same: a host leaves the second copy out.
	for i, o := range before.outputs[len(kept):] {
		if i < len(r.outputs) && !proto.Equal(o, r.outputs[i]) {
			return fmt.Errorf("the replay gave %s in the place of %s", show(r.outputs[i]), show(o))
		}
	}
	return k.same(append(slices.Clip(kept), r.outputs...), r.state.data)
}

// kill is the matrix of crash points.
func (k *kit) kill(ctx context.Context) error {
	if err := k.strict(); err != nil {
		return err
	}
	points := []struct {
		name   string
		happen func(*run) error
	}{
		{"in a batch", func(r *run) error { return r.send(r.batch(k.last, 100)) }},
		{"after outputs", func(r *run) error { return r.feed(min(r.through+50, k.last), 10) }},
		{"after a barrier", func(r *run) error { return errors.Join(r.feed(min(r.through+20, k.last), 10), r.barrier(2)) }},
		{"in a snapshot", func(r *run) error {
			if err := errors.Join(r.feed(min(r.through+20, k.last), 10), r.barrier(2)); err != nil {
				return err
			}
			_, err := r.receive()
			return err
		}},
		{"after Durable", func(r *run) error { return errors.Join(r.feed(min(r.through+20, k.last), 10), r.snapshot(2)) }},
	}
	for _, point := range points {
		for _, at := range []uint64{0, 1, k.last / 2, k.last * 4 / 5} {
			if err := k.interrupted(ctx, at, point.happen); err != nil {
				return fmt.Errorf("killed %s, %d records after the start: %w", point.name, at, err)
			}
		}
	}
	k.note = fmt.Sprintf("%d kills", len(points)*4)
	return nil
}
