package catalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Install puts a program, a folder with a manifest, or what Pack made of one, into dir. The program is asked what it is first, once it
// is known to be the one of its manifest. It lies in a folder named by its digest, so a version that is installed or runs stays as it is; the
// lock, which names the one that counts, is replaced last and as a whole.
func Install(ctx context.Context, dir, source string) (*Manifest, error) {
	m, folder, done, err := open(source)
	if err != nil {
		return nil, err
	}
	defer done()
	here, err := m.Here()
	if err != nil {
		return nil, err
	}
	if err := m.compare(folder); err != nil { // before it runs
		return nil, fmt.Errorf("install %s: %w", source, err)
	}
	description, err := Describe(ctx, filepath.Join(folder, here.Path))
	if err != nil {
		return nil, err
	}
	if err := m.fill(description); err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("install %s: %w", source, err)
	}
	if source, err = filepath.Abs(source); err != nil {
		return nil, fmt.Errorf("install %s: %w", source, err)
	}
	return m, m.place(dir, folder, source)
}

// place copies the files beside their destination, moves them there, and writes the lock last.
func (m *Manifest) place(dir, folder, source string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder of plugins: %w", err)
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
	staged, err := os.MkdirTemp(dir, ".install-")
	if err != nil {
		return fmt.Errorf("make staging folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staged)) }()
	for i := range m.Binaries {
		if err := m.Binaries[i].copy(staged, folder); err != nil {
			return err
		}
	}
	if err := m.along(staged, folder); err != nil {
		return err
	}
	text, err := yaml.Marshal(m)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(staged, ManifestFile), text, 0o600); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	entry := Locked{
		Name: m.Name, Version: m.Version, Source: source, Folder: m.folder(), Binaries: m.Binaries, Files: m.Files, FilesSHA256: m.FilesSHA256,
	}
	if err := settle(staged, filepath.Join(dir, m.Name), entry.Folder); err != nil {
		return err
	}
	lock.put(entry)
	if err := lock.write(dir); err != nil {
		return err
	}
	return sweep(filepath.Join(dir, m.Name), entry.Folder)
}

// open finds what a source is: a manifest, the folder that its paths are in, and what is to be done at the end. A program by itself gets a
// manifest that names it.
func open(source string) (m *Manifest, folder string, done func(), err error) {
	info, err := os.Stat(source)
	switch {
	case err != nil:
		return nil, "", nil, fmt.Errorf("install %s: %w", source, err)
	case info.IsDir():
		m, err = ReadManifest(filepath.Join(source, ManifestFile))
		return m, source, func() {}, err
	case isArchive(source):
		return unpack(source)
	}
	m = &Manifest{Binaries: []Binary{{OS: runtime.GOOS, Arch: runtime.GOARCH, Path: filepath.Base(source)}}}
	return m, filepath.Dir(source), func() {}, nil
}

// along copies the files that go along, and notes their digest. One that the manifest names must be theirs.
func (m *Manifest) along(to, from string) error {
	files, err := tree(from, m.Files)
	if err != nil {
		return err
	}
	sum, err := treeDigest(files)
	if err != nil {
		return err
	}
	if m.FilesSHA256 != "" && m.FilesSHA256 != sum {
		return fmt.Errorf("the files beside the programs of %s have digest %s, its manifest says %s: they were damaged or exchanged", m.Name, sum, m.FilesSHA256)
	}
	m.FilesSHA256 = sum
	files = slices.DeleteFunc(files, func(f treeFile) bool { // programs are there already
		return slices.ContainsFunc(m.Binaries, func(b Binary) bool { return filepath.ToSlash(filepath.Clean(b.Path)) == f.name })
	})
	return copyTree(to, files)
}

// copy takes a program over and notes its digest. A digest that the manifest names must be that of the file.
func (b *Binary) copy(to, from string) error {
	source := filepath.Join(from, b.Path)
	target := filepath.Join(to, b.Path)
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return fmt.Errorf("copy program: %w", err)
	}
	if err := copyFile(target, source); err != nil {
		return err
	}
	sum, size, err := digest(target)
	if err != nil {
		return err
	}
	if b.SHA256 != "" && b.SHA256 != sum {
		return fmt.Errorf("%s has digest %s, its manifest says %s: it was damaged or exchanged", source, sum, b.SHA256)
	}
	b.SHA256, b.Size = sum, size
	return nil
}

func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy program: %w", err)
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return fmt.Errorf("copy program: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("copy program %s: %w", from, err)
	}
	return out.Sync()
}
