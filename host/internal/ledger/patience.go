package ledger

import (
	"context"
	"time"
)

// noteRetry is the wait after the ledger could not be stored.
const noteRetry = 250 * time.Millisecond

// noted makes a change of the ledger until it is durable. A full disk, or a server that is away, is no reason to end: it is waited for, as the
// journal does with the records. What a try got done counts in the next.
func (m *Mender) noted(ctx context.Context, change func(*Ledger) error) error {
	for said := false; ; {
		err := change(m.config.Ledger)
		if err == nil || ctx.Err() != nil || m.config.Over(err) {
			return err
		}
		if !said {
			m.config.Log.Error("the gap ledger cannot be stored; intake waits and goes on by itself", "error", err)
			said = true
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(noteRetry):
		}
	}
}
