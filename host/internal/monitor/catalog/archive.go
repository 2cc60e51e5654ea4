package catalog

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v3"
)

// ArchiveSuffix ends the name of a packed plugin.
const ArchiveSuffix = ".weir.tar.gz"

// Pack writes a plugin, a folder with a manifest or a program by itself, as one archive: the manifest first, with the digests of all
// programs and of the files that go along. The same content gives the same bytes, whoever packs it when: no times, no owners, one order.
// The program for this platform is asked what it is; without one for this platform the manifest is taken as it is.
func Pack(ctx context.Context, w io.Writer, source string) (*Manifest, error) {
	m, folder, done, err := open(source)
	if err != nil {
		return nil, err
	}
	defer done()
	if here, err := m.Here(); err == nil {
		d, err := Describe(ctx, filepath.Join(folder, here.Path))
		if err != nil {
			return nil, err
		}
		if err := m.fill(d); err != nil {
			return nil, err
		}
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("pack %s: %w", source, err)
	}
	if m.Version == "" {
		return nil, fmt.Errorf("pack %s: the manifest names no version, and there is no program for this platform to ask", source)
	}
	names := append([]string{}, m.Files...)
	for i := range m.Binaries {
		b := &m.Binaries[i]
		if b.SHA256, b.Size, err = digest(filepath.Join(folder, b.Path)); err != nil {
			return nil, fmt.Errorf("pack %s: %w", source, err)
		}
		names = append(names, b.Path)
	}
	along, err := tree(folder, m.Files)
	if err != nil {
		return nil, err
	}
	if m.FilesSHA256, err = treeDigest(along); err != nil {
		return nil, err
	}
	files, err := tree(folder, names)
	if err != nil {
		return nil, err
	}
	return m, m.write(w, files)
}

func (m *Manifest) write(w io.Writer, files []treeFile) error {
	text, err := yaml.Marshal(m)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	packed := gzip.NewWriter(w)
	out := tar.NewWriter(packed)
	if err := add(out, ManifestFile, 0o644, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	for _, f := range files {
		if err := addFile(out, f); err != nil {
			return err
		}
	}
	if err := errors.Join(out.Close(), packed.Close()); err != nil {
		return fmt.Errorf("write archive: %w", err)
	}
	return nil
}

func addFile(out *tar.Writer, f treeFile) error {
	in, err := os.Open(f.source)
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return fmt.Errorf("pack: %w", err)
	}
	return add(out, f.name, int64(f.mode), info.Size(), in)
}

func add(out *tar.Writer, name string, mode, size int64, from io.Reader) error {
	err := out.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: size, ModTime: time.Unix(0, 0), Format: tar.FormatPAX})
	if err == nil {
		_, err = io.Copy(out, from)
	}
	if err != nil {
		return fmt.Errorf("pack %s: %w", name, err)
	}
	return nil
}

// isArchive tells by what a file begins with.
func isArchive(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	head := make([]byte, 2)
	n, _ := io.ReadFull(file, head)
	return n == 2 && head[0] == 0x1f && head[1] == 0x8b
}

// unpack puts an archive into a private folder, which done removes.
func unpack(path string) (m *Manifest, folder string, done func(), err error) {
	if folder, err = os.MkdirTemp("", "weir-unpack-"); err != nil {
		return nil, "", nil, fmt.Errorf("unpack %s: %w", path, err)
	}
	done = func() { _ = os.RemoveAll(folder) } // it is a temporary folder
	if err := extract(path, folder); err != nil {
		done()
		return nil, "", nil, fmt.Errorf("unpack %s: %w%s", path, err, remedyFor(err))
	}
	if m, err = ReadManifest(filepath.Join(folder, ManifestFile)); err != nil {
		done()
		return nil, "", nil, fmt.Errorf("unpack %s: %w: it is not a packed plugin", path, err)
	}
	return m, folder, done, nil
}

// remedyFor says what to do about an archive that cannot be read to its end; empty for other faults.
func remedyFor(err error) string {
	_, corrupt := errors.AsType[flate.CorruptInputError](err)
	for _, damage := range []error{io.EOF, io.ErrUnexpectedEOF, gzip.ErrHeader, gzip.ErrChecksum, tar.ErrHeader} {
		corrupt = corrupt || errors.Is(err, damage)
	}
	if corrupt {
		return ": it is cut off or damaged: fetch it again, or pack it anew"
	}
	return ""
}

// extract writes the files of an archive. Anyone may have made it: what is not a plain file under the folder is refused, and so is more
// than a plugin may bring.
func extract(path, folder string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	packed, err := gzip.NewReader(file)
	if err != nil {
		return err
	}
	in, left, count := tar.NewReader(packed), int64(maxBytes), 0
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		count++
		left -= h.Size
		switch {
		case h.Typeflag != tar.TypeReg || !filepath.IsLocal(h.Name):
			return fmt.Errorf("it holds %q, which is not a plain file in its folder", h.Name)
		case left < 0 || count > maxFiles:
			return fmt.Errorf("it holds more than %d files or %d MiB", maxFiles, maxBytes>>20)
		}
		if err := extractFile(filepath.Join(folder, h.Name), in, h.Mode&0o111 != 0); err != nil {
			return err
		}
	}
}

func extractFile(path string, from io.Reader, program bool) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if program {
		mode = 0o755
	}
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, from)
	return err
}

// Check compares what lies in a source, an archive or a folder, with the digests of its manifest. It runs nothing.
func Check(source string) (*Manifest, error) {
	m, folder, done, err := open(source)
	if err != nil {
		return nil, err
	}
	defer done()
	return m, m.compare(folder)
}

// compare holds what lies in a folder against the digests that the manifest names.
func (m *Manifest) compare(folder string) error {
	for _, b := range m.Binaries {
		sum, _, err := digest(filepath.Join(folder, b.Path))
		if err != nil {
			return err
		}
		if b.SHA256 != "" && b.SHA256 != sum {
			return fmt.Errorf("%s has digest %s, its manifest says %s: it was damaged or exchanged", b.Path, sum, b.SHA256)
		}
	}
	files, err := tree(folder, m.Files)
	if err != nil {
		return err
	}
	sum, err := treeDigest(files)
	if err == nil && m.FilesSHA256 != "" && m.FilesSHA256 != sum {
		err = fmt.Errorf("the files beside the programs have digest %s, the manifest says %s: they were damaged or exchanged", sum, m.FilesSHA256)
	}
	return err
}
