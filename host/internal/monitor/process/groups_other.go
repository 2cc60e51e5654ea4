//go:build unix && !linux

package process

import "errors"

// Groups does not exist here: Linux has control groups.
type Groups struct{}

type group struct{}

// FindGroups finds none.
func FindGroups() *Groups { return &Groups{} }

// Missing says why there are none.
func (*Groups) Missing() string { return "this system has no control groups" }

func (g *Groups) make(Limits) (*group, error) { return nil, errors.New(g.Missing()) }
func (*group) offence() *Offence              { return nil }
func (*group) end() error                     { return nil }
