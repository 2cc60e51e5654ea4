package programs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// Table is where choices are kept; journal.Table is one.
type Table interface {
	Get(ctx context.Context, key string) (value []byte, found bool, err error)
	Put(ctx context.Context, key string, value []byte) error
}

// Shelf keeps choices in a table and copies of programs in a folder, since the files that were named may be built anew or go. Of each
// instance it has the program that runs and the one that a rollback goes back to; other copies are deleted with each choice, and when
// the choice is read at the start of a host. Safe for concurrent use.
type Shelf struct {
	table Table
	dir   string
	log   *slog.Logger
}

// row is what is stored of an instance.
type row struct {
	// Configured is the path that the configuration gave at the time. When it gives another one, that wins.
	Configured string `json:"configured"`
	Choice
}

// NewShelf makes a shelf on a table and a folder, which need not exist.
func NewShelf(table Table, dir string, log *slog.Logger) *Shelf {
	return &Shelf{table: table, dir: dir, log: log}
}

// Choice returns what was last kept for an instance; zero when nothing was, or when the configuration has named another path since.
func (s *Shelf) Choice(ctx context.Context, instance, configured string) (Choice, error) {
	r, err := s.read(ctx, instance)
	if err != nil {
		return Choice{}, err
	}
	if r.Configured != configured {
		r.Choice = Choice{}
	}
	s.clear(instance, r.Choice)
	return r.Choice, nil
}

func (s *Shelf) read(ctx context.Context, instance string) (r row, err error) {
	value, found, err := s.table.Get(ctx, instance)
	if err != nil || !found {
		return r, err
	}
	if err := json.Unmarshal(value, &r); err != nil {
		return r, fmt.Errorf("read which program %s runs: %w", instance, err)
	}
	return r, nil
}

// Keep makes a choice durable. Copies that it does not name are deleted.
func (s *Shelf) Keep(ctx context.Context, instance, configured string, c Choice) error {
	value, err := json.Marshal(row{Configured: configured, Choice: c})
	if err != nil {
		return err
	}
	if err := s.table.Put(ctx, instance, value); err != nil {
		return err
	}
	s.clear(instance, c)
	return nil
}

// clear deletes the copies of an instance that a choice does not name. A process that still runs one of them keeps its open file.
func (s *Shelf) clear(instance string, c Choice) {
	dir := filepath.Join(s.dir, instance)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return // no copy was ever made
	}
	var copies []string
	for _, e := range entries {
		copies = append(copies, filepath.Join(dir, e.Name()))
	}
	s.remove(copies, c)
}

func (s *Shelf) remove(copies []string, unless Choice) {
	for _, path := range copies {
		if path == unless.Path || path == unless.Previous.Path {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.log.Warn("an old copy of a program is left", "path", path, "error", err)
		}
	}
}

// Copy puts a copy of a program on the shelf, which stays until the next choice for the instance at least. name is for those who look
// into the folder.
func (s *Shelf) Copy(instance, from, name string) (_ string, err error) {
	dir := filepath.Join(s.dir, instance)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder of programs: %w", err)
	}
	in, err := os.Open(from)
	if err != nil {
		return "", fmt.Errorf("open program: %w", err)
	}
	defer func() { _ = in.Close() }()
	path := filepath.Join(dir, fmt.Sprintf("%s.%d", name, time.Now().UnixNano()))
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return "", fmt.Errorf("copy program: %w", err)
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return "", fmt.Errorf("copy program: %w", err)
	}
	return path, nil
}

// Drop deletes copies that came to nothing. One that the choice of the instance names after all stays.
func (s *Shelf) Drop(ctx context.Context, instance string, copies ...string) error {
	r, err := s.read(ctx, instance)
	if err == nil {
		s.remove(copies, r.Choice)
	}
	return err
}

// Missing explains that a program which an upgrade or a rollback chose is not there any more, where path is such a one: the plugin does
// not silently run an older one, whose state this may not be.
func (s *Shelf) Missing(instance, path string) error {
	if _, err := os.Stat(path); filepath.Dir(path) != filepath.Join(s.dir, instance) || !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return fmt.Errorf("plugin %s was upgraded, and the copy of the program that it runs since then is gone: put %s back, or name another file as path of the plugin in the configuration", instance, path)
}
