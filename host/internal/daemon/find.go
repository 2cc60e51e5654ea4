package daemon

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// FindPlugin returns the path of a plugin's binary. A name with a slash is taken as it is; any other is looked for in the folder of
// the weir binary and then on PATH. The error names what was looked for and where.
func FindPlugin(name string) (string, error) {
	if strings.Contains(name, "/") {
		return name, executable(name)
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own folder: %w", err)
	}
	beside := filepath.Join(filepath.Dir(self), name)
	switch err := executable(beside); {
	case err == nil:
		return beside, nil
	case !errors.Is(err, os.ErrNotExist):
		return "", err
	}
	if found, err := exec.LookPath(name); err == nil {
		return filepath.Abs(found)
	}
	return "", fmt.Errorf("plugin %s: no such program in %s nor on PATH: build it, or give its path with a slash", name, filepath.Dir(self))
}

func executable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("plugin %s does not exist: build it or correct its path: %w", path, os.ErrNotExist)
	case err != nil:
		return fmt.Errorf("plugin %s: %w", path, err)
	case info.IsDir():
		return fmt.Errorf("plugin %s is a folder: name the program in it", path)
	case info.Mode()&0o111 == 0:
		return fmt.Errorf("plugin %s may not be executed: run chmod +x on it", path)
	}
	return nil
}
