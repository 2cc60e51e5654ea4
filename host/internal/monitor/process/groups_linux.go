package process

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

// Names of control groups below the one that was delegated. The host has to move into one of its own: the kernel allows no
// processes in a group whose children are limited (cgroups(7), "no internal processes").
const (
	hostGroup   = "weir-host"
	pluginGroup = "weir-plugin-" // then the host's process id, a dash, and a number
)

// Groups is a control group (version 2) that was delegated to this host, in which it makes one for each plugin. A nil one has none.
type Groups struct {
	root    string
	missing string
	made    atomic.Int64
}

// FindGroups looks for the control group of this process, moves the process into a child of it, and removes what a killed host left.
// It never fails: Missing says why there are none. Call it once.
func FindGroups() *Groups {
	root, err := ownGroup()
	if err == nil {
		err = delegate(root)
	}
	if err != nil {
		return &Groups{missing: err.Error()}
	}
	sweepGroups(root)
	return &Groups{root: root}
}

// Missing says why plugins cannot have control groups; empty when they can.
func (g *Groups) Missing() string {
	if g == nil {
		return "control groups are not used"
	}
	return g.missing
}

// ownGroup is the folder of this process's control group, or its parent's when it already is in hostGroup.
func ownGroup() (string, error) {
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return "", fmt.Errorf("control groups cannot be found: %w", err)
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", fmt.Errorf("control groups cannot be found: %w", err)
	}
	return groupDir(string(mounts), string(groups))
}

// groupDir reads /proc/self/mountinfo (proc_pid_mountinfo(5)) and /proc/self/cgroup (cgroups(7)).
func groupDir(mounts, groups string) (string, error) {
	var own string
	for line := range strings.Lines(groups) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			own = path
		}
	}
	for line := range strings.Lines(mounts) {
		left, right, _ := strings.Cut(line, " - ")
		fields := strings.Fields(left)
		if !strings.HasPrefix(right, "cgroup2 ") || len(fields) < 5 || own == "" {
			continue
		}
		below, err := filepath.Rel(fields[3], own)
		if err != nil || strings.HasPrefix(below, "..") {
			continue
		}
		dir := filepath.Join(fields[4], below)
		if filepath.Base(dir) == hostGroup {
			dir = filepath.Dir(dir)
		}
		return dir, nil
	}
	return "", errors.New("this system has no control groups of version 2")
}

// delegate makes sure that groups below root can be limited.
func delegate(root string) error {
	for _, name := range []string{"memory", "pids"} {
		if !slices.Contains(words(root, "cgroup.controllers"), name) {
			return fmt.Errorf("control of %s is not delegated to %s", name, root)
		}
	}
	enabled := words(root, "cgroup.subtree_control")
	if slices.Contains(enabled, "memory") && slices.Contains(enabled, "pids") {
		return writable(root)
	}
	return moveIn(root)
}

func writable(root string) error {
	probe := filepath.Join(root, pluginGroup+strconv.Itoa(os.Getpid())+"-probe")
	if err := os.Mkdir(probe, 0o755); err != nil {
		return notDelegated(root, err)
	}
	return os.Remove(probe)
}

// moveIn moves this process out of the way, if it is alone, and has the kernel limit groups below root.
func moveIn(root string) error {
	self := strconv.Itoa(os.Getpid())
	if others := words(root, "cgroup.procs"); len(others) != 1 || others[0] != self {
		return fmt.Errorf("control group %s is shared with other processes", root)
	}
	own := filepath.Join(root, hostGroup)
	if err := os.Mkdir(own, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return notDelegated(root, err)
	}
	if err := put(own, "cgroup.procs", self); err != nil {
		return notDelegated(root, err)
	}
	for _, name := range []string{"+memory", "+pids"} {
		if err := put(root, "cgroup.subtree_control", name); err != nil {
			_ = put(root, "cgroup.procs", self)
			_ = os.Remove(own)
			return notDelegated(root, err)
		}
	}
	_ = put(root, "cgroup.subtree_control", "+cpu") // is not delegated everywhere
	return nil
}

func notDelegated(root string, err error) error {
	return fmt.Errorf("control group %s is not delegated (%s): with systemd, set Delegate=yes for the service", root, rootText(err))
}

// sweepGroups ends and removes groups of hosts that are gone.
func sweepGroups(root string) {
	stale, _ := filepath.Glob(filepath.Join(root, pluginGroup+"*"))
	for _, dir := range stale {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), pluginGroup), "-")
		pid, err := strconv.Atoi(owner)
		if err != nil || (pid != os.Getpid() && !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)) {
			continue
		}
		_ = put(dir, "cgroup.kill", "1")
		_ = os.Remove(dir)
	}
}

func words(dir, file string) []string {
	text, _ := os.ReadFile(filepath.Join(dir, file))
	return strings.Fields(string(text))
}

func put(dir, file, text string) error {
	return os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644)
}
