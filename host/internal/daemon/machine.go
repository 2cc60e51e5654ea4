package daemon

import (
	"math"
	"os"
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
	for _, file := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		if bytes, ok := firstNumber(file, 0); ok {
			least = min(least, bytes)
		}
	}
	if least != math.MaxUint64 {
		limit = &least
	}
	return rss, limit
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
