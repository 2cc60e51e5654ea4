package idl

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// FolderConfig says where the IDLs are.
type FolderConfig struct {
	// Dir holds one IDL a file, named *.json. Other files and folders in it are left alone.
	Dir string
	// Every is how often Run looks, default 2 s.
	Every time.Duration
	// Changed is called from Run after the set has changed, so that the subscription can follow. May be nil.
	Changed func()
	// Log takes one line for each IDL that comes, goes or is refused. Default slog.Default.
	Log *slog.Logger
}

// Folder is the set of the IDLs in a folder, kept up to date while Run runs. All methods but Run may be called by any goroutine.
type Folder struct {
	config  FolderConfig
	set     atomic.Pointer[Set]
	mu      sync.Mutex // over what follows
	files   map[string]*entry
	refused []error
}

// entry is a file as it was last seen. A file that becomes broken keeps its last good program: it may be half written.
type entry struct {
	size    int64
	changed time.Time
	program *Program
	problem error
}

// Open reads a folder. It fails only when the folder cannot be read: IDLs that are refused are logged and listed by Problems.
func Open(c FolderConfig) (*Folder, error) {
	if c.Every <= 0 {
		c.Every = 2 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	f := &Folder{config: c, files: map[string]*entry{}}
	if _, err := f.scan(); err != nil {
		return nil, err
	}
	return f, nil
}

// Set returns the programs as they are now.
func (f *Folder) Set() *Set { return f.set.Load() }

// Programs lists the addresses of the programs, for the stream's filter.
func (f *Folder) Programs() []string {
	programs := f.Set().Programs()
	out := make([]string, len(programs))
	for i, p := range programs {
		out[i] = p.address
	}
	return out
}

// Problems lists why IDLs were refused, in the order of the files.
func (f *Folder) Problems() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]error(nil), f.refused...)
}

// Run looks for changes until ctx ends.
func (f *Folder) Run(ctx context.Context) error {
	tick := time.NewTicker(f.config.Every)
	defer tick.Stop()
	reachable := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		changed, err := f.scan()
		if err != nil && reachable {
			f.config.Log.Warn("IDL folder cannot be read, its programs stay as they are", "err", err)
		}
		reachable = err == nil
		if changed && f.config.Changed != nil {
			f.config.Changed()
		}
	}
}

// scan reads what is new or changed and makes the set anew if anything is.
func (f *Folder) scan() (changed bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list, err := os.ReadDir(f.config.Dir)
	if err != nil {
		return false, fmt.Errorf("read IDL folder: %w", err)
	}
	present := map[string]bool{}
	var order []string
	for _, item := range list { // sorted by name
		name := item.Name()
		if !strings.HasSuffix(name, ".json") || strings.HasPrefix(name, ".") || item.IsDir() {
			continue
		}
		present[name] = true
		order = append(order, name)
		if f.look(name) {
			changed = true
		}
	}
	for name, e := range f.files {
		if !present[name] {
			delete(f.files, name)
			changed = true
			f.config.Log.Info("IDL is gone", "file", name, "had_program", e.program != nil)
		}
	}
	if changed || f.set.Load() == nil {
		f.replace(order)
	}
	return changed, nil
}

// look reads a file if it is not as it was.
func (f *Folder) look(name string) bool {
	path := filepath.Join(f.config.Dir, name)
	info, err := os.Stat(path)
	old := f.files[name]
	if err == nil && old != nil && old.size == info.Size() && old.changed.Equal(info.ModTime()) {
		return false
	}
	e := &entry{}
	if err == nil {
		e.size, e.changed = info.Size(), info.ModTime()
		e.program, err = load(path, info)
	}
	if err != nil {
		e.program = nil
		e.problem = err
		if old != nil && old.problem != nil && old.problem.Error() == err.Error() {
			e.program = old.program
			f.files[name] = e
			return false
		}
		if old != nil {
			e.program = old.program
		}
		f.config.Log.Error("IDL refused", "err", err, "last_good_stays", e.program != nil)
	} else {
		if old != nil && old.program != nil && old.program.Key == e.program.Key {
			e.program.counters = old.program.counters
		}
		f.config.Log.Info("IDL read", "file", name, "program", e.program.address, "name", e.program.Name,
			"instructions", len(e.program.instructions), "events", len(e.program.events), "accounts", len(e.program.accounts))
	}
	f.files[name] = e
	return true
}

func load(path string, info fs.FileInfo) (*Program, error) {
	if !info.Mode().IsRegular() {
		return nil, &Error{File: path, Reason: "is not a file"}
	}
	if info.Size() > maxFile {
		return nil, &Error{File: path, Reason: fmt.Sprintf("is larger than %d MiB", maxFile>>20)}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		// The path is in the error already.
		reason := err
		if inner, ok := errors.AsType[*fs.PathError](err); ok {
			reason = inner.Err
		}
		return nil, &Error{File: path, Reason: fmt.Sprintf("cannot be read: %v", reason)}
	}
	return Parse(path, text)
}

// replace makes the set of what the files hold.
func (f *Folder) replace(order []string) {
	f.refused = nil
	var programs []*Program
	for _, name := range order {
		e := f.files[name]
		if e.program != nil {
			programs = append(programs, e.program)
		}
		if e.problem != nil {
			f.refused = append(f.refused, e.problem)
		}
	}
	set, refused := NewSet(programs...)
	for _, err := range refused {
		f.config.Log.Error("IDL refused", "err", err)
	}
	f.refused = append(f.refused, refused...)
	f.set.Store(set)
}
