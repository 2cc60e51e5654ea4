package ledger

import (
	"cmp"
	"math"
	"slices"

	"github.com/weir-run/weir/host/internal/geyser/fold"
	"github.com/weir-run/weir/host/internal/ingest/span"
)

// Query chooses rows.
type Query struct {
	// From and To are the slots of interest, both inclusive; To 0 means the newest.
	From, To uint64
	// States of interest; empty means missing, backfilled and dead.
	States []State
	// Groups are names of interest; empty means all.
	Groups []string
}

// Rows returns what the query asks for, in order of slots. Rows are cut to the slots asked for.
func (l *Ledger) Rows(q Query) []Row {
	if len(q.States) == 0 {
		q.States = []State{Missing, Backfilled, Dead}
	}
	if q.To == 0 {
		q.To = math.MaxUint64
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	groups := l.chosen(q.Groups)
	var rows []row
	for _, r := range l.rows {
		r.groups &= groups
		r.from, r.to = max(r.from, q.From), min(r.to, q.To)
		if r.groups != 0 && r.from <= r.to && slices.Contains(q.States, r.state) {
			rows = append(rows, r)
		}
	}
	if slices.Contains(q.States, Complete) || slices.Contains(q.States, Empty) {
		rows = append(rows, l.plain(q, groups)...)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to), cmp.Compare(a.groups, b.groups))
	})
	out := make([]Row, len(rows))
	for i, r := range rows {
		out[i] = l.export(r)
	}
	return out
}

func (l *Ledger) chosen(names []string) (bits uint64) {
	for i, name := range l.names {
		if len(names) == 0 || slices.Contains(names, name) {
			bits |= 1 << i
		}
	}
	return bits
}

// plain returns rows of complete and empty slots, which are not kept as such: what is done and in no other row.
func (l *Ledger) plain(q Query, groups uint64) (rows []row) {
	sets := map[State]map[uint64]*span.Set{Complete: {}, Empty: {}}
	for _, bit := range l.outside {
		if groups&bit != 0 {
			sets[Complete][bit], sets[Empty][bit] = l.split(bit)
		}
	}
	for state, of := range sets {
		if slices.Contains(q.States, state) {
			rows = append(rows, merge(of, q.From, q.To, story{state: state})...)
		}
	}
	return rows
}

// merge makes rows of the sets of groups, cut where another group joins or leaves.
func merge(sets map[uint64]*span.Set, from, to uint64, s story) (rows []row) {
	var cuts []uint64 // where a row may begin
	for _, set := range sets {
		for _, r := range set.Within(from, to) {
			cuts = append(cuts, r.From, r.To+1)
		}
	}
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	for i := 1; i < len(cuts); i++ {
		r := row{from: cuts[i-1], to: cuts[i] - 1, story: s}
		for bit, set := range sets {
			if set.Has(r.from) {
				r.groups |= bit
			}
		}
		switch n := len(rows); {
		case r.groups == 0:
		case n > 0 && rows[n-1].to+1 == r.from && rows[n-1].groups == r.groups:
			rows[n-1].to = r.to
		default:
			rows = append(rows, r)
		}
	}
	return rows
}

// split takes apart what is done for a group.
func (l *Ledger) split(bit uint64) (complete, empty *span.Set) {
	complete, empty = &span.Set{}, &span.Set{}
	for _, r := range l.group(bit).Ranges() {
		complete.Add(r.From, r.To)
		for _, e := range l.empty.Within(r.From, r.To) {
			complete.Remove(e.From, e.To)
			empty.Add(e.From, e.To)
		}
	}
	for _, r := range l.rows {
		if r.groups&bit != 0 {
			complete.Remove(r.from, r.to)
			empty.Remove(r.from, r.to)
		}
	}
	return complete, empty
}

// State returns the state of a slot for a group of the configuration.
func (l *Ledger) State(slot uint64, group int) State {
	l.mu.Lock()
	defer l.mu.Unlock()
	if group < 0 || group >= len(l.outside) {
		return Unknown
	}
	bit := l.outside[group]
	for _, r := range l.rows {
		if r.groups&bit != 0 && r.from <= slot && slot <= r.to {
			return r.state
		}
	}
	switch {
	case !l.group(bit).Has(slot):
		return Unknown
	case l.empty.Has(slot):
		return Empty
	default:
		return Complete
	}
}

// Open returns the rows that are missing for groups of the configuration, oldest first: what a backfill has to fetch.
func (l *Ledger) Open() []Row {
	rows := l.Rows(Query{States: []State{Missing}})
	return slices.DeleteFunc(rows, func(r Row) bool { return r.Groups == 0 })
}

// Totals are for metrics and status.
type Totals struct {
	// MissingSlots counts slots that are missing for any group, each once.
	MissingSlots uint64
	// Rows are kept.
	Rows int
	// Oldest is the first slot that the ledger tells apart; Newest the highest it was told of.
	Oldest, Newest uint64
}

// Totals returns a snapshot.
func (l *Ledger) Totals() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	var missing span.Set
	for _, r := range l.rows {
		if r.state == Missing {
			missing.Add(r.from, r.to)
		}
	}
	return Totals{MissingSlots: missing.Len(), Rows: len(l.rows), Oldest: l.oldest, Newest: l.highest}
}

// Names returns the names of a set of groups.
func (l *Ledger) Names(groups fold.GroupSet) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.namesOf(l.inside(groups))
}
