package monitor

import (
	"context"
	"errors"
	"fmt"
)

// Checkpoint returns the newest state of the instance; nil when it has none.
func (i *Instance) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	return i.journal.LoadCheckpoint(ctx, i.cfg.Instance, nil)
}

// Import makes a state the one to go on from, durably, and starts the plugin with it: what came after its number is given to the plugin
// again, and outputs that are stored already stay as they are. The state must be of the same monitor, and of records that the journal has
// had.
func (i *Instance) Import(ctx context.Context, c Checkpoint) error {
	if !i.upgrading.TryLock() {
		return errors.New("an upgrade of this plugin is on: try again when it is over")
	}
	defer i.upgrading.Unlock()
	if _, last := i.journal.Bounds(); c.Number > last {
		return fmt.Errorf("the state is of record %d, and the journal ends at %d: it is of another journal", c.Number, last)
	}
	if monitor := i.Status().Monitor; monitor != "" && c.Monitor != monitor {
		return fmt.Errorf("the state is of the monitor %q, and %s runs %q", c.Monitor, i.cfg.Instance, monitor)
	}
	name := i.cfg.Instance + "_import" // no instance can have such a name
	c.Epoch, c.Outputs = 0, Cursor{}
	if err := i.journal.SaveCheckpoint(ctx, name, c); err != nil {
		return err
	}
	i.changing.Lock()
	choice := i.chosen()
	choice.Restore = name
	err := i.keep(ctx, choice)
	i.changing.Unlock()
	if err != nil {
		return err
	}
	i.mu.Lock()
	a := i.active
	i.mu.Unlock()
	if a != nil {
		a.cancel()
	} else {
		i.Resume()
	}
	return nil
}
