package journal

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
)

// GapError says that records are gone. A reader goes on after it.
type GapError struct {
	// From and To are the numbers concerned, inclusive.
	From, To uint64
	// Reason in words.
	Reason string
}

func (e *GapError) Error() string {
	return fmt.Sprintf("records %d to %d are missing: %s", e.From, e.To, e.Reason)
}

const (
	reasonRetention = "dropped by retention (journal.max_bytes, journal.max_age or trimming)"
	reasonDamaged   = "missing in the store: damaged or lost"
)

// maxGaps bounds the ledger: a store so damaged has told enough.
const maxGaps = 1000

// ledger remembers gaps and says each once. Any goroutine may call it.
type ledger struct {
	log *slog.Logger

	mu   sync.Mutex
	gaps []GapError
}

func (l *ledger) add(g GapError) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := func(k GapError) bool { return k.From <= g.From && g.To <= k.To }
	if len(l.gaps) >= maxGaps || slices.ContainsFunc(l.gaps, known) {
		return
	}
	l.gaps = append(l.gaps, g)
	l.log.Error("records are missing from the journal", "from", g.From, "to", g.To, "reason", g.Reason)
}

// reason returns what is known of a gap that begins at number.
func (l *ledger) reason(number uint64) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.gaps {
		if g.From <= number && number <= g.To {
			return g.Reason
		}
	}
	return reasonDamaged
}

func (l *ledger) list() []GapError {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.gaps)
}
