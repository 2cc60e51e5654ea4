package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// LockFile is the name of the lock in the folder of plugins.
const LockFile = "weir.lock"

// Lock names what is installed.
type Lock struct {
	// Plugins by name, ascending.
	Plugins []Locked `yaml:"plugins"`
}

// Locked is one installed plugin.
type Locked struct {
	// Name and Version as the plugin says them.
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	// Source is the file or folder that it came from.
	Source string `yaml:"source"`
	// Folder of this version in the plugin's folder; empty for a plugin that an earlier host installed, which lies there itself.
	Folder string `yaml:"folder,omitempty"`
	// Binaries with their digests, all platforms.
	Binaries []Binary `yaml:"binaries"`
	// Files that go along, and the digest of all of them.
	Files       []string `yaml:"files,omitempty"`
	FilesSHA256 string   `yaml:"files_sha256,omitempty"`
}

// Installed is a plugin in the folder.
type Installed struct {
	Locked
	// Path of the program for this platform, and its digest in hexadecimal; empty when Problem says why there is none.
	Path, Digest string
	// Problem is why it must not run; nil when its program has the digest of the lock.
	Problem error
}

// List returns what is installed in dir, by name, with absolute paths. A folder that does not exist has nothing. Each program is hashed.
func List(dir string) ([]Installed, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find folder of plugins: %w", err)
	}
	lock, err := readLock(dir)
	if err != nil {
		return nil, err
	}
	out := make([]Installed, 0, len(lock.Plugins))
	for _, p := range lock.Plugins {
		one := Installed{Locked: p}
		one.Path, one.Digest, one.Problem = p.verify(dir)
		out = append(out, one)
	}
	return out, nil
}

// Find returns one installed plugin.
func Find(dir, name string) (Installed, error) {
	all, err := List(dir)
	if err != nil {
		return Installed{}, err
	}
	i := slices.IndexFunc(all, func(p Installed) bool { return p.Name == name })
	if i < 0 {
		return Installed{}, fmt.Errorf("plugin %s is not installed in %s: weir plugin list shows what is", name, dir)
	}
	return all[i], nil
}

// verify finds the program for this platform and compares its digest.
func (p *Locked) verify(dir string) (path, sum string, err error) {
	m := Manifest{Name: p.Name, Binaries: p.Binaries}
	b, err := m.Here()
	if err != nil {
		return "", "", err
	}
	if !namePattern.MatchString(p.Name) || !filepath.IsLocal(filepath.Join(p.Folder, b.Path)) {
		return "", "", fmt.Errorf("%s names a path outside of its folder: %s", LockFile, filepath.Join(p.Folder, b.Path))
	}
	path = filepath.Join(dir, p.Name, p.Folder, b.Path)
	if sum, _, err = digest(path); err != nil {
		return "", "", err
	}
	if sum != b.SHA256 {
		return "", "", fmt.Errorf("plugin %s: %s is not the program that was installed (digest %.12s, %s says %.12s): install it again", p.Name, path, sum, LockFile, b.SHA256)
	}
	files, err := tree(filepath.Join(dir, p.Name, p.Folder), p.Files)
	if err != nil {
		return "", "", err
	}
	if along, err := treeDigest(files); err != nil || along != p.FilesSHA256 {
		return "", "", errors.Join(err, fmt.Errorf("plugin %s: the files beside %s are not those that were installed: install it again", p.Name, path))
	}
	return path, sum, nil
}

func digest(path string) (sum string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, fmt.Errorf("hash program: %w", err)
	}
	defer func() { _ = file.Close() }()
	hash := sha256.New()
	if size, err = io.Copy(hash, file); err != nil {
		return "", 0, fmt.Errorf("hash program %s: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), size, nil
}

func readLock(dir string) (Lock, error) {
	path := filepath.Join(dir, LockFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Lock{}, nil
	}
	if err != nil {
		return Lock{}, fmt.Errorf("read lock: %w", err)
	}
	var lock Lock
	if err := yaml.Unmarshal(text, &lock); err != nil {
		return Lock{}, fmt.Errorf("read lock %s: %w: install the plugins again", path, err)
	}
	return lock, nil
}

// put adds or replaces a plugin. The file is replaced as a whole.
func (l *Lock) put(p Locked) {
	l.drop(p.Name)
	l.Plugins = append(l.Plugins, p)
	slices.SortFunc(l.Plugins, func(a, b Locked) int { return strings.Compare(a.Name, b.Name) })
}

func (l *Lock) drop(name string) {
	l.Plugins = slices.DeleteFunc(l.Plugins, func(old Locked) bool { return old.Name == name })
}

func (l *Lock) write(dir string) error {
	text, err := yaml.Marshal(l)
	if err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	return replace(filepath.Join(dir, LockFile), append([]byte("# Written by weir plugin install.\n"), text...))
}

// replace puts a file in the place of another as a whole. It is synced before: after a power cut an empty lock would say that nothing is
// installed, and nobody would miss the monitors.
func replace(path string, data []byte) error {
	next := path + ".new"
	file, err := os.OpenFile(next, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
