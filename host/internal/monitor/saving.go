package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/weir-run/weir/host/internal/journal"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// snapshot is a state: data alone, or data after the parts that it stands on.
type snapshot struct {
	id, number uint64
	version    uint32
	data       []byte
	parts      []*Part
	outputs    Cursor // last output caused by records up to number

	asked time.Time
	stood time.Duration // for which the plugin handled no record
}

// saving is the one checkpoint that may be on its way. Safe for concurrent use.
type saving struct {
	ready chan snapshot

	mu    sync.Mutex
	last  uint64 // number of the last durable checkpoint
	since int    // records sent since the last barrier
	free  chan struct{}
	asked bool // a barrier was sent and its last chunk has not come
	next  snapshot

	divided bool    // the plugin may send a part of its state
	base    uint64  // checkpoint that a part may stand on; 0 is none
	parts   []*Part // of base
}

func newSaving(last uint64) *saving {
	free := make(chan struct{})
	close(free)
	return &saving{ready: make(chan snapshot, 1), last: last, free: free}
}

// restoredID is what a restored checkpoint is called in the epoch that begins with it.
const restoredID = 1

// divide lets the plugin save parts, on those of the checkpoint that it was restored from.
func (s *saving) divide(restored *Checkpoint) {
	s.divided = true
	if restored != nil {
		s.next.id, s.base, s.parts = restoredID, restoredID, restored.Parts
	}
}

// whole has the next checkpoint stand on nothing.
func (s *saving) whole() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base, s.parts = 0, nil
}

// begin claims the place for a checkpoint after number; false when it is taken or there is nothing new.
func (s *saving) begin(number uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.free:
	default:
		return false
	}
	if number <= s.last {
		return false
	}
	s.free, s.since = make(chan struct{}), 0
	return true
}

// ask names the barrier that is about to be sent after number, and the checkpoint that the answer may stand on.
func (s *saving) ask(number uint64) (id, base uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = snapshot{id: s.next.id + 1, number: number, asked: time.Now()}
	s.asked = true
	return s.next.id, s.base
}

// count adds records that were sent and returns how many there are since the last barrier.
func (s *saving) count(records int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since += records
	return s.since
}

// waiting says whether the plugin owes state.
func (s *saving) waiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// maxParts bounds how many parts make a state, and maxStates how often Config.MaxState they may be together.
const (
	maxParts  = 128
	maxStates = 4
)

// take adds a chunk. The last one makes the snapshot ready. through and outputs are how far the plugin is, since when it got there.
func (s *saving) take(c *pluginv1.StateChunk, limit int, through uint64, outputs Cursor, since time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.asked || c.GetCheckpoint() != s.next.id:
		return breach("state of checkpoint %d came, which was not asked for", c.GetCheckpoint())
	case through != s.next.number:
		return breach("state after record %d came when it was through %d", s.next.number, through)
	case len(s.next.data)+len(c.GetData()) > limit:
		return breach("its state is larger than %d bytes", limit)
	}
	s.next.data = append(s.next.data, c.GetData()...)
	if !c.GetLast() {
		return nil
	}
	before := max(1, int(c.GetParts())) - 1
	if before > len(s.parts) || before >= maxParts {
		return breach("state of checkpoint %d stands on %d parts; there are %d, and a state may have %d", s.next.id, before, len(s.parts), maxParts)
	}
	s.next.parts = slices.Clip(s.parts[len(s.parts)-before:])
	if size := (Checkpoint{Parts: s.next.parts}).Size() + len(s.next.data); size > maxStates*limit {
		return breach("the parts of its state are %d bytes together, more than %d", size, maxStates*limit)
	}
	s.asked = false
	s.next.version, s.next.outputs = c.GetStateVersion(), outputs
	if since.Before(s.next.asked) {
		since = s.next.asked
	}
	s.next.stood = time.Since(since)
	s.ready <- s.next // has room: there is one checkpoint at a time
	s.next.data = nil
	return nil
}

// done frees the place. What is not durable cannot be stood on, and what it stood on may be gone.
func (s *saving) done(c snapshot, parts []*Part, durable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base, s.parts = 0, nil
	if durable {
		s.last = c.number
	}
	if durable && s.divided {
		s.base, s.parts = c.id, parts
	}
	close(s.free)
}

// again lets a checkpoint be taken although nothing is new, under another name.
func (s *saving) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.base, s.parts = 0, 0, nil
}

// idle waits until no checkpoint is on its way.
func (s *saving) idle(ctx context.Context) error {
	s.mu.Lock()
	free := s.free
	s.mu.Unlock()
	select {
	case <-free:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// save makes snapshots durable, one after the other, and tells the plugin.
func (l *lane) save(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-l.saving.ready:
			if err := l.saveOne(ctx, s); err != nil {
				return err
			}
		}
	}
}

// saveOne waits for all outputs that the state has already caused: a state that is ahead of its outputs would lose them.
func (l *lane) saveOne(ctx context.Context, s snapshot) error {
	l.cfg.step("checkpoint", "flush")
	if err := l.outputs.Flush(ctx); err != nil {
		return crashf(CauseJournal, "store outputs: %v", err)
	}
	durable := false
	parts := append(s.parts, &Part{Data: s.data})
	defer func() { l.saving.done(s, parts, durable) }() // only then may finish close the stream
	l.cfg.step("checkpoint", "store")
	err := l.journal.SaveCheckpoint(ctx, l.saveAs, Checkpoint{
		Epoch: l.owner.Load(), Number: s.number, Monitor: l.monitor, StateVersion: s.version, Digest: l.digest, ConfigHash: l.configHash, Outputs: s.outputs, Parts: parts,
	})
	if ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, journal.ErrFenced) {
		return crashf(CauseJournal, "%v", err)
	}
	if err != nil {
		// The older one still serves; the next barrier tries again. One that fails like the one before is no news.
		if l.unsaved++; l.unsaved == 1 {
			l.log.Error("checkpoint was not saved; the next ones are tried and not told", "number", s.number, "bytes", len(s.data), "error", err)
		}
		return nil
	}
	if l.unsaved > 0 {
		l.log.Info("checkpoints are saved again", "number", s.number, "failed", l.unsaved)
		l.unsaved = 0
	}
	l.cfg.step("checkpoint", "stored")
	durable = true
	parts[len(parts)-1].Data = nil // its size and sum stay
	saved := savedState{s.number, len(s.data), Checkpoint{Parts: parts}.Size(), time.Since(s.asked), s.stood}
	l.meters.saved(saved)
	l.log.Debug("checkpoint", "number", s.number, "bytes", len(s.data), "parts", len(parts), "took", saved.took, "stood", saved.stood)
	l.sending.Lock()
	defer l.sending.Unlock()
	err = l.post("durable", l.frame(&pluginv1.HostFrame{Frame: &pluginv1.HostFrame_Durable{
		Durable: &pluginv1.Durable{Checkpoint: s.id, Number: s.number},
	}}))
	if err != nil {
		return fmt.Errorf("send durable: %w", err)
	}
	return nil
}
