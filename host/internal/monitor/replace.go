package monitor

import "context"

// Replace has a plugin that does not run start with another program at once, and forgets its crashes. One that runs takes it at its next
// start.
func (i *Instance) Replace(ctx context.Context, path string) error {
	i.changing.Lock()
	err := i.keep(ctx, Choice{Path: path})
	i.changing.Unlock()
	if err == nil {
		i.Resume()
	}
	return err
}

// Stay keeps once more what is chosen: Config.Keep may have to note it for another configuration.
func (i *Instance) Stay(ctx context.Context) error {
	i.changing.Lock()
	defer i.changing.Unlock()
	return i.keep(ctx, i.chosen())
}
