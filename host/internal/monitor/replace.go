package monitor

// Replace has a plugin that does not run start with another program at once, and forgets its crashes. One that runs takes it at its next
// start.
func (i *Instance) Replace(path string) {
	i.mu.Lock()
	i.path, i.previous = path, Program{}
	i.mu.Unlock()
	i.Resume()
}

// Program is the path of the plugin's program: that of Config, or what an upgrade put in its place.
func (i *Instance) Program() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.path
}
