package daemon

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/weir-run/weir/host/internal/monitor/process"
	adminv1 "github.com/weir-run/weir/proto/gen/weir/admin/v1"
)

// diskStatus asks for the file system of a folder; nil when it cannot be asked.
func diskStatus(dir string) *adminv1.DiskStatus {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return nil
	}
	block := uint64(fs.Bsize)
	used := (fs.Blocks - fs.Bfree) * block
	return &adminv1.DiskStatus{FreeBytes: fs.Bavail * block, TotalBytes: used + fs.Bavail*block} // what is kept for root is not ours
}

// memoryStatus returns what is resident and what may be; nil for what the system does not tell.
func memoryStatus() (rss, limit *uint64) {
	if pages, ok := firstNumber("/proc/self/statm", 1); ok {
		rss = new(pages * uint64(os.Getpagesize()))
	}
	least := uint64(math.MaxUint64)
	if kib, ok := firstNumber("/proc/meminfo", 1); ok { // its first line is MemTotal
		least = kib << 10
	}
	groups, _ := os.ReadFile("/proc/self/cgroup")
	for _, file := range memoryLimits("/sys/fs/cgroup", string(groups)) {
		if bytes, ok := firstNumber(file, 0); ok {
			least = min(least, bytes)
		}
	}
	if least != math.MaxUint64 {
		limit = &least
	}
	return rss, limit
}

// memoryLimits are the files that may hold a limit of the control groups in which a process is, as /proc/self/cgroup names them: its own
// and those above it, for each of them holds. A container that sees its group as the root of all finds it at the end of the way up.
func memoryLimits(root, groups string) (files []string) {
	for line := range strings.Lines(groups) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		top, file := root, "memory.max"
		if slices.Contains(strings.Split(fields[1], ","), "memory") {
			top, file = filepath.Join(root, "memory"), "memory.limit_in_bytes"
		} else if fields[0] != "0" {
			continue
		}
		for dir := filepath.Clean("/" + fields[2]); ; dir = filepath.Dir(dir) {
			files = append(files, filepath.Join(top, dir, file))
			if dir == "/" {
				break
			}
		}
	}
	return files
}

// firstNumber reads the word at a place of a file's first line.
func firstNumber(file string, place int) (uint64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	words := strings.Fields(strings.SplitN(string(text), "\n", 2)[0])
	if len(words) <= place {
		return 0, false
	}
	n, err := strconv.ParseUint(words[place], 10, 64)
	return n, err == nil && n > 0
}

// processUse is what one process takes; nil for what the system does not tell.
func processUse(pid int) (cpuMicros, rss *uint64) {
	if pid == 0 {
		return nil, nil
	}
	cpu, memory, ok := process.Use(pid)
	if !ok {
		return nil, nil
	}
	return new(uint64(cpu.Microseconds())), new(uint64(memory))
}
