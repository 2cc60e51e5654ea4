package pool

import (
	"fmt"

	"github.com/weir-run/weir/host/internal/geyser/fold"
)

// SetGroups replaces the groups, as plugins come and go. Open streams are told within some 100 ms, without an open. Groups are told apart
// by name. The error says which group a provider's limits do not let in; then nothing has changed.
func (p *Pool) SetGroups(groups []Group) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.table.clone()
	if err := p.table.set(groups); err != nil {
		return fmt.Errorf("pool: %w", err)
	}
	homes := p.homes
	p.place()
	if err := p.fits(); err != nil {
		p.table, p.homes = before, homes
		p.want()
		return err
	}
	if !p.table.asks(before) {
		p.version++
	}
	p.watch.Set(p.table.quietGroups())
	gone := before.active &^ p.table.active
	p.vacant |= gone & p.cover.begun
	p.cover.forget(gone)
	for _, k := range p.connections {
		k.rewhole()
	}
	signal(p.kick)
	return nil
}

// Groups returns the groups by bit, also those that went away; active are those that did not.
func (p *Pool) Groups() (groups []Group, active GroupSet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.table.clone()
	return t.groups, t.active
}

// Folded returns the groups by bit for a fold.Router. Those that went away are among them: mask what it routes with the active ones.
func (p *Pool) Folded() (groups []fold.Group, active GroupSet) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.table.clone()
	return t.folded, t.active
}

// Bit returns the bit of a group in each GroupSet.
func (p *Pool) Bit(name string) (bit int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	bit = p.table.bit(name)
	return bit, bit >= 0
}

// Names returns the names of groups.
func (p *Pool) Names(s GroupSet) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.table.names(s)
}
