package api

import (
	"context"
	"slices"
	"time"
)

// tell says something to who may already have been told.
func tell(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// attach counts a reader, which is told when there is something new; detach takes it out again.
func (f *feed) attach() (news <-chan struct{}, detach func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	told := make(chan struct{}, 1)
	f.readers = append(f.readers, told)
	tell(f.wanted)
	return told, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.readers = slices.DeleteFunc(f.readers, func(c chan struct{}) bool { return c == told })
	}
}

func (f *feed) open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.readers)
}

// attached are the readers of this moment.
func (f *feed) attached() []chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.readers)
}

// Readers are told one after another, a few in each step, and all of them within a hundred steps. A thousand that woke at once would stand
// before the pipeline in the scheduler's queue, some milliseconds long; and what changes meanwhile is gathered into one write of each.
const (
	step         = time.Millisecond
	tellsPerStep = 10
	mostSteps    = 100
)

// tellReaders tells them of changes until ctx ends.
func (f *feed) tellReaders(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.changed:
		}
		readers := f.attached()
		for some := range slices.Chunk(readers, max(tellsPerStep, len(readers)/mostSteps)) {
			for _, told := range some {
				tell(told)
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(step * time.Duration(min(len(some), tellsPerStep)) / tellsPerStep):
			}
		}
	}
}
