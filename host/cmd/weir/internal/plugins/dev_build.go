package plugins

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/weir-run/weir/host/internal/monitor/catalog"
)

// workshop is a plugin's folder, and how a program comes out of it.
type workshop struct {
	folder  string // that is watched
	program string // of a source that needs no build, or that the build writes
	command string // that builds; empty builds nothing
	golang  bool   // go build
	temp    string // where go build writes
}

func newWorkshop(source, command string) (*workshop, error) {
	source, err := filepath.Abs(source)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(source)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return &workshop{folder: source, program: source, command: command}, nil
	}
	w := &workshop{folder: source, command: command}
	if _, err := os.Stat(filepath.Join(source, "go.mod")); err == nil && command == "" {
		w.golang = true
		w.temp, err = os.MkdirTemp("", "weir-dev-")
		return w, err
	}
	m, err := catalog.ReadManifest(filepath.Join(source, catalog.ManifestFile))
	if err != nil {
		return nil, fmt.Errorf("%s has no go.mod to build by, and: %w", source, err)
	}
	here, err := m.Here()
	w.program = filepath.Join(source, here.Path)
	return w, err
}

func (w *workshop) close() {
	if w.temp != "" {
		_ = os.RemoveAll(w.temp) // a temporary folder
	}
}

// build makes the program. What the builder says is in the error.
func (w *workshop) build(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", "-c", w.command)
	program := w.program
	switch {
	case w.golang:
		program = filepath.Join(w.temp, filepath.Base(w.folder))
		cmd = exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	case w.command == "":
		return program, nil
	}
	if cmd.Dir = w.folder; program == w.folder {
		cmd.Dir = filepath.Dir(w.folder)
	}
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, strings.TrimSpace(string(out)))
	}
	return program, nil
}

// installs is what to install: the folder, when it has a manifest that names the built program, else the program.
func (w *workshop) installs(program string) string {
	if w.golang || program == w.folder {
		return program
	}
	return w.folder
}

// changesEvery is the time between two looks at the files, and maxWatched how many are looked at.
const (
	changesEvery = 300 * time.Millisecond
	maxWatched   = 5000
)

// changes is a context that ends with the next change of a file, or with ctx.
func (w *workshop) changes(ctx context.Context) (context.Context, func()) {
	changed, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	was := w.state()
	go func() {
		defer close(done)
		tick := time.NewTicker(changesEvery)
		defer tick.Stop()
		for {
			select {
			case <-changed.Done():
				return
			case <-tick.C:
				if w.state() != was {
					time.Sleep(changesEvery / 3) // an editor may write several
					cancel()
					return
				}
			}
		}
	}()
	return changed, func() { cancel(); <-done }
}

// source says whether a file is one that the program is made of.
func (w *workshop) source(path string) bool {
	name := filepath.Base(path)
	if w.golang {
		return strings.HasSuffix(name, ".go") || name == "go.mod" || name == "go.sum"
	}
	return !strings.HasPrefix(name, ".") && (path != w.program || w.command == "")
}

var errManyFiles = errors.New("enough")

// state names sizes and times of the files. Hidden ones, packages and what is built are left out.
func (w *workshop) state() uint64 {
	sum, count := fnv.New64a(), 0
	_ = filepath.WalkDir(w.folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // it went meanwhile, which the next look tells
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != w.folder && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin" || name == "data") {
				return fs.SkipDir
			}
			return nil
		}
		info, err := entry.Info()
		if err != nil || !w.source(path) {
			return nil //nolint:nilerr // as above
		}
		if count++; count > maxWatched {
			return errManyFiles
		}
		fmt.Fprintln(sum, path, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	return sum.Sum64()
}
