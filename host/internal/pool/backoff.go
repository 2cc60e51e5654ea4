package pool

import (
	"math/rand/v2"
	"time"
)

// backoff doubles from half a second to 15 s. Each wait is drawn from its upper half, so that hosts that lost the same provider do not
// come back at once.
type backoff struct{ attempts int }

const (
	firstWait = 500 * time.Millisecond
	mostWait  = 15 * time.Second
)

func (b *backoff) next() time.Duration {
	d := min(firstWait<<min(b.attempts, 10), mostWait)
	b.attempts++
	return d/2 + rand.N(d/2+1)
}

func (b *backoff) reset() { b.attempts = 0 }

// jitterUp makes a wait up to a tenth longer, never shorter.
func jitterUp(d time.Duration) time.Duration {
	return d + rand.N(d/10+1)
}
