package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest/span"
)

// Table stores rows durably. A journal.Table is one.
type Table interface {
	Put(ctx context.Context, key string, value []byte) error
	All(ctx context.Context, visit func(key string, value []byte) error) error
}

// Config of a Ledger.
type Config struct {
	// Table holds the rows.
	Table Table
	// Groups are the names of the groups, in the order of their numbers. At least one.
	Groups []string
	// Complete is the journal's durable frontier, Oldest the first slot that the journal still tells of; both 0 for a new journal.
	Complete, Oldest uint64
	// Flush returns when everything that was appended to the journal is durable. It is called before slots are noted as healed. Nil
	// does nothing.
	Flush func(context.Context) error
	// Horizon is how many slots behind the newest one complete and empty slots are told apart. Default 432,000, about two days.
	Horizon uint64
	// MostRows bounds the rows. Past it the oldest that is not missing goes, else the oldest. Default 4,096, some 1 MB.
	MostRows int
	// Log takes a line when a row had to go. Default: nothing.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	if c.Horizon == 0 {
		c.Horizon = 432_000
	}
	if c.MostRows <= 0 {
		c.MostRows = 4096
	}
	if c.Flush == nil {
		c.Flush = func(context.Context) error { return nil }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// mostNames bounds the groups of this and of earlier configurations.
const mostNames = 64

// Ledger may be used from any goroutine.
type Ledger struct {
	config Config

	mu      sync.Mutex
	names   []string          // bit i of a row's groups
	outside []uint64          // bit of group number i of the configuration
	rows    []row             // in order of from; no two share a slot and a group
	free    []uint64          // keys of entries that hold no row
	freed   []uint64          // keys that are free once what changed is stored: until then the entry is the only one that tells
	next    uint64            // lowest key never used
	changed map[uint64][]byte // entries to store; empty when the row is gone
	done    map[uint64]*span.Set
	empty   span.Set
	highest uint64
	oldest  uint64
}

// Open reads the rows of earlier runs.
func Open(ctx context.Context, c Config) (*Ledger, error) {
	if c.Table == nil || len(c.Groups) == 0 {
		return nil, errors.New("ledger: Table and Groups must be set")
	}
	l := &Ledger{config: c.withDefaults(), changed: map[uint64][]byte{}, done: map[uint64]*span.Set{}, oldest: c.Oldest}
	l.SetGroups(c.Groups)
	used := map[uint64]bool{}
	var loaded []row
	err := c.Table.All(ctx, func(name string, value []byte) error {
		if r, ok := l.load(name, value, used); ok {
			loaded = append(loaded, r)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read gap ledger: %w", err)
	}
	for key := range l.next {
		if !used[key] {
			l.free = append(l.free, key)
		}
	}
	l.take(loaded)
	if c.Complete > 0 {
		l.highest = c.Complete
		for _, bit := range l.outside {
			l.group(bit).Add(min(c.Oldest, c.Complete), c.Complete)
		}
	}
	return l, nil
}

const rowPrefix = "row."

func rowKey(key uint64) string { return rowPrefix + strconv.FormatUint(key, 10) }

// load reads an entry of the table. One that cannot be read is left alone: a later version wrote it.
func (l *Ledger) load(name string, value []byte, used map[uint64]bool) (row, bool) {
	number, ok := strings.CutPrefix(name, rowPrefix)
	key, err := strconv.ParseUint(number, 10, 32)
	if !ok || err != nil {
		return row{}, false
	}
	l.next = max(l.next, key+1)
	if len(value) == 0 {
		return row{}, false
	}
	used[key] = true
	r, err := l.decode(key, value)
	if err != nil {
		l.config.Log.Warn("a row of the gap ledger cannot be read and is left out", "row", name, "error", err)
		return row{}, false
	}
	return r, true
}

// take takes over the rows of earlier runs. When the last one was killed while it split a row, old and new rows tell of the same slots;
// then what says that they are missing is believed.
func (l *Ledger) take(loaded []row) {
	slices.SortStableFunc(loaded, func(a, b row) int { return cmp.Compare(b.state, a.state) })
	for _, r := range loaded {
		l.highest = max(l.highest, r.to)
		if slices.ContainsFunc(l.rows, func(o row) bool { return o.groups&r.groups != 0 && o.from <= r.to && r.from <= o.to }) {
			l.changed[r.key] = nil
			l.freed = append(l.freed, r.key)
			l.fill(r.from, r.to, r.groups, r.story)
			continue
		}
		l.insert(r)
	}
}

// SetGroups says which groups there are now, in the order of their numbers. What is known of a group stays with its name.
func (l *Ledger) SetGroups(names []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.outside = l.outside[:0]
	for _, name := range names {
		bit, _ := l.bit(name)
		l.outside = append(l.outside, bit)
	}
}

// bit returns the bit of a name. When there are too many names, the last one stands for all the rest.
func (l *Ledger) bit(name string) (uint64, bool) {
	for i, known := range l.names {
		if known == name {
			return 1 << i, true
		}
	}
	if len(l.names) == mostNames {
		return 1 << (mostNames - 1), false
	}
	l.names = append(l.names, name)
	return 1 << (len(l.names) - 1), true
}

func (l *Ledger) inside(groups fold.GroupSet) (bits uint64) {
	for i, bit := range l.outside {
		if groups.Has(i) {
			bits |= bit
		}
	}
	return bits
}

func (l *Ledger) namesOf(bits uint64) []string {
	var names []string
	for i, name := range l.names {
		if bits>>i&1 == 1 {
			names = append(names, name)
		}
	}
	return names
}

// group returns the slots that are complete or empty for the group with a bit.
func (l *Ledger) group(bit uint64) *span.Set {
	if l.done[bit] == nil {
		l.done[bit] = &span.Set{}
	}
	return l.done[bit]
}
