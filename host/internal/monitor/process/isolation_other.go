//go:build unix && !linux

package process

func renouncePrivileges() error { return nil }

// bound does nothing here: other systems cannot set limits of another process.
func bound(int, Limits) error { return nil }
