package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/proto"

	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
	"github.com/weir-run/weir/sdk/wire"
)

// maxOutput is what one output may take in bytes: twice of what the SDK allows.
const maxOutput = 512 << 10

// receive takes the plugin's frames until the stream ends.
func (l *lane) receive(context.Context) error {
	var raw wire.Raw
	defer raw.Free()
	for {
		if err := l.stream.RecvMsg(&raw); errors.Is(err, io.EOF) {
			return nil // after CloseSend; before, end and watch notice
		} else if err != nil {
			return err
		}
		if err := l.answered(raw.Bytes()); err != nil {
			return err
		}
	}
}

// giveUp ends the wait of receive for a journal that takes nothing, as on a full disk: the host stops, and what is not stored comes again.
func (l *lane) giveUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
	defer cancel()
	_ = l.outputs.Close(ctx) // who buries the session closes it once more, and says what is not stored
}

func (l *lane) answered(b []byte) error {
	a, err := readAnswer(b)
	if err != nil {
		return breach("%v", err)
	}
	if a.epoch != l.epoch {
		l.trace.add(false, contentNames[a.content], a.epoch, l.through, len(b))
		return breach("a frame of epoch %d came in epoch %d", a.epoch, l.epoch)
	}
	l.trace.add(false, contentNames[a.content], a.epoch, l.through, len(b))
	l.cfg.step("got", contentNames[a.content])
	switch a.content {
	case pluginOutputs:
		err = l.takeOutputs(a.body)
	case pluginState:
		err = l.takeState(a.body)
	case pluginError:
		err = l.takeError(a.body)
	}
	l.cfg.step("took", contentNames[a.content])
	return err
}

// contentNames of frames from the plugin in a trace; their first number is the epoch, their last how far the plugin was before.
var contentNames = map[int]string{0: "nothing", pluginOutputs: "outputs", pluginState: "state", pluginError: "error"}

func breach(format string, args ...any) error { return crashf(CauseProtocol, format, args...) }

// takeOutputs appends what the ledger does not have yet. A replay gives the older ones again.
func (l *lane) takeOutputs(b []byte) error {
	outputs, names, through, err := readOutputs(b, l.batch[:0], l.names[:0])
	l.batch, l.names = outputs, names
	if err != nil {
		return breach("outputs: %v", err)
	}
	for i, output := range outputs {
		if len(output) > maxOutput {
			return breach("output %d/%d takes %d bytes; the limit is %d", names[i].Cause, names[i].Index, len(output), maxOutput)
		}
	}
	if err := l.checkNames(names); err != nil {
		return err
	}
	known := 0
	for known < len(names) && !l.cursor.Before(names[known]) {
		known++
	}
	l.meters.suppressed.Add(uint64(known))
	if outputs, names = outputs[known:], names[known:]; len(outputs) > 0 {
		if err := l.append(outputs, names); err != nil {
			return err
		}
	}
	clear(l.batch)
	return l.advance(through)
}

// checkNames holds the outputs to their order: after all that came before, of a record that was sent and is not done.
func (l *lane) checkNames(names []Cursor) error {
	for _, name := range names {
		switch {
		case !l.newest.Before(name):
			return breach("output %d/%d came after output %d/%d", name.Cause, name.Index, l.newest.Cause, l.newest.Index)
		case name.Cause <= l.through:
			return breach("output %d/%d came after record %d was done", name.Cause, name.Index, l.through)
		case name.Cause > l.promised.Load():
			return breach("output %d/%d is of a record that was not sent yet; the last one is %d", name.Cause, name.Index, l.promised.Load())
		}
		l.newest = name
	}
	if len(names) > 0 {
		l.progress.move()
	}
	return nil
}

func (l *lane) append(outputs [][]byte, names []Cursor) error {
	l.clock.caused(names)
	last := names[len(names)-1]
	l.progress.busy.Store(true)
	err := l.outputs.Append(outputs, last)
	l.progress.busy.Store(false)
	if err != nil {
		return crashf(CauseJournal, "store outputs: %v", err)
	}
	l.cursor = last
	l.meters.outputs.Add(uint64(len(outputs)))
	size := 0
	for _, output := range outputs {
		size += len(output)
	}
	if !l.allowance.spend(size, time.Now()) { // what came so far is stored: the next life goes on behind it
		return crashf(CauseOutput, "its outputs, up to %d/%d, are more than it may emit: %d MiB at once, %d bytes for each byte of its records, and %d MiB a minute; make them fewer or smaller, or raise limits.output",
			last.Cause, last.Index, l.cfg.MaxOutput>>20, outputPerInput, int64(l.cfg.MaxOutput)*int64(time.Minute)/int64(allowanceRefill)>>20)
	}
	return nil
}

func (l *lane) advance(through uint64) error {
	switch {
	case through == 0 || through == l.through:
		return nil
	case through < l.through:
		return breach("it is through %d after it was through %d", through, l.through)
	case through > l.promised.Load():
		return breach("it is through %d, but the last record sent is %d", through, l.promised.Load())
	}
	l.through, l.advanced = through, time.Now()
	l.progress.move()
	l.flight.land(through)
	if l.flight.size() == 0 {
		through = max(through, l.covered.Load())
	}
	l.reach(through)
	return nil
}

func (l *lane) takeState(b []byte) error {
	var chunk pluginv1.StateChunk
	if err := proto.Unmarshal(b, &chunk); err != nil {
		return breach("state: %v", err)
	}
	l.progress.move()
	return l.saving.take(&chunk, l.cfg.MaxState, l.through, l.newest, l.advanced)
}

// takeError counts a record that the plugin could not handle. The plugin goes on after it, unless it says that it must not, or that the
// same record may do another time.
func (l *lane) takeError(b []byte) error {
	var failed pluginv1.RecordError
	if err := proto.Unmarshal(b, &failed); err != nil {
		return breach("record error: %v", err)
	}
	number, message := failed.GetNumber(), shorten(failed.GetMessage())
	transient := failed.GetClass() == pluginv1.ErrorClass_ERROR_CLASS_TRANSIENT
	switch sent := l.promised.Load(); {
	case number > sent:
		return breach("error of record %d, which was not sent; the last one is %d", number, sent)
	case transient && number <= l.through: // it may be in a checkpoint, and does not come again
		return breach("transient error of record %d came after record %d was done", number, l.through)
	}
	text := fmt.Sprintf("record %d: %s", number, message)
	switch failed.GetClass() {
	case pluginv1.ErrorClass_ERROR_CLASS_FATAL:
		return crashf(CauseFatal, "%s", text)
	case pluginv1.ErrorClass_ERROR_CLASS_TRANSIENT:
		if !l.settled[number] {
			crash := crashf(CauseRetry, "%s", text)
			crash.Record = number
			return crash
		}
	default:
	}
	l.meters.refused.Add(1)
	l.letters.refused(number, message)
	l.refusals.Warn("plugin could not handle a record", "record", number, "class", failed.GetClass().String(), "error", message)
	return nil
}
