package weirtest

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	eventv1 "github.com/weir-run/weir/proto/gen/weir/event/v1"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk"
	"github.com/weir-run/weir/sdk/wire"
)

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
			through := h.receive().GetOutputs().GetThrough()
			if through == last {
				break
			}
			if through > last || (through != 0 && through <= h.through) {
				h.t.Fatalf("weirtest: the monitor is through %d, want %d", through, last)
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
