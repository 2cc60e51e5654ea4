package sdk

import (
	"log/slog"
	"strconv"
	"sync/atomic"
)

// Host is what a monitor can ask of the program around it. Emit, Signal and the questions belong to the handlers' goroutine; Log,
// Trouble, Count and Gauge may be called by anyone.
type Host struct {
	// Log goes to the host's log, with the instance's name. Lines are cut at 4 KiB.
	Log *slog.Logger
	// Instance is the name of this instance in the host's configuration. Empty until the first record.
	Instance string

	out       *outbox
	questions *questions
	metrics   ownMetrics
	trouble   atomic.Pointer[string]
}

// Emit sends an output. The author sets Kind, Key and Body; the SDK sets Cause, Index, Slot, BlockTime and Signature from the
// record at hand. The output is encoded at once, so it may be used again. A kind that Monitor.Emits does not list, or an
// output that cannot be encoded or is larger than 256 KiB, fails the record as if the handler had returned that error.
//
// Emit panics outside of a handler: there is no record then that the output could be named by.
func (h *Host) Emit(o *Output) { h.out.emit(o) }

// Signal emits an output of text and fields, for monitors that have no message of their own.
func (h *Host) Signal(kind, key, text string, fields map[string]string) {
	h.Emit(&Output{Kind: kind, Key: key, Body: &SignalBody{Signal: &Signal{Text: text, Fields: fields}}})
}

// KindSlotRetracted is the kind of what Host.Retracted emits.
const KindSlotRetracted = "slot_retracted"

// Retracted tells all who read the outputs that a slot never happened: what was said of it by earlier records is void. Call it in
// OnRetract, and list KindSlotRetracted in Emits. It says nothing where the host tells of the slot by a frame that is no record, since
// an output is named by one.
func (h *Host) Retracted(slot uint64) {
	if h.out.cause == 0 {
		return
	}
	h.Emit(&Output{Kind: KindSlotRetracted, Key: strconv.FormatUint(slot, 10), Body: &SlotRetractedBody{SlotRetracted: &SlotRetracted{}}})
}

// Trouble tells the host that the monitor is not well, until it is called with an empty text.
func (h *Host) Trouble(text string) { h.trouble.Store(new(plain(text))) }

func (h *Host) troubleText() string {
	if text := h.trouble.Load(); text != nil {
		return *text
	}
	return ""
}
