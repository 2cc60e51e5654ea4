package ledger

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"github.com/weir-run/weir/host/internal/ingest/span"
)

func (l *Ledger) insert(r row) {
	i, _ := slices.BinarySearchFunc(l.rows, r, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.groups, b.groups))
	})
	l.rows = slices.Insert(l.rows, i, r)
}

// put inserts a new row, or lengthens one that it continues.
func (l *Ledger) put(r row) {
	for i := range l.rows {
		old := &l.rows[i]
		if old.groups == r.groups && old.story == r.story && old.from <= r.to+1 && r.from <= old.to+1 {
			r.from, r.to = min(r.from, old.from), max(r.to, old.to)
			l.remove(i)
			l.put(r)
			return
		}
	}
	if n := len(l.free); n > 0 {
		r.key, l.free = l.free[n-1], l.free[:n-1]
	} else {
		r.key = l.next
		l.next++
	}
	l.insert(r)
	l.changed[r.key] = l.encode(r)
}

func (l *Ledger) remove(i int) {
	key := l.rows[i].key
	l.rows = slices.Delete(l.rows, i, i+1)
	l.freed = append(l.freed, key)
	l.changed[key] = nil
}

// change gives the part of the rows that lies in the slots and groups a new story, where the old one allows it.
func (l *Ledger) change(from, to, groups uint64, tell func(old story) (story, bool)) {
	var parts []row
	for i := 0; i < len(l.rows); {
		old := l.rows[i]
		next, allowed := tell(old.story)
		if old.from > to || old.to < from || old.groups&groups == 0 || !allowed || next == old.story {
			i++
			continue
		}
		l.remove(i)
		a, b := max(old.from, from), min(old.to, to)
		if old.from < a {
			parts = append(parts, row{from: old.from, to: a - 1, groups: old.groups, story: old.story})
		}
		if old.to > b {
			parts = append(parts, row{from: b + 1, to: old.to, groups: old.groups, story: old.story})
		}
		if rest := old.groups &^ groups; rest != 0 {
			parts = append(parts, row{from: a, to: b, groups: rest, story: old.story})
		}
		parts = append(parts, row{from: a, to: b, groups: old.groups & groups, story: next})
	}
	for _, part := range parts {
		l.put(part)
	}
}

// fill puts a story where there is no row yet.
func (l *Ledger) fill(from, to, groups uint64, s story) {
	parts := map[span.Range]uint64{}
	for rest := groups; rest != 0; rest &= rest - 1 {
		bit := uint64(1) << bits.TrailingZeros64(rest)
		var taken span.Set
		for _, r := range l.rows {
			if r.groups&bit != 0 && r.from <= to && r.to >= from {
				taken.Add(r.from, r.to)
			}
		}
		for _, free := range taken.Without(from, to) {
			parts[free] |= bit
		}
	}
	for _, part := range slices.SortedFunc(maps.Keys(parts), func(a, b span.Range) int { return cmp.Compare(a.From, b.From) }) {
		l.put(row{from: part.From, to: part.To, groups: parts[part], story: s})
	}
}

// bound lets rows go when there are too many.
func (l *Ledger) bound() {
	for len(l.rows) > l.config.MostRows {
		i := max(slices.IndexFunc(l.rows, func(r row) bool { return r.state != Missing }), 0)
		r := l.rows[i]
		if r.state == Missing {
			l.config.Log.Error("the gap ledger is full; its oldest row goes, and what it tells of is not fetched any more", "from_slot", r.from, "to_slot", r.to, "reason", r.reason)
		}
		l.remove(i)
	}
}

// store writes what changed. New rows go first: after a crash between two writes a slot is told of twice rather than not at all. What
// could not be written is tried again with the next change.
func (l *Ledger) store(ctx context.Context) error {
	l.bound()
	if len(l.changed) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(l.changed), func(a, b uint64) int {
		return cmp.Or(cmp.Compare(boolInt(len(l.changed[a]) == 0), boolInt(len(l.changed[b]) == 0)), cmp.Compare(a, b))
	})
	for _, key := range keys {
		if err := l.config.Table.Put(ctx, rowKey(key), l.changed[key]); err != nil {
			return fmt.Errorf("write gap ledger: %w", err)
		}
		delete(l.changed, key)
	}
	l.free, l.freed = append(l.free, l.freed...), nil
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
