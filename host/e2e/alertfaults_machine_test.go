package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/weir-run/weir/host/geysersim"
)

// machineScene is of a machine that is too small: its data folder is a disk of its own, and a control group limits its memory. The disk
// needs root, the group a system that lets one be made.
var machineScene = scene{
	name: "machine",
	stage: func(s *scene) {
		s.serve(geysersim.Options{SlotDuration: 100 * time.Millisecond}, nil)
		s.configure(`
endpoints: [{name: sim, url: %q}]
plugins: [{name: trading, checkpoint_every: 400ms}]
alerts:
  rules:
    memory_near_limit: {threshold: 0.4, for: 1s}
    disk_near_limit: {for: 1s}
`, s.chain.url)
		if err := syscall.Mount("tmpfs", s.data, "tmpfs", 0, "size=192m,mode=0700"); err != nil {
			s.t.Skipf("disk_near_limit, journal_trouble and memory_near_limit are not shown: a small disk needs root: %v", err)
		}
		s.t.Cleanup(func() { _ = syscall.Unmount(s.data, syscall.MNT_DETACH) })
		var missing string
		if s.group, missing = newMemoryGroup(s.t); missing != "" {
			s.t.Logf("memory_near_limit is not shown: %s", missing)
			s.faults = slices.DeleteFunc(slices.Clone(s.faults), func(f fault) bool { return f.rule == "memory_near_limit" })
		}
	},
	also: []string{"slow_output"},
	faults: []fault{
		{name: "the control group has little memory", rule: "memory_near_limit", cause: limitMemory, mend: raiseMemory},
		{name: "the disk is nearly full", rule: "disk_near_limit", cause: func(s *scene) { s.fillBut(5) }},
		{name: "the disk is full", rule: "journal_trouble", cause: func(s *scene) { fill(s.t, filepath.Join(s.data, "rest")) }, mend: makeRoom},
	},
}

// memoryGroup is a control group that limits memory, below that of the tests.
type memoryGroup struct{ dir, limit string }

// newMemoryGroup makes one, of version 1 or 2, or says why it cannot.
func newMemoryGroup(t *testing.T) (g *memoryGroup, missing string) {
	t.Helper()
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err.Error()
	}
	g = ownMemoryGroup(string(groups))
	g.dir = filepath.Join(g.dir, "weir-e2e-"+strconv.Itoa(os.Getpid()))
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil, "no control group can be made: " + err.Error()
	}
	t.Cleanup(func() {
		eventually(t, 10*time.Second, "the control group is empty", func() bool { return os.Remove(g.dir) == nil })
	})
	if _, err := os.Stat(filepath.Join(g.dir, g.limit)); err != nil {
		return nil, "a control group limits no memory: " + err.Error()
	}
	return g, ""
}

// ownMemoryGroup reads /proc/self/cgroup: the group of version 1 if memory is there, else that of version 2.
func ownMemoryGroup(groups string) *memoryGroup {
	g := &memoryGroup{dir: "/sys/fs/cgroup", limit: "memory.max"}
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		switch {
		case len(fields) < 3:
		case fields[1] == "memory":
			return &memoryGroup{dir: filepath.Join("/sys/fs/cgroup/memory", fields[2]), limit: "memory.limit_in_bytes"}
		case fields[0] == "0":
			g.dir = filepath.Join("/sys/fs/cgroup", fields[2])
		}
	}
	return g
}

func (g *memoryGroup) put(t *testing.T, file string, n uint64) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, file), []byte(strconv.FormatUint(n, 10)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// limitMemory moves the daemon into a group that has twice as much as it takes.
func limitMemory(s *scene) {
	s.group.put(s.t, s.group.limit, 2*s.resident())
	s.group.put(s.t, "cgroup.procs", uint64(s.p.cmd.Process.Pid))
}

func raiseMemory(s *scene) { s.group.put(s.t, s.group.limit, 20*s.resident()) }

// resident is what the daemon takes, as it says.
func (s *scene) resident() uint64 {
	s.t.Helper()
	_, text, _ := run(s.t, "status", "--json", "--data-dir", s.data)
	var status struct {
		Process struct {
			RSS string `json:"rss_bytes"`
		}
	}
	if err := json.Unmarshal([]byte(text), &status); err != nil {
		s.t.Fatal(err)
	}
	n, err := strconv.ParseUint(status.Process.RSS, 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// fillBut leaves so many of a hundred parts of the disk.
func (s *scene) fillBut(parts uint64) {
	s.t.Helper()
	var fs syscall.Statfs_t
	if err := syscall.Statfs(s.data, &fs); err != nil {
		s.t.Fatal(err)
	}
	f, err := os.Create(s.filler())
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Fallocate(int(f.Fd()), 0, 0, int64((fs.Bavail-fs.Blocks*parts/100)*uint64(fs.Bsize))); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) filler() string { return filepath.Join(s.data, "filler") }

func makeRoom(s *scene) {
	for _, path := range []string{s.filler(), filepath.Join(s.data, "rest")} {
		if err := os.Remove(path); err != nil {
			s.t.Fatal(err)
		}
	}
}
