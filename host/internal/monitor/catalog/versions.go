package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// folder names the version by what its programs are.
func (m *Manifest) folder() string {
	sum := sha256.New()
	for _, b := range m.Binaries {
		fmt.Fprintf(sum, "%s/%s %s %s\n", b.OS, b.Arch, b.Path, b.SHA256)
	}
	fmt.Fprint(sum, m.FilesSHA256)
	return hex.EncodeToString(sum.Sum(nil)[:8])
}

// settle moves a staged version to its place. One that is there already was damaged, or is the same: it is exchanged.
func settle(staged, plugin, version string) error {
	if err := os.MkdirAll(plugin, 0o700); err != nil {
		return fmt.Errorf("make folder of the plugin: %w", err)
	}
	place := filepath.Join(plugin, version)
	old := staged + ".old"
	if err := os.Rename(place, old); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replace %s: %w", place, err)
	}
	if err := os.Rename(staged, place); err != nil {
		return fmt.Errorf("install into %s: %w", place, err)
	}
	now := time.Now()
	return errors.Join(os.Chtimes(place, now, now), os.RemoveAll(old))
}

// versionsKept is how many versions stay: a daemon may run the one before, and go back to the one before that.
const versionsKept = 3

// sweep removes the oldest versions.
func sweep(plugin, current string) error {
	entries, err := os.ReadDir(plugin)
	if err != nil {
		return fmt.Errorf("look for old versions: %w", err)
	}
	type version struct {
		name string
		at   time.Time
	}
	var others []version
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || e.Name() == current {
			continue
		}
		others = append(others, version{e.Name(), info.ModTime()})
	}
	slices.SortFunc(others, func(a, b version) int { return b.at.Compare(a.at) })
	for i, v := range others {
		if i >= versionsKept-1 {
			err = errors.Join(err, os.RemoveAll(filepath.Join(plugin, v.name)))
		}
	}
	return err
}

// Remove takes a plugin out of dir and its lock. Its state and events are in the journal, and stay there.
func Remove(dir, name string) error {
	if _, err := Find(dir, name); err != nil {
		return err
	}
	release, err := alone(dir)
	if err != nil {
		return err
	}
	defer release()
	lock, err := readLock(dir)
	if err != nil {
		return err
	}
	lock.drop(name)
	if err := lock.write(dir); err != nil {
		return err
	}
	if !namePattern.MatchString(name) {
		return nil // the lock was written by hand
	}
	if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("remove %s: %w", name, err)
	}
	return nil
}

// alone keeps other installs out of a folder; a process that dies lets go.
func alone(dir string) (release func(), err error) {
	file, err := os.OpenFile(filepath.Join(dir, ".busy"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock folder of plugins: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, fmt.Errorf("lock folder of plugins: %w", errors.Join(err, file.Close()))
	}
	return func() { _ = file.Close() }, nil
}
