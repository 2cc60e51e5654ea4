// Package budget counts Subscribe opens of one token and says when the next one may happen. Providers limit opens in a window, count
// refused and failed ones too, and remember them across our restarts; so does this.
package budget

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Config of a Budget. The zero value counts 80 opens in 60 s, in memory only.
type Config struct {
	// Opens may happen in any Window. Default 80: the provider's limit less headroom for what else uses the token. At the provider's
	// own limit the jitter of the network alone can bring one open too many into its window.
	Opens int
	// Window is how long an open counts. Default 60 s, the longest that a provider is known to use.
	Window time.Duration
	// File keeps the times of the opens; empty keeps them in memory, and then a restart forgets them. See File.
	File string
	// Log tells of a file that cannot be understood. Default slog.Default.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Opens <= 0 {
		c.Opens = 80
	}
	if c.Window <= 0 {
		c.Window = time.Minute
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c
}

// Budget is an exact sliding window: after Take returned at t, the interval (t-Window, t] holds at most Opens of its returns. All
// endpoints that use a token share its Budget. Any number of goroutines.
type Budget struct {
	config Config

	mu    sync.Mutex
	opens []time.Time // ascending, at most config.Opens
	limit int         // at most config.Opens
}

// Open makes a Budget and reads the opens of earlier runs. A file that cannot be understood counts as a budget just used up, since
// too many opens lock the token out for longer than a wait takes.
func Open(c Config) (*Budget, error) {
	c = c.withDefaults()
	b := &Budget{config: c, limit: c.Opens}
	if b.config.File == "" {
		return b, nil
	}
	now := time.Now()
	opens, err := load(b.config.File, now)
	var damaged *damagedError
	switch {
	case errors.As(err, &damaged):
		b.config.Log.Warn("the count of opens cannot be read; waiting a whole window", "error", err, "window", b.config.Window)
		for range b.config.Opens {
			b.opens = append(b.opens, now)
		}
	case err != nil:
		return nil, fmt.Errorf("read open counts: %w", err)
	default:
		b.opens = opens
		b.forget(now)
		b.opens = b.opens[max(0, len(b.opens)-b.config.Opens):]
	}
	return b, nil
}

// Take waits until an open is allowed, and counts it. The open counts whether the caller then makes it or not, and it is on disk
// before Take returns, so that not even a crash makes it free. Errors are those of ctx and of the file; nothing is counted then.
func (b *Budget) Take(ctx context.Context) error {
	for {
		wait, err := b.try()
		if err != nil || wait <= 0 {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
	}
}

// try counts an open and returns 0, or returns how long no open is allowed.
func (b *Budget) try() (time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.forget(now)
	if n := len(b.opens); n >= b.limit {
		return b.opens[n-b.limit].Add(b.config.Window).Sub(now), nil
	}
	b.opens = append(b.opens, now)
	if b.config.File == "" {
		return 0, nil
	}
	if err := save(b.config.File, b.opens, now); err != nil {
		b.opens = b.opens[:len(b.opens)-1]
		return 0, fmt.Errorf("write open counts: %w", err)
	}
	return 0, nil
}

// Use returns how many opens count right now, how many may, and in which window. After Lower, more may count than may be.
func (b *Budget) Use() (used, limit int, window time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(time.Now())
	return len(b.opens), b.limit, b.config.Window
}

// Lower keeps to limit opens in a window until this process ends, for a provider that allows fewer than was thought; a higher limit than
// the one in force changes nothing. It never goes below half of Config.Opens, and 1: a refusal may be the doing of another process with the
// same token, and that must not shut us out.
func (b *Budget) Lower(limit int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.limit = min(b.limit, max(limit, b.config.Opens/2, 1))
}

// forget drops opens that no longer count. b.mu is held, or b is not shared yet.
func (b *Budget) forget(now time.Time) {
	n := 0
	for n < len(b.opens) && !b.opens[n].Add(b.config.Window).After(now) {
		n++
	}
	b.opens = append(b.opens[:0], b.opens[n:]...)
}
