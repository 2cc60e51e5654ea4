package monitor

import "time"

// retryLimit is how often a record is tried again whose error may pass.
const retryLimit = 3

// retries counts the tries of records whose handlers returned a transient error. The plugin has gone on after such a record, in a state
// that lacks it, so a try is a new session from the last checkpoint. Only the goroutine of Run uses it.
type retries struct {
	number uint64 // record that failed last
	tries  int
	waits  backoff
	saved  uint64 // number of the checkpoint that waits began with

	settled map[uint64]bool // records whose error is not waited out any more
}

// after judges a transient error, and how long to wait before the next try.
func (r *retries) after(c *Crash, cfg *Config, checkpoint uint64) verdict {
	if c.Record != r.number {
		r.number, r.tries = c.Record, 0
	}
	if checkpoint > r.saved { // errors of other records each time are no progress
		r.saved, r.waits = checkpoint, backoff{}
	}
	if r.tries++; r.tries > retryLimit {
		if r.settled == nil {
			r.settled = map[uint64]bool{}
		}
		for number := range r.settled { // these never come again
			if number <= checkpoint {
				delete(r.settled, number)
			}
		}
		r.settled[c.Record], r.waits = true, backoff{}
		return verdict{state: Backoff, wait: time.Nanosecond}
	}
	return verdict{state: Backoff, wait: r.waits.next(cfg.BackoffMin, cfg.BackoffMax)}
}
