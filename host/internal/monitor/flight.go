package monitor

import (
	"context"
	"sync"
)

// flight holds the last numbers of frames that were sent and are not answered. Safe for concurrent use.
type flight struct {
	credit chan struct{} // one token a frame

	mu      sync.Mutex
	lasts   []uint64
	emptied chan struct{} // closed and replaced when lasts becomes empty
}

func newFlight(credit int) *flight {
	return &flight{credit: make(chan struct{}, credit), emptied: make(chan struct{})}
}

// board waits for credit and adds a frame that is about to be sent.
func (f *flight) board(ctx context.Context) error {
	select {
	case f.credit <- struct{}{}:
		return nil
	default:
	}
	select {
	case f.credit <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leave notes the last number of a boarded frame.
func (f *flight) leave(last uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lasts = append(f.lasts, last)
}

// stay gives the credit of board back.
func (f *flight) stay() { <-f.credit }

// land takes off all frames up to a number and gives their credit back.
func (f *flight) land(through uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(f.lasts) && f.lasts[n] <= through {
		n++
		<-f.credit
	}
	if n == 0 {
		return
	}
	f.lasts = f.lasts[:copy(f.lasts, f.lasts[n:])]
	if len(f.lasts) == 0 {
		close(f.emptied)
		f.emptied = make(chan struct{})
	}
}

func (f *flight) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.lasts)
}

// empty waits until nothing is in flight. Nothing may be sent meanwhile.
func (f *flight) empty(ctx context.Context) error {
	f.mu.Lock()
	emptied := f.emptied
	done := len(f.lasts) == 0
	f.mu.Unlock()
	if done {
		return nil
	}
	select {
	case <-emptied:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
