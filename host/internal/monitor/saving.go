package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/weir-run/weir/host/internal/journal"
	pluginv1 "github.com/weir-run/weir/proto/gen/weir/plugin/v1"
)

// snapshot is a whole state.
type snapshot struct {
	id, number uint64
	version    uint32
	data       []byte
	outputs    Cursor // last output caused by records up to number
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
}

func newSaving(last uint64) *saving {
	free := make(chan struct{})
	close(free)
	return &saving{ready: make(chan snapshot, 1), last: last, free: free}
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

// ask names the barrier that is about to be sent after number.
func (s *saving) ask(number uint64) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = snapshot{id: s.next.id + 1, number: number}
	s.asked = true
	return s.next.id
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

// take adds a chunk. The last one makes the snapshot ready. through and outputs are how far the plugin is.
func (s *saving) take(c *pluginv1.StateChunk, limit int, through uint64, outputs Cursor) error {
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
	s.asked = false
	s.next.version, s.next.outputs = c.GetStateVersion(), outputs
	s.ready <- s.next // has room: there is one checkpoint at a time
	s.next.data = nil
	return nil
}

// done frees the place.
func (s *saving) done(number uint64, durable bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if durable {
		s.last = number
	}
	close(s.free)
}

// again lets a checkpoint be taken although nothing is new.
func (s *saving) again() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = 0
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
	defer func() { l.saving.done(s.number, durable) }() // only then may finish close the stream
	l.cfg.step("checkpoint", "store")
	err := l.journal.SaveCheckpoint(ctx, l.saveAs, Checkpoint{
		Epoch: l.owner.Load(), Number: s.number, Monitor: l.monitor, StateVersion: s.version, Digest: l.digest, ConfigHash: l.configHash, Outputs: s.outputs, Data: s.data,
	})
	if ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, journal.ErrFenced) {
		return crashf(CauseJournal, "%v", err)
	}
	if err != nil {
		// The older one still serves; the next barrier tries again.
		l.log.Error("checkpoint was not saved", "number", s.number, "bytes", len(s.data), "error", err)
		return nil
	}
	l.cfg.step("checkpoint", "stored")
	durable = true
	l.meters.saved(s.number, len(s.data))
	l.log.Debug("checkpoint", "number", s.number, "bytes", len(s.data))
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
