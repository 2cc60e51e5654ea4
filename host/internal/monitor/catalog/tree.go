package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// treeFile is a file that goes along with a plugin.
type treeFile struct {
	name   string // in the plugin's folder, with slashes
	source string
	mode   fs.FileMode // 0755 or 0644
}

// Bounds of what a plugin may bring along.
const (
	maxFiles = 20_000
	maxBytes = 1 << 30
)

// tree lists what lies under the named files and folders of a folder, by name. A link is taken for what it leads to, unless that is a folder
// within a folder: those can lead in circles.
func tree(folder string, names []string) (out []treeFile, err error) {
	for _, name := range names {
		if !filepath.IsLocal(name) {
			return nil, fmt.Errorf("file %q leaves the plugin's folder", name)
		}
		root, err := filepath.EvalSymlinks(filepath.Join(folder, name))
		if err != nil {
			return nil, fmt.Errorf("file of the plugin: %w", err)
		}
		err = filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			info, err := os.Stat(at)
			if err != nil {
				return err
			}
			if !info.Mode().IsRegular() {
				return fmt.Errorf("%s is a link to a folder, or no file: it cannot go along", at)
			}
			rest, err := filepath.Rel(root, at)
			if err != nil {
				return err
			}
			f := treeFile{path.Join(filepath.ToSlash(name), filepath.ToSlash(rest)), at, 0o644}
			if f.name == ManifestFile {
				return nil // it holds the digest of the others
			}
			if info.Mode()&0o111 != 0 {
				f.mode = 0o755
			}
			if out = append(out, f); len(out) > maxFiles {
				return fmt.Errorf("there are more than %d files in %s", maxFiles, name)
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("files of the plugin: %w", err)
		}
	}
	slices.SortFunc(out, func(a, b treeFile) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(out, func(a, b treeFile) bool { return a.name == b.name }), nil
}

// treeDigest names what is in all of the files, and what they are called.
func treeDigest(files []treeFile) (string, error) {
	if len(files) == 0 {
		return "", nil
	}
	sum := sha256.New()
	for _, f := range files {
		one, _, err := digest(f.source)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %o %s\n", one, f.mode, f.name)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// copyTree copies the files into a folder.
func copyTree(to string, files []treeFile) error {
	for _, f := range files {
		target := filepath.Join(to, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return fmt.Errorf("copy files: %w", err)
		}
		if err := errors.Join(copyFile(target, f.source), os.Chmod(target, f.mode)); err != nil {
			return err
		}
	}
	return nil
}
