package monitor

import (
	"fmt"
	"os"
	"path/filepath"
)

// maxSocketDir in bytes: a Unix socket's path holds 104 on macOS and 108 on Linux, one of them a final zero; go-plugin appends
// "/plugin-dir" and "/plugin", each with up to 10 digits.
const maxSocketDir = 104 - 1 - len("/plugin-dir") - len("/plugin") - 2*10

// PrepareSocketDir makes the folder for plugin sockets, open to this user only, and removes what a killed host left in it. Call
// it once at start, when no other host uses the folder.
func PrepareSocketDir(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("socket folder: %w", err)
	}
	if err := FitsSocketDir(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("socket folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("socket folder: %w", err)
	}
	stale, err := filepath.Glob(filepath.Join(dir, "plugin-dir*"))
	if err != nil {
		return fmt.Errorf("socket folder: %w", err)
	}
	for _, path := range stale {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove stale sockets: %w", err)
		}
	}
	return nil
}

// FitsSocketDir says whether the path of a folder for plugin sockets, absolute, is short enough for what the system allows.
func FitsSocketDir(dir string) error {
	if len(dir) > maxSocketDir {
		return fmt.Errorf("socket folder %s is %d bytes long, but socket paths allow for %d: choose a shorter one", dir, len(dir), maxSocketDir)
	}
	return nil
}
