package sdk

import (
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// gap tells the monitor that numbered records are gone.
func (w *work) gap(b []byte) error {
	var in pluginv1.JournalGap
	if err := proto.Unmarshal(b, &in); err != nil {
		return status.Errorf(codes.InvalidArgument, "read gap: %v", err)
	}
	if err := w.follows(in.GetFromNumber(), in.GetToNumber()); err != nil {
		return err
	}
	if w.monitor.OnJournalGap == nil {
		w.host.Log.Warn("records are missing", "from", in.GetFromNumber(), "to", in.GetToNumber(), "reason", in.GetReason())
		return w.send(in.GetToNumber())
	}
	w.number.Store(in.GetToNumber())
	w.now(doingHandle)
	w.out.begin(in.GetToNumber(), nil)
	err := w.out.end(w.monitor.OnJournalGap(&in))
	if failed := w.host.questions.failed; failed != nil {
		return failed
	}
	if err != nil {
		if err := w.refused(in.GetToNumber(), err); err != nil {
			return err
		}
	}
	return w.send(in.GetToNumber())
}

// retract tells the monitor that a slot is void.
func (w *work) retract(b []byte) error {
	var in pluginv1.Retract
	if err := proto.Unmarshal(b, &in); err != nil {
		return status.Errorf(codes.InvalidArgument, "read retract: %v", err)
	}
	if w.monitor.OnRetract == nil {
		return nil
	}
	w.now(doingHandle)
	if err := w.monitor.OnRetract(in.GetSlot()); err != nil {
		return w.refused(w.through.Load(), fmt.Errorf("retract slot %d: %w", in.GetSlot(), err))
	}
	return nil
}
