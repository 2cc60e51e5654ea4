package monitor

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
)

// DeadLetter is the journal's form of a record that a plugin could not handle.
type DeadLetter = journal.DeadLetter

// Reasons of dead letters.
const (
	LetterParked  = journal.LetterParked
	LetterRefused = journal.LetterRefused
)

// lettersHeld bounds the refusals that wait to be stored; more are counted only.
const lettersHeld = 64

// refusedKept bounds the refusals that one process may have stored: a plugin that refuses everything must not fill the store.
const refusedKept = 1000

// letters stores refusals beside the stream. refused never blocks.
type letters struct {
	journal  DeadLetters
	instance string
	log      *slog.Logger
	queue    chan DeadLetter
	count    atomic.Int64
}

func newLetters(j DeadLetters, instance string, log *slog.Logger) *letters {
	return &letters{journal: j, instance: instance, log: log, queue: make(chan DeadLetter, lettersHeld)}
}

func (l *letters) refused(number uint64, detail string) {
	if l.count.Add(1) > refusedKept {
		return
	}
	select {
	case l.queue <- DeadLetter{Number: number, Reason: LetterRefused, Detail: detail, At: time.Now()}:
	default:
	}
}

// run stores what comes until ctx ends.
func (l *letters) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case letter := <-l.queue:
			if err := l.journal.SaveDeadLetter(ctx, l.instance, letter); err != nil && ctx.Err() == nil {
				l.log.Error("a refused record is not in the dead letters", "record", letter.Number, "error", err)
			}
		}
	}
}
