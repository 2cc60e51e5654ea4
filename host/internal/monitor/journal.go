package monitor

import (
	"context"

	"github.com/weir-run/weir/host/internal/journal"
)

// Cursor is the journal's name of an output.
type Cursor = journal.Cursor

// Checkpoint is the journal's form of a saved state.
type Checkpoint = journal.Checkpoint

// Part is one of the pieces that a state is stored in.
type Part = journal.Part

// Journal is what an Instance needs of the durable side; On makes one. All methods may be called at the same time.
type Journal interface {
	Records
	Checkpoints
	Ledger
	DeadLetters
}

// DeadLetters keeps what plugins could not handle.
type DeadLetters interface {
	// SaveDeadLetter returns when the letter is durable. One of the same reason and number replaces the earlier.
	SaveDeadLetter(ctx context.Context, instance string, d DeadLetter) error
	// DeadLetters returns those with a reason, or all when it is empty, by number.
	DeadLetters(ctx context.Context, instance, reason string) ([]DeadLetter, error)
}

// Records gives what was journaled.
type Records interface {
	// Bounds returns the first and last durable record numbers; zeros when there is none.
	Bounds() (first, last uint64)
	// Frames begins reading after a number.
	Frames(after uint64) Frames
}

// Frames is a position in the journal.
type Frames interface {
	// Next waits for the next frame. A *journal.GapError says that records are gone; the Next after it goes on behind them.
	Next(ctx context.Context) (journal.Frame, error)
}

// Checkpoints keeps states.
type Checkpoints interface {
	// SaveCheckpoint returns when the checkpoint is durable.
	SaveCheckpoint(ctx context.Context, instance string, c Checkpoint) error
	// Preload reads the newest ahead, as far as that can be done; nil when there is none.
	Preload(ctx context.Context, instance string) *Checkpoint
	// LoadCheckpoint returns the newest that is whole; nil when there is none. It does not read again what was read ahead.
	LoadCheckpoint(ctx context.Context, instance string, ahead *Checkpoint) (*Checkpoint, error)
}

// Ledger takes outputs from one owner an instance.
type Ledger interface {
	// Acquire makes the caller the owner and returns its epoch, above all earlier ones.
	Acquire(ctx context.Context, instance string) (epoch uint64, err error)
	// OpenOutputs opens the instance's output log. durable is told, in order, of outputs that became durable.
	OpenOutputs(ctx context.Context, instance, monitor string, epoch uint64, durable func(firstCause, lastCause uint64, count int)) (Outputs, error)
}

// Outputs is an open output log.
type Outputs interface {
	// Cursor is the last output in the log when it was opened.
	Cursor() Cursor
	// Append adds encoded outputs of which last is the last, and copies them.
	Append(outputs [][]byte, last Cursor) error
	// Flush returns when all that was appended is durable.
	Flush(ctx context.Context) error
	// Close flushes and closes.
	Close(ctx context.Context) error
}

// On gives instances a journal to run on.
func On(j *journal.Journal) Journal { return opened{j} }

type opened struct{ *journal.Journal }

// Bounds implements Records.
func (o opened) Bounds() (first, last uint64) {
	s := o.Status()
	return s.First, s.Last
}

// Frames implements Records.
func (o opened) Frames(after uint64) Frames { return o.NewReader(after) }

// OpenOutputs implements Ledger.
func (o opened) OpenOutputs(
	ctx context.Context, instance, monitor string, epoch uint64, durable func(firstCause, lastCause uint64, count int),
) (Outputs, error) {
	log, err := o.Outputs(ctx, instance, monitor, epoch, durable)
	if err != nil {
		return nil, err
	}
	return log, nil
}
