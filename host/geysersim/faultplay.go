package geysersim

import (
	"context"
	"slices"
	"time"
)

func (f *faults) count(action string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.struck == nil {
		f.struck = make(map[string]uint64)
	}
	f.struck[action]++
}

// set changes faults and wakes who waits because of them.
func (f *faults) set(change func(*faults)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
	if f.changed != nil {
		close(f.changed)
		f.changed = nil
	}
	f.armed.Store(len(f.traps) > 0 || len(f.effects) > 0)
}

func (f *faults) onOpen(open uint64, token string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.refuse.now(); err != nil || f.openHook == nil {
		return err
	}
	return f.openHook(open, token)
}

func (f *faults) onReplay(from uint64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.noReplay.now(); err != nil || f.replayHook == nil {
		return err
	}
	return f.replayHook(from)
}

// quiet waits while the stream is silent.
func (f *faults) quiet(ctx context.Context, st *stream) error {
	for f.armed.Load() {
		f.mu.Lock()
		until, silent := f.until(st.number, silence)
		if f.changed == nil {
			f.changed = make(chan struct{})
		}
		changed := f.changed
		f.mu.Unlock()
		if !silent || time.Until(until) <= tooShort {
			return ctx.Err()
		}
		t := time.NewTimer(time.Until(until))
		select {
		case <-t.C:
		case <-changed:
			t.Stop()
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		}
	}
	return nil
}

// late waits for the time at which a delayed event is due.
func (f *faults) late(ctx context.Context, st *stream, happened time.Time) error {
	d := f.value(st, delay)
	if d == 0 {
		return nil
	}
	return sleepUntil(ctx, happened.Add(time.Duration(d)))
}

// spring does what the traps hold for a stream that is about to send an update of a slot.
func (f *faults) spring(st *stream, slot uint64) error {
	for {
		t := f.sprung(st, slot)
		if t == nil {
			return nil
		}
		if err := t.act(st); err != nil || t.keep {
			return err
		}
	}
}

// sprung takes the next trap whose moment has come.
func (f *faults) sprung(st *stream, slot uint64) *trap {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, t := range f.traps {
		early := t.updates > 0 && st.updates.Load()-t.base[st] < t.updates || t.updates == 0 && slot < t.slot
		if early || t.stream != 0 && t.stream != st.number {
			continue
		}
		if !t.keep {
			f.traps = slices.Delete(f.traps, i, i+1)
		}
		return t
	}
	return nil
}

// copies tells how often the next transaction is sent.
func (f *faults) copies(st *stream) int {
	twice, never := f.value(st, duplicate), f.value(st, omit)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
	switch {
	case never > 0 && f.n%never == 0:
		return 0
	case twice > 0 && f.n%twice == 0:
		return 2
	default:
		return 1
	}
}
