package sdk

import (
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// refused tells the host of a record that failed. After a fatal error nothing more is done.
func (w *work) refused(number uint64, err error) error {
	w.errors.Add(1)
	class := classOf(err)
	if class == pluginv1.ErrorClass_ERROR_CLASS_FATAL {
		// What came before still counts; the number does not move, as nothing says that the state is good.
		if err := w.send(0); err != nil {
			return err
		}
	}
	w.now(doingSend)
	if err := w.stream.SendMsg(errorFrame(w.epoch, number, err)); err != nil {
		return err
	}
	if class == pluginv1.ErrorClass_ERROR_CLASS_FATAL {
		return status.Errorf(codes.Aborted, "record %d: %v", number, err)
	}
	return nil
}

// send passes the collected outputs on, in as many frames as they need. through is 0 while a batch is not done.
func (w *work) send(through uint64) error {
	w.now(doingSend)
	for rest := w.out.buf; ; {
		entries := firstEntries(rest, wire.MaxOutputs)
		rest = rest[len(entries):]
		if len(rest) > 0 {
			if err := w.sendOutputs(entries, 0); err != nil {
				return err
			}
			continue
		}
		if err := w.sendOutputs(entries, through); err != nil {
			return err
		}
		break
	}
	w.out.buf = w.out.buf[:0]
	w.outputs.Store(w.out.total)
	if through != 0 {
		w.through.Store(through)
	}
	return nil
}

func (w *work) sendOutputs(entries []byte, through uint64) error {
	var raw wire.Raw
	head, tail := outputsFrame(w.epoch, entries, through)
	raw.Append(head)
	raw.AppendCopy(entries)
	raw.Append(tail)
	return w.stream.SendMsg(&raw)
}

// barrier sends the state, exactly as the last record left it.
func (w *work) barrier(b []byte) error {
	var in pluginv1.Barrier
	if err := proto.Unmarshal(b, &in); err != nil {
		return status.Errorf(codes.InvalidArgument, "read barrier: %v", err)
	}
	if through := w.through.Load(); in.GetNumber() != through {
		return status.Errorf(codes.InvalidArgument, "barrier after %d, but the last number sent is %d", in.GetNumber(), through)
	}
	w.now(doingSave)
	// What changed is known since the last checkpoint only: when the host does not have that one, it gets everything.
	whole := in.GetBase() == 0 || in.GetBase() != w.checkpoint
	data, parts, err := saveState(w.monitor, w.saved, whole)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	w.saved, w.checkpoint = data, in.GetCheckpoint()
	w.stateBytes.Store(uint64(len(data)))
	pieces := chunks(data, wire.MaxChunk)
	for i, piece := range pieces {
		w.now(doingSend)
		frame := stateFrame(w.epoch, in.GetCheckpoint(), piece)
		if i == len(pieces)-1 {
			frame.GetState().Last, frame.GetState().StateVersion, frame.GetState().Parts = true, w.monitor.StateVersion, uint32(parts)
		}
		if err := w.stream.SendMsg(frame); err != nil {
			return err
		}
	}
	return nil
}
