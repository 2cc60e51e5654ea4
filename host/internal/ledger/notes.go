package ledger

import (
	"context"
	"time"

	"github.com/weir-run/weir/host/internal/geyser"
	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest"
)

// Sealed notes a block meta: its slot is complete for the groups that it proves (what ingest.BlockMeta returned), and the slots between
// it and its parent were skipped. Slots that were missing until now are healed, once the journal is flushed. An error means that this is
// not durable yet; it is tried again with the next change.
func (l *Ledger) Sealed(ctx context.Context, m *geyser.BlockMeta, proven fold.GroupSet) error {
	l.mu.Lock()
	groups := l.inside(proven)
	l.seal(m, groups)
	if !l.has(m.Slot, m.Slot, groups, Missing) {
		defer l.mu.Unlock()
		return l.store(ctx) // of an earlier change, where that could not be
	}
	l.mu.Unlock()
	return l.heal(ctx, m.Slot, m.Slot, groups)
}

func (l *Ledger) seal(m *geyser.BlockMeta, groups uint64) {
	if l.oldest == 0 {
		l.oldest = m.Slot
	}
	from := m.Slot
	if ingest.HasParent(m) {
		from = max(m.Parent+1, l.oldest)
	}
	fork := l.empty.Has(m.Slot)
	l.empty.Remove(m.Slot, m.Slot)
	for _, bit := range l.outside {
		set := l.group(bit)
		if from < m.Slot {
			set.Add(from, m.Slot-1)
		}
		switch {
		case groups&bit != 0:
			set.Add(m.Slot, m.Slot)
		case fork: // it was taken for skipped
			set.Remove(m.Slot, m.Slot)
		}
	}
	if from < m.Slot {
		l.empty.Add(from, m.Slot-1)
	}
	l.reach(m.Slot)
}

// reach forgets what lies beyond the horizon.
func (l *Ledger) reach(slot uint64) {
	l.highest = max(l.highest, slot)
	if floor := max(l.highest, l.config.Horizon) - l.config.Horizon; floor > l.oldest {
		l.oldest = floor
		l.empty.Remove(0, floor-1)
		for _, set := range l.done {
			set.Remove(0, floor-1)
		}
	}
}

func (l *Ledger) has(from, to, groups uint64, state State) bool {
	for _, r := range l.rows {
		if r.state == state && r.groups&groups != 0 && r.from <= to && r.to >= from {
			return true
		}
	}
	return false
}

// Missing notes that data of the slots is, or may be, missing. When it returns without an error that is durable, and ingest.Told may
// be called. What is known to be missing already keeps its first story; a slot that was healed or dead is missing again.
func (l *Ledger) Missing(ctx context.Context, from, to uint64, groups fold.GroupSet, reason, endpoint string) error {
	if to < from {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	bits := l.inside(groups)
	s := story{state: Missing, reason: reason, endpoint: endpoint, found: time.Now().Unix()}
	l.change(from, to, bits, func(old story) (story, bool) { return s, old.state != Missing })
	l.fill(from, to, bits, s)
	l.highest = max(l.highest, to)
	if l.oldest == 0 {
		l.oldest = from
	}
	return l.store(ctx)
}

// Healed notes that what was missing of the slots was had otherwise and given to the journal, which is flushed first. What is not missing
// stays as it is.
func (l *Ledger) Healed(ctx context.Context, from, to uint64, groups fold.GroupSet) error {
	l.mu.Lock()
	bits := l.inside(groups)
	l.mu.Unlock()
	return l.heal(ctx, from, to, bits)
}

// heal is called without the lock: a flush lasts as long as the journal's disk is full, and status must be told meanwhile.
func (l *Ledger) heal(ctx context.Context, from, to, groups uint64) error {
	if err := l.config.Flush(ctx); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now().Unix()
	l.change(from, to, groups, func(old story) (story, bool) {
		next := old
		next.state, next.healed = Backfilled, now
		return next, old.state == Missing
	})
	return l.store(ctx)
}

// Dead notes that the chain gave a slot up, for all groups. Nothing of it is missing any more.
func (l *Ledger) Dead(ctx context.Context, slot uint64, reason, endpoint string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := uint64(0)
	for _, bit := range l.outside {
		all |= bit
	}
	s := story{state: Dead, reason: reason, endpoint: endpoint, found: time.Now().Unix()}
	l.change(slot, slot, all, func(old story) (story, bool) { return s, old.state != Dead })
	l.fill(slot, slot, all, s)
	l.reach(slot)
	return l.store(ctx)
}
