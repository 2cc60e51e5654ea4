package conform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// older goes on from a checkpoint that is not the newest, as a host does when that is damaged, and from that of another version where the
// caller has one.
func (k *kit) older(ctx context.Context) error {
	if err := k.strict(); err != nil {
		return err
	}
	var first saved
	var kept int
	err := k.with(ctx, func(r *run) error {
		if err := errors.Join(r.feed(k.last/4, 64), r.snapshot(1)); err != nil {
			return err
		}
		first, kept = r.state, len(r.outputs)
		return errors.Join(r.feed(k.last/2, 64), r.snapshot(2), r.feed(k.last*3/4, 64), r.snapshot(3))
	})
	if err != nil {
		return err
	}
	r, err := k.begin(ctx, first)
	if err != nil {
		return fmt.Errorf("start again from the checkpoint before the last two: %w", err)
	}
	defer func() { _ = r.end(ctx) }()
	if err := errors.Join(r.feed(k.last, 64), r.snapshot(9)); err != nil {
		return fmt.Errorf("from the checkpoint before the last two: %w", err)
	}
	if err := k.same(append(slices.Clip(k.reference.outputs[:kept]), r.outputs...), r.state.data); err != nil {
		return err
	}
	return k.handedDown(ctx)
}

// handedDown restores the state that the caller has, of an earlier version most likely, and feeds all records after it.
func (k *kit) handedDown(ctx context.Context) error {
	c := k.Checkpoint
	if c == nil {
		k.note = "with --checkpoint FILE also from that of an earlier version"
		return nil
	}
	d := k.described
	if c.Version < d.GetStateReadsMin() || c.Version > d.GetStateWrites() {
		return fmt.Errorf("the checkpoint has version %d, and it reads %d to %d", c.Version, d.GetStateReadsMin(), d.GetStateWrites())
	}
	r, err := k.begin(ctx, saved{taken: true, version: c.Version, data: c.State})
	if err != nil {
		return fmt.Errorf("restore the checkpoint of version %d: %w", c.Version, err)
	}
	k.note = fmt.Sprintf("also from %d bytes of version %d", len(c.State), c.Version)
	return errors.Join(r.feed(k.last, 64), r.snapshot(1), r.end(ctx))
}

// slowHost sends one frame, waits, and takes its answers; then many at once and takes none for a while. Neither may lose an output, and
// what waits to be taken is bounded by gRPC's windows, not by the plugin's memory.
func (k *kit) slowHost(ctx context.Context) error {
	compare := func(*run) error { return nil }
	if k.strict() == nil {
		compare = func(r *run) error { return errors.Join(r.snapshot(1), k.same(r.outputs, r.state.data)) }
	}
	err := k.with(ctx, func(r *run) error {
		for r.through < k.last {
			f := r.batch(k.last, 40)
			if err := r.send(f); err != nil {
				return err
			}
			time.Sleep(10 * time.Millisecond)
			if err := r.await(f.GetBatch().GetLastNumber()); err != nil {
				return err
			}
		}
		return compare(r)
	})
	if err != nil {
		return fmt.Errorf("one frame at a time: %w", err)
	}
	err = k.with(ctx, func(r *run) error {
		through := r.through
		sent := make(chan error, 1)
		go func() {
			at := &run{k: k, through: through, epoch: r.epoch, stream: r.stream, stand: r.stand}
			for at.through < k.last {
				f := at.batch(k.last, 3)
				if err := at.send(f); err != nil {
					sent <- err
					return
				}
				at.through = f.GetBatch().GetLastNumber()
			}
			sent <- nil
		}()
		time.Sleep(500 * time.Millisecond)
		return errors.Join(r.await(k.last), <-sent, compare(r))
	})
	if err != nil {
		return fmt.Errorf("nothing taken for half a second: %w", err)
	}
	return nil
}

// await takes answers until a number is done.
func (r *run) await(last uint64) error {
	for r.through < last {
		got, err := r.receive()
		if err != nil {
			return err
		}
		switch through := got.GetOutputs().GetThrough(); {
		case through > last:
			return fmt.Errorf("says that it is through %d, but was sent only up to %d", through, last)
		case through > 0:
			r.through = through
		}
	}
	return nil
}

// frozen is how long the freeze lasts: longer than the deadline of Health.
const frozen = 1500 * time.Millisecond

// freeze stops the process for a while, as a machine that sleeps does. A wedged plugin must look like one: no answer to Health.
func (k *kit) freeze(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		if err := r.feed(k.last/2, 64); err != nil {
			return err
		}
		pid := r.PID()
		if err := syscall.Kill(-pid, syscall.SIGSTOP); err != nil {
			return fmt.Errorf("freeze: %w", err)
		}
		awaitStop(pid)
		thaw := time.AfterFunc(frozen, func() { _ = syscall.Kill(-pid, syscall.SIGCONT) })
		defer thaw.Stop()
		call, cancel := context.WithTimeout(ctx, answerLimit)
		_, err := r.Control.Health(call, &pluginv1.HealthRequest{})
		cancel()
		if err == nil {
			return errors.New("answered Health while its processes were stopped: something else answers for it")
		}
		time.Sleep(frozen - answerLimit)
		if err := r.feed(k.last, 64); err != nil {
			return fmt.Errorf("after %s: %w", frozen, err)
		}
		if k.strict() != nil {
			return nil
		}
		return errors.Join(r.snapshot(1), k.same(r.outputs, r.state.data))
	})
}

// awaitStop waits until a process stands still: the signal takes effect a little later, on each of its threads.
func awaitStop(pid int) {
	for range 100 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil { // another system: a guess
			time.Sleep(100 * time.Millisecond)
			return
		}
		time.Sleep(10 * time.Millisecond) // also for the other threads
		if _, rest, _ := bytes.Cut(text, []byte(") ")); bytes.HasPrefix(rest, []byte("T")) {
			return
		}
	}
}

// huge sends more than the contract allows.
func (k *kit) huge(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		call, cancel := context.WithTimeout(ctx, k.Patience)
		defer cancel()
		_, err := r.Control.Configure(call, &pluginv1.ConfigureRequest{Config: make([]byte, wire.MaxMessage+1), ValidateOnly: true}, grpc.MaxCallSendMsgSize(2*wire.MaxMessage))
		if code := status.Code(err); code != codes.ResourceExhausted {
			return errors.Join(fmt.Errorf("a message of more than 8 MiB was answered with %s, want ResourceExhausted", code), r.lives(ctx))
		}
		return errors.Join(r.lives(ctx), r.feed(k.last, 64))
	})
}
