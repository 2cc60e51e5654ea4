package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuPeriod is the kernel's own default, in microseconds.
const cpuPeriod = 100_000

// group is the control group of one process and its children.
type group struct {
	dir    string
	handle *os.File // for clone
	limits Limits
}

// make makes a group with limits.
func (g *Groups) make(limits Limits) (*group, error) {
	if missing := g.Missing(); missing != "" {
		return nil, errors.New(missing)
	}
	dir := filepath.Join(g.root, fmt.Sprintf("%s%d-%d", pluginGroup, os.Getpid(), g.made.Add(1)))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make control group: %w", err)
	}
	made := &group{dir: dir, limits: limits}
	err := made.limit()
	if err == nil {
		made.handle, err = os.Open(dir)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("limit control group: %w", err), os.Remove(dir))
	}
	return made, nil
}

func (g *group) limit() error {
	var errs []error
	if g.limits.Memory > 0 {
		errs = append(errs, put(g.dir, "memory.max", strconv.FormatInt(g.limits.Memory, 10)))
		errs = append(errs, optional(put(g.dir, "memory.swap.max", "0")), optional(put(g.dir, "memory.oom.group", "1")))
	}
	if g.limits.Tasks > 0 {
		errs = append(errs, put(g.dir, "pids.max", strconv.Itoa(g.limits.Tasks)))
	}
	if g.limits.CPU > 0 {
		errs = append(errs, optional(put(g.dir, "cpu.max", fmt.Sprintf("%d %d", int(g.limits.CPU*cpuPeriod), cpuPeriod))))
	}
	return errors.Join(errs...)
}

// optional forgives a file that this kernel does not have, or a controller that was not delegated.
func optional(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return err
}

// offence says which limit the kernel had to enforce since the group was made; nil for none.
func (g *group) offence() *Offence {
	if g == nil {
		return nil
	}
	switch {
	case g.count("memory.events", "oom_kill") > 0:
		return &Offence{Memory, fmt.Sprintf("the kernel ended it, since it needed more than its limit of %s of memory: raise limits.memory if it needs more", size(g.limits.Memory))}
	case g.count("pids.events", "max") > 0:
		return &Offence{Tasks, fmt.Sprintf("it wanted more than its %d processes and threads: raise limits.tasks if it needs more", g.limits.Tasks)}
	}
	return nil
}

// count reads one line of a file of names and numbers.
func (g *group) count(file, name string) int {
	fields := words(g.dir, file)
	for i := 0; i+1 < len(fields); i += 2 {
		if fields[i] == name {
			n, _ := strconv.Atoi(fields[i+1])
			return n
		}
	}
	return 0
}

// end kills what is left in the group, also what left the process group, and removes it. The kernel frees a dead process's place
// with a little delay.
func (g *group) end() error {
	if g == nil {
		return nil
	}
	closeAll(g.handle)
	_ = put(g.dir, "cgroup.kill", "1")
	var err error
	for range 100 {
		if err = os.Remove(g.dir); err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("remove control group %s: %s", strings.TrimPrefix(g.dir, "/sys/fs/cgroup"), rootText(err))
}
