package pool

import (
	"fmt"
	"slices"
	"time"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// GroupSet is a set of groups. Bit i is the group that Pool.Bit gives i for; it stays the same for the life of the pool, also while the
// group is away.
type GroupSet = fold.GroupSet

// Priority of a group: High keeps a connection of its own when there are two or more.
type Priority = fold.Priority

// Priorities.
const (
	High   = fold.High
	Medium = fold.Medium
	Low    = fold.Low
)

// Group is a set of programs that are watched together: they are on the same connection and move together.
type Group struct {
	// Name tells groups apart.
	Name string
	// Priority decides about the connection.
	Priority Priority
	// Programs are base58 addresses; empty wants every transaction, which many providers refuse.
	Programs []string
	// Quiet is after how long without a transaction the group raises an alarm; 0 takes the default of its priority, negative never.
	Quiet time.Duration
}

// groupTable gives each name a bit and keeps it.
type groupTable struct {
	groups []Group      // by bit, those that went away included
	folded []fold.Group // the same for requests
	active GroupSet
	failed bool // ask for failed transactions too
}

// set replaces the groups. Known names keep their bits.
func (t *groupTable) set(groups []Group) error {
	next := t.clone()
	next.active = 0
	for _, g := range groups {
		bit := next.bit(g.Name)
		if bit < 0 {
			if len(next.groups) == fold.MostGroups {
				return fmt.Errorf("group %s: a pool has had %d groups, more cannot be told apart; restart weir", g.Name, fold.MostGroups)
			}
			bit = len(next.groups)
			next.groups = append(next.groups, Group{})
			next.folded = append(next.folded, fold.Group{})
		}
		if next.active.Has(bit) {
			return fmt.Errorf("group %s is there twice", g.Name)
		}
		next.active = next.active.With(bit)
		next.groups[bit] = g
		next.folded[bit] = fold.Group{Name: g.Name, Priority: g.Priority, Programs: slices.Clone(g.Programs), Failed: t.failed}
	}
	*t = next
	return nil
}

// asks tells whether the groups that were there before are asked for as before: whoever sets the same again sends nothing.
func (t *groupTable) asks(before groupTable) bool {
	return slices.EqualFunc(before.folded, t.folded[:len(before.folded)], func(x, y fold.Group) bool {
		return x.Name == y.Name && x.Failed == y.Failed && slices.Equal(x.Programs, y.Programs)
	})
}

func (t *groupTable) clone() groupTable {
	return groupTable{groups: slices.Clone(t.groups), folded: slices.Clone(t.folded), active: t.active, failed: t.failed}
}

func (t *groupTable) bit(name string) int {
	return slices.IndexFunc(t.groups, func(g Group) bool { return g.Name == name })
}

func (t *groupTable) names(s GroupSet) (out []string) {
	for bit := range s.All() {
		if bit < len(t.groups) {
			out = append(out, t.groups[bit].Name)
		}
	}
	return out
}

// high returns the groups of priority high.
func (t *groupTable) high() (s GroupSet) {
	for bit := range t.active.All() {
		if t.groups[bit].Priority == High {
			s = s.With(bit)
		}
	}
	return s
}
