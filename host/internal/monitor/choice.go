package monitor

import (
	"context"
	"fmt"

	"github.com/weir-run/weir/host/internal/monitor/programs"
)

// Choice says which program an instance runs.
type Choice = programs.Choice

// Program is one that an instance can go back to.
type Program = programs.Program

// keep makes a choice durable, and then has it acted upon.
func (i *Instance) keep(ctx context.Context, c Choice) error {
	if err := i.cfg.Keep(ctx, c); err != nil {
		return fmt.Errorf("note which program %s runs: %w", i.cfg.Instance, err)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.choice = c
	return nil
}

func (i *Instance) chosen() Choice {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.choice
}

// spareState is where the state for a rollback can be kept; no instance can have such a name. There are two, so that an upgrade which
// comes to nothing leaves alone what the one before can be taken back to.
func (i *Instance) spareState() string {
	name := i.cfg.Instance + "_rollback"
	if i.chosen().Previous.Checkpoint == name {
		name += "2"
	}
	return name
}
