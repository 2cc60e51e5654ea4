package conform

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// strangeField is a field that no version of the contract has.
const strangeField = 18_999

func strange(m proto.Message) {
	b := protowire.AppendTag(nil, strangeField, protowire.BytesType)
	m.ProtoReflect().SetUnknown(protowire.AppendString(b, "from a newer host"))
}

func (k *kit) gap(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		if err := r.feed(k.last/2, 64); err != nil {
			return err
		}
		through := r.through
		lost := &pluginv1.JournalGap{FromNumber: through + 1, ToNumber: through + 5, Reason: "conformance kit"}
		if err := r.answered(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Gap{Gap: lost}}, through+5); err != nil {
			return fmt.Errorf("gap: %w", err)
		}
		if err := r.send(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Retract{Retract: &pluginv1.Retract{Slot: firstSlot}}}); err != nil {
			return err
		}
		empty := &pluginv1.Batch{FirstNumber: through + 6, LastNumber: through + 9}
		if err := r.answered(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: empty}}, through+9); err != nil {
			return fmt.Errorf("empty batch: %w", err)
		}
		return r.feed(k.last, 64)
	})
}

func (k *kit) unknown(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		f := r.batch(k.last/2, int(k.last))
		b := proto.CloneOf(f.GetBatch())
		for _, e := range b.GetRecords() {
			strange(e)
			// A field of the record itself: protobuf takes appended ones.
			e.Record = protowire.AppendVarint(protowire.AppendTag(slices.Clip(e.GetRecord()), strangeField, protowire.VarintType), 1)
		}
		strange(b)
		f = &pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: b}}
		if err := r.answered(f, b.GetLastNumber()); err != nil {
			return fmt.Errorf("unknown fields: %w", err)
		}
		newer := &pluginv1.HostFrame{}
		strange(newer)
		if err := r.send(newer); err != nil {
			return err
		}
		future := &pluginv1.Envelope{Number: r.through + 1, Slot: firstSlot, Kind: eventv1.Kind(900), Record: []byte{}}
		one := &pluginv1.Batch{FirstNumber: r.through + 1, LastNumber: r.through + 1, Records: []*pluginv1.Envelope{future}}
		if err := r.answered(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: one}}, one.GetLastNumber()); err != nil {
			return fmt.Errorf("unknown frame, then a record of an unknown kind: %w", err)
		}
		return r.feed(k.last, 64)
	})
}

func (k *kit) garbage(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		if err := r.feed(k.last/2, 64); err != nil {
			return err
		}
		number := r.through + 1
		bad := proto.CloneOf(k.journal[0])
		bad.Number, bad.Record = number, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
		b := &pluginv1.Batch{FirstNumber: number, LastNumber: number, Records: []*pluginv1.Envelope{bad}}
		if err := r.answered(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: b}}, number); err != nil {
			return err
		}
		if !slices.ContainsFunc(r.errors, func(e *pluginv1.RecordError) bool { return e.GetNumber() == number }) {
			return fmt.Errorf("record %d is damaged, and no RecordError came for it", number)
		}
		return r.feed(k.last, 64)
	})
}

func (k *kit) epochs(ctx context.Context) error {
	return k.with(ctx, func(r *run) error {
		if err := r.feed(k.last/2, 64); err != nil {
			return err
		}
		f := r.batch(k.last, 10)
		f.Epoch = r.epoch + 1
		if err := r.stream.Send(f); err != nil {
			return fmt.Errorf("send frame: %w", err)
		}
		watch := time.AfterFunc(2*time.Second, r.cancel)
		defer watch.Stop()
		if got, err := r.stream.Recv(); err == nil && got.GetOutputs().GetThrough() != 0 {
			return fmt.Errorf("did a frame of epoch %d in epoch %d", f.GetEpoch(), r.epoch)
		}
		return r.lives(ctx)
	})
}

// lives asks whether the process is still there.
func (r *run) lives(ctx context.Context) error {
	call, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	if _, err := r.Control.Describe(call, &pluginv1.DescribeRequest{}); err != nil {
		return r.died(err)
	}
	return nil
}

func (k *kit) oversize(ctx context.Context) error {
	err := k.with(ctx, func(r *run) error {
		if err := r.feed(k.last/2, 64); err != nil {
			return err
		}
		b := r.batch(k.last/2+20, 20).GetBatch()
		size := proto.Size(b)
		pad := protowire.AppendBytes(protowire.AppendTag(nil, strangeField, protowire.BytesType), make([]byte, wire.MaxFrame-size-100))
		b = proto.CloneOf(b)
		b.ProtoReflect().SetUnknown(pad)
		return r.answered(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Batch{Batch: b}}, b.GetLastNumber())
	})
	if err != nil {
		return fmt.Errorf("a frame of 1 MiB: %w", err)
	}
	return k.with(ctx, func(r *run) error {
		call, cancel := context.WithTimeout(ctx, k.Patience)
		defer cancel()
		// The kit's own client sends no more than that.
		settings := make([]byte, wire.MaxMessage-64)
		for i := range settings {
			settings[i] = ' '
		}
		_, err := r.Control.Configure(call, &pluginv1.ConfigureRequest{Config: settings, ValidateOnly: true})
		if code := status.Code(err); err != nil && code != codes.InvalidArgument && code != codes.ResourceExhausted {
			return errors.Join(fmt.Errorf("a message of 8 MiB: %w", err), r.lives(ctx))
		}
		return r.lives(ctx)
	})
}
